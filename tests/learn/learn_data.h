/* Small seeded data for the tests of the learner. */
#ifndef TEST_LEARN_DATA_H
#define TEST_LEARN_DATA_H

#include <math.h>

#include "base/random.h"
#include "learn/booster.h"

typedef struct learn_data {
    float *x, *y;
    size_t rows, cols;
} learn_data;

/* Needs cmocka.h before it. y depends on the first three features; one cell in twenty is
 * missing. */
static inline learn_data learn_data_make(iv_task task, int32_t classes, size_t rows, size_t cols,
                                         uint64_t seed)
{
    learn_data d = {test_calloc(rows * cols, sizeof(float)), test_calloc(rows, sizeof(float)), rows,
                    cols};
    iv_random r;
    iv_random_seed(&r, seed, "learn data");
    for (size_t i = 0; i < rows; i++) {
        float *x = d.x + i * cols;
        for (size_t j = 0; j < cols; j++)
            x[j] = (float)iv_random_normal(&r);
        double s = x[0] + 0.7 * x[1] * x[2] + 0.3 * iv_random_normal(&r);
        if (task == IV_TASK_REGRESSION)
            d.y[i] = (float)(1000 + 50 * s);
        else
            d.y[i] = (float)fmin(fmax(floor((s + 1.5) / 3 * classes), 0), classes - 1);
        for (size_t j = 0; j < cols; j++)
            if (iv_random_below(&r, 20) == 0)
                x[j] = NAN;
    }
    return d;
}

static inline iv_matrix learn_data_matrix(const learn_data *d)
{
    iv_matrix m = {d->x, d->rows, d->cols, d->y};
    return m;
}

static inline void learn_data_free(learn_data *d)
{
    test_free(d->x);
    test_free(d->y);
}

#endif
