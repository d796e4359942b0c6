/* Linear models with a chosen penalty: weights against the normal equations on standardised
 * columns, what is held out, classes, and the way into a file. */
#include "linear_support.h"

#include "allocations.h"
#include "base/error.h"
#include "features/linear.h"
#include "shared_context.h"

enum { ROWS = 100, MOST_WIDTH = 150, CLASSES = 3 };

static float x[ROWS * MOST_WIDTH], y[ROWS], held_out[ROWS * CLASSES];

static iv_linear fit(size_t n, size_t d, int32_t classes)
{
    const iv_linear_data data = {
        .x = x, .rows = n, .width = (int32_t)d, .y = y, .class_count = classes, .seed = 1};
    iv_linear m;
    imgvec_error err;
    assert_ok(iv_linear_fit(ctx, &data, &m, held_out, &err));
    return m;
}

/* The model at its own penalty is what the normal equations give on standardised columns. */
static void check_against_direct(const iv_linear *m, size_t n, size_t d, double tolerance)
{
    double *wide = calloc(n * d, sizeof *wide), *w = calloc(d, sizeof *w), bias, answer;
    double *mean = calloc(d, sizeof *mean), *deviation = calloc(d, sizeof *deviation);
    for (size_t j = 0; j < d; j++) {
        for (size_t i = 0; i < n; i++)
            mean[j] += x[i * d + j] / (double)n;
        for (size_t i = 0; i < n; i++)
            deviation[j] += (x[i * d + j] - mean[j]) * (x[i * d + j] - mean[j]) / (double)n;
        deviation[j] = sqrt(deviation[j]);
        for (size_t i = 0; i < n; i++)
            wide[i * d + j] = (x[i * d + j] - mean[j]) / deviation[j];
    }
    solve_ridge(wide, y, NULL, -1, n, d, m->lambda, w, &bias);
    for (size_t j = 0; j < d; j++)
        check_near(m->weights[j] * deviation[j], w[j], tolerance, "weight", j);
    for (size_t i = 0; i < n; i++) {
        float score, out;
        answer = bias;
        for (size_t j = 0; j < d; j++)
            answer += w[j] * wide[i * d + j];
        iv_linear_scores(m, x + i * d, &score);
        iv_linear_answer(m, 0, &score, &out);
        check_near(out, answer, tolerance, "answer", i);
    }
    free(wide);
    free(w);
    free(mean);
    free(deviation);
}

static void test_number(void **state)
{
    static const size_t widths[] = {1, 6, ROWS, MOST_WIDTH};
    for (size_t k = 0; k < 4; k++) {
        size_t d = widths[k];
        draw_problem(k, ROWS, d, 0.3, x, y);
        for (size_t i = 0; i < ROWS; i++) /* columns of every scale, far from 0 */
            for (size_t j = 0; j < d; j++)
                x[i * d + j] = (float)((x[i * d + j] + 2) * pow(10, (double)(j % 7) - 3));
        iv_linear m = fit(ROWS, d, 0);
        assert_int_equal(m.outputs, 1);
        assert_true(m.lambda > 0);
        check_against_direct(&m, ROWS, d, 2e-3);
        iv_linear_free(ctx, &m);
    }
}

/* The penalty follows the data: noise alone is held down, and what has none is followed. */
static void test_penalty(void **state)
{
    double spread[2] = {0};
    for (int noise = 0; noise < 2; noise++) {
        draw_problem(3, ROWS, 20, 0.01, x, y);
        iv_random r;
        iv_random_seed(&r, 4, "noise");
        for (size_t i = 0; noise && i < ROWS; i++)
            y[i] = (float)iv_random_normal(&r);
        iv_linear m = fit(ROWS, 20, 0);
        for (size_t i = 0; i < ROWS; i++) {
            float score;
            iv_linear_scores(&m, x + i * 20, &score);
            spread[noise] += score * score / ROWS;
        }
        iv_linear_free(ctx, &m);
    }
    assert_true(spread[0] > 1.5);  /* of 1.875 */
    assert_true(spread[1] < 0.15); /* of 1 */
}

/* A row's own target is not in its held-out score, which other rows' scores follow. Only the
 * penalty, one of eleven, is chosen from all rows: where it stays, so does the score. */
static void test_held_out(void **state)
{
    enum { WIDTH = 8 };
    float before[ROWS];
    int moved = 0, compared = 0;
    draw_problem(5, ROWS, WIDTH, 0.5, x, y);
    iv_linear m = fit(ROWS, WIDTH, 0);
    double lambda = m.lambda;
    memcpy(before, held_out, sizeof before);
    iv_linear_free(ctx, &m);
    for (size_t i = 0; i < ROWS; i++) {
        float old = y[i];
        y[i] += 0.3f;
        m = fit(ROWS, WIDTH, 0);
        for (size_t j = 0; j < ROWS && m.lambda == lambda; j++)
            moved += fabsf(held_out[j] - before[j]) > 1e-4f;
        if (m.lambda == lambda) {
            check_near(held_out[i], before[i], 1e-5, "own score", i);
            compared++;
        }
        iv_linear_free(ctx, &m);
        y[i] = old;
    }
    printf("# the penalty stayed for %d of %d rows\n", compared, ROWS);
    assert_true(compared > ROWS / 2);
    assert_true(moved > compared * ROWS / 2);
}

/* Held-out scores of noise tell nothing, those of a signal much; without the bias of their fold,
 * whose mean moves against the rows that were held out. */
static void test_held_out_noise(void **state)
{
    enum { WIDTH = 30 };
    for (int32_t classes = 0; classes <= 2; classes += 2)
        for (int noise = 0; noise < 2; noise++) {
            double sum[5] = {0};
            iv_random r;
            iv_random_seed(&r, 8, "noise");
            draw_problem(6, ROWS, WIDTH, 0.5, x, y);
            for (size_t i = 0; i < ROWS; i++) {
                if (noise)
                    y[i] = (float)(3 + iv_random_normal(&r));
                if (classes)
                    y[i] = y[i] > 3;
            }
            iv_linear m = fit(ROWS, WIDTH, classes);
            for (size_t i = 0; i < ROWS; i++) {
                sum[0] += y[i];
                sum[1] += held_out[i];
                sum[2] += (double)y[i] * held_out[i];
                sum[3] += (double)y[i] * y[i];
                sum[4] += (double)held_out[i] * held_out[i];
            }
            double r_xy =
                (ROWS * sum[2] - sum[0] * sum[1]) /
                sqrt((ROWS * sum[3] - sum[0] * sum[0]) * (ROWS * sum[4] - sum[1] * sum[1]) + 1e-30);
            printf("# %d classes, %s: correlation %.3f\n", (int)classes, noise ? "noise" : "signal",
                   r_xy);
            assert_true(noise ? r_xy < 0.25 : r_xy > 0.5);
            iv_linear_free(ctx, &m);
        }
}

/* Rows of a group are held out together: copies of a row do not tell its target. */
static void test_groups(void **state)
{
    enum { WIDTH = 60 };
    int32_t group[ROWS];
    double error[2] = {0};
    imgvec_error err;
    iv_random r;
    iv_random_seed(&r, 2, "noise");
    draw_problem(9, ROWS, WIDTH, 1, x, y);
    for (size_t i = 0; i < ROWS; i++) {
        group[i] = (int32_t)(i / 4);
        y[i] = i % 4 ? y[i - 1] : (float)iv_random_normal(&r);
        if (i % 4)
            memcpy(x + i * WIDTH, x + (i - 1) * WIDTH, WIDTH * sizeof *x);
    }
    for (int grouped = 0; grouped < 2; grouped++) {
        const iv_linear_data data = {.x = x,
                                     .rows = ROWS,
                                     .width = WIDTH,
                                     .y = y,
                                     .group = grouped ? group : NULL,
                                     .seed = 1};
        iv_linear m;
        assert_ok(iv_linear_fit(ctx, &data, &m, held_out, &err));
        for (size_t i = 0; i < ROWS; i++)
            error[grouped] += (y[i] - held_out[i]) * (y[i] - held_out[i]) / ROWS;
        iv_linear_free(ctx, &m);
    }
    assert_true(error[0] < 0.1 && error[1] > 0.7);
    /* A single group cannot be held out: its rows are. */
    float apart[ROWS];
    memset(group, 0, sizeof group);
    for (int grouped = 0; grouped < 2; grouped++) {
        const iv_linear_data one = {.x = x,
                                    .rows = ROWS,
                                    .width = WIDTH,
                                    .y = y,
                                    .group = grouped ? group : NULL,
                                    .seed = 1};
        iv_linear m;
        assert_ok(iv_linear_fit(ctx, &one, &m, grouped ? held_out : apart, &err));
        iv_linear_free(ctx, &m);
    }
    assert_memory_equal(held_out, apart, sizeof apart);
}

/* Shares of each class, and the class of each row. */
static void check_classes(const iv_linear *m, size_t d, int32_t classes, double least)
{
    int right = 0;
    for (size_t i = 0; i < ROWS; i++) {
        float score[CLASSES], p[CLASSES];
        double sum = 0;
        int32_t best = 0;
        iv_linear_scores(m, x + i * d, score);
        iv_linear_answer(m, classes, score, p);
        for (int32_t c = 0; c < classes; c++) {
            assert_true(p[c] >= 0 && p[c] <= 1);
            sum += p[c];
            best = p[c] > p[best] ? c : best;
        }
        check_near(sum, 1, 1e-5, "sum", i);
        right += best == (int32_t)y[i];
    }
    if (right < least * ROWS)
        fail_msg("%d classes: %d of %d rows are right", (int)classes, right, ROWS);
}

static void test_classes(void **state)
{
    for (int32_t classes = 2; classes <= CLASSES; classes++) {
        draw_problem(11, ROWS, 5, 0.1, x, y);
        for (size_t i = 0; i < ROWS; i++)
            y[i] = y[i] < 2 ? 0 : y[i] > 4 && classes > 2 ? 2 : 1;
        iv_linear m = fit(ROWS, 5, classes);
        assert_int_equal(m.outputs, classes == 2 ? 1 : classes);
        check_classes(&m, 5, classes, 0.9);
        iv_linear_free(ctx, &m);
    }
    /* A class of one row, and one of none. */
    draw_problem(12, ROWS, 5, 0.1, x, y);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = i == 50;
    iv_linear m = fit(ROWS, 5, CLASSES);
    check_classes(&m, 5, CLASSES, 0.9);
    iv_linear_free(ctx, &m);
}

static void test_tensors(void **state)
{
    iv_tensors *set;
    iv_linear m, back;
    imgvec_error err;
    draw_problem(19, ROWS, 4, 0.5, x, y);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = (float)(i % 3);
    m = fit(ROWS, 4, 3);
    assert_ok(iv_linear_to_tensors(ctx, &m, &set, &err));
    assert_ok(iv_linear_from_tensors(ctx, set, &back, &err));
    assert_int_equal(back.width, 4);
    assert_int_equal(back.outputs, 3);
    assert_memory_equal(back.mean, m.mean, 4 * sizeof(float));
    assert_memory_equal(back.weights, m.weights, 12 * sizeof(float));
    assert_memory_equal(back.bias, m.bias, 3 * sizeof(float));
    iv_linear_free(ctx, &back);
    iv_linear_free(ctx, &m);
    iv_tensors_free(set);
    /* Each tensor missing, of another length, not finite. */
    static const float values[15] = {0}, bad[15] = {0, INFINITY};
    static const char *const names[] = {"mean", "weights", "bias"};
    for (int which = 0; which < 3; which++)
        for (int damage = 0; damage < 3; damage++) {
            assert_ok(iv_tensors_new(ctx, &set, &err));
            for (int t = 0; t < 3; t++) {
                int64_t shape[2] = {3, t == 2 ? 3 : 4};
                bool here = t == which;
                shape[1] += here && damage == 1;
                if (!here || damage)
                    assert_ok(iv_tensors_put(set, names[t], t == 1 ? 2 : 1,
                                             t == 1 ? shape : shape + 1,
                                             here && damage == 2 ? bad : values, &err));
            }
            assert_fails(iv_linear_from_tensors(ctx, set, &back, &err), IMGVEC_ERR_FORMAT, "");
            iv_tensors_free(set);
        }
}

static void test_cancel(void **state)
{
    iv_watch watch;
    imgvec_error err;
    iv_linear m;
    draw_problem(20, ROWS, 4, 0.5, x, y);
    assert_ok(iv_watch_init(&watch, NULL, &err));
    atomic_store(&watch.stopped, true);
    for (int32_t classes = 0; classes <= 2; classes += 2) {
        for (size_t i = 0; i < ROWS && classes; i++)
            y[i] = (float)(i % 2);
        const iv_linear_data data = {
            .x = x, .rows = ROWS, .width = 4, .y = y, .class_count = classes, .watch = &watch};
        assert_fails(iv_linear_fit(ctx, &data, &m, NULL, &err), IMGVEC_ERR_CANCELLED, "cancelled");
        assert_null(m.weights);
    }
}

static imgvec_status job_fit(imgvec_context *own, void *user, imgvec_error *err)
{
    const int32_t *classes = user;
    const iv_linear_data data = {
        .x = x, .rows = 20, .width = *classes ? 4 : 30, .y = y, .class_count = *classes};
    iv_linear m;
    iv_tensors *set;
    IV_TRY(iv_linear_fit(own, &data, &m, held_out, err));
    imgvec_status status = iv_linear_to_tensors(own, &m, &set, err);
    iv_linear_free(own, &m);
    if (status != IMGVEC_OK)
        return status;
    status = iv_linear_from_tensors(own, set, &m, err);
    iv_tensors_free(set);
    if (status == IMGVEC_OK)
        iv_linear_free(own, &m);
    return status;
}

static void test_memory(void **state)
{
    draw_problem(21, 20, 30, 0.5, x, y);
    for (int32_t classes = 0; classes <= 3; classes += 3) {
        for (size_t i = 0; i < 20 && classes; i++)
            y[i] = (float)(i % 3);
        fail_each_allocation(job_fit, &classes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number),   cmocka_unit_test(test_penalty),
        cmocka_unit_test(test_held_out), cmocka_unit_test(test_held_out_noise),
        cmocka_unit_test(test_groups),   cmocka_unit_test(test_classes),
        cmocka_unit_test(test_tensors),  cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
