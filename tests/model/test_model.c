/* Whole experiments on the fake executor: train, save, open, predict, evaluate. */
#include "model_support.h"

#include <stdlib.h>
#include <unistd.h>

#include "model/model.h"

#define PATH temporary_path()

static imgvec_model *train(imgvec_context *ctx, imgvec_dataset *ds, imgvec_options *o)
{
    imgvec_model *m;
    imgvec_error err;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    return m;
}

static void test_regression(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 200, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 1);
    imgvec_dataset *other = make_data(ctx, 50, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 2);
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise", "backbone",
                     tiny_backbone.id, "weights", "random", "dim", "4", NULL);
    imgvec_error err;
    imgvec_model *m = train(ctx, ds, o), *n;
    const char *info = imgvec_model_info(m);
    assert_true(info_number(info, "metrics", "r2") > 0.9);
    assert_true(fabs(info_number(info, "metrics_baseline", "r2")) < 0.1);
    assert_int_equal(imgvec_model_outputs(m), 1);
    assert_string_equal(imgvec_model_output_name(m, 0), "prediction");
    assert_null(imgvec_model_output_name(m, 1));

    float a[50], b[50];
    int32_t status[50];
    size_t written;
    assert_ok(imgvec_model_predict(m, other, NULL, a, 50, &written, status, &err));
    assert_int_equal(written, 50);
    assert_int_equal(status[49], 0);
    assert_fails(imgvec_model_predict(m, other, NULL, a, 49, &written, status, &err),
                 IMGVEC_ERR_LIMIT, "50 are needed");
    char *evaluation;
    assert_ok(imgvec_model_evaluate(m, other, NULL, &evaluation, &err));
    assert_true(info_number(evaluation, "metrics", "r2") > 0.9);
    imgvec_text_free(evaluation);

    /* The file gives the same bits, and the same file when it is saved again. */
    assert_ok(imgvec_model_save(m, PATH, &err));
    assert_ok(imgvec_model_open(ctx, PATH, NULL, &n, &err));
    assert_string_equal(imgvec_model_info(n), info);
    assert_ok(imgvec_model_predict(n, other, NULL, b, 50, NULL, NULL, &err));
    assert_memory_equal(a, b, sizeof a);
    imgvec_model_free(m);
    imgvec_model_free(n);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    unlink(PATH);
}

static void test_classes(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 150, WITH_IMAGE, 3);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "kind", "ignore", "y,noise",
                                     "backbone", tiny_backbone.id, "weights", "random", "dim",
                                     "2,4,all", "folds", "3", "holdout", "0.2", NULL);
    imgvec_error err;
    imgvec_model *m = train(ctx, ds, o);
    const char *info = imgvec_model_info(m);
    assert_true(info_number(info, "metrics", "auc") > 0.95);
    assert_true(info_number(info, "metrics_holdout", "auc") > 0.9);
    assert_true(info_number(info, "rows", "held_out") == 30);
    assert_int_equal(imgvec_model_outputs(m), 2);
    assert_string_equal(imgvec_model_output_name(m, 0), "high");
    assert_string_equal(imgvec_model_output_name(m, 1), "low");
    float p[150 * 2];
    assert_ok(imgvec_model_predict(m, ds, NULL, p, 300, NULL, NULL, &err));
    for (int i = 0; i < 150; i++)
        assert_true(fabsf(p[2 * i] + p[2 * i + 1] - 1) < 1e-5f);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* Nothing that is fitted may look at the rows that are scored: a target of pure noise cannot be
 * predicted, whatever the columns. */
static void test_noise_target(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 300, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 4);
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_TRAIN, "target", "noise", "ignore", "kind,y", "backbone",
                     tiny_backbone.id, "weights", "random", "dim", "2,4,all", NULL);
    imgvec_model *m = train(ctx, ds, o);
    double r2 = info_number(imgvec_model_info(m), "metrics", "r2");
    printf("# noise target: cross-validated R2 %.3f\n", r2);
    assert_true(r2 <= 0.05);
    imgvec_model_free(m);
    imgvec_options_free(o);

    /* The same with classes drawn at random. */
    imgvec_error err;
    iv_random r;
    iv_random_seed(&r, 5, "coin");
    assert_ok(imgvec_dataset_add_column(ds, "coin", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < 300; i++)
        assert_ok(imgvec_dataset_append_text(ds, "coin", iv_random_below(&r, 2) ? "a" : "b", &err));
    o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "coin", "ignore", "kind", "backbone",
                     tiny_backbone.id, "weights", "random", "dim", "4", NULL);
    m = train(ctx, ds, o);
    double auc = info_number(imgvec_model_info(m), "metrics", "auc");
    printf("# noise target: cross-validated AUC %.3f\n", auc);
    assert_true(fabs(auc - 0.5) <= 0.07);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* Same input, seed and threads: the same bytes. */
static void test_same_bits(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 80, WITH_IMAGE | WITH_NUMBER, 6);
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "backbone", tiny_backbone.id, "weights",
                     "random", "dim", "3", "threads", "2", "folds", "2", NULL);
    imgvec_error err;
    char *bytes[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        imgvec_model *m = train(ctx, ds, o);
        assert_true(m->cost.train_seconds > 0);
        m->cost.train_seconds = -1; /* how long it took is no part of the result */
        assert_ok(imgvec_model_save(m, PATH, &err));
        FILE *f = fopen(PATH, "rb");
        bytes[i] = malloc(1 << 22);
        size[i] = fread(bytes[i], 1, 1 << 22, f);
        fclose(f);
        imgvec_model_free(m);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    unlink(PATH);
}

static void spoil(imgvec_context *ctx, imgvec_dataset **ds, int rows, int bad, int columns)
{
    /* Rows 0..bad-1 get bytes that are no image. */
    imgvec_error err;
    iv_random r;
    uint8_t pixels[16 * 16 * 3];
    iv_random_seed(&r, 7, "spoil");
    assert_ok(imgvec_dataset_new(ctx, ds, &err));
    assert_ok(imgvec_dataset_add_column(*ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    if (columns & WITH_NUMBER)
        assert_ok(imgvec_dataset_add_column(*ds, "x", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(*ds, "y", IMGVEC_COLUMN_NUMERIC, &err));
    for (int i = 0; i < rows; i++) {
        int v = 50 + i * 150 / rows, colour[3] = {v, v, 255 - v};
        draw(&r, colour, pixels);
        if (i < bad)
            assert_ok(imgvec_dataset_append_bytes(*ds, "image", "no image", 8, &err));
        else
            assert_ok(imgvec_dataset_append_pixels(*ds, "image", pixels, 16, 16, 0,
                                                   IMGVEC_PIXELS_RGB, &err));
        if (columns & WITH_NUMBER)
            assert_ok(imgvec_dataset_append_number(*ds, "x", i * 0.5, &err));
        assert_ok(imgvec_dataset_append_number(*ds, "y", v, &err));
    }
}

static int problems;

static void on_problem(void *user, const imgvec_problem *p)
{
    assert_ptr_equal(user, &problems);
    assert_string_equal(p->column, "image");
    assert_int_equal(p->row, problems);
    assert_true(p->reason[0]);
    problems++;
}

/* Bad images below the limit are counted and left out; one more is an error that names them. */
static void test_bad_images(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_error err;
    imgvec_dataset *ds;
    imgvec_model *m;
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "backbone",
                                     tiny_backbone.id, "weights", "random", "dim", "3", NULL);
    imgvec_watch watch = {.size = sizeof watch, .user = &problems, .problem = on_problem};
    spoil(ctx, &ds, 100, 10, WITH_IMAGE);
    assert_ok(imgvec_model_train(ctx, ds, o, &watch, &m, &err));
    assert_int_equal(problems, 10);
    assert_non_null(strstr(imgvec_model_info(m), "\"bad_images\": 10"));
    assert_true(info_number(imgvec_model_info(m), "rows", "dropped_bad_images") == 10);
    assert_true(info_number(imgvec_model_info(m), "rows", "used") == 90);
    /* At scoring nothing is dropped: the row says why it has no answer. */
    float p[100];
    int32_t status[100];
    assert_ok(imgvec_model_predict(m, ds, NULL, p, 100, NULL, status, &err));
    assert_int_equal(status[9], IMGVEC_ERR_FORMAT);
    assert_true(isnan(p[9]) && !isnan(p[10]) && status[10] == IMGVEC_OK);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);

    spoil(ctx, &ds, 100, 11, WITH_IMAGE);
    assert_fails(imgvec_model_train(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_DATA,
                 "max_bad_fraction");
    imgvec_dataset_free(ds);

    /* Beside another column a bad image is a missing value, and the row is scored. */
    spoil(ctx, &ds, 100, 10, WITH_IMAGE | WITH_NUMBER);
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    assert_true(info_number(imgvec_model_info(m), "rows", "used") == 100);
    assert_ok(imgvec_model_predict(m, ds, NULL, p, 100, NULL, status, &err));
    assert_true(!isnan(p[3]) && status[3] == IMGVEC_OK);
    imgvec_model_free(m);
    assert_ok(imgvec_options_set_named(o, "on_bad", "error", &err));
    assert_fails(imgvec_model_train(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_DATA, "column image");
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* Leaving bad rows out is the same as never having had them. */
static void test_dropped_is_deleted(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_error err;
    imgvec_dataset *with, *without;
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "backbone",
                                     tiny_backbone.id, "weights", "random", "dim", "3", NULL);
    iv_random r;
    uint8_t pixels[16 * 16 * 3];
    imgvec_dataset **both[2] = {&with, &without};
    for (int k = 0; k < 2; k++) {
        iv_random_seed(&r, 8, "both");
        assert_ok(imgvec_dataset_new(ctx, both[k], &err));
        assert_ok(imgvec_dataset_add_column(*both[k], "image", IMGVEC_COLUMN_IMAGE, &err));
        assert_ok(imgvec_dataset_add_column(*both[k], "y", IMGVEC_COLUMN_NUMERIC, &err));
        for (int i = 0; i < 100; i++) {
            int v = (int)iv_random_below(&r, 200), colour[3] = {v, 100, 255 - v};
            draw(&r, colour, pixels);
            bool bad = i % 11 == 3;
            if (bad && k == 1)
                continue;
            if (bad)
                assert_ok(imgvec_dataset_append_bytes(*both[k], "image", "\x89PNG", 4, &err));
            else
                assert_ok(imgvec_dataset_append_pixels(*both[k], "image", pixels, 16, 16, 0,
                                                       IMGVEC_PIXELS_RGB, &err));
            assert_ok(imgvec_dataset_append_number(*both[k], "y", v + 0.5, &err));
        }
    }
    imgvec_model *a = train(ctx, with, o), *b = train(ctx, without, o);
    double ra = info_number(imgvec_model_info(a), "metrics", "rmse");
    double rb = info_number(imgvec_model_info(b), "metrics", "rmse");
    assert_true(ra == rb);
    float *pa = malloc(100 * sizeof *pa), *pb = malloc(100 * sizeof *pb);
    size_t n;
    assert_ok(imgvec_model_predict(a, without, NULL, pa, 100, &n, NULL, &err));
    assert_ok(imgvec_model_predict(b, without, NULL, pb, 100, NULL, NULL, &err));
    assert_memory_equal(pa, pb, n * sizeof *pa);
    free(pa);
    free(pb);
    imgvec_model_free(a);
    imgvec_model_free(b);
    imgvec_dataset_free(with);
    imgvec_dataset_free(without);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

static void test_refusals(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 40, WITH_IMAGE | WITH_NUMBER, 9);
    imgvec_error err;
    imgvec_model *m;
    static const struct {
        const char *name, *value;
        imgvec_status code;
        const char *text;
    } cases[] = {
        {"target", "prise", IMGVEC_ERR_NOT_FOUND, "prise"},
        {"metric", "auc", IMGVEC_ERR_INVALID_ARGUMENT, "option metric: auc is no metric"},
        {"dim", "1000", IMGVEC_ERR_INVALID_ARGUMENT, "above the limit of 8"},
        {"dim", "0", IMGVEC_ERR_INVALID_ARGUMENT, "option dim"},
        {"backbone", "resnet51", IMGVEC_ERR_INVALID_ARGUMENT, "resnet51"},
        {"type", "x=colour", IMGVEC_ERR_INVALID_ARGUMENT, "colour"},
        {"ignore", "nothing", IMGVEC_ERR_NOT_FOUND, "nothing"},
        {"folds", "30", IMGVEC_ERR_DATA, "40 usable rows are too few for 30 folds"},
        {"fold_column", "y", IMGVEC_ERR_INVALID_ARGUMENT, "y is the target"},
        {"xgb.max_dept", "3", IMGVEC_ERR_INVALID_ARGUMENT, "max_dept"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "backbone",
                                         tiny_backbone.id, "weights", "random", "dim", "3", NULL);
        assert_ok(imgvec_options_set_named(o, cases[i].name, cases[i].value, &err));
        assert_fails(imgvec_model_train(ctx, ds, o, NULL, &m, &err), cases[i].code, cases[i].text);
        assert_null(m);
        imgvec_options_free(o);
    }
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* The choice of dim looks at scores with and without early stopping, not at the list's order. */
static void test_choice_of_dim(void **state)
{
    (void)state;
    static const char *const lists[] = {"1,6", "6,1"};
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 120, WITH_IMAGE, 12);
    char chosen[2][32];
    for (int i = 0; i < 2; i++) {
        imgvec_options *o =
            make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise", "backbone",
                         tiny_backbone.id, "weights", "random", "dim", lists[i], "rounds", "20",
                         "early_stopping_rounds", "0", "image_features", "projection", NULL);
        imgvec_model *m = train(ctx, ds, o);
        const char *at = strstr(imgvec_model_info(m), "\n  \"dim\": ");
        assert_non_null(at);
        snprintf(chosen[i], sizeof chosen[i], "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
        imgvec_model_free(m);
        imgvec_options_free(o);
    }
    assert_string_equal(chosen[0], chosen[1]);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static int32_t stop(void *user, const imgvec_progress *now)
{
    (void)now;
    return ++*(int *)user >= 2;
}

static void test_cancel(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 60, WITH_IMAGE, 10);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind",
                                     "backbone", tiny_backbone.id, "weights", "random", NULL);
    imgvec_error err;
    imgvec_model *m;
    int calls = 0;
    imgvec_watch watch = {.size = sizeof watch, .user = &calls, .progress = stop};
    assert_fails(imgvec_model_train(ctx, ds, o, &watch, &m, &err), IMGVEC_ERR_CANCELLED,
                 "cancelled");
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err)); /* the handles stay usable */
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression),    cmocka_unit_test(test_classes),
        cmocka_unit_test(test_noise_target),  cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_bad_images),    cmocka_unit_test(test_dropped_is_deleted),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_choice_of_dim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
