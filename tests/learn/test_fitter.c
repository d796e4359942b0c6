/* Fitting plans: features and answers against what block and learner give by themselves, the scale
 * of the target, and what is kept between plans. */
#include "study_support.h"

#include "allocations.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "learn/fitter.h"
#include "shared_context.h"
#include "table/dataset.h"

enum { ROWS = 120, TRAIN = 90, VALID = ROWS - TRAIN };

/* y: 2 n0 - n1 + the first two values of w0. Cases from the last to the first. */
static void make(study *s, imgvec_context *own, int narrow, int wide)
{
    iv_random r;
    study_make(s, own, ROWS, narrow, wide, 1);
    iv_random_seed(&r, 2, "target");
    for (size_t i = 0; i < ROWS; i++) {
        s->all[i] = (int64_t)(ROWS - 1 - i);
        s->cases.y[i] = (float)(0.1 * iv_random_normal(&r));
        if (narrow > 1)
            s->cases.y[i] += (float)(2 * study_number(s, 0, i) - study_number(s, 1, i));
        if (wide)
            s->cases.y[i] += study_image(s, 0, i)[0] + study_image(s, 0, i)[1];
    }
}

static iv_fitter open_fitter(study *s)
{
    iv_fitter f;
    imgvec_error err;
    assert_ok(iv_fitter_make(s->ctx, &s->study, &s->cases, s->all, TRAIN, s->all + TRAIN, VALID,
                             true, NULL, &f, &err));
    return f;
}

/* How far answers are from the truth, relative to its spread: 1 - R2. */
static double rest(const study *s, const float *predictions)
{
    double sum = 0, squares = 0, off = 0;
    for (size_t i = 0; i < VALID; i++) {
        double y = s->cases.y[s->all[TRAIN + i]];
        sum += y;
        squares += y * y;
        off += (predictions[i] - y) * (predictions[i] - y);
    }
    return off / (squares - sum * sum / VALID);
}

/* Numbers go to the learner as they are, in the order of the cases. */
static void test_numbers(void **state)
{
    study s;
    float x[ROWS * 3], y[TRAIN], own[VALID], out[VALID];
    imgvec_error err;
    make(&s, ctx, 3, 0);
    const iv_plan plan = {.learner = IV_LINEAR, .use = {IV_PLAIN, IV_PLAIN, IV_PLAIN}};
    const iv_booster_request request = {.task = IV_TASK_REGRESSION};
    for (size_t i = 0; i < ROWS; i++) {
        for (int j = 0; j < 3; j++)
            x[i * 3 + (size_t)j] = (float)study_number(&s, j, (size_t)s.all[i]);
        if (i < TRAIN)
            y[i] = s.cases.y[s.all[i]];
    }
    const iv_matrix train = {x, TRAIN, 3, y}, valid = {x + TRAIN * 3, VALID, 3, NULL};
    iv_learner l;
    assert_ok(iv_learner_train(ctx, IV_LINEAR, &request, &train, NULL, 1, NULL, NULL, NULL, &l,
                               &err)); /* seed 1 is the option's default */
    assert_ok(iv_learner_predict(ctx, &l, &valid, 1, own, &err));
    iv_fitter f = open_fitter(&s);
    int32_t rounds = 0;
    assert_ok(iv_fitter_run(&f, &plan, &rounds, out, NULL, &err));
    assert_memory_equal(out, own, sizeof out);
    assert_true(rest(&s, out) < 0.01);
    iv_fitter_free(&f);
    iv_learner_free(ctx, &l);
    study_free(&s);
}

/* A plan without a column does not see it. */
static void test_uses(void **state)
{
    static const struct {
        uint8_t wide, n0, n1;
        double least, most;
    } cases[] = {{IV_STACKED, IV_PLAIN, IV_PLAIN, 0, 0.2},
                 {IV_PLAIN, IV_PLAIN, IV_PLAIN, 0, 0.02},
                 {IV_PLAIN_AND_STACKED, IV_PLAIN, IV_PLAIN, 0, 0.02},
                 {IV_UNUSED, IV_PLAIN, IV_PLAIN, 0.1, 0.6},
                 {IV_STACKED, IV_UNUSED, IV_PLAIN, 0.3, 1},
                 {IV_STACKED, IV_UNUSED, IV_UNUSED, 0.5, 1.2}};
    study s;
    imgvec_error err;
    float out[VALID], again[VALID];
    make(&s, ctx, 2, 1);
    iv_fitter f = open_fitter(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const iv_plan plan = {.learner = IV_LINEAR,
                              .use = {cases[i].wide, cases[i].n0, cases[i].n1}};
        int32_t rounds = 0;
        assert_ok(iv_fitter_run(&f, &plan, &rounds, out, NULL, &err));
        double off = rest(&s, out);
        if (!(off >= cases[i].least && off <= cases[i].most))
            fail_msg("case %zu: %g is left over", i, off);
        size_t pieces = f.count;
        assert_ok(iv_fitter_run(&f, &plan, &rounds, again, NULL, &err));
        assert_memory_equal(out, again, sizeof out);
        assert_int_equal(f.count, pieces); /* nothing is fitted twice */
    }
    assert_int_equal(f.count, 4); /* n0, n1, w0 in two ways */
    iv_fitter_free(&f);
    study_free(&s);
}

/* Trees that learned from in-sample scores of the image would trust noise. */
static void test_noise(void **state)
{
    study s;
    imgvec_error err;
    iv_random r;
    float out[VALID];
    make(&s, ctx, 0, 1);
    iv_random_seed(&r, 5, "noise");
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = (float)iv_random_normal(&r);
    for (int learner = 0; learner < IV_LEARNERS; learner++) {
        const iv_plan plan = {.learner = learner, .use = {IV_STACKED}};
        iv_fitter f = open_fitter(&s);
        int32_t rounds = 10;
        assert_ok(iv_fitter_run(&f, &plan, &rounds, out, NULL, &err));
        assert_true(rest(&s, out) < 1.7);
        double spread = 0;
        for (size_t i = 0; i < VALID; i++)
            spread += out[i] * out[i] / VALID;
        printf("# noise, %s: answers spread by %.3f\n", iv_learner_name((iv_learner_kind)learner),
               spread);
        assert_true(spread < 0.75);
        iv_fitter_free(&f);
    }
    study_free(&s);
}

/* Answers are on the scale of the transform, which is fitted on the training cases. */
static void test_transform(void **state)
{
    study s;
    imgvec_error err;
    float z[VALID], plain[VALID];
    make(&s, ctx, 2, 1);
    iv_transform t;
    float train[TRAIN];
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = expf(s.cases.y[i]);
    for (size_t i = 0; i < TRAIN; i++)
        train[i] = s.cases.y[s.all[i]];
    s.cases.y[s.all[TRAIN]] = 1e30f; /* of no training case */
    iv_transform_fit(IV_LOG, train, TRAIN, &t);
    iv_fitter f = open_fitter(&s);
    iv_plan plan = {
        .transform = IV_LOG, .learner = IV_LINEAR, .use = {IV_STACKED, IV_PLAIN, IV_PLAIN}};
    int32_t rounds = 0;
    bool suits;
    assert_ok(iv_fitter_run(&f, &plan, &rounds, z, NULL, &err));
    assert_memory_equal(&f.transforms[IV_LOG], &t, sizeof t);
    double off = 0;
    for (size_t i = 1; i < VALID; i++) {
        double truth = iv_transform_apply(&t, s.cases.y[s.all[TRAIN + i]]);
        off += (z[i] - truth) * (z[i] - truth) / (VALID - 1);
    }
    assert_true(off < 0.25); /* of about 1 */
    /* A stacked image learned from the target: it is another one for another scale. */
    size_t pieces = f.count;
    plan.transform = IV_NO_TRANSFORM;
    assert_ok(iv_fitter_run(&f, &plan, &rounds, plain, NULL, &err));
    assert_int_equal(f.count, pieces + 1);
    assert_ok(iv_fitter_transform(&f, IV_BOX_COX, &suits, &err));
    assert_true(suits);
    iv_fitter_free(&f);
    s.cases.y[s.all[0]] = -1;
    f = open_fitter(&s);
    for (int32_t kind = 0; kind < IV_TRANSFORMS; kind++) {
        assert_ok(iv_fitter_transform(&f, kind, &suits, &err));
        assert_true(suits == (kind == IV_NO_TRANSFORM || kind == IV_YEO_JOHNSON));
    }
    plan.transform = IV_LOG;
    assert_fails(iv_fitter_run(&f, &plan, &rounds, z, NULL, &err), IMGVEC_ERR_DATA,
                 "option target_transform: log is not defined on every value");
    iv_fitter_free(&f);
    study_free(&s);
}

/* A 0 among the validation cases alone, where log(y) has no value for it: boosting still ends
 * early. */
static void test_zero_held_out(void **state)
{
    study s;
    imgvec_error err;
    float z[VALID];
    make(&s, ctx, 2, 0);
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = expf(s.cases.y[i]);
    s.cases.y[s.all[TRAIN + 3]] = 0;
    for (int32_t kind = IV_LOG; kind <= IV_BOX_COX; kind++) {
        const iv_plan plan = {.transform = kind, .use = {IV_PLAIN, IV_PLAIN}};
        iv_fitter f = open_fitter(&s);
        int32_t rounds = 0;
        assert_ok(iv_fitter_run(&f, &plan, &rounds, z, NULL, &err));
        assert_true(rounds > 1 && rounds < 600);
        iv_fitter_free(&f);
    }
    study_free(&s);
}

static void test_rounds(void **state)
{
    study s;
    imgvec_error err;
    float out[VALID];
    make(&s, ctx, 2, 0);
    const iv_plan plan = {.use = {IV_PLAIN, IV_PLAIN}};
    iv_fitter f = open_fitter(&s);
    int32_t rounds = 7, chosen = 0, off = 0;
    assert_ok(iv_fitter_run(&f, &plan, &rounds, out, NULL, &err));
    assert_int_equal(rounds, 7);
    assert_ok(iv_fitter_run(&f, &plan, &chosen, out, NULL, &err));
    assert_true(chosen > 7 && chosen < 600);
    study_option(&s, "rounds", "9");
    study_option(&s, "early_stopping_rounds", "0");
    assert_ok(iv_fitter_run(&f, &plan, &off, out, NULL, &err));
    assert_int_equal(off, 9);
    iv_fitter_free(&f);
    study_free(&s);
}

/* Validation cases of one class: AUC is not defined on them, and boosting ends by the loss. */
static void test_one_class(void **state)
{
    study s;
    imgvec_error err;
    float out[VALID * 2];
    make(&s, ctx, 2, 0);
    study_classes(&s, 2);
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[s.all[i]] = i < TRAIN ? s.cases.y[s.all[i]] > 0 : 1;
    const iv_plan plan = {.use = {IV_PLAIN, IV_PLAIN}};
    iv_fitter f = open_fitter(&s);
    int32_t rounds = 0;
    assert_ok(iv_fitter_run(&f, &plan, &rounds, out, NULL, &err));
    assert_true(rounds >= 1 && rounds < 600);
    for (size_t i = 0; i < VALID; i++)
        assert_true(fabsf(out[2 * i] + out[2 * i + 1] - 1) < 1e-5f);
    iv_fitter_free(&f);
    study_free(&s);
}

/* What is taken out of the fitter answers as the fitter did. */
static void test_recipe(void **state)
{
    study s;
    imgvec_error err;
    float out[VALID], again[VALID];
    int64_t rows[VALID];
    make(&s, ctx, 2, 1);
    for (size_t i = 0; i < ROWS; i++)
        s.cases.y[i] = expf(s.cases.y[i]);
    for (int learner = 0; learner < IV_LEARNERS; learner++) {
        const iv_plan plan = {.transform = IV_LOG,
                              .learner = learner,
                              .use = {IV_PLAIN_AND_STACKED, IV_PLAIN, IV_PLAIN}};
        iv_fitter f = open_fitter(&s);
        int32_t rounds = 20;
        iv_learner l;
        iv_recipe recipe;
        assert_ok(iv_fitter_run(&f, &plan, &rounds, out, &l, &err));
        const iv_transform t = f.transforms[IV_LOG];
        assert_ok(iv_fitter_take_recipe(&f, &plan, &recipe, &err));
        iv_fitter_free(&f);
        assert_int_equal(recipe.count, 4);
        assert_int_equal(recipe.width, STUDY_WIDTH + 3);
        iv_input items[4] = {s.items[0], s.items[0], s.items[1], s.items[2]};
        iv_inputs inputs = s.inputs; /* an input for each block */
        inputs.items = items;
        inputs.count = 4;
        for (size_t i = 0; i < VALID; i++) {
            rows[i] = s.cases.row[s.all[TRAIN + i]];
            out[i] = (float)iv_transform_invert(&t, out[i]);
        }
        assert_ok(iv_predict_rows(ctx, &inputs, &recipe, &l, &t, rows, VALID, again, &err));
        assert_memory_equal(out, again, sizeof out);
        iv_recipe_free(ctx, &recipe);
        iv_learner_free(ctx, &l);
    }
    study_free(&s);
}

static imgvec_status job_run(imgvec_context *own, void *user, imgvec_error *err)
{
    const study *s = user;
    const iv_plan plan = {
        .transform = IV_YEO_JOHNSON, .learner = IV_LINEAR, .use = {IV_STACKED, IV_PLAIN, IV_PLAIN}};
    float out[VALID];
    iv_fitter f;
    iv_learner l;
    iv_recipe recipe = {0};
    int32_t rounds = 0;
    imgvec_status status = iv_fitter_make(own, &s->study, &s->cases, s->all, 15, s->all + TRAIN, 5,
                                          true, NULL, &f, err);
    if (status == IMGVEC_OK)
        status = iv_fitter_run(&f, &plan, &rounds, out, &l, err);
    if (status == IMGVEC_OK) {
        iv_learner_free(own, &l);
        status = iv_fitter_take_recipe(&f, &plan, &recipe, err);
        iv_recipe_free(own, &recipe);
    }
    iv_fitter_free(&f);
    return status;
}

static void test_memory(void **state)
{
    study s;
    make(&s, ctx, 2, 1);
    s.cases.group = calloc(ROWS, sizeof *s.cases.group);
    for (int32_t i = 0; i < ROWS; i++)
        s.cases.group[i] = i / 2;
    fail_each_allocation(job_run, &s);
    study_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_uses),
        cmocka_unit_test(test_noise),         cmocka_unit_test(test_transform),
        cmocka_unit_test(test_zero_held_out), cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_one_class),     cmocka_unit_test(test_recipe),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
