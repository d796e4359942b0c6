/* The option table and the bag of values. */
#ifndef IV_BASE_OPTIONS_H
#define IV_BASE_OPTIONS_H

#include <stdbool.h>

#include <imgvec/options.h>

#include "base/known_folds.h"

/* Value of an option; the table's default when opts is NULL or it was not set. The type
 * must be the table's: these are for code that knows the option. */
int64_t iv_option_i64(const imgvec_options *opts, int32_t id);
bool iv_option_bool(const imgvec_options *opts, int32_t id);
double iv_option_f64(const imgvec_options *opts, int32_t id);
const char *iv_option_text(const imgvec_options *opts, int32_t id); /* BORROWED, never NULL */
bool iv_option_is_set(const imgvec_options *opts, int32_t id);
bool iv_option_is(const imgvec_options *opts, int32_t id, const char *value);

/* Where networks run: option device, else the context's. BORROWED. */
const char *iv_option_device(const imgvec_options *opts, const imgvec_context *ctx);

/* Parameters set as "xgb.<name>": name and value of the i-th, false past the last. */
bool iv_option_xgb(const imgvec_options *opts, size_t i, const char **name, const char **value);

/* Jobs that the bag is for; 0 for NULL. */
int32_t iv_options_jobs(const imgvec_options *opts);

/* Folds that the experiment is to have; NULL: it makes its own. BORROWED. */
const iv_known_folds *iv_options_known_folds(const imgvec_options *opts);

/* Names the option as a person typed it for an error text: "option folds". */
const char *iv_option_name(int32_t id);

#endif
