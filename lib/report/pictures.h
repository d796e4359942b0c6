/* Pictures of training images, and what is known of their rows. */
#ifndef IV_REPORT_PICTURES_H
#define IV_REPORT_PICTURES_H

#include "report/report.h"

/* Adds a picture that is in the file to the last tile, where it is one. */
bool iv_report_put_picture(const iv_report *r, iv_gallery *g, const char *prefix, int64_t row,
                           const char *suffix, const char *alt);
/* Path of a row's image, "" where it is not known, and the end of a path, which tells images apart
 * best. BORROWED. */
const char *iv_report_path(const iv_report *r, int64_t row);
const char *iv_report_short_path(const char *path);
/* A list of the index; NULL where it is absent or empty. */
const iv_json *iv_report_index_list(const iv_report *r, const char *name);
void iv_report_truth_of(const iv_report *r, int64_t row, char out[IV_REPORT_TRUTH]);
/* Members of an open object: row, path, truth, picture. */
void iv_report_put_row(const iv_report *r, iv_json_writer *w, int64_t row);

#endif
