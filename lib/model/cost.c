#include "model/cost.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "model/score.h"
#include "table/dataset.h"

#define PART "cost.json"
#define ROWS 64 /* enough for a mean, and short beside any training */

/* Cells with images among the first rows, each column once. */
static imgvec_status count_images(const imgvec_model *m, const imgvec_dataset *ds, int64_t rows,
                                  int64_t *out, imgvec_error *err)
{
    int32_t *columns = iv_alloc_n(m->ctx, m->recipe.count + 1, sizeof *columns);
    if (!columns)
        return iv_fail_nomem(err);
    imgvec_status status = iv_match_columns(&m->recipe, ds, columns, err);
    *out = 0;
    for (size_t i = 0; i < m->recipe.count && status == IMGVEC_OK; i++) {
        bool counted = m->recipe.blocks[i].kind->type != IMGVEC_COLUMN_IMAGE;
        for (size_t j = 0; j < i && !counted; j++)
            counted = columns[j] == columns[i];
        for (int64_t row = 0; row < rows && !counted; row++)
            *out += !iv_dataset_missing(ds, columns[i], row);
    }
    iv_free(m->ctx, columns);
    return status;
}

imgvec_status iv_cost_measure(const imgvec_model *m, const imgvec_dataset *ds,
                              const iv_watch *watch, iv_cost *out, imgvec_error *err)
{
    const imgvec_watch only_cancel = {.size = sizeof only_cancel, .cancel = watch->user.cancel};
    iv_watch quiet;
    int64_t rows = iv_dataset_rows(ds) < ROWS ? iv_dataset_rows(ds) : ROWS;
    IV_TRY(iv_watch_init(&quiet, &only_cancel, err));
    IV_TRY(count_images(m, ds, rows, &out->images, err));
    float *scores = iv_alloc_n(m->ctx, (size_t)rows + 1, (size_t)m->outputs * sizeof *scores);
    if (!scores)
        return iv_fail_nomem(err);
    double started = iv_now();
    imgvec_status status = iv_model_score_first(m, ds, (size_t)rows, &quiet, scores, err);
    out->score_seconds = iv_now() - started;
    out->rows = rows;
    iv_free(m->ctx, scores);
    return status;
}

imgvec_status iv_cost_put(iv_bundle *b, const iv_cost *cost, imgvec_error *err)
{
    if (cost->train_seconds < 0)
        return IMGVEC_OK;
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, b->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_f64(&w, "train_seconds", cost->train_seconds);
    iv_json_put_i64(&w, "scored_rows", cost->rows);
    iv_json_put_i64(&w, "scored_images", cost->images);
    iv_json_put_f64(&w, "score_seconds", cost->score_seconds);
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    char *data = iv_text_take(&text);
    return data ? iv_bundle_add(b, PART, data, strlen(data), err) : iv_fail_nomem(err);
}

static imgvec_status read_cost(const iv_json *root, iv_cost *out, imgvec_error *err)
{
    IV_TRY(iv_json_f64(root, "train_seconds", &out->train_seconds, err));
    IV_TRY(iv_json_i64(root, "scored_rows", 0, INT64_MAX, &out->rows, err));
    IV_TRY(iv_json_i64(root, "scored_images", 0, INT64_MAX, &out->images, err));
    IV_TRY(iv_json_f64(root, "score_seconds", &out->score_seconds, err));
    if (out->train_seconds < 0 || out->score_seconds < 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "seconds below zero");
    return IMGVEC_OK;
}

imgvec_status iv_cost_get(const iv_bundle *b, iv_cost *out, imgvec_error *err)
{
    const iv_part *part = iv_bundle_find(b, PART);
    iv_json_document *doc;
    *out = (iv_cost){.train_seconds = -1};
    if (!part)
        return IMGVEC_OK;
    imgvec_status status = iv_json_parse(b->ctx, part->data, part->size, 0, part->size, &doc, err);
    if (status == IMGVEC_OK) {
        status = read_cost(iv_json_root(doc), out, err);
        iv_json_free(doc);
    }
    return iv_prefix(err, status, "part %s", PART);
}
