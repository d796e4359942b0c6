/* Rows that come one by one are scored as a dataset of them is, bit by bit. */
#include "scorer_support.h"

#include "base/mem.h"
#include "image/encode.h"

static void predict_one(const imgvec_model *m, const imgvec_dataset *ds, float *p, int32_t *status)
{
    imgvec_error err;
    assert_ok(imgvec_model_predict(m, ds, NULL, p, 3, NULL, status, &err));
}

static void same_bits(imgvec_context *ctx, const char *target)
{
    imgvec_model *m = train(ctx, target);
    imgvec_scorer *s;
    imgvec_error err;
    float all[ROWS * 3], one[3], p[3];
    int32_t status, k = imgvec_model_outputs(m);
    assert_int_equal(k, strcmp(target, "y") == 0 ? 1 : 3);
    size_t bytes = (size_t)k * sizeof(float);
    imgvec_dataset *whole = new_dataset(ctx);
    assert_ok(imgvec_scorer_new(m, NULL, &s, &err));
    for (int i = 0; i < ROWS; i++) {
        row v = make_row(100 + i);
        append(whole, &v);
    }
    assert_ok(imgvec_model_predict(m, whole, NULL, all, ROWS * 3, NULL, NULL, &err));
    for (int i = 0; i < ROWS; i++) {
        row v = make_row(100 + i);
        imgvec_dataset *ds = new_dataset(ctx);
        append(ds, &v);
        predict_one(m, ds, one, &status);
        set(s, &v);
        status = 1;
        assert_ok(imgvec_scorer_run(s, NULL, p, 3, &status, &err));
        assert_int_equal(status, 0);
        assert_memory_equal(p, one, bytes);
        assert_memory_equal(p, all + i * k, bytes);
        imgvec_dataset_free(ds);
    }
    imgvec_dataset_free(whole);
    imgvec_model_free(m);
    imgvec_scorer_free(s);
}

static void test_same_bits(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    same_bits(ctx, "y");
    same_bits(ctx, "kind");
    imgvec_context_free(ctx);
}

/* A number beside others, so that it is not equal by chance. */
static float run(imgvec_scorer *s, int32_t *status)
{
    imgvec_error err;
    float p;
    assert_ok(imgvec_scorer_run(s, NULL, &p, 1, status, &err));
    return p;
}

static void test_cells(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_model *m = train(ctx, "y");
    imgvec_scorer *s;
    imgvec_error err;
    float p;
    int32_t status;
    row v = make_row(1), w = make_row(2);
    assert_ok(imgvec_scorer_new(m, NULL, &s, &err));
    imgvec_model_free(m); /* the scorer keeps it */
    set(s, &v);
    float first = run(s, &status);

    /* What was set last counts, and a run forgets all. */
    set(s, &w);
    float second = run(s, &status);
    assert_true(first != second);
    set(s, &w);
    set(s, &v);
    assert_true(run(s, &status) == first);
    float empty = run(s, &status);
    assert_int_equal(status, IMGVEC_OK); /* there are other columns beside the image */
    assert_true(run(s, &status) == empty && empty != first);
    assert_ok(imgvec_scorer_set_text(s, "image", NULL, &err));
    assert_ok(imgvec_scorer_set_text(s, "x", NULL, &err));
    assert_ok(imgvec_scorer_set_text(s, "note", "", &err));
    assert_true(run(s, &status) == empty);

    /* The only image column needs no name. */
    set(s, &v);
    assert_ok(imgvec_scorer_set_pixels(s, NULL, w.pixels, 16, 16, 0, IMGVEC_PIXELS_RGB, &err));
    float other_image = run(s, &status);
    memcpy(v.pixels, w.pixels, sizeof v.pixels);
    set(s, &v);
    assert_true(run(s, &status) == other_image);

    /* Too little room: the cells stay. */
    set(s, &w);
    assert_fails(imgvec_scorer_run(s, NULL, &p, 0, NULL, &err), IMGVEC_ERR_LIMIT, "1 are needed");
    assert_true(run(s, &status) == second);

    assert_fails(imgvec_scorer_set_number(s, "nothing", 1, &err), IMGVEC_ERR_NOT_FOUND,
                 "\"nothing\"");
    assert_non_null(strstr(err.text, "colour"));
    assert_fails(imgvec_scorer_set_number(s, "image", 1, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "takes no numbers");
    assert_fails(imgvec_scorer_set_text(s, "x", "1", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "numeric and takes no text");
    assert_fails(imgvec_scorer_set_bytes(s, "x", "1", 1, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "takes no images");

    /* A text that is none of its type ends this run, not the next. */
    set(s, &w);
    assert_ok(imgvec_scorer_set_text(s, "flag", "perhaps", &err));
    assert_fails(imgvec_scorer_run(s, NULL, &p, 1, NULL, &err), IMGVEC_ERR_DATA, "perhaps");
    assert_true(run(s, &status) == empty);
    imgvec_scorer_free(s);
    imgvec_scorer_free(NULL);
    imgvec_context_free(ctx);
}

typedef struct heard {
    int problems;
    int32_t code;
} heard;

static void hear(void *user, const imgvec_problem *problem)
{
    heard *h = user;
    h->problems++;
    h->code = problem->code;
}

/* Encoded images, good and bad, and images alone. */
static void test_images(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 40, WITH_IMAGE, 1);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise",
                                     "backbone", "tiny", "weights", "random", "dim", "3", "folds",
                                     "2", "rounds", "10", "threads", "1", NULL);
    imgvec_options *small = make_options(ctx, IMGVEC_JOB_OPEN, "max_image_side", "15", NULL);
    imgvec_model *m;
    imgvec_scorer *s, *strict;
    imgvec_error err;
    imgvec_cancel *cancel;
    heard h = {0};
    imgvec_watch watch = {.size = sizeof watch, .user = &h, .problem = hear};
    float p, q;
    int32_t status;
    row v = make_row(3);
    iv_image image = {.width = 16, .height = 16, .pixels = v.pixels};
    iv_encoded png;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    assert_ok(imgvec_scorer_new(m, NULL, &s, &err));
    assert_ok(imgvec_scorer_new(m, small, &strict, &err));
    assert_ok(iv_encode_png(ctx, &image, &png, &err));

    assert_ok(imgvec_scorer_set_pixels(s, NULL, v.pixels, 16, 16, 0, IMGVEC_PIXELS_RGB, &err));
    assert_ok(imgvec_scorer_run(s, NULL, &p, 1, NULL, &err));
    assert_ok(imgvec_scorer_set_bytes(s, "image", png.data, png.size, &err));
    assert_ok(imgvec_scorer_run(s, &watch, &q, 1, &status, &err));
    assert_true(p == q && status == 0 && h.problems == 0);

    /* A row without a usable image cannot be scored, and that is no error. */
    assert_ok(imgvec_scorer_set_bytes(s, "image", png.data, png.size / 2, &err));
    assert_ok(imgvec_scorer_run(s, &watch, &q, 1, &status, &err));
    assert_true(isnan(q) && status == IMGVEC_ERR_FORMAT);
    assert_true(h.problems == 1 && h.code == IMGVEC_ERR_FORMAT);
    assert_ok(imgvec_scorer_set_text(s, NULL, "/no/such/picture.png", &err));
    assert_ok(imgvec_scorer_run(s, &watch, &q, 1, &status, &err));
    assert_true(isnan(q) && status == IMGVEC_ERR_NOT_FOUND && h.problems == 2);
    assert_ok(imgvec_scorer_set_bytes(s, NULL, "", 0, &err));
    assert_ok(imgvec_scorer_run(s, &watch, &q, 1, &status, &err));
    assert_true(isnan(q) && status != 0 && h.problems == 3);
    assert_ok(imgvec_scorer_run(s, &watch, &q, 1, &status, &err));
    assert_true(isnan(q) && status == IMGVEC_ERR_NOT_FOUND && h.problems == 3);
    assert_ok(imgvec_scorer_set_bytes(strict, NULL, png.data, png.size, &err));
    assert_ok(imgvec_scorer_run(strict, NULL, &q, 1, &status, &err));
    assert_true(isnan(q) && status == IMGVEC_ERR_LIMIT);

    assert_ok(imgvec_cancel_new(&cancel, &err));
    imgvec_cancel_request(cancel);
    watch.cancel = cancel;
    assert_ok(imgvec_scorer_set_bytes(s, NULL, png.data, png.size, &err));
    assert_fails(imgvec_scorer_run(s, &watch, &q, 1, &status, &err), IMGVEC_ERR_CANCELLED, "");
    assert_ok(imgvec_scorer_set_bytes(s, NULL, png.data, png.size, &err));
    assert_ok(imgvec_scorer_run(s, NULL, &q, 1, &status, &err));
    assert_true(p == q);
    imgvec_cancel_free(cancel);
    iv_free(ctx, png.data);
    imgvec_scorer_free(s);
    imgvec_scorer_free(strict);
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_options_free(small);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
