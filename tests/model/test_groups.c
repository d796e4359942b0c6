/* Rows that share an image stay in one fold, so that a score never comes from a row whose image
 * was learned. */
#include "model_support.h"

#include <stdlib.h>

#include "scene.h"

/* Pairs of rows with one picture, the second of a pair drawn smaller where it is near and not
 * equal, and a target of pure noise that both share. */
static imgvec_dataset *pairs(imgvec_context *ctx, int count, bool near)
{
    imgvec_dataset *ds;
    imgvec_error err;
    iv_random r;
    iv_random_seed(&r, 11, "pairs");
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    assert_ok(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, &err));
    for (int i = 0; i < count; i++) {
        double y = iv_random_normal(&r);
        for (int k = 0; k < 2; k++) {
            int side = k && near ? 40 : 64;
            uint8_t *pixels = malloc((size_t)(side * side * 3));
            draw_scene((uint64_t)i, side, side, 0, pixels);
            assert_ok(imgvec_dataset_append_pixels(ds, "image", pixels, side, side, 0,
                                                   IMGVEC_PIXELS_RGB, &err));
            assert_ok(imgvec_dataset_append_number(ds, "y", y, &err));
            free(pixels);
        }
    }
    return ds;
}

static double r2(imgvec_context *ctx, const imgvec_dataset *ds, const char *mode, double *groups)
{
    imgvec_model *m;
    imgvec_error err;
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "backbone",
                                     tiny_backbone.id, "weights", "random", "dim", "all", "rounds",
                                     "150", "threads", "1", "duplicates", mode, NULL);
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    double score = info_number(imgvec_model_info(m), "metrics", "r2");
    *groups = info_number(imgvec_model_info(m), "duplicates", "groups");
    imgvec_model_free(m);
    imgvec_options_free(o);
    return score;
}

static void test_no_leak(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    double groups;
    for (int near = 0; near < 2; near++) {
        imgvec_dataset *ds = pairs(ctx, 100, near);
        double off = r2(ctx, ds, "off", &groups), kept = r2(ctx, ds, "near", &groups);
        assert_true(groups == 100);
        if (!(kept <= 0.05 && off > kept + 0.1)) /* off shows that there is something to leak */
            fail_msg("near %d: r2 %g without, %g with groups", near, off, kept);
        r2(ctx, ds, "exact", &groups);
        assert_true(groups == (near ? 0 : 100));
        imgvec_dataset_free(ds);
    }
    imgvec_context_free(ctx);
}

/* Three classes; all images of "c" are one, and "b" has fewer pictures than there are folds. */
static void test_classes(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds;
    imgvec_model *m;
    imgvec_error err;
    uint8_t pixels[32 * 32 * 3];
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    assert_ok(imgvec_dataset_add_column(ds, "label", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < 60; i++) {
        int kind = i % 3, scene = kind == 0 ? i : kind == 1 ? 1000 + i % 9 : 2000;
        draw_scene((uint64_t)scene, 32, 32, 0, pixels);
        assert_ok(
            imgvec_dataset_append_pixels(ds, "image", pixels, 32, 32, 0, IMGVEC_PIXELS_RGB, &err));
        assert_ok(imgvec_dataset_append_text(ds, "label",
                                             kind == 0   ? "a"
                                             : kind == 1 ? "b"
                                                         : "c",
                                             &err));
    }
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_TRAIN, "target", "label", "backbone", tiny_backbone.id,
                     "weights", "random", "dim", "2", "folds", "3", "rounds", "3", NULL);
    assert_fails(imgvec_model_train(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_DATA,
                 "the 20 rows of class c share images");
    assert_non_null(strstr(err.text, "duplicates"));
    assert_ok(imgvec_options_set_named(o, "duplicates", "off", &err));
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_leak),
                                       cmocka_unit_test(test_classes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
