/* What stands behind imgvec_options, and its setters, for lib/api. */
#ifndef IV_BASE_BAG_H
#define IV_BASE_BAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/context.h"
#include "base/known_folds.h"
#include "base/option_table.h"

typedef struct iv_value {
    bool set;
    int64_t integer;
    double number;
    char *text;
} iv_value;

typedef struct iv_pair {
    char *name, *value;
} iv_pair;

struct imgvec_options {
    imgvec_context *ctx;
    int32_t jobs;
    iv_value *values; /* one for each row of the table */
    iv_pair *xgb;     /* xgb.<name> */
    size_t xgb_count, xgb_capacity;
    iv_known_folds *folds; /* of imgvec_options_set_like; NULL: none */
};

imgvec_status iv_options_new(imgvec_context *ctx, int32_t jobs, imgvec_options **out,
                             imgvec_error *err);
void iv_options_free(imgvec_options *opts);
imgvec_status iv_options_set_i64(imgvec_options *opts, int32_t id, int64_t value,
                                 imgvec_error *err);
imgvec_status iv_options_set_f64(imgvec_options *opts, int32_t id, double value, imgvec_error *err);
imgvec_status iv_options_set_text(imgvec_options *opts, int32_t id, const char *value,
                                  imgvec_error *err);
imgvec_status iv_options_set_named(imgvec_options *opts, const char *name, const char *value,
                                   imgvec_error *err);

/* Whether a parameter xgb.<name> was set. */
bool iv_options_has_xgb(const imgvec_options *opts, const char *name);

/* A bag with the same values (NEW), and the exchange of two bags' values. */
imgvec_status iv_options_clone(const imgvec_options *opts, imgvec_options **out, imgvec_error *err);
void iv_options_swap(imgvec_options *a, imgvec_options *b);

#endif
