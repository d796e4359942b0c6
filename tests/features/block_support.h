/* Fitting, applying and reading back one block over a column of a dataset. */
#ifndef BLOCK_SUPPORT_H
#define BLOCK_SUPPORT_H

#include <math.h>

#include <imgvec/imgvec.h>

#include "features/block.h"
#include "test.h"

/* One column as the inputs of a fit. */
typedef struct column_input {
    iv_inputs inputs;
    iv_input input;
} column_input;

static inline void column_input_of(column_input *c, imgvec_dataset *ds, const imgvec_options *opts,
                                   int32_t column, int32_t type)
{
    memset(c, 0, sizeof *c);
    c->input = (iv_input){.column = column, .type = type};
    c->inputs = (iv_inputs){.ds = ds, .opts = opts, .items = &c->input, .count = 1, .threads = 1};
}

/* A dataset of one column "c" of texts; NULL is a missing cell. */
static inline imgvec_dataset *column_of(imgvec_context *ctx, int32_t type, const char *const *cells,
                                        size_t count)
{
    imgvec_dataset *ds;
    imgvec_error err;
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "c", type, &err));
    for (size_t i = 0; i < count; i++)
        assert_ok(imgvec_dataset_append_text(ds, "c", cells[i], &err));
    return ds;
}

/* Text (NEW: iv_text_free) and tensors (NEW) of a block as a model file has them. */
static inline imgvec_status block_save(imgvec_context *ctx, const iv_block *b, iv_text *text,
                                       iv_tensors **tensors, imgvec_error *err)
{
    iv_json_writer w;
    iv_text_init(text, ctx);
    iv_json_begin(&w, text, true);
    iv_block_write(b, &w);
    return iv_block_to_tensors(ctx, b, tensors, err);
}

static inline imgvec_status block_load(imgvec_context *ctx, const char *json,
                                       const iv_tensors *tensors, iv_block *out, imgvec_error *err)
{
    iv_json_document *doc;
    imgvec_status status = iv_json_parse(ctx, json, strlen(json), 0, 0, &doc, err);
    if (status != IMGVEC_OK)
        return status;
    status = iv_block_read(ctx, iv_json_root(doc), tensors, 4, out, err);
    iv_json_free(doc);
    return status;
}

/* Saves the block and reads it back: it gives the same bits for those rows. */
static inline void check_saved(imgvec_context *ctx, const iv_block *b, const column_input *in,
                               const int64_t *rows, size_t count)
{
    iv_text text;
    iv_tensors *tensors;
    iv_block back;
    imgvec_error err;
    size_t size = count * (size_t)b->width * sizeof(float);
    float *before = calloc(1, size + 1), *after = calloc(1, size + 1);
    assert_ok(block_save(ctx, b, &text, &tensors, &err));
    assert_ok(block_load(ctx, text.data, tensors, &back, &err));
    assert_int_equal(back.width, b->width);
    assert_ok(iv_block_apply(b, &in->inputs, &in->input, rows, count, before, (size_t)b->width,
                             NULL, &err));
    assert_ok(iv_block_apply(&back, &in->inputs, &in->input, rows, count, after, (size_t)b->width,
                             NULL, &err));
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
    iv_text_free(&text);
    iv_tensors_free(tensors);
    iv_block_free(ctx, &back);
}

static inline void check_name(imgvec_context *ctx, const iv_block *b, int32_t i,
                              const char *expected)
{
    iv_text name;
    iv_text_init(&name, ctx);
    iv_block_feature_name(b, i, &name);
    assert_string_equal(name.data, expected);
    iv_text_free(&name);
}

/* A saved block of that JSON and those tensors is refused as damaged. */
static inline void check_refused(imgvec_context *ctx, const char *json, const iv_tensors *tensors)
{
    iv_block back;
    imgvec_error err;
    if (block_load(ctx, json, tensors, &back, &err) != IMGVEC_ERR_FORMAT)
        fail_msg("taken: %s", json);
}

/* Every allocation of fit, save and read back fails once: NO_MEMORY, and nothing leaks. */
static inline void check_memory(int32_t type, const char *const *cells, size_t count,
                                const iv_training *t, const char *option, const char *value)
{
    imgvec_status status = IMGVEC_ERR_NO_MEMORY;
    for (long n = 1; status != IMGVEC_OK; n++) {
        test_heap heap = {0};
        imgvec_context *ctx = test_heap_context(&heap);
        imgvec_dataset *ds = column_of(ctx, type, cells, count);
        imgvec_options *opts;
        imgvec_error err;
        iv_block b, back;
        iv_text text = {0};
        iv_tensors *tensors = NULL;
        column_input in;
        assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err));
        assert_ok(imgvec_options_set_named(opts, option, value, &err));
        column_input_of(&in, ds, opts, 0, type);
        heap.calls = 0;
        heap.fail_at = n;
        status = iv_block_fit(ctx, &in.inputs, &in.input, t, &b, &err);
        if (status == IMGVEC_OK) {
            status = block_save(ctx, &b, &text, &tensors, &err);
            if (status == IMGVEC_OK && text.failed)
                status = IMGVEC_ERR_NO_MEMORY;
            if (status == IMGVEC_OK) {
                status = block_load(ctx, text.data, tensors, &back, &err);
                if (status == IMGVEC_OK)
                    iv_block_free(ctx, &back);
            }
            iv_block_free(ctx, &b);
            iv_text_free(&text);
            iv_tensors_free(tensors);
        }
        if (status != IMGVEC_OK && status != IMGVEC_ERR_NO_MEMORY)
            fail_msg("allocation %ld: status %d", n, (int)status);
        heap.fail_at = 0;
        imgvec_options_free(opts);
        imgvec_dataset_free(ds);
        imgvec_context_free(ctx);
        if (heap.live != 0)
            fail_msg("allocation %ld: %ld blocks left", n, (long)heap.live);
        assert_true(n < 20000);
    }
}

#endif
