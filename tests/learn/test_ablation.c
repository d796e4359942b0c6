/* What each column is worth: variants of a plan against what fitting them by hand gives. */
#include "study_support.h"

#include "allocations.h"
#include "base/error.h"
#include "learn/ablation.h"
#include "learn/scores.h"
#include "shared_context.h"

enum { ROWS = 150, VALID = 50 };

/* Of three folds with one plan. */
typedef struct result {
    iv_ablation ablation;
    float full[ROWS];
} result;

/* y: 3 n0 + n1. */
static void make(study *s, int narrow, double noise)
{
    iv_random r;
    study_make(s, ctx, ROWS, narrow, 0, 11);
    iv_random_seed(&r, 12, "target");
    for (size_t i = 0; i < ROWS; i++) {
        s->cases.y[i] = (float)(3 * study_number(s, 0, i) + noise * iv_random_normal(&r));
        if (narrow > 1)
            s->cases.y[i] += (float)study_number(s, 1, i);
    }
}

/* Numbers of a fold's validation cases and of the others. */
static void part(int fold, int64_t *train, int64_t *valid)
{
    size_t t = 0, v = 0;
    for (int64_t i = 0; i < ROWS; i++)
        if (i % 3 == fold)
            valid[v++] = i;
        else
            train[t++] = i;
}

static imgvec_status run_fold(study *s, int fold, const iv_plan *plan, result *out,
                              imgvec_error *err)
{
    int64_t train[ROWS], valid[VALID];
    float own[VALID];
    int32_t rounds = 0;
    iv_search *search = NULL;
    iv_fitter f;
    part(fold, train, valid);
    imgvec_status status;
    IV_DO(iv_fitter_make(s->ctx, &s->study, &s->cases, train, ROWS - VALID, valid, VALID, true,
                         NULL, &f, err));
    IV_DO(iv_search_new(s->ctx, &s->study, &s->cases, train, ROWS - VALID, 1, NULL, &search, err));
    IV_DO(iv_fitter_run(&f, plan, &rounds, own, NULL, err));
    for (size_t i = 0; i < VALID; i++) {
        if (plan->transform != IV_NO_TRANSFORM)
            own[i] = (float)iv_transform_invert(&f.transforms[plan->transform], own[i]);
        out->full[valid[i]] = own[i];
    }
    IV_DO(iv_ablation_fold(&out->ablation, search, &f, plan, rounds, valid, own, err));
done:
    iv_search_free(search);
    iv_fitter_free(&f);
    return status;
}

static imgvec_status run(study *s, const iv_plan *plan, result *out, imgvec_error *err)
{
    IV_TRY(iv_ablation_make(s->ctx, &s->study, &s->cases, &out->ablation, err));
    imgvec_status status = IMGVEC_OK;
    for (int fold = 0; fold < 3 && status == IMGVEC_OK; fold++)
        status = run_fold(s, fold, plan, out, err);
    if (status == IMGVEC_OK)
        status = iv_ablation_finish(&out->ablation, s->ctx, &s->cases, out->full, 1, err);
    if (status != IMGVEC_OK)
        iv_ablation_free(s->ctx, &out->ablation);
    return status;
}

static double rmse(const study *s, const float *p)
{
    double sum = 0;
    for (size_t i = 0; i < ROWS; i++)
        sum += (p[i] - s->cases.y[i]) * (p[i] - s->cases.y[i]) / ROWS;
    return sqrt(sum);
}

static size_t at(size_t unit, int variant)
{
    return IV_VARIANTS * unit + (size_t)variant;
}

static void test_three_columns(void **state)
{
    study s;
    result r, by_hand;
    imgvec_error err;
    make(&s, 3, 0.5);
    const iv_plan plan = {.learner = IV_LINEAR, .use = {IV_PLAIN, IV_PLAIN, IV_PLAIN}};
    assert_ok(run(&s, &plan, &r, &err));
    const iv_ablation *a = &r.ablation;
    double full = rmse(&s, r.full);
    assert_int_equal(a->units, 3);
    for (size_t v = 0; v < 6; v++) {
        double score = rmse(&s, a->predictions[v]);
        assert_true(fabs(a->pooled[v][IV_RMSE] - score) < 1e-5);
        assert_true(fabs(a->differences[v].value[IV_RMSE] - (score - full)) < 1e-5);
        assert_true(a->differences[v].low[IV_RMSE] <= a->differences[v].value[IV_RMSE] &&
                    a->differences[v].high[IV_RMSE] >= a->differences[v].value[IV_RMSE]);
    }
    /* Without the first column little is left, alone it gives most; the last one tells nothing. */
    assert_true(a->pooled[at(0, IV_WITHOUT)][IV_RMSE] > 2.5 && full < 0.6);
    assert_true(a->pooled[at(0, IV_ALONE)][IV_RMSE] < 1.4);
    assert_true(a->pooled[at(2, IV_ALONE)][IV_RMSE] > 2.9);
    assert_true(a->differences[at(0, IV_WITHOUT)].low[IV_RMSE] > 1);
    assert_true(a->differences[at(1, IV_WITHOUT)].low[IV_RMSE] > 0);
    assert_true(fabs(a->differences[at(2, IV_WITHOUT)].value[IV_RMSE]) < 0.05);
    /* The same as a plan without the column. */
    const iv_plan without = {.learner = IV_LINEAR, .use = {IV_PLAIN, IV_UNUSED, IV_PLAIN}};
    assert_ok(run(&s, &without, &by_hand, &err));
    assert_memory_equal(by_hand.full, a->predictions[at(1, IV_WITHOUT)], sizeof r.full);
    /* A column that the plan leaves out: without it is the plan; alone it is tried all the same. */
    const iv_ablation *b = &by_hand.ablation;
    assert_memory_equal(b->predictions[at(1, IV_WITHOUT)], by_hand.full, sizeof r.full);
    assert_true(b->differences[at(1, IV_WITHOUT)].high[IV_RMSE] == 0);
    assert_memory_equal(b->predictions[at(1, IV_ALONE)], a->predictions[at(1, IV_ALONE)],
                        sizeof r.full);
    iv_ablation_free(ctx, &r.ablation);
    iv_ablation_free(ctx, &by_hand.ablation);
    study_free(&s);
}

/* Of two columns, one alone is without the other. */
static void test_two_columns(void **state)
{
    study s;
    result r;
    imgvec_error err;
    make(&s, 2, 0.5);
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = expf(s.cases.y[i] / 3);
    const iv_plan plan = {.transform = IV_LOG, .learner = IV_LINEAR, .use = {IV_PLAIN, IV_PLAIN}};
    assert_ok(run(&s, &plan, &r, &err));
    const iv_ablation *a = &r.ablation;
    for (size_t u = 0; u < 2; u++) {
        assert_memory_equal(a->predictions[at(u, IV_ALONE)], a->predictions[at(1 - u, IV_WITHOUT)],
                            sizeof r.full);
        for (size_t i = 0; i < ROWS; i++) /* on the target's own scale */
            assert_true(a->predictions[at(u, IV_ALONE)][i] > 0);
    }
    assert_true(a->pooled[at(0, IV_ALONE)][IV_RMSE] < a->pooled[at(1, IV_ALONE)][IV_RMSE]);
    iv_ablation_free(ctx, &r.ablation);
    study_free(&s);
}

/* Without the only column in use nothing is left: no score, rather than one of nothing. */
static void test_only_column(void **state)
{
    study s;
    result r;
    imgvec_error err;
    make(&s, 2, 0.5);
    const iv_plan plan = {.learner = IV_LINEAR, .use = {IV_PLAIN, IV_UNUSED}};
    assert_ok(run(&s, &plan, &r, &err));
    const iv_ablation *a = &r.ablation;
    for (size_t i = 0; i < ROWS; i++)
        assert_true(isnan(a->predictions[at(0, IV_WITHOUT)][i]));
    assert_true(isnan(a->pooled[at(0, IV_WITHOUT)][IV_RMSE]));
    assert_true(isnan(a->differences[at(0, IV_WITHOUT)].value[IV_RMSE]));
    assert_memory_equal(a->predictions[at(0, IV_ALONE)], r.full, sizeof r.full);
    assert_memory_equal(a->predictions[at(1, IV_WITHOUT)], r.full, sizeof r.full);
    iv_ablation_free(ctx, &r.ablation);
    study_free(&s);
}

/* Classes: each variant's rows are the classes' probabilities. */
static void test_classes(void **state)
{
    study s;
    imgvec_error err;
    int64_t train[ROWS], valid[VALID];
    float full[VALID * 3];
    int32_t rounds = 5;
    iv_ablation a;
    iv_fitter f;
    iv_search *search;
    make(&s, 2, 0.1);
    study_classes(&s, 3);
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = s.cases.y[i] < -1 ? 0 : s.cases.y[i] < 1 ? 1 : 2;
    part(1, train, valid);
    const iv_plan plan = {.use = {IV_PLAIN, IV_PLAIN}};
    assert_ok(iv_ablation_make(ctx, &s.study, &s.cases, &a, &err));
    assert_ok(iv_fitter_make(ctx, &s.study, &s.cases, train, ROWS - VALID, valid, VALID, true, NULL,
                             &f, &err));
    assert_ok(iv_search_new(ctx, &s.study, &s.cases, train, ROWS - VALID, 1, NULL, &search, &err));
    assert_ok(iv_fitter_run(&f, &plan, &rounds, full, NULL, &err));
    assert_ok(iv_ablation_fold(&a, search, &f, &plan, rounds, valid, full, &err));
    for (size_t v = 0; v < 4; v++)
        for (size_t i = 0; i < VALID; i++) {
            const float *p = a.predictions[v] + valid[i] * 3;
            assert_true(fabsf(p[0] + p[1] + p[2] - 1) < 1e-5f);
        }
    iv_search_free(search);
    iv_fitter_free(&f);
    iv_ablation_free(ctx, &a);
    study_free(&s);
}

static imgvec_status job_run(imgvec_context *own, void *user, imgvec_error *err)
{
    study s = *(study *)user;
    const iv_plan plan = {.learner = IV_LINEAR, .use = {IV_PLAIN, IV_PLAIN}};
    result r;
    s.ctx = own;
    IV_TRY(run(&s, &plan, &r, err));
    iv_ablation_free(own, &r.ablation);
    return IMGVEC_OK;
}

static void test_memory(void **state)
{
    study s;
    make(&s, 2, 0.5);
    fail_each_allocation(job_run, &s);
    study_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_columns), cmocka_unit_test(test_two_columns),
        cmocka_unit_test(test_only_column),   cmocka_unit_test(test_classes),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
