/* Rows that show the same picture: by the same bytes, or nearly by what is seen. Such rows belong
 * on one side of whatever parts the rows. */
#ifndef IV_TABLE_DUPLICATES_H
#define IV_TABLE_DUPLICATES_H

#include <imgvec/options.h>

#include "base/watch.h"
#include "io/json.h"
#include "table/dataset.h"
#include "table/prints.h"

typedef enum iv_duplicate_mode {
    IV_DUPLICATES_OFF,
    IV_DUPLICATES_EXACT,
    IV_DUPLICATES_NEAR
} iv_duplicate_mode;

typedef struct iv_duplicate_rule {
    iv_duplicate_mode mode;
    int32_t distance; /* bits that may differ */
    /* An image with the same bytes in more rows than this is a placeholder: it says nothing of its
     * rows and does not tie them together. 0: there is no such limit. */
    int64_t most_rows;
} iv_duplicate_rule;

/* What options duplicates and duplicate_distance ask for. `alone`: the rows have nothing but one
 * image to be told apart by, so that every equal image ties. */
iv_duplicate_rule iv_duplicate_rule_of(const imgvec_options *opts, int64_t rows, bool alone);

/* An image in more rows than the rule's most_rows. */
typedef struct iv_common_image {
    int64_t row, rows; /* the first of them, and how many */
    int32_t column, index;
} iv_common_image;

typedef struct iv_duplicates {
    imgvec_context *ctx;
    iv_duplicate_rule rule;
    int64_t row_count;
    int32_t *group; /* of each row: its first row; rows of one group belong together */
    int32_t *exact; /* the same by equal bytes alone */
    /* Of each row, -1 where it has no usable image: its first row whose images are the same in
     * every column, by bytes and by what is seen. */
    int32_t *same_bytes, *same_look;
    iv_common_image *common;
    size_t common_count, common_capacity;
    /* Groups of two rows and more, the rows in them, and the rows of the largest. */
    int64_t groups, rows, largest;
    int64_t exact_groups, exact_rows;
} iv_duplicates;

/* prints are sorted by it. */
imgvec_status iv_duplicates_find(iv_prints *prints, int64_t rows, const iv_duplicate_rule *rule,
                                 iv_watch *watch, iv_duplicates *out, imgvec_error *err);
/* Tells the log's listener of placeholders. */
void iv_duplicates_notice(const iv_duplicates *d, const imgvec_dataset *ds);
void iv_duplicates_free(iv_duplicates *d);

/* Member "duplicates" of an open object (docs/json.md). target -1: there is none, so that no
 * rows with equal images and different targets can be listed. d NULL: they were not looked for. */
imgvec_status iv_duplicates_write(const iv_duplicates *d, const imgvec_dataset *ds, int32_t target,
                                  iv_json_writer *w, imgvec_error *err);

#endif
