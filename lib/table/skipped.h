/* Rows of a CSV file that were passed over when it was read (option on_bad_row). */
#ifndef IV_TABLE_SKIPPED_H
#define IV_TABLE_SKIPPED_H

#include <stdint.h>

#include <imgvec/dataset.h>

#include "io/json.h"

enum { IV_SKIPPED_LISTED = 1000 }; /* as many are kept with their reasons; all are counted */

typedef struct iv_skipped_row {
    uint64_t line, record;
    char *reason;
} iv_skipped_row;

typedef struct iv_skipped_rows {
    int64_t count;
    iv_skipped_row *list; /* the first ones */
    size_t listed, capacity;
} iv_skipped_rows;

/* why is COPIED. */
imgvec_status iv_skipped_add(imgvec_context *ctx, iv_skipped_rows *rows, uint64_t record,
                             uint64_t line, const char *why, imgvec_error *err);
void iv_skipped_free(imgvec_context *ctx, iv_skipped_rows *rows);

/* Member "skipped_rows": how many, and the first ones. */
void iv_dataset_put_skipped(const imgvec_dataset *ds, iv_json_writer *w);

/* DATA, naming the first ten, when more than this share of the file's rows was passed over. */
imgvec_status iv_dataset_check_skipped(const imgvec_dataset *ds, double share, imgvec_error *err);

#endif
