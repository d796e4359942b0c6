/* What XGBoost is told follows from the training data. */
#include "test.h"

#include <imgvec/options.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/json.h"
#include "learn_data.h"

enum { ROWS = 1500, ROUNDS = 30 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Different thresholds of the feature 0 in all trees. */
static size_t count_thresholds(imgvec_context *ctx, const iv_booster *b)
{
    char *text;
    size_t size, count = 0, different = 0;
    imgvec_error err;
    iv_json_document *doc;
    assert_ok(iv_booster_save(b, &text, &size, &err));
    assert_ok(iv_json_parse(ctx, text, size, 0, 0, &doc, &err));
    const iv_json *model = iv_json_get(
        iv_json_get(iv_json_get(iv_json_root(doc), "learner"), "gradient_booster"), "model");
    double *values = test_malloc(size * sizeof *values);
    for (const iv_json *tree = iv_json_get(model, "trees")->as.first; tree; tree = tree->next) {
        const iv_json *left = iv_json_get(tree, "left_children")->as.first;
        const iv_json *feature = iv_json_get(tree, "split_indices")->as.first;
        const iv_json *at = iv_json_get(tree, "split_conditions")->as.first;
        for (; left; left = left->next, feature = feature->next, at = at->next)
            if (left->as.integer >= 0 && feature->as.integer == 0)
                values[count++] = at->type == IV_JSON_INT ? (double)at->as.integer : at->as.number;
    }
    qsort(values, count, sizeof *values, by_value);
    for (size_t i = 0; i < count; i++)
        different += i == 0 || values[i] != values[i - 1];
    test_free(values);
    iv_json_free(doc);
    iv_free(ctx, text);
    return different;
}

static size_t thresholds(size_t cols, const char *bins)
{
    imgvec_context *ctx = test_context();
    learn_data data = learn_data_make(IV_TASK_REGRESSION, 0, ROWS, cols, 1);
    iv_matrix m = learn_data_matrix(&data);
    imgvec_options *opts;
    imgvec_error err;
    iv_booster *b;
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err));
    if (bins)
        assert_ok(imgvec_options_set_named(opts, "xgb.max_bin", bins, &err));
    iv_booster_request request = {IV_TASK_REGRESSION, 0, opts, "rmse", 1, ROUNDS, 0};
    assert_ok(iv_booster_train(ctx, &request, &m, NULL, NULL, NULL, NULL, &b, &err));
    size_t found = count_thresholds(ctx, b);
    iv_booster_free(b);
    imgvec_options_free(opts);
    learn_data_free(&data);
    imgvec_context_free(ctx);
    return found;
}

/* Wide tables take few bins, unless the caller says how many. */
static void test_bins(void **state)
{
    size_t narrow = thresholds(8, NULL), wide = thresholds(64, NULL), asked = thresholds(64, "64");
    (void)state;
    if (wide > 16 || wide < 8)
        fail_msg("64 features: %zu thresholds", wide);
    if (narrow <= 20 || narrow > 64)
        fail_msg("8 features: %zu thresholds", narrow);
    if (asked <= 20 || asked > 64)
        fail_msg("64 features, 64 bins asked for: %zu thresholds", asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bins)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
