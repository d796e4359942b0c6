/* What is in a column of texts: the counts that the rules for types ask for. */
#ifndef IV_TABLE_SURVEY_H
#define IV_TABLE_SURVEY_H

#include "base/options.h"
#include "base/watch.h"
#include "table/date.h"
#include "table/store.h"

/* Thresholds, from the options of the same names. */
typedef struct iv_type_rules {
    double max_missing_images, min_image_endings;
    const char *image_endings; /* comma list; "": those of all formats */
    double category_share, code_share, id_share;
    size_t category_levels;
    iv_date_order date_order;
} iv_type_rules;

typedef struct iv_survey {
    int64_t rows, missing, numbers, infinite, whole;
    int64_t first_text; /* row of the first value that is no number, -1 */
    int64_t image_like; /* values with an image's ending */
    bool constant;
    bool codes; /* no value has a blank or a letter beyond ASCII: not free text */
    bool dates; /* all values are dates, in one of the orders at least */
    int64_t dates_before, no_date_row; /* values until the first that is no date; its row, -1 */
    bool dmy_mdy;                      /* some can only be read by an order of day and month */
    bool order_can_be[3];
    int64_t order_row; /* row of a value that only one order allows, -1 */
    int booleans;      /* pair of words that all values are of, 0: none; see boolean.h */
    bool words[2];     /* which of the pair's are there: false, true */

    /* By iv_survey_different. */
    size_t enough;   /* different values up to which any text column is categorical */
    size_t distinct; /* exact for codes, else counted past `enough` at least */
    bool all_different;
} iv_survey;

void iv_type_rules_read(iv_type_rules *r, const imgvec_options *opts);

/* One pass over the column for all that needs no memory. */
imgvec_status iv_survey_look(const iv_column *c, const iv_type_rules *r, iv_watch *watch,
                             iv_survey *s, imgvec_error *err);

/* Counts the different values as far as the rules need it. */
imgvec_status iv_survey_different(const imgvec_dataset *ds, const iv_column *c,
                                  const iv_type_rules *r, iv_watch *watch, iv_survey *s,
                                  imgvec_error *err);

/* How many of the different values end like an image file; ending: the one that they all have,
 * else "". */
imgvec_status iv_survey_images(const imgvec_dataset *ds, const iv_column *c, const iv_type_rules *r,
                               int64_t *images, int64_t *values, char ending[16],
                               imgvec_error *err);

#endif
