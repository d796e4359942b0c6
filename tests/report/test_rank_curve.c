/* ROC and precision-recall against their definitions, with ties. */
#include <math.h>

#include "shared_context.h"
#include "test.h"

#include "base/random.h"
#include "learn/metrics.h"
#include "report/metric_name.h"
#include "report/rank_curve.h"

enum { ROWS = 700 };

static float truth[ROWS], predictions[3 * ROWS];
static int64_t rows[ROWS];

static iv_report report_of(int classes, size_t count, iv_oof *oof, const char **names)
{
    *oof = (iv_oof){.count = count,
                    .outputs = classes,
                    .row = rows,
                    .truth = truth,
                    .predictions = predictions};
    return (iv_report){.ctx = ctx,
                       .has_task = true,
                       .task = classes == 2 ? IV_TASK_BINARY : IV_TASK_MULTICLASS,
                       .classes = names,
                       .class_count = classes,
                       .oof = oof};
}

/* levels: distinct probabilities, so that there are ties. */
static void fill(int classes, int levels)
{
    iv_random r;
    iv_random_seed(&r, 5, "curve");
    for (int i = 0; i < ROWS; i++) {
        truth[i] = (float)iv_random_below(&r, (uint64_t)classes);
        double p = (double)iv_random_below(&r, (uint64_t)levels) / levels;
        p = 0.6 * p + 0.4 * (truth[i] > 0 ? 1 : 0) * iv_random_unit(&r);
        p = floor(p * levels) / levels;
        predictions[classes * i + 1] = (float)p;
        predictions[classes * i] = (float)(1 - p);
        if (classes == 3) {
            predictions[3 * i] = (float)((1 - p) / 2);
            predictions[3 * i + 2] = (float)((1 - p) / 2);
        }
    }
}

/* The probability that a row of the class is above another, ties counting half. */
static double naive_auc(int classes, int class)
{
    double above = 0, pairs = 0;
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < ROWS; k++)
            if ((int)truth[i] == class && (int)truth[k] != class) {
                float a = predictions[classes * i + class], b = predictions[classes * k + class];
                above += a > b ? 1 : a == b ? 0.5 : 0;
                pairs++;
            }
    return above / pairs;
}

/* The sum over distinct thresholds of precision times the recall that is gained. */
static double naive_precision(int classes, int class)
{
    double sum = 0, before = 0, total = 0;
    float threshold = 2;
    for (int i = 0; i < ROWS; i++)
        total += (int)truth[i] == class;
    for (;;) {
        float next = -1;
        for (int i = 0; i < ROWS; i++) {
            float p = predictions[classes * i + class];
            next = p < threshold && p > next ? p : next;
        }
        if (next < 0)
            return sum;
        threshold = next;
        double taken = 0, hits = 0;
        for (int i = 0; i < ROWS; i++)
            if (predictions[classes * i + class] >= threshold) {
                taken++;
                hits += (int)truth[i] == class;
            }
        sum += (hits - before) / total * hits / taken;
        before = hits;
    }
}

static void test_areas(void **state)
{
    (void)state;
    const char *names[] = {"a", "b", "c"};
    static const int levels[] = {4, 40, 100000};
    imgvec_error err;
    for (int classes = 2; classes <= 3; classes++)
        for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
            iv_oof oof;
            iv_rank_curve c;
            double metrics[IV_METRIC_MAX];
            fill(classes, levels[l]);
            iv_report r = report_of(classes, ROWS, &oof, names);
            for (int class = 0; class < classes; class ++) {
                assert_ok(iv_rank_curve_make(&r, class, &c, &err));
                assert_true(fabs(c.auc - naive_auc(classes, class)) < 1e-12);
                assert_true(fabs(c.precision - naive_precision(classes, class)) < 1e-12);
                assert_int_equal(c.positives + c.negatives, ROWS);
                assert_int_equal(c.points[0].hits + c.points[0].false_alarms, 0);
                assert_int_equal(c.points[c.count - 1].hits, c.positives);
                assert_int_equal(c.points[c.count - 1].false_alarms, c.negatives);
                for (size_t i = 1; i < c.count; i++)
                    assert_true(c.points[i].threshold < c.points[i - 1].threshold &&
                                c.points[i].hits >= c.points[i - 1].hits);
                iv_rank_curve_free(ctx, &c);
            }
            if (classes > 2)
                continue;
            assert_ok(
                iv_metrics_compute(ctx, r.task, ROWS, 2, predictions, truth, NULL, metrics, &err));
            assert_ok(iv_rank_curve_make(&r, 1, &c, &err));
            assert_true(fabs(c.auc - metrics[iv_metric_find(r.task, "auc")]) < 1e-12);
            iv_rank_curve_free(ctx, &c);
        }
}

static void test_one_class_alone(void **state)
{
    (void)state;
    const char *names[] = {"a", "b"};
    imgvec_error err;
    iv_oof oof;
    iv_rank_curve c;
    fill(2, 100000);
    for (int i = 0; i < ROWS; i++)
        truth[i] = 0;
    iv_report r = report_of(2, ROWS, &oof, names);
    for (int class = 0; class < 2; class ++) {
        assert_ok(iv_rank_curve_make(&r, class, &c, &err));
        assert_true(isnan(c.auc));
        assert_true(c.count > 2 && c.count < 600); /* thinned here too */
        iv_rank_curve_free(ctx, &c);
    }
}

static void test_largest_classes(void **state)
{
    (void)state;
    const char *names[] = {"a", "b", "c"};
    int32_t found[3];
    iv_oof oof;
    fill(3, 10);
    for (int i = 0; i < ROWS; i++)
        truth[i] = i < 300 ? 2 : i < 500 ? 0 : 1;
    iv_report r = report_of(3, ROWS, &oof, names);
    assert_int_equal(iv_rank_classes(&r, 2, found), 2);
    assert_int_equal(found[0], 2);
    assert_int_equal(found[1], 0); /* the first of two with 200 rows */
    assert_int_equal(iv_rank_classes(&r, 8, found), 3);
    r = report_of(2, ROWS, &oof, names);
    assert_int_equal(iv_rank_classes(&r, 8, found), 1);
    assert_int_equal(found[0], 1);
}

static void test_ratings(void **state)
{
    (void)state;
    static const struct {
        double auc;
        const char *rating;
    } cases[] = {{0.49, "worse than chance"}, {0.5, "unsatisfactory"}, {0.6, "satisfactory"},
                 {0.69, "satisfactory"},      {0.7, "good"},           {0.8, "very good"},
                 {0.9, "excellent"},          {1, "excellent"},        {NAN, "not defined"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(iv_auc_rating(cases[i].auc), cases[i].rating);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_areas),
        cmocka_unit_test(test_one_class_alone),
        cmocka_unit_test(test_largest_classes),
        cmocka_unit_test(test_ratings),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
