/* Temperature, threshold and intervals of whole experiments, and what scoring does with them. */
#include "model_support.h"

#include "learn/metrics.h"
#include "model/model.h"

enum { ROWS = 300, OTHER = 400 };

static imgvec_model *train(imgvec_context *ctx, imgvec_dataset *ds, const char *target,
                           const char *calibrate, const char *interval)
{
    const char *ignore = strcmp(target, "y") == 0 ? "kind,noise" : "y,noise";
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_TRAIN, "target", target, "ignore", ignore, "learner",
                     "xgboost", "rounds", "60", "early_stopping_rounds", "0", "ablation", "off",
                     "calibrate", calibrate, "interval", interval, "threads", "1", NULL);
    imgvec_model *m;
    imgvec_error err;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    imgvec_options_free(o);
    return m;
}

/* The calibrated model is the other one with its temperature; its reported scores are those of its
 * out-of-fold predictions; its file gives the same. */
static void test_temperature(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_NUMBER, 1);
    imgvec_dataset *other = make_data(ctx, OTHER, WITH_NUMBER, 2);
    static float raw[OTHER * 2], p[OTHER * 2], again[OTHER * 2];
    imgvec_error err;
    imgvec_model *plain = train(ctx, ds, "kind", "off", "0.9"), *n;
    imgvec_model *m = train(ctx, ds, "kind", "temperature", "0.9");
    const char *info = imgvec_model_info(m), *before = imgvec_model_info(plain);
    double t = info_number(info, "calibration", "temperature");
    assert_true(t > 0.2 && t < 5 && fabs(t - 1) > 0.01);
    assert_ok(imgvec_model_predict(plain, other, NULL, raw, OTHER * 2, NULL, NULL, &err));
    assert_ok(imgvec_model_predict(m, other, NULL, p, OTHER * 2, NULL, NULL, &err));
    iv_temperature_apply(t, OTHER, 2, raw);
    assert_memory_equal(raw, p, sizeof p);

    double loss = info_number(info, "calibration", "log_loss_after");
    assert_true(info_number(info, "metrics_pooled", "log_loss") == loss);
    assert_true(info_number(before, "metrics_pooled", "log_loss") ==
                info_number(info, "calibration", "log_loss_before"));
    double own;
    assert_ok(iv_metric_compute_one(ctx, IV_TASK_BINARY, iv_metric_find(IV_TASK_BINARY, "log_loss"),
                                    m->oof.count, 2, m->oof.predictions, m->oof.truth, &own, &err));
    assert_true(own == loss);

    assert_ok(imgvec_model_save(m, temporary_path(), &err));
    assert_ok(imgvec_model_open(ctx, temporary_path(), NULL, &n, &err));
    assert_ok(imgvec_model_predict(n, other, NULL, again, OTHER * 2, NULL, NULL, &err));
    assert_memory_equal(again, p, sizeof p);
    assert_true(imgvec_model_threshold(n) == imgvec_model_threshold(m));
    assert_true(imgvec_model_interval_level(n) == 0.9);
    unlink(temporary_path());
    imgvec_model_free(plain);
    imgvec_model_free(m);
    imgvec_model_free(n);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
    imgvec_context_free(ctx);
}

static void test_sets(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_NUMBER, 1);
    imgvec_dataset *other = make_data(ctx, OTHER, WITH_NUMBER, 2);
    static float p[OTHER * 2], bounds[OTHER * 2];
    static uint8_t members[OTHER * 2];
    char *evaluation;
    imgvec_error err;
    imgvec_model *m = train(ctx, ds, "kind", "auto", "0.8");
    assert_true(imgvec_model_threshold(m) > 0 && imgvec_model_threshold(m) < 1);
    assert_ok(imgvec_model_predict(m, other, NULL, p, OTHER * 2, NULL, NULL, &err));
    memset(members, 7, sizeof members);
    assert_fails(imgvec_model_sets(m, p, OTHER, members, OTHER * 2 - 1, &err), IMGVEC_ERR_LIMIT,
                 "rows of 2");
    assert_int_equal(members[0], 7);
    assert_ok(imgvec_model_sets(m, p, OTHER, members, OTHER * 2, &err));
    for (int i = 0; i < OTHER; i++) {
        int best = p[2 * i + 1] > p[2 * i];
        assert_true(members[2 * i] <= 1 && members[2 * i + 1] <= 1 && members[2 * i + best] == 1);
    }
    assert_ok(imgvec_model_sets(m, NULL, 0, NULL, 0, &err));
    assert_fails(imgvec_model_sets(m, NULL, 1, members, 2, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "predictions");
    assert_fails(imgvec_model_intervals(m, p, OTHER, bounds, OTHER * 2, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "sets, not intervals");
    assert_ok(imgvec_model_evaluate(m, other, NULL, &evaluation, &err));
    assert_true(info_number(evaluation, "intervals", "coverage") > 0.75);
    assert_true(info_number(evaluation, "calibration", "ece") < 0.15);
    assert_true(info_number(evaluation, "threshold", "value") == imgvec_model_threshold(m));
    imgvec_text_free(evaluation);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
    imgvec_context_free(ctx);
}

static void test_intervals(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_NUMBER, 1);
    imgvec_dataset *other = make_data(ctx, OTHER, WITH_NUMBER, 2);
    static float p[OTHER], bounds[OTHER * 2];
    static uint8_t members[OTHER];
    imgvec_error err;
    char *evaluation;
    imgvec_model *m = train(ctx, ds, "y", "auto", "0.9");
    imgvec_model *without = train(ctx, ds, "y", "auto", "0");
    assert_true(isnan(imgvec_model_threshold(m)));
    assert_ok(imgvec_model_predict(m, other, NULL, p, OTHER, NULL, NULL, &err));
    p[3] = NAN;
    assert_fails(imgvec_model_intervals(m, p, OTHER, bounds, OTHER * 2 - 1, &err), IMGVEC_ERR_LIMIT,
                 "400 rows");
    assert_ok(imgvec_model_intervals(m, p, OTHER, bounds, OTHER * 2, &err));
    for (int i = 0; i < OTHER; i++)
        assert_true(i == 3 ? isnan(bounds[6]) && isnan(bounds[7])
                           : bounds[2 * i] < p[i] && p[i] < bounds[2 * i + 1]);
    assert_fails(imgvec_model_sets(m, p, OTHER, members, OTHER, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "intervals, not sets");
    assert_true(imgvec_model_interval_level(without) == 0);
    assert_fails(imgvec_model_intervals(without, p, OTHER, bounds, OTHER * 2, &err),
                 IMGVEC_ERR_UNSUPPORTED, "interval 0");
    double coverage = info_number(imgvec_model_info(m), "intervals", "coverage");
    assert_true(fabs(coverage - 0.9) < 0.05);
    assert_ok(imgvec_model_evaluate(m, other, NULL, &evaluation, &err));
    coverage = info_number(evaluation, "intervals", "coverage");
    if (!(coverage > 0.83 && coverage < 0.97))
        fail_msg("%g of new rows are within, not 0.9", coverage);
    imgvec_text_free(evaluation);
    imgvec_model_free(m);
    imgvec_model_free(without);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_temperature),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
