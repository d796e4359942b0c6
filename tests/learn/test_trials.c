/* Plans on inner folds: every case is held out once, by its own fold's fit, and what is kept is
 * compared on the right scale. */
#include "study_support.h"

#include "allocations.h"
#include "base/error.h"
#include "learn/trials.h"
#include "shared_context.h"

enum { ROWS = 100 };

/* y: n0 and a little noise. */
static void make(study *s, size_t rows, int narrow, double noise)
{
    iv_random r;
    study_make(s, ctx, rows, narrow, 0, 3);
    iv_random_seed(&r, 4, "target");
    for (size_t i = 0; i < rows; i++)
        s->cases.y[i] = (float)(study_number(s, 0, i) + noise * iv_random_normal(&r));
}

static iv_trials open_trials(study *s, iv_watch *watch)
{
    iv_trials t;
    imgvec_error err;
    assert_ok(iv_trials_make(ctx, &s->study, &s->cases, s->all, s->rows, 1, watch, &t, &err));
    return t;
}

static size_t try_plan(iv_trials *t, iv_plan plan)
{
    size_t at;
    imgvec_error err;
    assert_ok(iv_trials_try(t, &plan, &at, &err));
    return at;
}

/* How many parts, and how many cases are held out of `rows`, each at most once. */
static void check_parts(size_t rows, int32_t classes, const int32_t *groups, int32_t parts,
                        size_t held)
{
    study s;
    int *seen = calloc(rows, sizeof *seen);
    make(&s, rows, 1, 1);
    for (size_t i = 0; i < rows; i++)
        s.cases.y[i] = classes ? (float)(i % (size_t)classes) : (float)i;
    if (classes)
        study_classes(&s, classes);
    if (groups) {
        s.cases.group = malloc(rows * sizeof *s.cases.group);
        memcpy(s.cases.group, groups, rows * sizeof *groups);
    }
    iv_trials t = open_trials(&s, NULL);
    size_t at = 0;
    assert_int_equal(t.parts, parts);
    assert_int_equal(t.count, held);
    for (int32_t p = 0; p < t.parts; p++) {
        const iv_fitter *f = &t.fitters[p];
        assert_int_equal(f->train_count + f->valid_count, rows);
        for (size_t i = 0; i < f->valid_count; i++, at++) {
            assert_int_equal(++seen[f->valid_rows[i]], 1);
            assert_true(t.truth[at] == s.cases.y[f->valid_rows[i]]);
            for (size_t k = 0; k < f->train_count; k++) {
                assert_true(f->train_rows[k] != f->valid_rows[i]);
                assert_true(!groups || groups[f->train_rows[k]] != groups[f->valid_rows[i]]);
            }
        }
    }
    assert_int_equal(at, held);
    iv_trials_free(&t);
    study_free(&s);
    free(seen);
}

static void test_parts(void **state)
{
    int32_t groups[ROWS];
    check_parts(ROWS, 0, NULL, 5, ROWS);
    check_parts(1001, 0, NULL, 3, 1001);
    check_parts(2001, 0, NULL, 1, 400);
    check_parts(1001, 2, NULL, 3, 1001);
    check_parts(501, 4, NULL, 1, 100); /* four trees for each round */
    for (int32_t i = 0; i < ROWS; i++)
        groups[i] = i / 10;
    check_parts(ROWS, 0, groups, 5, ROWS);
    for (int32_t i = 0; i < ROWS; i++) /* too few for five parts */
        groups[i] = i / 30;
    check_parts(ROWS, 0, groups, 2, ROWS);
    for (int32_t i = 0; i < ROWS; i++)
        groups[i] = i / 50;
    check_parts(ROWS, 0, groups, 2, ROWS);
    int32_t *halves = malloc(2100 * sizeof *halves);
    for (int32_t i = 0; i < 2100; i++) /* neither is a fifth */
        halves[i] = i / 1050;
    check_parts(2100, 0, halves, 1, 1050);
    free(halves);
}

/* One group can only be parted, and is rather than that nothing be chosen. */
static void test_one_group(void **state)
{
    study s;
    make(&s, ROWS, 1, 0.1);
    s.cases.group = calloc(ROWS, sizeof *s.cases.group);
    iv_trials t = open_trials(&s, NULL);
    assert_int_equal(t.parts, 1);
    assert_int_equal(t.count, ROWS / 5);
    assert_int_equal(t.fitters[0].train_count, ROWS - ROWS / 5);
    iv_trials_free(&t);
    study_free(&s);
}

static void test_cheap(void **state)
{
    iv_cases c = {0};
    assert_true(iv_trials_cheap(&c, 2000) && !iv_trials_cheap(&c, 2001));
    c.class_count = 2;
    assert_true(iv_trials_cheap(&c, 2000));
    c.class_count = 10;
    assert_true(iv_trials_cheap(&c, 200) && !iv_trials_cheap(&c, 201));
}

static void test_try(void **state)
{
    study s;
    imgvec_error err;
    iv_gain gain;
    make(&s, ROWS, 2, 0.1);
    iv_trials t = open_trials(&s, NULL);
    const iv_plan good = {.learner = IV_LINEAR, .use = {IV_PLAIN, IV_PLAIN}};
    const iv_plan bad = {.learner = IV_LINEAR, .use = {IV_UNUSED, IV_PLAIN}};
    assert_false(iv_trials_known(&t, &good));
    size_t a = try_plan(&t, good), b = try_plan(&t, bad);
    assert_true(iv_trials_known(&t, &good));
    assert_true(try_plan(&t, good) == a && try_plan(&t, bad) == b && t.used == 2);
    assert_true(t.items[a].score < 0.15 && t.items[b].score > 0.7);
    for (size_t i = 0; i < t.count; i++)
        assert_true(fabsf(t.items[a].predictions[i] - t.truth[i]) < 0.6f);
    assert_ok(iv_trials_gain(&t, b, a, &gain, &err));
    assert_true(gain.value > 3 * gain.error && gain.error > 0);
    assert_true(fabs(gain.value - (t.items[b].score - t.items[a].score)) < 1e-6);
    assert_ok(iv_trials_gain(&t, a, b, &gain, &err));
    assert_true(gain.value < -3 * gain.error);
    assert_ok(iv_trials_gain(&t, a, a, &gain, &err));
    assert_true(gain.value == 0 && gain.error == 0);
    iv_trials_free(&t);
    study_free(&s);
}

/* Rounds: the median of what the inner folds chose. */
static void test_rounds(void **state)
{
    study s;
    make(&s, ROWS, 1, 0.3);
    iv_trials t = open_trials(&s, NULL);
    const iv_plan plan = {.use = {IV_PLAIN}};
    size_t at = try_plan(&t, plan);
    int below = 0, above = 0;
    for (int32_t p = 0; p < t.parts; p++) {
        int32_t rounds = 0;
        imgvec_error err;
        assert_ok(iv_fitter_run(&t.fitters[p], &plan, &rounds, NULL, NULL, &err));
        below += rounds < t.items[at].rounds;
        above += rounds > t.items[at].rounds;
    }
    assert_true(below <= 2 && above <= 2 && t.items[at].rounds > 0);
    iv_trials_free(&t);
    study_free(&s);
}

/* Prices: their logarithm follows the column, with errors of one size there. */
static void test_transform_gain(void **state)
{
    static const struct {
        bool prices;
        double sign;
    } cases[] = {{true, 1}, {false, -1}};
    for (size_t i = 0; i < 2; i++) {
        study s;
        imgvec_error err;
        iv_gain metric, likelihood;
        make(&s, 400, 1, 0.2);
        for (size_t k = 0; k < s.rows; k++)
            s.cases.y[k] = cases[i].prices ? expf(s.cases.y[k]) : s.cases.y[k] + 10;
        iv_trials t = open_trials(&s, NULL);
        iv_plan plan = {.learner = IV_LINEAR, .use = {IV_PLAIN}};
        size_t none = try_plan(&t, plan);
        plan.transform = IV_LOG;
        size_t log_scale = try_plan(&t, plan);
        assert_ok(iv_trials_gain_transform(&t, none, log_scale, &metric, &likelihood, &err));
        assert_true(likelihood.value * cases[i].sign > likelihood.error);
        assert_true(metric.value * cases[i].sign > metric.error);
        assert_ok(iv_trials_gain_transform(&t, log_scale, none, &metric, &likelihood, &err));
        assert_true(likelihood.value * cases[i].sign < -likelihood.error);
        /* Predictions are kept on the target's own scale too. */
        for (size_t k = 0; k < t.count; k++)
            assert_true(t.items[log_scale].predictions[k] > 0);
        iv_trials_free(&t);
        study_free(&s);
    }
}

/* One 0 among prices: log is defined in each fold, but not for what one of them holds out. */
static void test_zero(void **state)
{
    study s;
    imgvec_error err;
    iv_gain metric, likelihood;
    bool suits;
    make(&s, ROWS, 1, 0.2);
    for (size_t k = 0; k < ROWS; k++)
        s.cases.y[k] = k == 40 ? 0 : expf(s.cases.y[k]);
    iv_trials t = open_trials(&s, NULL);
    assert_ok(iv_trials_suits(&t, IV_LOG, &suits, &err));
    assert_true(suits);
    assert_ok(iv_trials_suits(&t, IV_BOX_COX, &suits, &err));
    assert_false(suits);
    for (int learner = 0; learner < IV_LEARNERS; learner++) {
        iv_plan plan = {.learner = learner, .use = {IV_PLAIN}};
        size_t none = try_plan(&t, plan);
        plan.transform = IV_LOG;
        size_t log_scale = try_plan(&t, plan);
        assert_true(isfinite(t.items[log_scale].score));
        assert_ok(iv_trials_gain_transform(&t, none, log_scale, &metric, &likelihood, &err));
        assert_true(isfinite(metric.value) && likelihood.value == -INFINITY);
    }
    iv_trials_free(&t);
    study_free(&s);
}

static void test_cancel(void **state)
{
    study s;
    imgvec_error err;
    iv_watch watch;
    size_t at;
    make(&s, ROWS, 1, 0.2);
    assert_ok(iv_watch_init(&watch, NULL, &err));
    iv_trials t = open_trials(&s, &watch);
    const iv_plan plan = {.use = {IV_PLAIN}};
    atomic_store(&watch.stopped, true);
    assert_fails(iv_trials_try(&t, &plan, &at, &err), IMGVEC_ERR_CANCELLED, "cancelled");
    assert_int_equal(t.used, 0);
    assert_false(iv_trials_known(&t, &plan));
    atomic_store(&watch.stopped, false); /* what was left half done is done anew */
    assert_int_equal(try_plan(&t, plan), 0);
    iv_trials_free(&t);
    study_free(&s);
}

static imgvec_status job_try(imgvec_context *own, void *user, imgvec_error *err)
{
    const study *s = user;
    iv_plan plan = {.transform = IV_LOG, .learner = IV_LINEAR, .use = {IV_PLAIN}};
    iv_trials t;
    iv_gain gain, other;
    size_t a = 0, b = 0;
    IV_TRY(iv_trials_make(own, &s->study, &s->cases, s->all, 20, 1, NULL, &t, err));
    imgvec_status status = iv_trials_try(&t, &plan, &a, err);
    plan.transform = IV_NO_TRANSFORM;
    if (status == IMGVEC_OK)
        status = iv_trials_try(&t, &plan, &b, err);
    if (status == IMGVEC_OK)
        status = iv_trials_gain(&t, a, b, &gain, err);
    if (status == IMGVEC_OK)
        status = iv_trials_gain_transform(&t, a, b, &gain, &other, err);
    iv_trials_free(&t);
    return status;
}

static void test_memory(void **state)
{
    study s;
    make(&s, ROWS, 1, 0.2);
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = expf(s.cases.y[i]);
    fail_each_allocation(job_try, &s);
    study_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),  cmocka_unit_test(test_one_group),
        cmocka_unit_test(test_cheap),  cmocka_unit_test(test_try),
        cmocka_unit_test(test_rounds), cmocka_unit_test(test_transform_gain),
        cmocka_unit_test(test_zero),   cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
