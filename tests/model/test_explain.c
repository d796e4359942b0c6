/* What columns add, and maps: they add up to the answers, for every learner and task. */
#include "model_support.h"

#include "allocations.h"
#include "base/error.h"
#include "fake_trainer.h"
#include "model/explain.h"
#include "model/overlay.h"
#include "model/saliency.h"

enum { ROWS = 90 };

typedef struct way {
    const char *target, *learner, *features, *dim, *tune;
    bool multiclass; /* the target is "colour" */
} way;

static imgvec_model *train(imgvec_context *ctx, const imgvec_dataset *ds, const way *w)
{
    imgvec_model *m;
    imgvec_error err;
    imgvec_options *o = make_options(
        ctx, IMGVEC_JOB_TRAIN, "target", w->target, "backbone", "tiny", "weights", "random", "dim",
        w->dim, "folds", "2", "rounds", "20", "threads", "1", "learner", w->learner,
        "image_features", w->features, "select_blocks", "false", "ablation", "off",
        "target_transform", "none", "early_stopping_rounds", "0", "fine_tune", w->tune, "epochs",
        "1", "ignore", strcmp(w->target, "y") == 0 ? "kind,noise" : "y,noise", NULL);
    if (imgvec_model_train(ctx, ds, o, NULL, &m, &err) != IMGVEC_OK)
        fail_msg("%s %s: %s", w->target, w->learner, err.text);
    imgvec_options_free(o);
    return m;
}

/* Answers that margins stand for. */
static void answers(const float *margins, int32_t outputs, float *out)
{
    double sum = 0;
    for (int32_t k = 0; k < outputs; k++)
        sum += exp(margins[k]);
    for (int32_t k = 0; k < outputs; k++)
        out[k] = outputs == 1   ? margins[0]
                 : outputs == 2 ? (float)(1 / (1 + exp(-margins[k])))
                                : (float)(exp(margins[k]) / sum);
}

static float *contributions(const imgvec_model *m, const imgvec_dataset *ds)
{
    size_t count = (size_t)imgvec_dataset_rows(ds) * (size_t)imgvec_model_outputs(m) *
                   (size_t)(imgvec_model_inputs(m) + 1);
    size_t written;
    imgvec_error err;
    float *values = test_calloc(count, sizeof *values);
    assert_ok(imgvec_model_contributions(m, ds, NULL, values, count, &written, NULL, &err));
    assert_int_equal(written, count);
    return values;
}

static void check_additive(const imgvec_model *m, const imgvec_dataset *ds)
{
    enum { OUTPUTS = 3 };
    float predicted[ROWS * OUTPUTS], margins[OUTPUTS], answer[OUTPUTS];
    int32_t k = imgvec_model_outputs(m), n = imgvec_model_inputs(m) + 1;
    imgvec_error err;
    float *values = contributions(m, ds);
    double moved = 0;
    assert_ok(imgvec_model_predict(m, ds, NULL, predicted, ROWS * OUTPUTS, NULL, NULL, &err));
    for (int64_t row = 0; row < imgvec_dataset_rows(ds); row++) {
        for (int32_t c = 0; c < k; c++) {
            double sum = 0;
            for (int32_t i = 0; i < n; i++) {
                sum += values[(row * k + c) * n + i];
                moved += i + 1 < n ? fabs(values[(row * k + c) * n + i]) : 0;
            }
            margins[c] = (float)sum;
        }
        answers(margins, k, answer);
        for (int32_t c = 0; c < k; c++)
            assert_float_equal(answer[c], predicted[row * k + c], 2e-4);
    }
    assert_true(moved > 0.1 * (double)imgvec_dataset_rows(ds));
    test_free(values);
}

static int32_t input_named(const imgvec_model *m, const char *name)
{
    for (int32_t i = 0; i < imgvec_model_inputs(m); i++)
        if (strcmp(imgvec_model_input_name(m, i), name) == 0)
            return i;
    return -1;
}

/* The mean over a map is what the column adds, and a map is more than its mean. */
static void check_maps(const imgvec_model *m, const imgvec_dataset *ds)
{
    int32_t k = imgvec_model_outputs(m), n = imgvec_model_inputs(m) + 1;
    int32_t image = input_named(m, "image");
    imgvec_error err;
    float *values = contributions(m, ds);
    double spread = 0;
    assert_true(image >= 0);
    for (int64_t row = 0; row < 6; row++)
        for (int32_t c = 0; c < k; c++) {
            const iv_saliency_request q = {.row = row, .output = c};
            double whole = values[(row * k + c) * n + image];
            iv_maps maps;
            assert_ok(iv_model_saliency(m, ds, &q, NULL, &maps, &err));
            assert_true(maps.count >= 1);
            assert_float_equal(iv_maps_mean(&maps), whole, 1e-3 * (1 + fabs(whole)));
            for (int p = 0; p < maps.items[0].rows * maps.items[0].cols; p++)
                spread += fabs(maps.items[0].values[p] - maps.items[0].values[0]);
            iv_maps_free(&maps);
        }
    assert_true(spread > 0);
    test_free(values);
}

static void test_adds_up(void **state)
{
    static const way ways[] = {
        {"y", "linear", "projection", "2", "off", false},
        {"y", "xgboost", "projection", "2", "off", false},
        {"y", "xgboost", "both", "all", "off", false},
        {"kind", "linear", "stacked", "2", "off", false},
        {"kind", "xgboost", "stacked", "2", "off", false},
        {"colour", "linear", "both", "2", "off", true},
        {"colour", "xgboost", "both", "2", "off", true},
        {"kind", "linear", "projection", "2", "on", false},
        {"colour", "xgboost", "projection", "2", "on", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        imgvec_context *ctx = fake_context();
        imgvec_error err;
        atomic_store(&ctx->executor, fake_training_executor());
        imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 5);
        imgvec_model *m = train(ctx, ds, &ways[i]), *again;
        assert_int_equal(imgvec_model_outputs(m), ways[i].multiclass            ? 3
                                                  : strcmp(ways[i].target, "y") ? 2
                                                                                : 1);
        check_additive(m, ds);
        check_maps(m, ds);
        assert_ok(imgvec_model_save(m, temporary_path(), &err));
        assert_ok(imgvec_model_open(ctx, temporary_path(), NULL, &again, &err));
        check_maps(again, ds);
        unlink(temporary_path());
        imgvec_model_free(again);
        imgvec_model_free(m);
        imgvec_dataset_free(ds);
        imgvec_context_free(ctx);
    }
}

static void test_importance(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 5);
    const way w = {"y", "xgboost", "projection", "2", "off", false};
    imgvec_model *m = train(ctx, ds, &w);
    const char *at = strstr(imgvec_model_info(m), "\"importance\": [");
    double sum = 0, last = 1;
    int count = 0;
    assert_non_null(at);
    const char *end = strchr(at, ']');
    for (const char *p = at; (p = strstr(p, "\"share\": ")) && p < end; count++) {
        double share = strtod(p += strlen("\"share\": "), NULL);
        assert_true(share >= 0 && share <= last);
        sum += last = share;
    }
    assert_int_equal(count, imgvec_model_inputs(m));
    assert_float_equal(sum, 1, 1e-9);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* A cell of two images, a bad one and a missing one. */
static imgvec_dataset *odd_rows(imgvec_context *ctx)
{
    imgvec_dataset *ds = make_data(ctx, 2, WITH_NUMBER | WITH_COLOUR, 6);
    imgvec_error err;
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    assert_ok(imgvec_dataset_append_bytes(ds, "image", "bad", 3, &err));
    assert_ok(imgvec_dataset_append_text(ds, "image", NULL, &err));
    return ds;
}

static void test_requests(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_error err;
    float map[12 * 10];
    void *bytes;
    size_t size;
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 5);
    imgvec_dataset *odd = odd_rows(ctx), *numbers = make_data(ctx, ROWS, WITH_NUMBER, 7);
    const way w = {"y", "linear", "projection", "2", "off", false};
    imgvec_model *m = train(ctx, ds, &w), *n = train(ctx, numbers, &w);
    assert_ok(imgvec_model_saliency(m, ds, 0, NULL, 0, 0, map, 12, 10, &err));
    assert_ok(imgvec_model_saliency(m, ds, 0, "image", 0, 0, map, 12, 10, &err));
    assert_fails(imgvec_model_saliency(m, ds, ROWS, NULL, 0, 0, map, 12, 10, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "row 90");
    assert_fails(imgvec_model_saliency(m, ds, 0, NULL, 0, 1, map, 12, 10, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "outputs 0 to 0");
    assert_fails(imgvec_model_saliency(m, ds, 0, "x", 0, 0, map, 12, 10, &err),
                 IMGVEC_ERR_NOT_FOUND, "image column x");
    assert_fails(imgvec_model_saliency(m, ds, 0, NULL, 1, 0, map, 12, 10, &err),
                 IMGVEC_ERR_NOT_FOUND, "image 1");
    assert_fails(imgvec_model_saliency(m, ds, 0, NULL, 0, 0, map, 0, 10, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "width");
    assert_fails(imgvec_model_saliency(m, odd, 0, NULL, 0, 0, map, 12, 10, &err), IMGVEC_ERR_FORMAT,
                 "row 0");
    assert_fails(imgvec_model_saliency(m, odd, 1, NULL, 0, 0, map, 12, 10, &err),
                 IMGVEC_ERR_NOT_FOUND, "row 1");
    assert_fails(imgvec_model_saliency(n, numbers, 0, NULL, 0, 0, map, 12, 10, &err),
                 IMGVEC_ERR_NOT_FOUND, "no image column");
    assert_fails(imgvec_model_contributions(m, ds, NULL, map, 3, NULL, NULL, &err),
                 IMGVEC_ERR_LIMIT, "room for 3");
    for (int32_t format = IMGVEC_PICTURE_PNG; format <= IMGVEC_PICTURE_JPEG; format++) {
        assert_ok(imgvec_model_overlay(m, ds, 0, NULL, 0, 0, 64, format, &bytes, &size, &err));
        assert_memory_equal(bytes, format == IMGVEC_PICTURE_PNG ? "\x89PNG" : "\xff\xd8\xff", 3);
        imgvec_bytes_free(bytes);
    }
    assert_fails(imgvec_model_overlay(m, ds, 0, NULL, 0, 0, 64, 3, &bytes, &size, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "format");
    assert_fails(imgvec_model_overlay(m, ds, 0, NULL, 0, 0, 8, 1, &bytes, &size, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "side");
    imgvec_model_free(m);
    imgvec_model_free(n);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(odd);
    imgvec_dataset_free(numbers);
    imgvec_context_free(ctx);
}

/* Both sides of a one-row map, as a ramp between the middles of its places and even beyond. */
static void test_render(void **state)
{
    (void)state;
    float values[2] = {-1, 3}, map[8];
    iv_map item = {.rows = 1, .cols = 2, .values = values, .window = {0, 0, 8, 1}};
    const iv_maps maps = {.items = &item, .count = 1, .width = 8, .height = 1};
    static const float wanted[8] = {-1, -1, -0.5f, 0.5f, 1.5f, 2.5f, 3, 3};
    iv_maps_render(&maps, 8, 1, map);
    for (int i = 0; i < 8; i++)
        assert_float_equal(map[i], wanted[i], 1e-6);
    assert_float_equal(iv_maps_mean(&maps), 1, 1e-9);
    iv_maps_for(&maps, map, 8);
    assert_float_equal(map[3], 0, 0);
    assert_float_equal(map[7], 2, 1e-6);
    item.window[2] = 4; /* the network saw the left half */
    iv_maps_render(&maps, 8, 1, map);
    assert_float_equal(map[3], 3, 1e-6);
    assert_float_equal(map[4], 0, 0);
}

/* Places without a finite value are left gray, and the others keep their colours. */
static void test_infinite(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_error err;
    float values[4] = {INFINITY, -INFINITY, NAN, 3};
    uint8_t pixels[4 * 3] = {0};
    iv_map item = {.rows = 1, .cols = 4, .values = values, .window = {0, 0, 4, 1}};
    const iv_maps maps = {.ctx = ctx, .items = &item, .count = 1, .width = 4, .height = 1};
    const iv_image picture = {4, 1, pixels};
    for (int two_sided = 0; two_sided < 2; two_sided++) {
        iv_image out;
        assert_ok(iv_overlay_draw(ctx, &picture, &maps, 4, two_sided, &out, &err));
        for (int i = 0; i < 9; i++)
            assert_int_equal(out.pixels[i], 0);
        iv_image_free(ctx, &out);
    }
    values[0] = values[1] = values[2] = 0;
    iv_image out;
    assert_ok(iv_overlay_draw(ctx, &picture, &maps, 4, true, &out, &err));
    assert_true(out.pixels[9] > 100);
    iv_image_free(ctx, &out);
    imgvec_context_free(ctx);
}

typedef struct memory_job {
    const imgvec_model *model;
    const imgvec_dataset *ds;
} memory_job;

static imgvec_status explain_all(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const memory_job *j = user;
    float values[ROWS * 4];
    void *bytes;
    size_t size;
    (void)ctx;
    IV_TRY(imgvec_model_contributions(j->model, j->ds, NULL, values, ROWS * 4, NULL, NULL, err));
    IV_TRY(imgvec_model_overlay(j->model, j->ds, 1, NULL, 0, 0, 32, IMGVEC_PICTURE_PNG, &bytes,
                                &size, err));
    imgvec_bytes_free(bytes);
    return IMGVEC_OK;
}

static void test_memory(void **state)
{
    (void)state;
    static const char *const learners[] = {"linear", "xgboost"};
    for (int i = 0; i < 2; i++) {
        test_heap heap = {0};
        imgvec_context *ctx = test_heap_context(&heap);
        atomic_store(&ctx->executor, &fake_executor);
        iv_backbone_for_tests = &tiny_backbone;
        imgvec_dataset *ds = make_data(ctx, 24, WITH_IMAGE | WITH_NUMBER, 5);
        const way w = {"y", learners[i], "projection", "2", "off", false};
        const memory_job j = {train(ctx, ds, &w), ds};
        fail_each_allocation_in(&heap, ctx, explain_all, (void *)&j);
        imgvec_model_free((imgvec_model *)j.model);
        imgvec_dataset_free(ds);
        imgvec_context_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_up),  cmocka_unit_test(test_importance),
        cmocka_unit_test(test_requests), cmocka_unit_test(test_render),
        cmocka_unit_test(test_infinite), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
