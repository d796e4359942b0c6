/* Embedding without a learner, on the fake executor. */
#include "model_support.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define PATH temporary_path()
enum { ROWS = 60 };

static void test_all(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE | WITH_NUMBER, 1);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_EMBED, "backbone", tiny_backbone.id, "weights",
                                     "random", NULL);
    imgvec_error err;
    imgvec_vectorizer *vz;
    float a[ROWS * TINY_WIDTH], b[ROWS * TINY_WIDTH];
    int32_t status[ROWS];
    size_t written;
    assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err));
    assert_int_equal(imgvec_vectorizer_width(vz), TINY_WIDTH);
    assert_ok(imgvec_vectorizer_run(vz, ds, NULL, a, ROWS * TINY_WIDTH, &written, status, &err));
    assert_int_equal(written, ROWS * TINY_WIDTH);
    assert_fails(imgvec_vectorizer_run(vz, ds, NULL, a, 10, &written, status, &err),
                 IMGVEC_ERR_LIMIT, "room for 10");
    assert_fails(imgvec_vectorizer_run(NULL, ds, NULL, a, 10, &written, status, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "vz is NULL");
    assert_true(a[0] != a[TINY_WIDTH]); /* different images, different features */

    /* Neither threads nor batch size change the values. */
    assert_ok(imgvec_options_set_named(o, "threads", "3", &err));
    assert_ok(imgvec_options_set_named(o, "batch_size", "7", &err));
    imgvec_vectorizer *other;
    assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &other, &err));
    assert_ok(imgvec_vectorizer_run(other, ds, NULL, b, ROWS * TINY_WIDTH, NULL, NULL, &err));
    assert_memory_equal(a, b, sizeof a);
    imgvec_vectorizer_free(other);
    imgvec_vectorizer_free(vz);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* The projection's values are uncorrelated, in falling order of variance, and survive a file. */
static void test_projection(void **state)
{
    (void)state;
    enum { DIM = 3 };
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE, 2);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_EMBED, "backbone", tiny_backbone.id, "weights",
                                     "random", "dim", "3", NULL);
    imgvec_error err;
    imgvec_vectorizer *vz, *back;
    float a[ROWS * DIM], b[ROWS * DIM];
    assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err));
    assert_int_equal(imgvec_vectorizer_width(vz), DIM);
    assert_ok(imgvec_vectorizer_run(vz, ds, NULL, a, ROWS * DIM, NULL, NULL, &err));
    double mean[DIM] = {0}, product[DIM][DIM] = {{0}};
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < DIM; k++)
            mean[k] += a[i * DIM + k] / ROWS;
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < DIM; k++)
            for (int l = 0; l < DIM; l++)
                product[k][l] += (a[i * DIM + k] - mean[k]) * (a[i * DIM + l] - mean[l]);
    for (int k = 0; k < DIM; k++) {
        assert_true(fabs(mean[k]) < 1e-4 * sqrt(product[0][0]));
        for (int l = 0; l < k; l++)
            assert_true(fabs(product[k][l]) < 1e-3 * sqrt(product[k][k] * product[l][l]) + 1e-9);
        assert_true(k == 0 || product[k][k] <= product[k - 1][k - 1]);
    }
    assert_ok(imgvec_vectorizer_save(vz, PATH, &err));
    assert_ok(imgvec_vectorizer_open(ctx, PATH, NULL, &back, &err));
    assert_string_equal(imgvec_vectorizer_info(back), imgvec_vectorizer_info(vz));
    assert_ok(imgvec_vectorizer_run(back, ds, NULL, b, ROWS * DIM, NULL, NULL, &err));
    assert_memory_equal(a, b, sizeof a);
    imgvec_vectorizer_free(back);
    imgvec_vectorizer_free(vz);

    assert_ok(imgvec_options_set_named(o, "dim", "9", &err));
    assert_fails(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "9 is above the limit of 8");
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    unlink(PATH);
}

/* Fewer rows than features: the other way to the same components. */
static void test_few_rows(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 6, WITH_IMAGE, 3);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_EMBED, "backbone", tiny_backbone.id, "weights",
                                     "random", "dim", "5", NULL);
    imgvec_error err;
    imgvec_vectorizer *all, *vz;
    float raw[6 * TINY_WIDTH], a[6 * 5];
    assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err));
    assert_ok(imgvec_vectorizer_run(vz, ds, NULL, a, 30, NULL, NULL, &err));
    assert_ok(imgvec_options_set_named(o, "dim", "all", &err));
    assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &all, &err));
    assert_ok(imgvec_vectorizer_run(all, ds, NULL, raw, 6 * TINY_WIDTH, NULL, NULL, &err));
    /* Six points span five dimensions: all distances are kept. */
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++) {
            double before = 0, after = 0;
            for (int k = 0; k < TINY_WIDTH; k++)
                before += pow(raw[i * TINY_WIDTH + k] - raw[j * TINY_WIDTH + k], 2);
            for (int k = 0; k < 5; k++)
                after += pow(a[i * 5 + k] - a[j * 5 + k], 2);
            assert_true(fabs(before - after) < 1e-4 * before);
        }
    imgvec_vectorizer_free(all);
    imgvec_vectorizer_free(vz);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

static void test_no_images(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 6, WITH_NUMBER, 3);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_EMBED, "backbone", tiny_backbone.id, "weights",
                                     "random", NULL);
    imgvec_error err;
    imgvec_vectorizer *vz;
    assert_fails(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err), IMGVEC_ERR_DATA,
                 "no image column");
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_projection),
        cmocka_unit_test(test_few_rows),
        cmocka_unit_test(test_no_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
