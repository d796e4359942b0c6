/* The rows that could not be used, as a job finds them: counted, listed, reported. */
#ifndef IV_FEATURES_PROBLEMS_H
#define IV_FEATURES_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/dataset.h>

#include "base/watch.h"
#include "io/json.h"

typedef struct iv_problem {
    int64_t row;
    char *column, *path, *reason;
    int32_t code;
} iv_problem;

typedef struct iv_problems {
    iv_problem *items;
    size_t count, capacity;
} iv_problems;

/* path may be "". */
imgvec_status iv_problems_add(imgvec_context *ctx, iv_problems *list, int64_t row,
                              const char *column, const char *path, const imgvec_error *why,
                              imgvec_error *err);
/* true for a failure of one image, not of the machine: a job goes on without the image. */
bool iv_problem_of_image(imgvec_status status, const imgvec_error *why);
/* DATA, naming the first ten of a column in which more than max_bad cells are bad. problems may be
 * NULL. */
imgvec_status iv_problems_too_many(const iv_problems *problems, const char *column, int64_t max_bad,
                                   imgvec_error *err);
void iv_problems_write(const iv_problems *list, iv_json_writer *w, const char *name);
void iv_problems_free(imgvec_context *ctx, iv_problems *list);

#endif
