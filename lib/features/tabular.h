/* Numeric and categorical columns as features. Fitted on training rows only. */
#ifndef IV_FEATURES_TABULAR_H
#define IV_FEATURES_TABULAR_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/dataset.h>

#include "io/json.h"

/* One column's encoder. Numeric: one feature, NaN when missing. Categorical: one feature per
 * level (1 or 0), the max_categories most frequent ones of the training rows, all zero for
 * another level, all NaN when missing. */
typedef struct iv_encoder {
    int32_t type; /* IMGVEC_COLUMN_NUMERIC or _CATEGORICAL */
    char *column;
    char **levels; /* categorical: by falling frequency, then by bytes */
    int32_t level_count;
} iv_encoder;

imgvec_status iv_encoder_fit(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                             int32_t type, const int64_t *rows, size_t count,
                             int32_t max_categories, iv_encoder *out, imgvec_error *err);
int32_t iv_encoder_width(const iv_encoder *e);
/* Writes width floats for each of `count` rows at out + i * stride. *unseen (may be NULL) is
 * increased by the cells that hold a level which is not among the encoder's. */
imgvec_status iv_encoder_apply(const iv_encoder *e, const imgvec_dataset *ds, int32_t column,
                               const int64_t *rows, size_t count, float *out, size_t stride,
                               int64_t *unseen, imgvec_error *err);
/* "area" or "colour=red" for feature i, appended to out. */
void iv_encoder_feature_name(const iv_encoder *e, int32_t i, iv_text *out);
void iv_encoder_write(const iv_encoder *e, iv_json_writer *w, const char *name);
imgvec_status iv_encoder_read(imgvec_context *ctx, const iv_json *json, iv_encoder *out,
                              imgvec_error *err);
void iv_encoder_free(imgvec_context *ctx, iv_encoder *e);

#endif
