#include "features/tabular.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/vocabulary.h"
#include "table/dataset.h"

/* By falling frequency, then by bytes. */
static int by_frequency(const iv_term *x, const iv_term *y)
{
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return iv_compare_bytes(x->name, x->length, y->name, y->length);
}

static imgvec_status fit_levels(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                                const int64_t *rows, size_t count, int32_t max_categories,
                                iv_encoder *out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    iv_vocabulary levels;
    iv_vocabulary_init(&levels, ctx);
    for (size_t i = 0; i < count; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        if (iv_dataset_text(ds, column, rows[i], buffer, &text, &length))
            IV_DO(iv_vocabulary_add(&levels, text, length, rows[i], NULL, err));
    }
    size_t keep = levels.count;
    if (max_categories >= 0 && keep > (size_t)max_categories)
        keep = (size_t)max_categories;
    out->levels = iv_calloc(ctx, keep, sizeof *out->levels);
    if (!out->levels) {
        status = iv_fail_nomem(err);
        goto done;
    }
    iv_vocabulary_sort(levels.items, levels.count, by_frequency);
    for (size_t i = 0; i < keep; i++) {
        out->levels[i] = levels.items[i].name;
        levels.items[i].name = NULL;
    }
    out->level_count = (int32_t)keep;
done:
    iv_vocabulary_free(&levels);
    return status;
}

imgvec_status iv_encoder_fit(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                             int32_t type, const int64_t *rows, size_t count,
                             int32_t max_categories, iv_encoder *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    if (type != IMGVEC_COLUMN_NUMERIC && type != IMGVEC_COLUMN_CATEGORICAL)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "column %s is neither numeric nor categorical",
                       iv_dataset_column_name(ds, column));
    out->type = type;
    out->column = iv_strdup(ctx, iv_dataset_column_name(ds, column));
    imgvec_status status = out->column ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK && type == IMGVEC_COLUMN_CATEGORICAL)
        status = fit_levels(ctx, ds, column, rows, count, max_categories, out, err);
    if (status != IMGVEC_OK)
        iv_encoder_free(ctx, out);
    return status;
}

int32_t iv_encoder_width(const iv_encoder *e)
{
    return e->type == IMGVEC_COLUMN_NUMERIC ? 1 : e->level_count;
}

static imgvec_status apply_numbers(const imgvec_dataset *ds, int32_t column, const int64_t *rows,
                                   size_t count, float *out, size_t stride, imgvec_error *err)
{
    for (size_t i = 0; i < count; i++) {
        double value;
        IV_TRY(iv_dataset_number(ds, column, rows[i], &value, err));
        /* Past the range of float32 is taken as an infinity is: missing. */
        out[i * stride] = fabs(value) <= FLT_MAX ? (float)value : NAN;
    }
    return IMGVEC_OK;
}

static imgvec_status apply_levels(const iv_encoder *e, const imgvec_dataset *ds, int32_t column,
                                  const int64_t *rows, size_t count, float *out, size_t stride,
                                  int64_t *unseen, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    size_t width = (size_t)e->level_count;
    iv_vocabulary levels;
    iv_vocabulary_init(&levels, iv_dataset_context(ds));
    for (size_t i = 0; i < width; i++)
        IV_DO(iv_vocabulary_add(&levels, e->levels[i], strlen(e->levels[i]), 0, NULL, err));
    for (size_t i = 0; i < count; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        float *cell = out + i * stride;
        bool there = iv_dataset_text(ds, column, rows[i], buffer, &text, &length);
        int64_t level = there ? iv_vocabulary_find(&levels, text, length) : -1;
        for (size_t j = 0; j < width; j++)
            cell[j] = there ? 0.0f : NAN;
        if (level >= 0)
            cell[level] = 1.0f;
        else if (there && unseen)
            ++*unseen;
    }
done:
    iv_vocabulary_free(&levels);
    return status;
}

imgvec_status iv_encoder_apply(const iv_encoder *e, const imgvec_dataset *ds, int32_t column,
                               const int64_t *rows, size_t count, float *out, size_t stride,
                               int64_t *unseen, imgvec_error *err)
{
    if (e->type == IMGVEC_COLUMN_NUMERIC)
        return apply_numbers(ds, column, rows, count, out, stride, err);
    return apply_levels(e, ds, column, rows, count, out, stride, unseen, err);
}

void iv_encoder_feature_name(const iv_encoder *e, int32_t i, iv_text *out)
{
    iv_text_add(out, e->column);
    if (e->type == IMGVEC_COLUMN_CATEGORICAL) {
        iv_text_add(out, "=");
        iv_text_add(out, e->levels[i]);
    }
}

void iv_encoder_write(const iv_encoder *e, iv_json_writer *w, const char *name)
{
    bool numeric = e->type == IMGVEC_COLUMN_NUMERIC;
    iv_json_put_object(w, name);
    iv_json_put_text(w, "column", e->column);
    iv_json_put_text(w, "type", numeric ? "numeric" : "categorical");
    if (!numeric) {
        iv_json_put_array(w, "levels");
        for (int32_t i = 0; i < e->level_count; i++)
            iv_json_put_text(w, NULL, e->levels[i]);
        iv_json_put_end(w, ']');
    }
    iv_json_put_end(w, '}');
}

static imgvec_status read_levels(imgvec_context *ctx, const iv_json *json, iv_encoder *out,
                                 imgvec_error *err)
{
    const iv_json *list;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_json_array(json, "levels", &list, err));
    if (list->count > INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "too many levels");
    out->levels = iv_calloc(ctx, list->count, sizeof *out->levels);
    if (!out->levels)
        return iv_fail_nomem(err);
    iv_vocabulary seen;
    iv_vocabulary_init(&seen, ctx);
    for (const iv_json *v = list->as.first; v; v = v->next) {
        size_t index;
        if (v->type != IV_JSON_TEXT) {
            status = iv_fail(err, IMGVEC_ERR_FORMAT, "level %d is no text", (int)out->level_count);
            goto done;
        }
        IV_DO(iv_vocabulary_add(&seen, v->as.text, v->count, 0, &index, err));
        if (index != (size_t)out->level_count) {
            status = iv_fail(err, IMGVEC_ERR_FORMAT, "level %.60s is there twice", v->as.text);
            goto done;
        }
        out->levels[index] = iv_strdup(ctx, v->as.text);
        if (!out->levels[index]) {
            status = iv_fail_nomem(err);
            goto done;
        }
        out->level_count++;
    }
done:
    iv_vocabulary_free(&seen);
    return status;
}

imgvec_status iv_encoder_read(imgvec_context *ctx, const iv_json *json, iv_encoder *out,
                              imgvec_error *err)
{
    const char *column, *type;
    memset(out, 0, sizeof *out);
    IV_TRY(iv_json_text(json, "column", &column, err));
    IV_TRY(iv_json_text(json, "type", &type, err));
    bool numeric = strcmp(type, "numeric") == 0;
    if (!numeric && strcmp(type, "categorical") != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "column %.60s: unknown type %.40s", column, type);
    out->type = numeric ? IMGVEC_COLUMN_NUMERIC : IMGVEC_COLUMN_CATEGORICAL;
    out->column = iv_strdup(ctx, column);
    imgvec_status status = out->column ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK && !numeric)
        status = iv_prefix(err, read_levels(ctx, json, out, err), "column %.60s", column);
    if (status != IMGVEC_OK)
        iv_encoder_free(ctx, out);
    return status;
}

void iv_encoder_free(imgvec_context *ctx, iv_encoder *e)
{
    for (int32_t i = 0; i < e->level_count; i++)
        iv_free(ctx, e->levels[i]);
    iv_free(ctx, e->levels);
    iv_free(ctx, e->column);
    memset(e, 0, sizeof *e);
}
