/* A saved model opens as the same one, to the bit: every learner under every transform of the
 * target, with images as a linear model's answer, and missing values. */
#include "model_support.h"

#define PATH temporary_path()

enum { ROWS = 60, OTHER = 25 };

/* An image, a number with gaps, a colour, and a target above 0. */
static imgvec_dataset *make(imgvec_context *ctx, int rows, uint64_t seed)
{
    static const char *const names[] = {"red", "green", "blue"};
    imgvec_dataset *ds;
    imgvec_error err;
    iv_random r;
    uint8_t pixels[16 * 16 * 3];
    iv_random_seed(&r, seed, "file");
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    assert_ok(imgvec_dataset_add_column(ds, "x", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "colour", IMGVEC_COLUMN_CATEGORICAL, &err));
    assert_ok(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "kind", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < rows; i++) {
        double hidden = iv_random_unit(&r);
        int c = (int)iv_random_below(&r, 3), grey = (int)(40 + 180 * hidden);
        draw(&r, (int[]){grey, grey, 90}, pixels);
        if (i % 9 == 4)
            assert_ok(imgvec_dataset_append_text(ds, "image", NULL, &err));
        else
            assert_ok(imgvec_dataset_append_pixels(ds, "image", pixels, 16, 16, 0,
                                                   IMGVEC_PIXELS_RGB, &err));
        assert_ok(imgvec_dataset_append_number(
            ds, "x", i % 7 == 3 ? (double)NAN : iv_random_normal(&r), &err));
        assert_ok(imgvec_dataset_append_text(ds, "colour", names[c], &err));
        assert_ok(imgvec_dataset_append_number(ds, "y", exp(2 * hidden + c), &err));
        assert_ok(
            imgvec_dataset_append_text(ds, "kind", names[hidden < 0.4 ? 0 : 1 + c % 2], &err));
    }
    return ds;
}

/* Trains, saves, opens: the same answers for other rows. */
static void round_trip(const char *target, const char *learner, const char *transform,
                       size_t outputs)
{
    imgvec_context *ctx = fake_context();
    imgvec_error err;
    imgvec_dataset *ds = make(ctx, ROWS, 1), *other = make(ctx, OTHER, 2);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", target, "ignore",
                                     target[0] == 'y' ? "kind" : "y", "backbone", tiny_backbone.id,
                                     "weights", "random", "learner", learner, "target_transform",
                                     transform, "image_features", "stacked", "select_blocks", "0",
                                     "ablation", "off", "folds", "2", "rounds", "15", NULL);
    imgvec_model *m, *opened;
    float before[OTHER * 3], after[OTHER * 3];
    char expected[64];
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    snprintf(expected, sizeof expected, "\"learner\": \"%s\"", learner);
    assert_non_null(strstr(imgvec_model_info(m), expected));
    snprintf(expected, sizeof expected, "\"target_transform\": \"%s\"", transform);
    if (outputs == 1)
        assert_non_null(strstr(imgvec_model_info(m), expected));
    assert_non_null(strstr(imgvec_model_info(m), "\"image_features\": \"stacked\""));
    assert_ok(imgvec_model_save(m, PATH, &err));
    assert_ok(imgvec_model_open(ctx, PATH, NULL, &opened, &err));
    assert_string_equal(imgvec_model_info(opened), imgvec_model_info(m));
    assert_ok(imgvec_model_predict(m, other, NULL, before, OTHER * outputs, NULL, NULL, &err));
    assert_ok(imgvec_model_predict(opened, other, NULL, after, OTHER * outputs, NULL, NULL, &err));
    assert_memory_equal(before, after, OTHER * outputs * sizeof *before);
    float least = before[0], most = before[0];
    for (size_t i = 0; i < OTHER * outputs; i++) {
        assert_true(isfinite(before[i]));
        least = fminf(least, before[i]);
        most = fmaxf(most, before[i]);
    }
    assert_true(most > least); /* it tells rows apart */
    if (outputs == 1 && strcmp(transform, "none") != 0)
        assert_true(most < 200 && least > -5 && most > 5); /* y is 1 to 55, and not its logarithm */
    unlink(PATH);
    imgvec_model_free(m);
    imgvec_model_free(opened);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
    imgvec_context_free(ctx);
}

static void test_numbers(void **state)
{
    static const char *const transforms[] = {"none", "log", "box_cox", "yeo_johnson"};
    for (size_t i = 0; i < 4; i++) {
        round_trip("y", "linear", transforms[i], 1);
        round_trip("y", "xgboost", transforms[i], 1);
    }
}

static void test_classes(void **state)
{
    round_trip("kind", "linear", "auto", 3);
    round_trip("kind", "xgboost", "auto", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
