/* The target column: task, classes, values. */
#ifndef IV_LEARN_TARGET_H
#define IV_LEARN_TARGET_H

#include <stdint.h>

#include <imgvec/dataset.h>

#define IV_CLASSES_MAX 1000 /* XGBoost grows a tree for each class in each round */

typedef enum iv_task { IV_TASK_REGRESSION, IV_TASK_BINARY, IV_TASK_MULTICLASS } iv_task;

const char *iv_task_name(iv_task task);                /* "regression", "binary", "multiclass" */
int iv_task_from_name(const char *name, iv_task *out); /* 0 on success */

/* Values of the target for the rows that have one. */
typedef struct iv_target {
    iv_task task;
    int32_t class_count; /* 0 for regression */
    char **classes;      /* sorted: numbers by value when all are numbers, else by bytes */
    size_t rows;         /* that have a target */
    int64_t *row;        /* row of the dataset, rows of them */
    float *value;        /* number, or class index */
    int64_t missing;     /* rows left out because the target is missing */
} iv_target;

/* Finds the task (text: classes; two distinct values: binary; numbers: regression when more
 * than 20 are distinct or any has a fraction, else see target.c; option "task" decides when
 * set) and reads the values. DATA errors name column, first row and count: all missing, more
 * than max_missing_target missing, constant, one class, a class with one row, values past float32.
 */
imgvec_status iv_target_read(imgvec_context *ctx, const imgvec_dataset *ds,
                             const imgvec_options *opts, int32_t column, iv_target *out,
                             imgvec_error *err);
void iv_target_free(imgvec_context *ctx, iv_target *t);

/* The target of other data for a trained model: class indices by name, NaN where missing.
 * DATA for a class that training did not see. value: rows of ds. */
imgvec_status iv_target_map(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                            iv_task task, char *const *classes, int32_t class_count, float *value,
                            imgvec_error *err);

#endif
