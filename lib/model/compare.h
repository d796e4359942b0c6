/* Models side by side: what they were asked, what they score, what they cost. */
#ifndef IV_MODEL_COMPARE_H
#define IV_MODEL_COMPARE_H

#include <stddef.h>

#include "model/cost.h"
#include "model/oof.h"

/* What is read of one file. */
typedef struct iv_contender {
    const char *path;
    int64_t bytes;
    iv_json_document *manifest;
    const iv_json *content, *options; /* in the manifest */
    const char *target;
    iv_task task;
    int32_t class_count;
    iv_oof oof;
    iv_cost cost;
    char *data; /* record; NULL: not known */
} iv_contender;

/* Behind imgvec_model_compare_files. *out: NEW. */
imgvec_status iv_model_compare_files(imgvec_context *ctx, const char *const *paths, size_t count,
                                     char **out, imgvec_error *err);

/* compare_pair.c: member "paired" of an open object, the model against the baseline row by row, or
 * null and "unpaired", which says why not. */
imgvec_status iv_compare_pair_write(imgvec_context *ctx, const iv_contender *base,
                                    const iv_contender *model, iv_json_writer *w,
                                    imgvec_error *err);

#endif
