/* Folds that another experiment had, for one that is to have the same: a plain record that a bag of
 * options carries. */
#ifndef IV_BASE_KNOWN_FOLDS_H
#define IV_BASE_KNOWN_FOLDS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>

typedef struct iv_known_folds {
    char *path;   /* of the model, for texts */
    char *record; /* of its data (model/data_record.h) */
    char *target, *task;
    char *fold_column; /* option; "" */
    double holdout;    /* option */
    int32_t folds;
    size_t count;
    int64_t *row;  /* rising */
    int32_t *fold; /* of each; -1: held out */
} iv_known_folds;

/* A copy (NEW); NULL when out of memory. */
iv_known_folds *iv_known_folds_clone(imgvec_context *ctx, const iv_known_folds *k);
void iv_known_folds_free(imgvec_context *ctx, iv_known_folds *k); /* NULL is accepted */

#endif
