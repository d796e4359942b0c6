#include "model/vectorizer.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "features/embedding.h"
#include "io/json.h"
#include "model/score.h"
#include "model/vectorizer_tune.h"
#include "table/dataset.h"

#define SLICE 1024 /* rows of raw features in memory at once */

void iv_vectorizer_free(imgvec_vectorizer *vz)
{
    if (!vz)
        return;
    imgvec_context *ctx = vz->ctx;
    for (size_t i = 0; i < vz->column_count; i++) {
        if (vz->columns)
            iv_free(ctx, vz->columns[i]);
        if (vz->projections)
            iv_projection_free(ctx, &vz->projections[i]);
    }
    iv_free(ctx, vz->columns);
    iv_free(ctx, vz->projections);
    iv_networks_free(ctx, &vz->nets);
    iv_free(ctx, vz->info);
    iv_free(ctx, vz);
    iv_context_unref(ctx);
}

imgvec_status iv_vectorizer_new(imgvec_context *ctx, const imgvec_options *opts, size_t columns,
                                imgvec_vectorizer **out, imgvec_error *err)
{
    imgvec_vectorizer *vz = iv_zalloc(ctx, sizeof *vz);
    if (!vz)
        return iv_fail_nomem(err);
    vz->ctx = iv_context_ref(ctx);
    vz->threads = (int32_t)iv_option_i64(opts, IMGVEC_OPT_THREADS);
    vz->batch_size = (int32_t)iv_option_i64(opts, IMGVEC_OPT_BATCH_SIZE);
    vz->columns = iv_calloc(ctx, columns + 1, sizeof *vz->columns);
    vz->projections = iv_calloc(ctx, columns + 1, sizeof *vz->projections);
    vz->column_count = columns;
    if (!vz->columns || !vz->projections) {
        iv_vectorizer_free(vz);
        return iv_fail_nomem(err);
    }
    *out = vz;
    return IMGVEC_OK;
}

char *iv_vectorizer_json(const imgvec_vectorizer *vz)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, vz->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "kind", "vectorizer");
    iv_json_put_array(&w, "columns");
    for (size_t i = 0; i < vz->column_count; i++) {
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "name", vz->columns[i]);
        iv_json_put_i64(&w, "dim", vz->projections[i].dim);
        iv_json_put_text(&w, "projection", vz->projections[i].components ? "pca" : "none");
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, ']');
    iv_networks_write(&vz->nets, &w, "backbones");
    iv_json_put_i64(&w, "width", vz->width);
    char *engines = iv_engines_json(vz->ctx, vz->executor);
    if (engines)
        iv_json_put_raw(&w, "made_by", engines);
    else
        text.failed = true;
    iv_free(vz->ctx, engines);
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    return iv_text_take(&text);
}

/* Option dim for embedding: 0 for all. */
static imgvec_status read_dim(const imgvec_options *opts, int32_t *out, imgvec_error *err)
{
    const char *text = iv_option_text(opts, IMGVEC_OPT_DIM);
    int64_t dim;
    *out = 0;
    if (*text == '\0' || strcmp(text, "all") == 0)
        return IMGVEC_OK;
    if (!iv_parse_i64(text, strlen(text), &dim) || dim < 1 || dim > INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option dim: \"%s\" is neither one number of 1 or more nor all", text);
    *out = (int32_t)dim;
    return IMGVEC_OK;
}

/* Fits the projection of one column on all rows. */
static imgvec_status fit_column(imgvec_vectorizer *vz, const imgvec_dataset *ds, size_t index,
                                int32_t column, int32_t dim, iv_watch *watch, imgvec_error *err)
{
    size_t rows = (size_t)iv_dataset_rows(ds);
    int32_t *widths = NULL, *status_of = NULL;
    int64_t *all = NULL;
    imgvec_status status = IMGVEC_OK;
    iv_embed_settings settings = {.threads = iv_context_threads(vz->ctx, vz->threads),
                                  .batch_size = vz->batch_size,
                                  .max_bad = -1};
    float *raw = iv_alloc_n(vz->ctx, rows + 1, (size_t)vz->nets.width * sizeof *raw);
    status_of = iv_calloc(vz->ctx, rows + 1, sizeof *status_of);
    all = iv_alloc_n(vz->ctx, rows + 1, sizeof *all);
    if (!raw || !status_of || !all) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < rows; i++)
        all[i] = (int64_t)i;
    IV_DO(iv_networks_widths(vz->ctx, &vz->nets, &widths, err));
    IV_DO(iv_embed(vz->ctx, &vz->nets, ds, column, 0, rows, &settings, watch, NULL, raw, status_of,
                   err));
    status = iv_projection_fit(vz->ctx, vz->executor, raw, all, rows, widths, vz->nets.count, dim,
                               settings.threads, &vz->projections[index], err);
    iv_prefix(err, status, "column %s", iv_dataset_column_name(ds, column));
done:
    iv_free(vz->ctx, widths);
    iv_free(vz->ctx, raw);
    iv_free(vz->ctx, status_of);
    iv_free(vz->ctx, all);
    return status;
}

imgvec_status iv_vectorizer_fit(imgvec_context *ctx, iv_executor_source executors,
                                const imgvec_dataset *ds, const imgvec_options *opts,
                                const imgvec_watch *watch, imgvec_vectorizer **out,
                                imgvec_error *err)
{
    imgvec_vectorizer *vz = NULL;
    iv_watch w;
    bool tuned = !iv_option_is(opts, IMGVEC_OPT_FINE_TUNE, "off");
    int32_t dim, image = -1, total = iv_dataset_columns(ds);
    size_t count = 0;
    IV_TRY(iv_watch_init(&w, watch, err));
    IV_TRY(iv_dataset_check(ds, err));
    IV_TRY(iv_dataset_check_types(ds, opts, err));
    IV_TRY(read_dim(opts, &dim, err));
    for (int32_t c = 0; c < total; c++)
        if (iv_dataset_effective_type(ds, opts, c) == IMGVEC_COLUMN_IMAGE) {
            image = c;
            count++;
        }
    if (count == 0)
        return iv_fail(err, IMGVEC_ERR_DATA, "no image column in the data");
    IV_TRY(iv_vectorizer_new(ctx, opts, count, &vz, err));
    imgvec_status status = IMGVEC_OK;
    size_t at = 0;
    IV_DO(executors(ctx, &vz->executor, err));
    IV_DO(iv_networks_load(ctx, vz->executor, opts, &vz->nets, err));
    IV_DO(iv_vectorizer_tune(vz, ds, opts, image, dim, &w, err));
    for (int32_t c = 0; c < total; c++) {
        if (iv_dataset_effective_type(ds, opts, c) != IMGVEC_COLUMN_IMAGE)
            continue;
        vz->columns[at] = iv_strdup(ctx, iv_dataset_column_name(ds, c));
        if (!vz->columns[at]) {
            status = iv_fail_nomem(err);
            goto done;
        }
        /* One fine-tuned network gives out as many as were asked for. */
        bool whole = tuned && vz->nets.count == 1;
        if (dim == 0 || whole)
            iv_projection_identity(&vz->projections[at], vz->nets.width);
        else
            IV_DO(fit_column(vz, ds, at, c, dim, &w, err));
        vz->width += vz->projections[at++].dim;
    }
    vz->info = iv_vectorizer_json(vz);
    if (!vz->info)
        status = iv_fail_nomem(err);
done:
    if (status == IMGVEC_OK)
        *out = vz;
    else
        iv_vectorizer_free(vz);
    return status;
}

/* Columns of a dataset for the vectorizer's, by name; a single one under any name. */
static imgvec_status match(const imgvec_vectorizer *vz, const imgvec_dataset *ds, int32_t *columns,
                           imgvec_error *err)
{
    iv_block blocks[1] = {{.kind = &iv_embedding_kind}};
    for (size_t i = 0; i < vz->column_count; i++) {
        blocks[0].column = vz->columns[i];
        iv_recipe one = {.blocks = blocks, .count = 1};
        if (vz->column_count == 1)
            return iv_match_columns(&one, ds, columns, err);
        columns[i] = iv_dataset_find(ds, vz->columns[i]);
        if (columns[i] < 0)
            return iv_dataset_no_column(ds, vz->columns[i], err);
    }
    return IMGVEC_OK;
}

static imgvec_status run_slice(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                               const int32_t *columns, size_t first, size_t count, float *raw,
                               int32_t *raw_status, iv_watch *watch, float *out,
                               int32_t *status_out, imgvec_error *err)
{
    size_t at = 0, rows = (size_t)iv_dataset_rows(ds);
    iv_embed_settings settings = {.threads = iv_context_threads(vz->ctx, vz->threads),
                                  .batch_size = vz->batch_size,
                                  .max_bad = -1,
                                  .total = rows * vz->column_count,
                                  .done_before = first * vz->column_count};
    for (size_t c = 0; c < vz->column_count; c++) {
        const iv_projection *p = &vz->projections[c];
        IV_TRY(iv_embed(vz->ctx, &vz->nets, ds, columns[c], (int64_t)first, count, &settings, watch,
                        NULL, raw, raw_status, err));
        for (size_t i = 0; i < count; i++) {
            iv_projection_apply(p, raw + i * (size_t)vz->nets.width,
                                out + (first + i) * (size_t)vz->width + at);
            if (status_out && (c == 0 || status_out[first + i] == IMGVEC_OK))
                status_out[first + i] = raw_status[i];
        }
        at += (size_t)p->dim;
        settings.done_before += count;
    }
    return IMGVEC_OK;
}

imgvec_status iv_vectorizer_run(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                const imgvec_watch *watch, float *out, int32_t *status_out,
                                imgvec_error *err)
{
    iv_watch w;
    size_t rows = (size_t)iv_dataset_rows(ds);
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_watch_init(&w, watch, err));
    IV_TRY(iv_dataset_check(ds, err));
    int32_t *columns = iv_alloc_n(vz->ctx, vz->column_count, sizeof *columns);
    float *raw = iv_alloc_n(vz->ctx, SLICE, (size_t)vz->nets.width * sizeof *raw);
    int32_t *raw_status = iv_calloc(vz->ctx, SLICE, sizeof *raw_status);
    if (!columns || !raw || !raw_status) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(match(vz, ds, columns, err));
    for (size_t at = 0; at < rows; at += SLICE)
        IV_DO(run_slice(vz, ds, columns, at, rows - at < SLICE ? rows - at : SLICE, raw, raw_status,
                        &w, out, status_out, err));
done:
    iv_free(vz->ctx, columns);
    iv_free(vz->ctx, raw);
    iv_free(vz->ctx, raw_status);
    return status;
}
