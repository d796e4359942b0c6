/* Fitting, applying and reading back one block over columns of a dataset. */
#ifndef BLOCK_SUPPORT_H
#define BLOCK_SUPPORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <imgvec/imgvec.h>

#include "features/block.h"

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

#endif
