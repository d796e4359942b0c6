#include "features/onehot.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "features/vocabulary.h"
#include "table/dataset.h"

/* The state is an iv_vocabulary: its levels by falling frequency, then by bytes. */
static int by_frequency(const iv_term *x, const iv_term *y)
{
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return iv_compare_bytes(x->name, x->length, y->name, y->length);
}

static iv_vocabulary *make_state(imgvec_context *ctx, iv_block *b)
{
    iv_vocabulary *levels = iv_alloc(ctx, sizeof *levels);
    if (levels)
        iv_vocabulary_init(levels, ctx);
    b->state = levels;
    return levels;
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    if (b->state)
        iv_vocabulary_free(b->state);
    iv_free(ctx, b->state);
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    iv_vocabulary all, *levels = make_state(ctx, b);
    iv_vocabulary_init(&all, ctx);
    if (!levels)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < t->count; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        if (iv_dataset_text(inputs->ds, in->column, t->rows[i], buffer, &text, &length))
            IV_DO(iv_vocabulary_add(&all, text, length, t->rows[i], NULL, err));
    }
    size_t keep = (size_t)iv_option_i64(inputs->opts, IMGVEC_OPT_MAX_CATEGORIES);
    iv_vocabulary_sort(all.items, all.count, by_frequency);
    for (size_t i = 0; i < all.count && i < keep; i++)
        IV_DO(iv_vocabulary_add(levels, all.items[i].name, all.items[i].length, 0, NULL, err));
    b->width = (int32_t)levels->count;
done:
    iv_vocabulary_free(&all);
    return status;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    const iv_vocabulary *levels = b->state;
    for (size_t i = 0; i < count; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        float *cell = out + i * stride;
        bool there = iv_dataset_text(inputs->ds, in->column, rows[i], buffer, &text, &length);
        int64_t level = there ? iv_vocabulary_find(levels, text, length) : -1;
        for (size_t j = 0; j < levels->count; j++)
            cell[j] = there ? 0.0f : NAN;
        if (level >= 0)
            cell[level] = 1.0f;
        else if (there && unseen)
            ++*unseen;
    }
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    const iv_vocabulary *levels = b->state;
    iv_text_add(out, b->column);
    iv_text_add(out, "=");
    iv_text_add(out, levels->items[i].name);
}

static void write(const iv_block *b, iv_json_writer *w)
{
    const iv_vocabulary *levels = b->state;
    iv_json_put_array(w, "levels");
    for (size_t i = 0; i < levels->count; i++)
        iv_json_put_text(w, NULL, levels->items[i].name);
    iv_json_put_end(w, ']');
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    const iv_json *list;
    IV_TRY(iv_json_array(json, "levels", &list, err));
    iv_vocabulary *levels = make_state(ctx, b);
    if (!levels)
        return iv_fail_nomem(err);
    if (list->count > INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "too many levels");
    for (const iv_json *v = list->as.first; v; v = v->next) {
        size_t index, before = levels->count;
        if (v->type != IV_JSON_TEXT)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "level %zu is no text", before);
        IV_TRY(iv_vocabulary_add(levels, v->as.text, v->count, 0, &index, err));
        if (index != before)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "level %.60s is there twice", v->as.text);
    }
    b->width = (int32_t)levels->count;
    return IMGVEC_OK;
}

const iv_block_kind iv_onehot_kind = {.name = "onehot",
                                      .type = IMGVEC_COLUMN_CATEGORICAL,
                                      .fit = fit,
                                      .apply = apply,
                                      .feature_name = feature_name,
                                      .write = write,
                                      .read = read,
                                      .free = free_state};
