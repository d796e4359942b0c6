#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"
#include "learn/assess.h"

enum { ROWS = 600 };
static imgvec_context *ctx;
static float predictions[ROWS * 2], truth[ROWS];

/* Overconfident: twice the log-odds. */
static void draw(void)
{
    iv_random r;
    iv_random_seed(&r, 4, "assess");
    for (size_t i = 0; i < ROWS; i++) {
        double z = 1.5 * iv_random_normal(&r) - 1;
        truth[i] = iv_random_unit(&r) < 1 / (1 + exp(-z));
        predictions[2 * i + 1] = (float)(1 / (1 + exp(-2 * z)));
        predictions[2 * i] = (float)(1 / (1 + exp(2 * z)));
    }
}

static iv_json_document *parse(const char *text)
{
    iv_json_document *doc;
    imgvec_error err;
    assert_ok(iv_json_parse(ctx, text, strlen(text), 0, 0, &doc, &err));
    return doc;
}

static char *write(const iv_assessment *a, iv_task task)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_assessment_write(a, task, &w);
    iv_json_put_end(&w, '}');
    char *out = iv_text_take(&text);
    assert_non_null(out);
    return out;
}

/* What scoring needs comes back from the JSON to the last bit. */
static void test_round_trip(void **state)
{
    (void)state;
    iv_assessment a;
    iv_decision own, read;
    imgvec_error err;
    draw();
    assert_ok(iv_assess(ctx, NULL, "auc", IV_TASK_BINARY, ROWS, 2, predictions, truth, NULL, NULL,
                        0, &a, &err));
    assert_true(a.calibration.kept && fabs(a.calibration.temperature - 2) < 0.4);
    assert_true(a.threshold.known && a.threshold.goal == IV_GOAL_F1);
    assert_true(a.conformal.known && a.conformal.level == 0.9);
    char *text = write(&a, IV_TASK_BINARY);
    iv_json_document *doc = parse(text);
    iv_decision_of(&a, &own);
    assert_ok(iv_decision_read(iv_json_root(doc), IV_TASK_BINARY, &read, &err));
    assert_true(read.temperature == own.temperature && read.threshold == own.threshold);
    assert_true(read.level == own.level && read.quantile == own.quantile);
    const iv_json *bins = iv_json_get(iv_json_get(iv_json_root(doc), "calibration"), "bins_after");
    assert_int_equal(bins->count, IV_CALIBRATION_BINS);
    iv_json_free(doc);
    iv_free(ctx, text);
}

static void test_options(void **state)
{
    (void)state;
    iv_assessment a;
    imgvec_options *opts;
    imgvec_error err;
    draw();
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err));
    assert_ok(imgvec_options_set_named(opts, "calibrate", "off", &err));
    assert_ok(imgvec_options_set_named(opts, "interval", "0", &err));
    assert_ok(imgvec_options_set_named(opts, "threshold_metric", "mcc", &err));
    assert_ok(iv_assess(ctx, opts, "auc", IV_TASK_BINARY, ROWS, 2, predictions, truth, NULL, NULL,
                        0, &a, &err));
    assert_true(a.calibration.measured && !a.calibration.fitted && !a.conformal.known);
    assert_int_equal(a.threshold.goal, IV_GOAL_MCC);
    iv_decision d;
    iv_decision_of(&a, &d);
    assert_true(d.temperature == 1 && d.level == 0);
    imgvec_options_free(opts);
}

static void test_nothing_known(void **state)
{
    (void)state;
    iv_decision d;
    imgvec_error err;
    iv_json_document *doc = parse("{}");
    assert_ok(iv_decision_read(iv_json_root(doc), IV_TASK_BINARY, &d, &err));
    assert_true(d.temperature == 1 && isnan(d.threshold) && d.level == 0);
    iv_json_free(doc);
    /* What is measured only is not applied. */
    doc = parse("{\"calibration\": {\"kept\": false, \"temperature\": 3}}");
    assert_ok(iv_decision_read(iv_json_root(doc), IV_TASK_BINARY, &d, &err));
    assert_true(d.temperature == 1);
    iv_json_free(doc);
}

static void test_hostile(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"calibration\": {\"kept\": true}}",
        "{\"calibration\": {\"kept\": true, \"temperature\": 0}}",
        "{\"calibration\": {\"kept\": true, \"temperature\": -1}}",
        "{\"calibration\": {\"kept\": true, \"temperature\": 1e9}}",
        "{\"calibration\": {\"kept\": true, \"temperature\": \"2\"}}",
        "{\"threshold\": {}}",
        "{\"threshold\": 0.5}",
        "{\"threshold\": {\"value\": 1.5}}",
        "{\"threshold\": {\"value\": null}}",
        "{\"intervals\": {\"level\": 0.9}}",
        "{\"intervals\": {\"level\": 2, \"quantile\": 0.1}}",
        "{\"intervals\": {\"level\": 0.9, \"quantile\": -0.1}}",
        "{\"intervals\": {\"level\": 0.9, \"quantile\": 1.1}}",
        "{\"intervals\": []}",
    };
    iv_decision d;
    imgvec_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        iv_json_document *doc = parse(bad[i]);
        imgvec_status status = iv_decision_read(iv_json_root(doc), IV_TASK_BINARY, &d, &err);
        if (status != IMGVEC_ERR_FORMAT)
            fail_msg("%s: status %d", bad[i], (int)status);
        iv_json_free(doc);
    }
}

static int open_context(void **state)
{
    (void)state;
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    (void)state;
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
