/* What stands behind imgvec_dataset, as the other rooms see it. Cells are reached through
 * functions only: how a column stores them is this room's business. All of it is safe for
 * many reading threads. */
#ifndef IV_TABLE_DATASET_H
#define IV_TABLE_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include <imgvec/dataset.h>

#include "base/text.h"
#include "base/watch.h"
#include "image/image.h"

imgvec_context *iv_dataset_context(const imgvec_dataset *ds);

/* DATA when the columns do not hold the same number of cells: names the short one. */
imgvec_status iv_dataset_check(const imgvec_dataset *ds, imgvec_error *err);

int32_t iv_dataset_find(const imgvec_dataset *ds, const char *name); /* -1: no such column */
const char *iv_dataset_column_name(const imgvec_dataset *ds, int32_t column);
int32_t iv_dataset_column_type(const imgvec_dataset *ds, int32_t column);

/* A NOT_FOUND error that lists the columns there are (the first twenty). */
imgvec_status iv_dataset_no_column(const imgvec_dataset *ds, const char *name, imgvec_error *err);

bool iv_dataset_missing(const imgvec_dataset *ds, int32_t column, int64_t row);

/* Cell as a number: NaN when missing or infinite; DATA (row, column, text) when it holds
 * text that is no number. Any column that is not made of images in memory will do. */
imgvec_status iv_dataset_number(const imgvec_dataset *ds, int32_t column, int64_t row, double *out,
                                imgvec_error *err);

/* Cell as text, not closed by NUL; numbers are formatted into buffer (IV_NUMBER_MAX).
 * false when it is missing. */
bool iv_dataset_text(const imgvec_dataset *ds, int32_t column, int64_t row, char *buffer,
                     const char **text, size_t *length);

/* Decoded image of a cell. NOT_FOUND for an empty cell or a file that is not there; the
 * errors of iv_image_decode otherwise. The text does not repeat the path. */
imgvec_status iv_dataset_image(const imgvec_dataset *ds, int32_t column, int64_t row,
                               iv_image *out, imgvec_error *err);

/* Path of an image cell for people and CSV files: "folder/a.jpg", "archive.zip!/a.jpg",
 * "" for an image in memory or a missing one. */
void iv_dataset_image_path(const imgvec_dataset *ds, int32_t column, int64_t row, iv_text *out);

/* Digest over names, types and cells (image cells by their path or bytes, not by reading
 * the files): what the model file records as the input's fingerprint. 32 hex digits. */
imgvec_status iv_dataset_fingerprint(const imgvec_dataset *ds, char out[33], imgvec_error *err);

/* Applies options "ignore" and "type" (column=type list): INVALID_ARGUMENT for an unknown
 * type, NOT_FOUND for an unknown column. Called by imgvec_dataset_open for its own
 * options, and by jobs on a list of their own through these two queries. */
int32_t iv_dataset_effective_type(const imgvec_dataset *ds, const imgvec_options *opts,
                                  int32_t column);
imgvec_status iv_dataset_check_types(const imgvec_dataset *ds, const imgvec_options *opts,
                                     imgvec_error *err);

#endif
