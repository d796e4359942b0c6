/* Which row goes to which of two parts, and why. */
#ifndef IV_TABLE_SPLIT_PLAN_H
#define IV_TABLE_SPLIT_PLAN_H

#include "table/check.h"
#include "table/duplicates.h"
#include "table/levels.h"
#include "table/store.h"

typedef struct iv_split_plan {
    imgvec_context *ctx;
    size_t rows;
    int32_t *part;    /* 0 or 1 for each row */
    int32_t *group;   /* rows of one group stay together; NULL: no groups */
    int32_t *class;   /* of each row; -1: no value */
    iv_levels levels; /* the classes; count 0: there are none */
    bool stratified;
    int32_t target, group_column, time_column; /* -1: none */
    int64_t moved;            /* rows that went to the later part to stay with their group */
    iv_image_check check;     /* ctx NULL: the images were not looked at */
    iv_duplicates duplicates; /* ctx NULL: not looked for */
} iv_split_plan;

imgvec_status iv_split_plan_make(const imgvec_dataset *ds, const imgvec_options *opts,
                                 iv_watch *watch, iv_split_plan *out, imgvec_error *err);
/* The plan and the paths of both parts as JSON (docs/json.md, "split"): NEW. */
imgvec_status iv_split_plan_write(const iv_split_plan *plan, const imgvec_dataset *ds,
                                  const imgvec_options *opts, const char *const paths[2],
                                  char **out, imgvec_error *err);
void iv_split_plan_free(iv_split_plan *plan);

#endif
