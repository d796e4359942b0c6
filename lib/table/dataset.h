/* What stands behind imgvec_dataset, as the other rooms see it. Cells are reached through
 * functions only: how a column stores them is this room's business. All of it is safe for
 * many reading threads. */
#ifndef IV_TABLE_DATASET_H
#define IV_TABLE_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include <imgvec/arrow.h>
#include <imgvec/dataset.h>

#include "base/text.h"
#include "base/watch.h"
#include "image/image.h"
#include "table/date.h"

/* Behind the public functions of the same names, which check the handles first. */
imgvec_status iv_dataset_open(imgvec_context *ctx, const char *path, const imgvec_options *opts,
                              const imgvec_watch *watch, imgvec_dataset **out, imgvec_error *err);
imgvec_status iv_dataset_new(imgvec_context *ctx, imgvec_dataset **out, imgvec_error *err);
imgvec_status iv_dataset_set_options(imgvec_dataset *ds, const imgvec_options *opts,
                                     imgvec_error *err);
imgvec_status iv_dataset_add_column(imgvec_dataset *ds, const char *name, int32_t type,
                                    imgvec_error *err);
imgvec_status iv_dataset_append_number(imgvec_dataset *ds, const char *column, double value,
                                       imgvec_error *err);
imgvec_status iv_dataset_append_text(imgvec_dataset *ds, const char *column, const char *value,
                                     imgvec_error *err);
imgvec_status iv_dataset_append_bytes(imgvec_dataset *ds, const char *column, const void *bytes,
                                      size_t size, imgvec_error *err);
imgvec_status iv_dataset_append_pixels(imgvec_dataset *ds, const char *column, const void *pixels,
                                       int32_t width, int32_t height, size_t stride, int32_t format,
                                       imgvec_error *err);
imgvec_status iv_dataset_add_arrow(imgvec_dataset *ds, struct ArrowArrayStream *stream,
                                   const imgvec_options *opts, const imgvec_watch *watch,
                                   imgvec_error *err);
int64_t iv_dataset_rows(const imgvec_dataset *ds);
int32_t iv_dataset_columns(const imgvec_dataset *ds);
imgvec_status iv_dataset_column_info(const imgvec_dataset *ds, int32_t index,
                                     imgvec_column_info *out, imgvec_error *err);
imgvec_status iv_dataset_cell(const imgvec_dataset *ds, int32_t column, int64_t row, char *dst,
                              size_t capacity, size_t *needed, imgvec_error *err);
imgvec_status iv_dataset_describe(const imgvec_dataset *ds, const imgvec_options *opts,
                                  const imgvec_watch *watch, char **out, imgvec_error *err);
imgvec_status iv_dataset_split(const imgvec_dataset *ds, const imgvec_options *opts,
                               const char *first_path, const char *second_path,
                               const imgvec_watch *watch, char **report, imgvec_error *err);
void iv_dataset_free(imgvec_dataset *ds);

imgvec_context *iv_dataset_context(const imgvec_dataset *ds);

/* Forgets the cells of a column of a dataset of iv_dataset_new; its room stays. */
void iv_dataset_clear(imgvec_dataset *ds, int32_t column);
int64_t iv_dataset_column_cells(const imgvec_dataset *ds, int32_t column);

/* true for data with one folder for each class, whose "label" is the target by default. */
bool iv_dataset_has_class_folders(const imgvec_dataset *ds);

/* DATA when the columns do not hold the same number of cells: names the short one. */
imgvec_status iv_dataset_check(const imgvec_dataset *ds, imgvec_error *err);

int32_t iv_dataset_find(const imgvec_dataset *ds, const char *name); /* -1: no such column */
const char *iv_dataset_column_name(const imgvec_dataset *ds, int32_t column);
int32_t iv_dataset_column_type(const imgvec_dataset *ds, int32_t column);
/* Columns that are not ignored, the target (-1: none) left out. */
int32_t iv_dataset_inputs(const imgvec_dataset *ds, int32_t target);
const char *iv_dataset_type_name(int32_t type); /* "numeric"; "" for none */

/* A NOT_FOUND error that lists the columns there are (the first twenty). */
imgvec_status iv_dataset_no_column(const imgvec_dataset *ds, const char *name, imgvec_error *err);

/* For a job on the whole dataset: puts the path that the data was opened from before the text
 * of a DATA error that does not hold it. Returns `status` unchanged. */
imgvec_status iv_dataset_blame(const imgvec_dataset *ds, imgvec_status status, imgvec_error *err);

bool iv_dataset_missing(const imgvec_dataset *ds, int32_t column, int64_t row);

/* An infinite number: missing as a feature, an error as a target. */
bool iv_dataset_infinite(const imgvec_dataset *ds, int32_t column, int64_t row);

/* Cell as a number: NaN when missing or infinite; DATA (row, column, text) when it holds
 * text that is no number. Any column that is not made of images in memory will do. */
imgvec_status iv_dataset_number(const imgvec_dataset *ds, int32_t column, int64_t row, double *out,
                                imgvec_error *err);

/* Cell of a boolean column: true, yes, t, y and 1 are 1; false, no, f, n and 0 are 0, in any
 * case; NaN when missing; DATA when it holds another text. */
imgvec_status iv_dataset_boolean(const imgvec_dataset *ds, int32_t column, int64_t row, float *out,
                                 imgvec_error *err);

/* Cell as a date; *there false when missing; DATA when it holds a text that is none. */
imgvec_status iv_dataset_date(const imgvec_dataset *ds, int32_t column, int64_t row,
                              iv_date_order order, iv_date *out, bool *there, imgvec_error *err);
/* How the column's dates are to be read: by option date_order, else as inference found it or, for
 * a column that it has not seen, by the column's values. Never UNKNOWN. */
iv_date_order iv_dataset_date_order(const imgvec_dataset *ds, const imgvec_options *opts,
                                    int32_t column);

/* Cell as text, not closed by NUL; numbers are formatted into buffer (IV_NUMBER_MAX).
 * false when it is missing. */
bool iv_dataset_text(const imgvec_dataset *ds, int32_t column, int64_t row, char *buffer,
                     const char **text, size_t *length);

/* Decoded image of a cell, the first where it names several (cell_images.h gives all). NOT_FOUND
 * for an empty cell or a file that is not there; the errors of iv_image_decode otherwise. The text
 * does not repeat the path. */
imgvec_status iv_dataset_image(const imgvec_dataset *ds, int32_t column, int64_t row, iv_image *out,
                               imgvec_error *err);

/* Fetches the images behind URLs of one column, or of all image columns (-1), into the cache,
 * where iv_dataset_image finds them; does nothing for what is there. A stage of its own of the
 * watch, when something is missing. What cannot be fetched is named when it is read. Errors: IO
 * (the cache), NO_MEMORY, CANCELLED. */
imgvec_status iv_dataset_fetch(const imgvec_dataset *ds, int32_t column, iv_watch *watch,
                               imgvec_error *err);

/* Path of an image cell for people and CSV files: "folder/a.jpg", "archive.zip!/a.jpg",
 * "" for an image in memory or a missing one; ";" between several. */
void iv_dataset_image_path(const imgvec_dataset *ds, int32_t column, int64_t row, iv_text *out);

/* Digest over names and cells (image cells by their path or bytes, not by reading the files): what
 * the model file records as the input's fingerprint. 32 hex digits. */
imgvec_status iv_dataset_fingerprint(const imgvec_dataset *ds, char out[33], imgvec_error *err);
/* The same of one column. */
imgvec_status iv_dataset_column_digest(const imgvec_dataset *ds, int32_t column, char out[33],
                                       imgvec_error *err);

/* Applies options "ignore" and "type" (column=type list): INVALID_ARGUMENT for an unknown
 * type, NOT_FOUND for an unknown column. Called by imgvec_dataset_open for its own
 * options, and by jobs on a list of their own through these two queries. */
int32_t iv_dataset_effective_type(const imgvec_dataset *ds, const imgvec_options *opts,
                                  int32_t column);
imgvec_status iv_dataset_check_types(const imgvec_dataset *ds, const imgvec_options *opts,
                                     imgvec_error *err);

#endif
