/* The decomposition against numpy.linalg.svd and against what must hold. */
#include "features/text_svd.h"

#include <math.h>

#include "base/mem.h"
#include "base/random.h"
#include "shared_context.h"
#include "test.h"

static iv_sparse sparse(const double *dense, size_t rows, size_t cols)
{
    iv_sparse a = {.rows = rows, .cols = cols};
    size_t n = 0;
    a.start = iv_calloc(ctx, rows + 1, sizeof *a.start);
    a.index = iv_calloc(ctx, rows * cols, sizeof *a.index);
    a.value = iv_calloc(ctx, rows * cols, sizeof *a.value);
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++)
            if (dense[i * cols + j] != 0) {
                a.index[n] = (uint32_t)j;
                a.value[n++] = (float)dense[i * cols + j];
            }
        a.start[i + 1] = n;
    }
    return a;
}

static void release(iv_sparse *a)
{
    iv_free(ctx, a->start);
    iv_free(ctx, a->index);
    iv_free(ctx, a->value);
}

static const double small[6 * 5] = {0, 3, 1, 0, 2, 2, 0, 0, 1, 4, 4, 0, 0, 3, 0,
                                    0, 4, 2, 0, 3, 3, 1, 0, 2, 0, 0, 0, 1, 4, 0};

static void test_small(void **state)
{
    (void)state;
    /* numpy.linalg.svd(small)[2], signs turned as the contract says; as columns here */
    static const double expected[3][5] = {
        {0.51174787, 0.43231303, 0.20616058, 0.48756822, 0.52057142},
        {0.46533509, -0.52031354, -0.20469812, 0.52773299, -0.4385586},
        {-0.47400298, 0.37123921, 0.36200818, 0.52649257, -0.47880922}};
    imgvec_error err;
    iv_sparse a = sparse(small, 6, 5);
    float *v;
    size_t found;
    assert_ok(iv_svd_fit(ctx, &a, 3, 1, &v, &found, &err));
    assert_int_equal(found, 3);
    for (size_t k = 0; k < 3; k++)
        for (size_t j = 0; j < 5; j++)
            if (fabs((double)v[j * 3 + k] - expected[k][j]) > 1e-5)
                fail_msg("vector %zu, entry %zu: %f, not %f", k, j, (double)v[j * 3 + k],
                         expected[k][j]);
    iv_free(ctx, v);
    /* All five directions, and no more than there are. */
    assert_ok(iv_svd_fit(ctx, &a, 100, 1, &v, &found, &err));
    assert_int_equal(found, 5);
    iv_free(ctx, v);
    release(&a);
}

/* A matrix of rank 3 has three components, whatever is asked for. */
static void test_rank(void **state)
{
    (void)state;
    enum { ROWS = 60, COLS = 40, RANK = 3 };
    double left[ROWS][RANK], right[RANK][COLS], dense[ROWS * COLS];
    iv_random r;
    imgvec_error err;
    iv_random_seed(&r, 3, "rank");
    for (size_t k = 0; k < RANK; k++) {
        for (size_t i = 0; i < ROWS; i++)
            left[i][k] = iv_random_normal(&r);
        for (size_t j = 0; j < COLS; j++)
            right[k][j] = iv_random_normal(&r);
    }
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++) {
            dense[i * COLS + j] = 0;
            for (size_t k = 0; k < RANK; k++)
                dense[i * COLS + j] += left[i][k] * right[k][j];
        }
    iv_sparse a = sparse(dense, ROWS, COLS);
    float *v;
    size_t found;
    assert_ok(iv_svd_fit(ctx, &a, 20, 1, &v, &found, &err));
    assert_int_equal(found, RANK);
    /* The rows lie in the space of the components: projecting and back changes nothing. */
    for (size_t i = 0; i < ROWS; i++) {
        double p[RANK] = {0};
        for (size_t k = 0; k < RANK; k++)
            for (size_t j = 0; j < COLS; j++)
                p[k] += dense[i * COLS + j] * (double)v[j * RANK + k];
        for (size_t j = 0; j < COLS; j++) {
            double back = 0;
            for (size_t k = 0; k < RANK; k++)
                back += p[k] * (double)v[j * RANK + k];
            assert_true(fabs(back - dense[i * COLS + j]) < 1e-4);
        }
    }
    iv_free(ctx, v);
    release(&a);
}

/* On a slowly falling spectrum the subspace holds nearly all that the best one could: the sum of
 * squares of the projections against the sum of the exact eigenvalues of the Gram matrix. */
static void test_quality(void **state)
{
    (void)state;
    enum { ROWS = 300, COLS = 120, DIM = 10 };
    static double dense[ROWS * COLS], gram[COLS * COLS], values[COLS], vectors[COLS * COLS];
    iv_random r;
    imgvec_error err;
    iv_random_seed(&r, 4, "quality");
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++)
            dense[i * COLS + j] =
                iv_random_below(&r, 10) == 0 ? iv_random_unit(&r) / (1 + 0.02 * (double)j) : 0;
    memset(gram, 0, sizeof gram);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t p = 0; p < COLS; p++)
            for (size_t q = 0; q < COLS; q++)
                gram[p * COLS + q] += dense[i * COLS + p] * dense[i * COLS + q];
    iv_jacobi_eigen(gram, COLS, values, vectors);
    double best = 0, kept = 0;
    for (size_t k = 0; k < DIM; k++)
        best += values[k];
    iv_sparse a = sparse(dense, ROWS, COLS);
    float *v, *again;
    size_t found;
    assert_ok(iv_svd_fit(ctx, &a, DIM, 1, &v, &found, &err));
    assert_int_equal(found, DIM);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < DIM; k++) {
            double p = 0;
            for (size_t j = 0; j < COLS; j++)
                p += dense[i * COLS + j] * (double)v[j * DIM + k];
            kept += p * p;
        }
    printf("# %.4f of what the best %d directions hold\n", kept / best, DIM);
    assert_true(kept > 0.98 * best && kept < 1.0001 * best);
    /* Equal input and seed, equal bits. */
    assert_ok(iv_svd_fit(ctx, &a, DIM, 1, &again, &found, &err));
    assert_memory_equal(v, again, COLS * DIM * sizeof *v);
    iv_free(ctx, v);
    iv_free(ctx, again);
    release(&a);
}

static void test_empty(void **state)
{
    (void)state;
    const double zero[6] = {0};
    imgvec_error err;
    float *v;
    size_t found;
    iv_sparse a = sparse(zero, 2, 3);
    assert_ok(iv_svd_fit(ctx, &a, 5, 1, &v, &found, &err));
    assert_int_equal(found, 0);
    iv_free(ctx, v);
    a.cols = 0;
    assert_ok(iv_svd_fit(ctx, &a, 5, 1, &v, &found, &err));
    assert_int_equal(found, 0);
    iv_free(ctx, v);
    release(&a);
}

/* [[2, 1], [1, 2]] has 3 with (1, 1) and 1 with (1, -1). */
static void test_jacobi(void **state)
{
    (void)state;
    double m[4] = {2, 1, 1, 2}, values[2], vectors[4];
    iv_jacobi_eigen(m, 2, values, vectors);
    assert_true(fabs(values[0] - 3) < 1e-12 && fabs(values[1] - 1) < 1e-12);
    assert_true(fabs(vectors[0] - vectors[1]) < 1e-12 && fabs(vectors[2] + vectors[3]) < 1e-12);
    assert_true(fabs(fabs(vectors[0]) - sqrt(0.5)) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small), cmocka_unit_test(test_rank),   cmocka_unit_test(test_quality),
        cmocka_unit_test(test_empty), cmocka_unit_test(test_jacobi),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
