#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xgboost/c_api.h>

#include "base/mem.h"
#include "learn/metrics.h"
#include "learn_data.h"
#include <math.h>

static imgvec_context *ctx;

typedef struct setup {
    learn_data train, valid;
    iv_booster_request request;
    imgvec_options *opts;
} setup;

static setup make(iv_task task, int32_t classes)
{
    setup s = {.train = learn_data_make(task, classes, 400, 6, 1),
               .valid = learn_data_make(task, classes, 150, 6, 2)};
    assert_int_equal(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &s.opts, NULL), IMGVEC_OK);
    s.request = (iv_booster_request){.task = task,
                                     .class_count = classes,
                                     .opts = s.opts,
                                     .metric = "auto",
                                     .threads = 2,
                                     .rounds = 40};
    return s;
}

static void unmake(setup *s)
{
    learn_data_free(&s->train);
    learn_data_free(&s->valid);
    imgvec_options_free(s->opts);
}

static iv_booster *train(setup *s, int32_t *rounds, double *score)
{
    iv_matrix a = learn_data_matrix(&s->train), b = learn_data_matrix(&s->valid);
    imgvec_error err;
    iv_booster *out;
    if (iv_booster_train(ctx, &s->request, &a, &b, NULL, rounds, score, &out, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    return out;
}

static char *save(const iv_booster *b, size_t *size)
{
    char *data;
    imgvec_error err;
    if (iv_booster_save(b, &data, size, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    return data;
}

static float *predict(const iv_booster *b, const learn_data *d, int32_t k, int32_t threads)
{
    iv_matrix m = {d->x, d->rows, d->cols, NULL};
    float *out = test_malloc(d->rows * (size_t)k * sizeof *out);
    assert_int_equal(iv_booster_predict(b, &m, threads, out, NULL), IMGVEC_OK);
    return out;
}

static double metric(const setup *s, const float *p, int32_t k, const char *name)
{
    double out[IV_METRIC_MAX];
    assert_int_equal(
        iv_metrics_compute(ctx, s->request.task, s->valid.rows, k, p, s->valid.y, NULL, out, NULL),
        IMGVEC_OK);
    return out[iv_metric_find(s->request.task, name)];
}

/* Learns, survives the file, gives each row the same bits alone, in a batch, on any thread. */
static void learns(iv_task task, int32_t classes, const char *name, double low, double high)
{
    setup s = make(task, classes);
    int32_t k = task == IV_TASK_REGRESSION ? 1 : classes, rounds = 0;
    iv_booster *b = train(&s, &rounds, NULL), *loaded;
    assert_int_equal(rounds, 40);
    float *p = predict(b, &s.valid, k, 2);
    double score = metric(&s, p, k, name);
    if (!(score >= low && score <= high))
        fail_msg("%s %g is not in %g .. %g", name, score, low, high);
    for (size_t i = 0; i < s.valid.rows; i++) {
        double sum = 0;
        for (int32_t c = 0; c < k; c++)
            sum += p[i * (size_t)k + (size_t)c];
        if (k > 1)
            assert_true(fabs(sum - 1) < 1e-6);
    }
    size_t size;
    char *data = save(b, &size);
    imgvec_error err;
    if (iv_booster_load(ctx, data, size, task, classes, 6, &loaded, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    float *q = predict(loaded, &s.valid, k, 1);
    assert_memory_equal(p, q, s.valid.rows * (size_t)k * sizeof *p);
    for (size_t i = 0; i < s.valid.rows; i++) {
        learn_data one = {s.valid.x + i * 6, NULL, 1, 6};
        float *alone = predict(loaded, &one, k, 2);
        assert_memory_equal(alone, p + i * (size_t)k, (size_t)k * sizeof *p);
        test_free(alone);
    }
    size_t again_size;
    char *again = save(loaded, &again_size);
    assert_int_equal(size, again_size);
    assert_memory_equal(data, again, size);
    iv_free(ctx, data);
    iv_free(ctx, again);
    test_free(p);
    test_free(q);
    iv_booster_free(b);
    iv_booster_free(loaded);
    unmake(&s);
}

static void test_regression(void **state)
{
    learns(IV_TASK_REGRESSION, 0, "r2", 0.5, 1);
}

static void test_binary(void **state)
{
    learns(IV_TASK_BINARY, 2, "auc", 0.85, 1);
}

static void test_multiclass(void **state)
{
    learns(IV_TASK_MULTICLASS, 4, "accuracy", 0.5, 1);
}

static void test_early_stopping(void **state)
{
    setup s = make(IV_TASK_MULTICLASS, 3);
    s.request.rounds = 400;
    s.request.early_stopping = 10;
    int32_t rounds;
    double best;
    iv_booster *b = train(&s, &rounds, &best);
    assert_true(rounds > 3 && rounds < 390);
    float *p = predict(b, &s.valid, 3, 2);
    assert_true(fabs(metric(&s, p, 3, "log_loss") - best) < 1e-6);
    /* The booster holds the best rounds and no more: the same as training just these. */
    s.request.rounds = rounds;
    s.request.early_stopping = 0;
    iv_booster *c = train(&s, NULL, NULL);
    float *q = predict(c, &s.valid, 3, 2);
    assert_memory_equal(p, q, s.valid.rows * 3 * sizeof *p);
    size_t b_size, c_size;
    char *b_data = save(b, &b_size), *c_data = save(c, &c_size);
    assert_int_equal(b_size, c_size);
    assert_memory_equal(b_data, c_data, b_size);
    iv_free(ctx, b_data);
    iv_free(ctx, c_data);
    test_free(p);
    test_free(q);
    iv_booster_free(b);
    iv_booster_free(c);
    unmake(&s);
}

static void test_undefined_metric(void **state)
{
    setup s = make(IV_TASK_BINARY, 2);
    s.request.rounds = 100;
    s.request.early_stopping = 5;
    for (size_t i = 0; i < s.valid.rows; i++)
        s.valid.y[i] = 1; /* no AUC */
    double best;
    iv_booster *b = train(&s, NULL, &best);
    assert_true(isnan(best)); /* what stopped it is no AUC, so it is not told as one */
    iv_booster_free(b);
    unmake(&s);
}

/* Same seed and threads: the same bytes. Another seed: others. The second data set is large
 * enough for two threads. */
static void test_determinism(void **state)
{
    for (int large = 0; large < 2; large++) {
        setup s = make(IV_TASK_MULTICLASS, 3);
        if (large) {
            learn_data_free(&s.train);
            s.train = learn_data_make(IV_TASK_MULTICLASS, 3, 170000, 6, 1);
            s.request.rounds = 2;
        }
        size_t size[3];
        char *data[3];
        for (int i = 0; i < 3; i++) {
            if (i == 2)
                assert_int_equal(imgvec_options_set_i64(s.opts, IMGVEC_OPT_SEED, 77, NULL), 0);
            iv_booster *b = train(&s, NULL, NULL);
            data[i] = save(b, &size[i]);
            iv_booster_free(b);
        }
        assert_int_equal(size[0], size[1]);
        assert_memory_equal(data[0], data[1], size[0]);
        assert_true(size[0] != size[2] || memcmp(data[0], data[2], size[0]) != 0);
        for (int i = 0; i < 3; i++)
            iv_free(ctx, data[i]);
        unmake(&s);
    }
}

static imgvec_status train_with(setup *s, const char *name, const char *value, imgvec_error *err)
{
    iv_matrix a = learn_data_matrix(&s->train);
    iv_booster *b = NULL;
    char full[64];
    imgvec_options *opts;
    snprintf(full, sizeof full, "xgb.%s", name);
    assert_int_equal(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, NULL), IMGVEC_OK);
    assert_int_equal(imgvec_options_set_named(opts, full, value, err), IMGVEC_OK);
    s->request.opts = opts;
    s->request.rounds = 3;
    imgvec_status status = iv_booster_train(ctx, &s->request, &a, NULL, NULL, NULL, NULL, &b, err);
    if (status == IMGVEC_OK) {
        size_t size;
        char *data = save(b, &size);
        iv_booster *loaded;
        if (iv_booster_load(ctx, data, size, s->request.task, s->request.class_count, 6, &loaded,
                            err) != IMGVEC_OK)
            fail_msg("%s=%s: %s", name, value, err->text);
        iv_booster_free(loaded);
        iv_free(ctx, data);
    }
    iv_booster_free(b);
    imgvec_options_free(opts);
    s->request.opts = s->opts;
    return status;
}

static void test_parameters(void **state)
{
    static const char *const good[][2] = {
        {"eta", "0.3"},
        {"learning_rate", "0.3"},
        {"max_depth", "2"},
        {"gamma", "0.5"},
        {"min_split_loss", "5"},
        {"subsample", "0.5"},
        {"reg_lambda", "2"},
        {"lambda", "2"},
        {"alpha", "0.1"},
        {"max_bin", "16"},
        {"min_child_weight", "3"},
        {"tree_method", "exact"},
        {"tree_method", "approx"},
        {"grow_policy", "lossguide"},
        {"max_leaves", "4"},
        {"num_parallel_tree", "2"},
        {"colsample_bylevel", "0.5"},
        {"base_score", "0.4"},
    };
    static const char *const bad[][2] = {
        {"max_dept", "3"},  {"etta", "0.1"},      {"eta", "fast"},     {"max_depth", "-1"},
        {"num_class", "7"}, {"objective", "x"},   {"booster", "dart"}, {"seed", "3"},
        {"nthread", "1"},   {"eval_metric", "x"}, {"verbosity", "3"},  {"updater", "refresh"},
        {"num_trees", "9"}, {"learner", "1"},     {"version", "1"},    {"tree_method", "magic"},
        {"subsample", "2"}, {"num_feature", "3"}, {"silent", "0"},     {"gbtree_train_param", "1"},
    };
    setup s = make(IV_TASK_BINARY, 2);
    imgvec_error err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (train_with(&s, good[i][0], good[i][1], &err) != IMGVEC_OK)
            fail_msg("%s=%s: %s", good[i][0], good[i][1], err.text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        imgvec_status status = train_with(&s, bad[i][0], bad[i][1], &err);
        if (status != IMGVEC_ERR_INVALID_ARGUMENT || !strstr(err.text, bad[i][0]))
            fail_msg("%s=%s: %d %s", bad[i][0], bad[i][1], (int)status, err.text);
        assert_null(strchr(err.text, '\n'));
        assert_null(strstr(err.text, ".cc:"));
    }
    unmake(&s);
}

/* A metric of another task. */
static void test_metric_name(void **state)
{
    setup s = make(IV_TASK_BINARY, 2);
    iv_matrix a = learn_data_matrix(&s.train);
    iv_booster *b;
    imgvec_error err;
    s.request.metric = "rmse";
    assert_int_equal(iv_booster_train(ctx, &s.request, &a, NULL, NULL, NULL, NULL, &b, &err),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "rmse"));
    unmake(&s);
}

static void test_engine_error(void **state)
{
    setup s = make(IV_TASK_REGRESSION, 0);
    iv_matrix a = learn_data_matrix(&s.train);
    iv_booster *b;
    imgvec_error err;
    s.train.y[3] = INFINITY;
    assert_int_equal(iv_booster_train(ctx, &s.request, &a, NULL, NULL, NULL, NULL, &b, &err),
                     IMGVEC_ERR_ENGINE);
    assert_int_equal(err.origin, IMGVEC_ORIGIN_XGBOOST);
    a.rows = 0;
    assert_int_equal(iv_booster_train(ctx, &s.request, &a, NULL, NULL, NULL, NULL, &b, &err),
                     IMGVEC_ERR_DATA);
    unmake(&s);
}

static int32_t cancel_now(void *user, const imgvec_progress *now)
{
    return 1;
}

static void test_cancel(void **state)
{
    setup s = make(IV_TASK_REGRESSION, 0);
    iv_matrix a = learn_data_matrix(&s.train);
    iv_booster *b;
    imgvec_watch user = {.size = sizeof user, .progress = cancel_now};
    iv_watch watch;
    assert_int_equal(iv_watch_init(&watch, &user, NULL), IMGVEC_OK);
    assert_int_equal(iv_watch_begin(&watch, 1, NULL, "training"), IMGVEC_ERR_CANCELLED);
    assert_int_equal(iv_booster_train(ctx, &s.request, &a, NULL, &watch, NULL, NULL, &b, NULL),
                     IMGVEC_ERR_CANCELLED);
    unmake(&s);
}

typedef struct shared {
    const iv_booster *b;
    const learn_data *rows;
    const float *want;
    int32_t threads;
    int wrong;
} shared;

static void *predict_often(void *user)
{
    shared *job = user;
    float *out = malloc(job->rows->rows * 3 * sizeof *out);
    for (int i = 0; out && i < 60; i++) {
        iv_matrix m = {job->rows->x, i % 3 ? job->rows->rows : 7, 6, NULL};
        if (iv_booster_predict(job->b, &m, 1 + (i + job->threads) % 2, out, NULL) != IMGVEC_OK ||
            memcmp(out, job->want, m.rows * 3 * sizeof *out) != 0)
            job->wrong++;
    }
    job->wrong += !out;
    free(out);
    return NULL;
}

static void test_threads(void **state)
{
    setup s = make(IV_TASK_MULTICLASS, 3);
    iv_booster *b = train(&s, NULL, NULL);
    learn_data rows = learn_data_make(IV_TASK_MULTICLASS, 3, 2000, 6, 4);
    float *want = predict(b, &rows, 3, 1);
    pthread_t threads[4];
    shared jobs[4];
    for (int i = 0; i < 4; i++) {
        jobs[i] = (shared){b, &rows, want, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, predict_often, &jobs[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(jobs[i].wrong, 0);
    }
    test_free(want);
    learn_data_free(&rows);
    iv_booster_free(b);
    unmake(&s);
}

static void test_no_rows(void **state)
{
    setup s = make(IV_TASK_REGRESSION, 0);
    iv_booster *b = train(&s, NULL, NULL);
    iv_matrix none = {s.valid.x, 0, 6, NULL}, narrow = {s.valid.x, 2, 5, NULL};
    float out[2] = {7, 7};
    assert_int_equal(iv_booster_predict(b, &none, 1, out, NULL), IMGVEC_OK);
    assert_true(out[0] == 7);
    assert_int_equal(iv_booster_predict(b, &narrow, 1, out, NULL), IMGVEC_ERR_INTERNAL);
    iv_booster_free(b);
    unmake(&s);
}

/* Nothing on stdout or stderr, also for warnings, and XGBoost's settings as they were. */
static void test_silence(void **state)
{
    char name[] = "/tmp/imgvec-test-XXXXXX";
    const char *config;
    assert_int_equal(XGBSetGlobalConfig("{\"verbosity\":2}"), 0);
    int file = mkstemp(name), out = dup(1), error = dup(2);
    assert_true(file >= 0);
    fflush(stdout);
    dup2(file, 1);
    dup2(file, 2);
    setup s = make(IV_TASK_BINARY, 2);
    imgvec_error err;
    imgvec_status unknown = train_with(&s, "no_such_thing", "1", &err);
    imgvec_status sound = train_with(&s, "eta", "0.2", &err);
    imgvec_status lossguide = train_with(&s, "grow_policy", "lossguide", &err);
    unmake(&s);
    fflush(stdout);
    fflush(stderr);
    dup2(out, 1);
    dup2(error, 2);
    close(out);
    close(error);
    off_t printed = lseek(file, 0, SEEK_END);
    close(file);
    unlink(name);
    assert_int_equal(unknown, IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(sound, IMGVEC_OK);
    assert_int_equal(lossguide, IMGVEC_OK);
    assert_int_equal(printed, 0);
    assert_int_equal(XGBGetGlobalConfig(&config), 0);
    assert_non_null(strstr(config, "\"verbosity\":2"));
    assert_int_equal(XGBSetGlobalConfig("{\"verbosity\":1}"), 0);
}

static int open_context(void **state)
{
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression),       cmocka_unit_test(test_binary),
        cmocka_unit_test(test_multiclass),       cmocka_unit_test(test_early_stopping),
        cmocka_unit_test(test_undefined_metric), cmocka_unit_test(test_determinism),
        cmocka_unit_test(test_parameters),       cmocka_unit_test(test_metric_name),
        cmocka_unit_test(test_engine_error),     cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_threads),          cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
