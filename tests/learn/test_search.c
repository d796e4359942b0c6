/* The choice of a plan: it finds what was planted, ends on every shape of table, gives the same for
 * the same seed, and stops when it is told to. */
#include "study_support.h"

#include <pthread.h>
#include <time.h>

#include "allocations.h"
#include "base/error.h"
#include "base/thread.h"
#include "learn/search.h"
#include "shared_context.h"

enum { ROWS = 200 };

static imgvec_status search(study *s, uint64_t seed, iv_watch *watch, iv_plan *plan,
                            int32_t *rounds, imgvec_error *err)
{
    iv_search *search;
    IV_TRY(iv_search_new(s->ctx, &s->study, &s->cases, s->all, s->rows, seed, watch, &search, err));
    imgvec_status status = iv_search_run(search, plan, rounds, err);
    iv_search_free(search);
    return status;
}

static iv_plan chosen(study *s)
{
    iv_plan plan;
    int32_t rounds;
    imgvec_error err;
    assert_ok(search(s, 1, NULL, &plan, &rounds, &err));
    return plan;
}

/* y: what numbers and image say, by these factors, and noise. */
static void make(study *s, int narrow, int wide, double number, double image, double noise)
{
    iv_random r;
    study_make(s, ctx, ROWS, narrow, wide, 7);
    study_option(s, "rounds", "25");
    study_option(s, "xgb.eta", "0.3");
    iv_random_seed(&r, 8, "target");
    for (size_t i = 0; i < ROWS; i++) {
        double y = noise * iv_random_normal(&r);
        if (narrow)
            y += number * study_number(s, 0, i);
        if (wide)
            y += image * (study_image(s, 0, i)[0] - study_image(s, 0, i)[1]);
        s->cases.y[i] = (float)y;
    }
}

/* Units: w0, n0, n1. */
static void test_image_of_noise(void **state)
{
    study s;
    make(&s, 2, 1, 1, 0, 0.3);
    iv_plan plan = chosen(&s);
    assert_int_equal(plan.use[0], IV_UNUSED);
    assert_int_equal(plan.use[1], IV_PLAIN);
    study_option(&s, "select_blocks", "0"); /* every column, as it was asked for */
    study_option(&s, "image_features", "projection");
    plan = chosen(&s);
    assert_int_equal(plan.use[0], IV_PLAIN);
    assert_int_equal(plan.use[2], IV_PLAIN);
    study_free(&s);
}

static void test_image_of_signal(void **state)
{
    study s;
    make(&s, 2, 1, 1, 1, 0.3);
    iv_plan plan = chosen(&s);
    assert_true(plan.use[0] & IV_STACKED);
    assert_int_equal(plan.use[1], IV_PLAIN);
    study_free(&s);
    /* Only the image: numbers of noise may stay, as they cost little, the image must. */
    make(&s, 1, 2, 0, 1, 0.3);
    plan = chosen(&s);
    assert_true(plan.use[0] != IV_UNUSED);
    assert_int_equal(plan.use[1], IV_UNUSED); /* an image of noise beside one of signal */
    study_free(&s);
}

/* A single column that is clearly better without the others stands alone. */
static void test_alone(void **state)
{
    study s;
    iv_random r;
    make(&s, 7, 0, 1, 0, 0);
    iv_random_seed(&r, 9, "steps");
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = (float)(floor(2 * study_number(&s, 0, i)) + 0.6 * iv_random_normal(&r));
    study_option(&s, "learner", "xgboost");
    study_option(&s, "xgb.colsample_bytree", "0.2"); /* most trees see noise alone */
    iv_plan plan = chosen(&s);
    for (size_t u = 0; u < 7; u++)
        assert_int_equal(plan.use[u], u == 0 ? IV_PLAIN : IV_UNUSED);
    study_free(&s);
}

static void test_learner(void **state)
{
    study s;
    make(&s, 3, 0, 1, 0, 0.1);
    for (size_t i = 0; i < ROWS; i++) /* a plane */
        s.cases.y[i] += (float)(study_number(&s, 1, i) - 2 * study_number(&s, 2, i));
    assert_int_equal(chosen(&s).learner, IV_LINEAR);
    for (size_t i = 0; i < ROWS; i++) /* a valley */
        s.cases.y[i] = (float)fabs(study_number(&s, 0, i));
    assert_int_equal(chosen(&s).learner, IV_XGBOOST);
    study_option(&s, "learner", "linear");
    assert_int_equal(chosen(&s).learner, IV_LINEAR);
    study_free(&s);
    /* Only images: of two learners that do as well as each other the linear one is the simpler. */
    make(&s, 0, 1, 0, 1, 1);
    iv_plan plan = chosen(&s);
    assert_int_equal(plan.learner, IV_LINEAR);
    assert_int_equal(plan.use[0], IV_STACKED);
    study_free(&s);
}

static void test_transform(void **state)
{
    static const char *const names[] = {"none", "log", "box_cox", "yeo_johnson"};
    study s;
    make(&s, 1, 0, 1, 0, 0.3);
    /* Trees do as well without a logarithm, a line does not, and is the best there is with it. */
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = expf(s.cases.y[i]);
    iv_plan plan = chosen(&s);
    int32_t kind = plan.transform;
    assert_true(kind == IV_LOG || kind == IV_BOX_COX);
    assert_int_equal(plan.learner, IV_LINEAR);
    for (int32_t k = 0; k < IV_TRANSFORMS; k++) {
        study_option(&s, "target_transform", names[k]);
        assert_int_equal(chosen(&s).transform, k);
    }
    study_option(&s, "target_transform", "auto");
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] -= 0.5f; /* some are below 0 */
    kind = chosen(&s).transform;
    assert_true(kind == IV_NO_TRANSFORM || kind == IV_YEO_JOHNSON);
    for (size_t i = 0; i < ROWS; i++) /* one 0 among prices */
        s.cases.y[i] = i == 5 ? 0 : s.cases.y[i] + 0.5f;
    kind = chosen(&s).transform;
    assert_true(kind != IV_BOX_COX);
    study_free(&s);
}

/* Classes have no transform. */
static void test_classes(void **state)
{
    study s;
    make(&s, 1, 1, 1, 0, 0.7);
    study_classes(&s, 2);
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = s.cases.y[i] > 0;
    iv_plan plan = chosen(&s);
    assert_int_equal(plan.transform, IV_NO_TRANSFORM);
    assert_int_equal(plan.use[0], IV_UNUSED);
    assert_int_equal(plan.use[1], IV_PLAIN);
    study_free(&s);
}

/* Tables with narrow columns alone, with one alone, with images alone: the search ends. */
static void test_shapes(void **state)
{
    static const int shapes[][2] = {{1, 0}, {2, 0}, {5, 0}, {0, 1}, {0, 3}, {1, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int signal = 0; signal < 2; signal++) {
            study s;
            make(&s, shapes[i][0], shapes[i][1], signal, signal, 1);
            study_option(&s, "rounds", "5");
            iv_plan plan = chosen(&s);
            int used = 0;
            for (size_t u = 0; u < IV_UNITS_MAX; u++) {
                used += plan.use[u] != IV_UNUSED;
                assert_true(u < s.units.count || plan.use[u] == IV_UNUSED);
            }
            assert_true(used >= 1);
            study_free(&s);
        }
}

/* The same seed, the same plan and rounds, from the same scores. */
static void test_same_seed(void **state)
{
    study s;
    iv_plan a, b;
    int32_t rounds, again;
    imgvec_error err;
    make(&s, 2, 2, 0.3, 0.3, 1);
    study_option(&s, "rounds", "10");
    for (uint64_t seed = 1; seed < 4; seed++) {
        assert_ok(search(&s, seed, NULL, &a, &rounds, &err));
        assert_ok(search(&s, seed, NULL, &b, &again, &err));
        assert_true(iv_plan_same(&a, &b));
        assert_int_equal(rounds, again);
    }
    study_free(&s);
}

/* Nothing to choose: no inner fold is made, and the rounds are the option's. */
static void test_no_choice(void **state)
{
    static const char *const settings[][2] = {{"target_transform", "none"},
                                              {"learner", "xgboost"},
                                              {"select_blocks", "0"},
                                              {"early_stopping_rounds", "0"},
                                              {"image_features", "both"}};
    study s;
    iv_search *search;
    iv_plan plan;
    int32_t rounds;
    imgvec_error err;
    iv_watch watch;
    make(&s, 1, 1, 1, 1, 1);
    for (size_t i = 0; i < 5; i++)
        study_option(&s, settings[i][0], settings[i][1]);
    assert_ok(iv_watch_init(&watch, NULL, &err));
    atomic_store(&watch.stopped, true); /* any fit would end it */
    assert_ok(iv_search_new(ctx, &s.study, &s.cases, s.all, ROWS, 1, &watch, &search, &err));
    assert_ok(iv_search_run(search, &plan, &rounds, &err));
    assert_int_equal(rounds, 25);
    assert_int_equal(plan.use[0], IV_PLAIN_AND_STACKED);
    assert_int_equal(plan.use[1], IV_PLAIN);
    assert_ok(iv_search_rounds(search, &plan, 33, &rounds, &err));
    assert_int_equal(rounds, 33);
    iv_search_free(search);
    iv_search_free(NULL);
    study_free(&s);
}

/* Rounds of another plan: by the inner folds where cases are few, else those of the chosen one. */
static void test_rounds(void **state)
{
    study s;
    iv_search *search;
    iv_plan plan;
    int32_t rounds, other;
    imgvec_error err;
    make(&s, 2, 0, 1, 0, 0.1);
    study_option(&s, "learner", "xgboost");
    study_option(&s, "rounds", "300");
    assert_ok(iv_search_new(ctx, &s.study, &s.cases, s.all, ROWS, 1, NULL, &search, &err));
    assert_ok(iv_search_run(search, &plan, &rounds, &err));
    iv_plan noise = plan;
    noise.use[0] = IV_UNUSED;
    noise.use[1] = IV_PLAIN;
    assert_ok(iv_search_rounds(search, &noise, rounds, &other, &err));
    assert_true(other < rounds); /* noise is given up soon */
    noise.learner = IV_LINEAR;
    assert_ok(iv_search_rounds(search, &noise, 17, &other, &err));
    assert_int_equal(other, 17);
    iv_search_free(search);
    study_free(&s);
}

static void test_first_use(void **state)
{
    static const struct {
        const char *way;
        uint8_t use;
    } cases[] = {{"auto", IV_STACKED},
                 {"stacked", IV_STACKED},
                 {"projection", IV_PLAIN},
                 {"both", IV_PLAIN_AND_STACKED}};
    study s;
    make(&s, 1, 1, 1, 1, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        study_option(&s, "image_features", cases[i].way);
        assert_int_equal(iv_search_first_use(&s.study, 0), cases[i].use);
        assert_int_equal(iv_search_first_use(&s.study, 1), IV_PLAIN);
    }
    study_free(&s);
}

static void *stop_soon(void *user)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    nanosleep(&pause, NULL);
    atomic_store(&((iv_watch *)user)->stopped, true);
    return NULL;
}

/* A search that would take minutes ends at once. */
static void test_cancel(void **state)
{
    static const char *const learners[] = {"xgboost", "auto"};
    for (size_t i = 0; i < 2; i++) {
        study s;
        iv_plan plan;
        int32_t rounds;
        imgvec_error err;
        iv_watch watch;
        pthread_t thread;
        make(&s, 3, 2, 1, 1, 1);
        study_option(&s, "learner", learners[i]);
        study_option(&s, "rounds", "100000");
        study_option(&s, "early_stopping_rounds", "0");
        assert_ok(iv_watch_init(&watch, NULL, &err));
        assert_int_equal(pthread_create(&thread, NULL, stop_soon, &watch), 0);
        double start = iv_now();
        assert_fails(search(&s, 1, &watch, &plan, &rounds, &err), IMGVEC_ERR_CANCELLED,
                     "cancelled");
        assert_true(iv_now() - start < 5); /* on a machine that does much else */
        pthread_join(thread, NULL);
        study_free(&s);
    }
}

static imgvec_status job_search(imgvec_context *own, void *user, imgvec_error *err)
{
    study s = *(study *)user;
    iv_plan plan;
    int32_t rounds;
    s.ctx = own;
    s.rows = 14;
    return search(&s, 1, NULL, &plan, &rounds, err);
}

static void test_memory(void **state)
{
    study s;
    make(&s, 1, 1, 1, 1, 0.1);
    study_option(&s, "learner", "linear");
    study_option(&s, "target_transform", "none");
    study_option(&s, "image_features", "stacked");
    fail_each_allocation(job_search, &s);
    study_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_image_of_noise), cmocka_unit_test(test_image_of_signal),
        cmocka_unit_test(test_alone),          cmocka_unit_test(test_learner),
        cmocka_unit_test(test_transform),      cmocka_unit_test(test_classes),
        cmocka_unit_test(test_shapes),         cmocka_unit_test(test_same_seed),
        cmocka_unit_test(test_no_choice),      cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_first_use),      cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
