/* What tests of jobs that train networks share, on the fake executor with training. */
#ifndef TEST_TUNING_SUPPORT_H
#define TEST_TUNING_SUPPORT_H

#include "model_support.h"

#include <stdlib.h>
#include <unistd.h>

#include "fake_trainer.h"

#define PATH temporary_path()

static inline imgvec_context *training_context(void)
{
    imgvec_context *ctx = fake_context();
    atomic_store(&ctx->executor, fake_training_executor());
    fake_training = (fake_training_hooks){0};
    return ctx;
}

static inline void set(imgvec_options *o, const char *name, const char *value)
{
    imgvec_error err;
    assert_ok(imgvec_options_set_named(o, name, value, &err));
}

/* The file holds the networks and scores to the same bits. */
static inline void assert_saved(imgvec_context *ctx, imgvec_model *m, imgvec_dataset *ds, size_t k)
{
    imgvec_error err;
    imgvec_model *n;
    size_t rows = (size_t)imgvec_dataset_rows(ds);
    float *a = malloc(rows * k * sizeof *a), *b = malloc(rows * k * sizeof *b);
    assert_ok(imgvec_model_predict(m, ds, NULL, a, rows * k, NULL, NULL, &err));
    assert_ok(imgvec_model_save(m, PATH, &err));
    assert_ok(imgvec_model_open(ctx, PATH, NULL, &n, &err));
    assert_ok(imgvec_model_predict(n, ds, NULL, b, rows * k, NULL, NULL, &err));
    assert_memory_equal(a, b, rows * k * sizeof *a);
    assert_string_equal(imgvec_model_info(m), imgvec_model_info(n));
    imgvec_model_free(n);
    unlink(PATH);
    free(a);
    free(b);
}

/* Images of colours at random, with a number "noise" and two classes "coin" that nothing tells of.
 */
static inline imgvec_dataset *make_noise(imgvec_context *ctx, int rows, uint64_t seed)
{
    imgvec_dataset *ds;
    imgvec_error err;
    iv_random r;
    uint8_t pixels[16 * 16 * 3];
    iv_random_seed(&r, seed, "noise");
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    assert_ok(imgvec_dataset_add_column(ds, "noise", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "coin", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < rows; i++) {
        int colour[3];
        for (int c = 0; c < 3; c++)
            colour[c] = (int)iv_random_below(&r, 256);
        draw(&r, colour, pixels);
        assert_ok(
            imgvec_dataset_append_pixels(ds, "image", pixels, 16, 16, 0, IMGVEC_PIXELS_RGB, &err));
        assert_ok(imgvec_dataset_append_number(ds, "noise", iv_random_normal(&r), &err));
        assert_ok(imgvec_dataset_append_text(ds, "coin", iv_random_below(&r, 2) ? "a" : "b", &err));
    }
    return ds;
}

#endif
