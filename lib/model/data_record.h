/* What a model was trained on: how many rows, and a digest of each column, so that other data can
 * be told to be the same or where they differ. */
#ifndef IV_MODEL_DATA_RECORD_H
#define IV_MODEL_DATA_RECORD_H

#include <imgvec/dataset.h>

#include "model/bundle.h"

/* The record as JSON (NEW); NULL when out of memory. */
char *iv_data_record(imgvec_context *ctx, const imgvec_dataset *ds);

/* Part data.json. record NULL: there is none; *record: NEW, NULL for a file without it. */
imgvec_status iv_data_record_put(iv_bundle *b, const char *record, imgvec_error *err);
imgvec_status iv_data_record_get(const iv_bundle *b, char **record, imgvec_error *err);

/* How data differ from what they were, in words such as "400 rows instead of 428; column price
 * holds other cells"; "" when they are the same. *out: NEW. FORMAT where a record is none. */
imgvec_status iv_data_record_compare(imgvec_context *ctx, const char *was, const char *is,
                                     char **out, imgvec_error *err);

#endif
