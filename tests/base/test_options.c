#include "test.h"

#include <imgvec/options.h>

#include "base/option_table.h"
#include "base/options.h"
#include "base/text.h"

static void test_table(void **state)
{
    (void)state;
    imgvec_error err;
    for (int32_t i = 0; i < imgvec_option_count(); i++) {
        imgvec_option_row row = {.size = sizeof row};
        assert_ok(imgvec_option_info(i, &row, &err));
        assert_int_equal(row.id, i + 1);
        assert_true(row.jobs != 0 && row.help[0] && row.name[0] && row.since[0]);
        if (row.type != IMGVEC_TYPE_TEXT) {
            double value;
            assert_true(iv_parse_f64(row.default_value, strlen(row.default_value), &value));
            assert_true(value >= row.min && value <= row.max);
        }
    }
    imgvec_option_row row = {.size = sizeof row};
    assert_fails(imgvec_option_info(-1, &row, &err), IMGVEC_ERR_INVALID_ARGUMENT, "index");
    assert_fails(imgvec_option_info(imgvec_option_count(), &row, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "index");
}

static void test_set(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_options *o;
    imgvec_error err;
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err));
    assert_int_equal(iv_option_i64(o, IMGVEC_OPT_FOLDS), 5);
    assert_int_equal(iv_option_i64(NULL, IMGVEC_OPT_FOLDS), 5);
    assert_ok(imgvec_options_set_named(o, "folds", "10", &err));
    assert_int_equal(iv_option_i64(o, IMGVEC_OPT_FOLDS), 10);
    assert_ok(imgvec_options_set_named(o, "max-bad-fraction", "0.25", &err));
    assert_true(iv_option_f64(o, IMGVEC_OPT_MAX_BAD_FRACTION) == 0.25);
    assert_fails(imgvec_options_set_named(o, "folds", "1", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "option folds: 1 is not between 2 and 100");
    assert_fails(imgvec_options_set_named(o, "folds", "five", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "\"five\" is not a number");
    assert_fails(imgvec_options_set_named(o, "folds", "2.5", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "whole number");
    assert_fails(imgvec_options_set_named(o, "fold", "5", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "there is no option fold");
    assert_fails(imgvec_options_set_named(o, "ratio", "0.5", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "option ratio is not for this job");
    assert_fails(imgvec_options_set_text(o, IMGVEC_OPT_TASK, "ranking", &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "auto|regression|binary|multiclass");
    assert_fails(imgvec_options_set_text(o, IMGVEC_OPT_FOLDS, "5", &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "takes a number");
    assert_fails(imgvec_options_set_i64(o, IMGVEC_OPT_BACKBONE, 5, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "takes text");
    assert_fails(imgvec_options_set_i64(o, 9999, 5, &err), IMGVEC_ERR_INVALID_ARGUMENT, "9999");
    assert_int_equal(iv_option_i64(o, IMGVEC_OPT_FOLDS), 10); /* failures change nothing */
    assert_ok(imgvec_options_set_text(o, IMGVEC_OPT_TARGET, "price", &err));
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_TARGET), "price");
    assert_ok(imgvec_options_set_text(o, IMGVEC_OPT_TARGET, NULL, &err));
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_TARGET), "");
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

static void test_xgb(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_options *o;
    imgvec_error err;
    const char *name, *value;
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err));
    assert_ok(imgvec_options_set_named(o, "xgb.max_depth", "3", &err));
    assert_ok(imgvec_options_set_named(o, "xgb.eta", "0.1", &err));
    assert_ok(imgvec_options_set_named(o, "xgb.max_depth", "4", &err));
    assert_true(iv_option_xgb(o, 0, &name, &value));
    assert_string_equal(name, "max_depth");
    assert_string_equal(value, "4");
    assert_true(iv_option_xgb(o, 1, &name, &value));
    assert_false(iv_option_xgb(o, 2, &name, &value));
    assert_fails(imgvec_options_set_named(o, "xgb.", "4", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "xgb.");
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

static void test_json(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_options *o, *p;
    imgvec_error err;
    char *text, *again;
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err));
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &p, &err));
    assert_ok(imgvec_options_set_json(
        o, "{\"folds\": 7, \"backbone\": \"resnet34\", \"holdout\": 0.25, \"xgb.eta\": 0.5}",
        &err));
    assert_int_equal(iv_option_i64(o, IMGVEC_OPT_FOLDS), 7);
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_BACKBONE), "resnet34");
    assert_ok(imgvec_options_json(o, &text, &err));
    assert_ok(imgvec_options_set_json(p, text, &err));
    assert_ok(imgvec_options_json(p, &again, &err));
    assert_string_equal(text, again);
    /* all or none */
    assert_fails(imgvec_options_set_json(o, "{\"folds\": 9, \"seed\": -4}", &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "option seed");
    assert_int_equal(iv_option_i64(o, IMGVEC_OPT_FOLDS), 7);
    assert_int_equal(imgvec_options_set_json(o, "{", &err), IMGVEC_ERR_FORMAT);
    imgvec_text_free(text);
    imgvec_text_free(again);
    imgvec_options_free(o);
    imgvec_options_free(p);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_xgb),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
