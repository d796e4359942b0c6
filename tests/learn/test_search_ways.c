/* Which ways to use an image the search tries, and which one it takes: one image column whose
 * features are made here. No network is needed. */
#include "test.h"

#include <imgvec/imgvec.h>

#include <math.h>

#include "base/random.h"
#include "learn/search.h"

enum { ROWS = 400, WIDTH = 12 };

typedef struct setup {
    imgvec_context *ctx;
    imgvec_dataset *ds;
    imgvec_options *opts;
    float x[ROWS * WIDTH], y[ROWS];
    int64_t row[ROWS];
    int32_t status[ROWS], dim;
    iv_input item;
    iv_inputs inputs;
    iv_units units;
    iv_cases cases;
    iv_study study;
    int tried, trees; /* plans: all, and those of trees */
} setup;

static void on_log(void *user, int32_t level, const char *text)
{
    setup *s = user;
    (void)level;
    if (strncmp(text, "plan tried ", 11) != 0)
        return;
    s->tried++;
    s->trees += strstr(text, "xgboost") != NULL;
}

static setup *make(double (*truth)(const float *x))
{
    setup *s = test_calloc(1, sizeof *s);
    imgvec_error err;
    iv_random r;
    s->ctx = test_context();
    assert_ok(imgvec_context_set_log(s->ctx, IMGVEC_LOG_DEBUG, on_log, s, &err));
    assert_ok(imgvec_options_new(s->ctx, IMGVEC_JOB_TRAIN, &s->opts, &err));
    assert_ok(imgvec_options_set_named(s->opts, "target_transform", "none", &err));
    assert_ok(imgvec_dataset_new(s->ctx, &s->ds, &err));
    assert_ok(imgvec_dataset_add_column(s->ds, "photo", IMGVEC_COLUMN_IMAGE, &err));
    iv_random_seed(&r, 1, "search");
    for (size_t i = 0; i < ROWS; i++) {
        float *x = s->x + i * WIDTH;
        for (size_t j = 0; j < WIDTH; j++)
            x[j] = (float)iv_random_normal(&r);
        s->y[i] = (float)(truth(x) + 0.1 * iv_random_normal(&r));
        s->row[i] = (int64_t)i;
    }
    s->item = (iv_input){.type = IMGVEC_COLUMN_IMAGE, .raw = s->x, .status = s->status};
    s->inputs = (iv_inputs){.ds = s->ds,
                            .opts = s->opts,
                            .items = &s->item,
                            .count = 1,
                            .raw_width = WIDTH,
                            .threads = 1};
    assert_ok(iv_units_make(s->ctx, &s->inputs, false, &s->units, &err));
    s->cases = (iv_cases){
        .task = IV_TASK_REGRESSION, .outputs = 1, .count = ROWS, .row = s->row, .y = s->y};
    s->study = (iv_study){.inputs = &s->inputs,
                          .units = &s->units,
                          .opts = s->opts,
                          .metric = "rmse",
                          .dims = &s->dim,
                          .dim_count = 1,
                          .lower_dim = true,
                          .threads = 1};
    return s;
}

static void unmake(setup *s)
{
    iv_units_free(s->ctx, &s->units);
    imgvec_dataset_free(s->ds);
    imgvec_options_free(s->opts);
    imgvec_context_free(s->ctx);
    test_free(s);
}

static iv_plan choose(setup *s, int32_t *rounds)
{
    iv_search *search;
    iv_plan plan;
    imgvec_error err;
    assert_ok(iv_search_new(s->ctx, &s->study, &s->cases, s->row, ROWS, 1, NULL, &search, &err));
    assert_ok(iv_search_run(search, &plan, rounds, &err));
    iv_search_free(search);
    return plan;
}

static double straight(const float *x)
{
    return x[0] + x[1] - x[2] + 0.5 * x[3];
}

static double bent(const float *x)
{
    return fabs(x[0]) - fabs(x[1]);
}

/* A linear target: trees on the linear answer lose, and are not tried on all features. */
static void test_linear(void **state)
{
    setup *s = make(straight);
    int32_t rounds;
    iv_plan plan = choose(s, &rounds);
    (void)state;
    assert_int_equal(plan.learner, IV_LINEAR);
    assert_int_equal(plan.use[0], IV_STACKED);
    assert_int_equal(s->tried, 2);
    assert_int_equal(s->trees, 1);
    unmake(s);
}

/* A target that no linear model sees: neither is better, and trees on all features are found. */
static void test_trees(void **state)
{
    setup *s = make(bent);
    int32_t rounds;
    iv_plan plan = choose(s, &rounds);
    (void)state;
    assert_int_equal(plan.learner, IV_XGBOOST);
    assert_int_equal(plan.use[0] & IV_PLAIN, IV_PLAIN);
    assert_true(rounds > 10);
    assert_int_equal(s->tried, 4);
    assert_int_equal(s->trees, 3);
    unmake(s);
}

/* What an option fixes is not tried in another way. */
static void test_fixed(void **state)
{
    setup *s = make(straight);
    int32_t rounds;
    imgvec_error err;
    (void)state;
    assert_ok(imgvec_options_set_named(s->opts, "learner", "xgboost", &err));
    iv_plan plan = choose(s, &rounds);
    assert_int_equal(plan.learner, IV_XGBOOST);
    assert_int_equal(s->tried, 3);
    assert_int_equal(s->trees, 3);
    unmake(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
