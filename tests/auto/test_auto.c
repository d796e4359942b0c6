/* The Automatic Image Model on the fake executor, whose networks learn by their last layer alone.
 */
#include "../model/tuning_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocations.h"

static imgvec_options *searching(imgvec_context *ctx, const char *target)
{
    return make_options(ctx, IMGVEC_JOB_AUTO, "target", target, "backbone", tiny_backbone.id,
                        "weights", "random", "lr", "0.1", "epochs", "9", "trials", "5",
                        "time_budget", "1h", "threads", "1", NULL);
}

static const char *run_folder(void)
{
    static char path[64]; /* of the parent, for its children too */
    if (!*path)
        snprintf(path, sizeof path, "/tmp/imgvec-test-%ld.run", (long)getpid());
    return path;
}

static void remove_folder(void)
{
    DIR *d = opendir(run_folder());
    if (!d)
        return;
    for (const struct dirent *e; (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    rmdir(run_folder());
}

static int count_of(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

static void learn(const char *target, const char *metric, double least, size_t outputs,
                  const char *name, const char *value)
{
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 150, WITH_IMAGE, 1);
    imgvec_dataset *other = make_data(ctx, 60, WITH_IMAGE, 2);
    imgvec_options *o = searching(ctx, target);
    imgvec_error err;
    imgvec_model *m;
    char *evaluation;
    if (name)
        set(o, name, value);
    assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_int_equal(count_of(info, "\"curve\""), 6); /* the frozen network's, and five */
    assert_non_null(strstr(info, "\"refitted\": true"));
    assert_true(info_number(info, "metrics", metric) > least);
    const char *frozen = strstr(info, "\"candidate\": -1");
    assert_non_null(frozen);
    if (outputs == 2) /* the frozen features tell the classes apart */
        assert_true(strtod(strstr(frozen, "\"score\": ") + 9, NULL) > 0.9);
    assert_ok(imgvec_model_evaluate(m, other, NULL, &evaluation, &err));
    assert_true(info_number(evaluation, "metrics", metric) > least);
    imgvec_text_free(evaluation);
    assert_saved(ctx, m, other, outputs);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

static void test_classes(void **state)
{
    (void)state;
    learn("kind", "auc", 0.95, 2, NULL, NULL);
    learn("kind", "auc", 0.95, 2, "validation", "folds");
    learn("kind", "auc", 0.95, 2, "ensemble", "1");
}

static void test_numbers(void **state)
{
    (void)state;
    learn("y", "r2", 0.7, 1, NULL, NULL);
    learn("y", "r2", 0.7, 1, "validation", "folds");
}

/* Without learning once more, the networks of the parts answer together. */
static void test_parts(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 90, WITH_IMAGE, 1);
    imgvec_options *o = searching(ctx, "kind");
    imgvec_error err;
    imgvec_model *m;
    set(o, "validation", "folds");
    set(o, "folds", "4");
    set(o, "refit", "0");
    set(o, "ensemble", "1");
    set(o, "epochs", "2");
    set(o, "trials", "2");
    assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_non_null(strstr(info, "\"refitted\": false"));
    assert_int_equal(count_of(info, "\"fine_tuned\": true"), 4); /* networks */
    assert_non_null(strstr(info, "\"rows\": 90"));
    assert_false(isnan(info_number(info, "metrics_std", "auc")));
    assert_saved(ctx, m, ds, 2);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* No more networks than a model file holds. */
static void test_many_parts(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 150, WITH_IMAGE, 1);
    imgvec_options *o = searching(ctx, "y");
    imgvec_error err;
    imgvec_model *m;
    set(o, "validation", "folds");
    set(o, "folds", "30");
    set(o, "refit", "0");
    set(o, "ensemble", "16");
    set(o, "epochs", "1");
    assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
    int networks = count_of(imgvec_model_info(m), "\"fine_tuned\": true");
    assert_true(networks == 30 || networks == 60);
    assert_saved(ctx, m, ds, 1);
    imgvec_model_free(m);
    set(o, "folds", "65");
    assert_fails(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_LIMIT,
                 "option folds");
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* Any trial can be run again from its JSON, to the same score. */
static void test_replay(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 90, WITH_IMAGE, 1);
    imgvec_options *o = searching(ctx, "kind"), *again;
    imgvec_error err;
    imgvec_model *m, *n;
    char trial[4096], score[64], other[64];
    set(o, "validation",
        "holdout"); /* low rungs are judged by one fold alone, a single trial by all */
    assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
    const char *first = strstr(strstr(imgvec_model_info(m), "\"trials\": ["), "{");
    const char *end = strstr(first, "\"begun\"");
    snprintf(trial, sizeof trial, "%.*s\"x\": 1}", (int)(end - first), first);
    again = make_options(ctx, IMGVEC_JOB_AUTO, "target", "kind", "backbone", tiny_backbone.id,
                         "weights", "random", "threads", "1", "validation", "holdout", "trial",
                         trial, NULL);
    assert_ok(imgvec_model_train_auto(ctx, ds, again, NULL, &n, &err));
    assert_int_equal(count_of(imgvec_model_info(n), "\"curve\""), 1);
    sscanf(strstr(first, "\"score\": "), "\"score\": %63[^,]", score);
    sscanf(strstr(strstr(imgvec_model_info(n), "\"trials\": ["), "\"score\": "),
           "\"score\": %63[^,]", other);
    assert_string_equal(score, other);
    imgvec_model_free(m);
    imgvec_model_free(n);
    imgvec_options_free(again);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* Stopped in the third trial: what was found is the model. Stopped in the first: nothing is. */
static void test_cancel(void **state)
{
    (void)state;
    static const long at[] = {1, 20, 45};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        imgvec_context *ctx = training_context();
        imgvec_dataset *ds = make_data(ctx, 150, WITH_IMAGE, 1);
        imgvec_options *o = searching(ctx, "kind");
        imgvec_watch watch = {.size = sizeof watch};
        imgvec_error err;
        imgvec_model *m = NULL;
        assert_ok(imgvec_cancel_new(&watch.cancel, &err));
        fake_training.cancel = watch.cancel;
        fake_training.cancel_at = at[i];
        imgvec_status status = imgvec_model_train_auto(ctx, ds, o, &watch, &m, &err);
        if (i == 0) {
            assert_fails(status, IMGVEC_ERR_CANCELLED, "cancel");
            assert_null(m);
        } else {
            assert_ok(status);
            assert_non_null(strstr(imgvec_model_info(m), "\"interrupted\": true"));
            assert_saved(ctx, m, ds, 2);
        }
        imgvec_model_free(m);
        imgvec_cancel_free(watch.cancel);
        imgvec_options_free(o);
        imgvec_dataset_free(ds);
        imgvec_context_free(ctx);
    }
}

/* Killed at many moments, each time going on: no finished trial is lost, and in the end the
 * trials are those of a search that nothing broke. */
static void kill_and_resume(const char *threads)
{
    enum { KILLS = 10, ROWS = 400 };
    int hit = 0;
    char *whole = NULL;
    remove_folder();
    for (int turn = 0; turn <= KILLS; turn++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            imgvec_context *ctx = training_context();
            imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE, 1);
            imgvec_options *o = searching(ctx, "kind");
            imgvec_error err;
            imgvec_model *m;
            set(o, "checkpoint_dir", run_folder());
            set(o, "resume", "1");
            set(o, "trials", "12");
            set(o, "epochs", "27");
            set(o, "threads", threads);
            if (imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err) != IMGVEC_OK ||
                imgvec_model_save(m, PATH, &err) != IMGVEC_OK) {
                fprintf(stderr, "%s\n", err.text);
                _exit(1);
            }
            _exit(0);
        }
        int status;
        if (turn < KILLS) {
            usleep((useconds_t)(30000 + 25000 * turn));
            kill(child, SIGKILL);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        hit += WIFSIGNALED(status);
        if (!WIFSIGNALED(status))
            assert_int_equal(WEXITSTATUS(status), 0);
        char log[96];
        snprintf(log, sizeof log, "%s/trials.jsonl", run_folder());
        FILE *f = fopen(log, "rb");
        if (!f)
            continue;
        char *text = calloc(1, 1 << 20);
        size_t size = fread(text, 1, (1 << 20) - 1, f);
        fclose(f);
        /* All lines of before are still there, to the byte. */
        char *last = strrchr(text, '\n');
        if (last)
            last[1] = '\0';
        (void)size;
        if (whole)
            assert_memory_equal(text, whole, strlen(whole));
        free(whole);
        whole = text;
    }
    assert_true(hit >= 3);
    assert_non_null(whole);
    assert_int_equal(count_of(whole, "\n"), 14); /* the head, the frozen network, twelve trials */
    printf("FIGURE: search_kills_%s_threads %d\n", threads, hit);
    free(whole);
    /* Taken up again, all is there, and nothing is learned but the last networks. */
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE, 1);
    imgvec_options *o = searching(ctx, "kind");
    imgvec_error err;
    imgvec_model *m;
    set(o, "checkpoint_dir", run_folder());
    set(o, "resume", "1");
    set(o, "trials", "12");
    set(o, "epochs", "27");
    assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
    assert_int_equal(count_of(imgvec_model_info(m), "\"curve\""), 13);
    imgvec_model_free(m);
    /* Another target: its trials are not these. */
    set(o, "target", "y");
    assert_fails(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_FORMAT,
                 "other data");
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    unlink(PATH);
    remove_folder();
}

static void test_kill(void **state)
{
    (void)state;
    kill_and_resume("1");
    kill_and_resume("4");
}

/* More time in a later run: the plan of the first one holds, and its trials stay. */
static void test_more_time(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 150, WITH_IMAGE, 1);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_AUTO, "target", "kind", "backbone",
                                     tiny_backbone.id, "weights", "random", "lr", "0.1", "trials",
                                     "4", "time_budget", "2s", "threads", "4", NULL);
    imgvec_error err;
    imgvec_model *m;
    remove_folder();
    set(o, "checkpoint_dir", run_folder());
    assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
    int before = count_of(imgvec_model_info(m), "\"curve\"");
    bool folds = strstr(imgvec_model_info(m), "\"kind\": \"folds\"") != NULL;
    imgvec_model_free(m);
    set(o, "time_budget", "10m");
    set(o, "trials", "9");
    set(o, "resume", "1");
    assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_true(before >= 2 && count_of(info, "\"curve\"") == 10);
    assert_int_equal(strstr(info, "\"kind\": \"folds\"") != NULL, folds);
    for (int id = 0; id < 10; id++) { /* each number once */
        char text[32];
        snprintf(text, sizeof text, "\"id\": %d,", id);
        assert_int_equal(count_of(info, text), 1);
    }
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    remove_folder();
}

/* What is learned from noise must look like noise. */
static void test_noise(void **state)
{
    (void)state;
    double sum = 0;
    enum { SEEDS = 12, ROWS = 120 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        imgvec_context *ctx = training_context();
        imgvec_dataset *ds = make_noise(ctx, ROWS, seed);
        imgvec_options *o = searching(ctx, "coin");
        imgvec_error err;
        imgvec_model *m;
        set(o, "validation", "folds");
        assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
        sum += info_number(imgvec_model_info(m), "metrics_pooled", "auc");
        imgvec_model_free(m);
        imgvec_options_free(o);
        imgvec_dataset_free(ds);
        imgvec_context_free(ctx);
    }
    print_message("auc of noise: %.3f\n", sum / SEEDS);
    assert_true(fabs(sum / SEEDS - 0.5) <= 0.07);
}

/* A target of many sizes is learned by its logarithm; three classes; images that cannot be read. */
static void test_forms(void **state)
{
    (void)state;
    static const char *const targets[] = {"price", "third"};
    for (size_t t = 0; t < 2; t++) {
        imgvec_context *ctx = training_context();
        imgvec_dataset *ds;
        imgvec_options *o = searching(ctx, targets[t]);
        imgvec_error err;
        imgvec_model *m;
        iv_random r;
        uint8_t pixels[16 * 16 * 3];
        enum { ROWS = 160 };
        size_t k = t == 0 ? 1 : 3;
        iv_random_seed(&r, 3, "forms");
        assert_ok(imgvec_dataset_new(ctx, &ds, &err));
        assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
        assert_ok(imgvec_dataset_add_column(
            ds, targets[t], t == 0 ? IMGVEC_COLUMN_NUMERIC : IMGVEC_COLUMN_CATEGORICAL, &err));
        for (int i = 0; i < ROWS; i++) {
            double hidden = iv_random_unit(&r);
            int colour[3] = {(int)(40 + 180 * hidden), 90, (int)(220 - 180 * hidden)};
            draw(&r, colour, pixels);
            if (i % 40 == 7)
                assert_ok(imgvec_dataset_append_bytes(ds, "image", "no image", 8, &err));
            else
                assert_ok(imgvec_dataset_append_pixels(ds, "image", pixels, 16, 16, 0,
                                                       IMGVEC_PIXELS_RGB, &err));
            if (t == 0)
                assert_ok(imgvec_dataset_append_number(ds, targets[t], exp(8 * hidden), &err));
            else
                assert_ok(imgvec_dataset_append_text(ds, targets[t],
                                                     hidden < 0.33   ? "a"
                                                     : hidden < 0.67 ? "b"
                                                                     : "c",
                                                     &err));
        }
        assert_ok(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err));
        const char *info = imgvec_model_info(m);
        if (t == 0) {
            assert_non_null(strstr(info, "\"target_transform\": \"log\""));
            assert_true(info_number(info, "metrics", "rmsle") < 1);
        } else {
            assert_true(info_number(info, "metrics", "accuracy") > 0.7);
        }
        assert_non_null(strstr(info, "\"bad_images\": 4"));
        float *p = malloc(ROWS * k * sizeof *p);
        int32_t *row_status = malloc(ROWS * sizeof *row_status);
        assert_ok(imgvec_model_predict(m, ds, NULL, p, ROWS * k, NULL, row_status, &err));
        for (int i = 0; i < ROWS; i++)
            assert_int_equal(isnan(p[(size_t)i * k]), i % 40 == 7);
        free(p);
        free(row_status);
        imgvec_model_free(m);
        imgvec_options_free(o);
        imgvec_dataset_free(ds);
        imgvec_context_free(ctx);
    }
}

static void test_wrong(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 60, WITH_IMAGE, 1);
    imgvec_dataset *table = make_data(ctx, 60, WITH_NUMBER, 1);
    imgvec_options *o = searching(ctx, "kind");
    imgvec_error err;
    imgvec_model *m;
    assert_fails(imgvec_model_train_auto(ctx, table, o, NULL, &m, &err), IMGVEC_ERR_DATA,
                 "no image column");
    set(o, "time_budget", "soon");
    assert_fails(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "time_budget: \"soon\"");
    set(o, "time_budget", "0");
    assert_fails(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "time_budget");
    set(o, "time_budget", "1h");
    set(o, "trial", "{\"lr\": -1}");
    assert_fails(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_FORMAT,
                 "option trial: member lr");
    set(o, "trial", "/nowhere.json");
    assert_fails(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_NOT_FOUND,
                 "/nowhere.json");
    set(o, "trial", "");
    set(o, "resume", "1");
    assert_fails(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "checkpoint_dir");
    set(o, "resume", "0");
    set(o, "checkpoint_dir", "/proc/nowhere");
    assert_int_not_equal(imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err), IMGVEC_OK);
    set(o, "checkpoint_dir", "");
    set(o, "lr", "1000"); /* every trial diverges or learns nothing; either is an answer */
    imgvec_status status = imgvec_model_train_auto(ctx, ds, o, NULL, &m, &err);
    if (status == IMGVEC_OK)
        imgvec_model_free(m);
    else
        assert_int_equal(status, IMGVEC_ERR_DATA);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(table);
    imgvec_context_free(ctx);
}

static imgvec_status search_once(imgvec_context *ctx, imgvec_dataset *ds, imgvec_options *o,
                                 imgvec_error *err)
{
    imgvec_model *m;
    imgvec_status status = imgvec_model_train_auto(ctx, ds, o, NULL, &m, err);
    if (status == IMGVEC_OK)
        imgvec_model_free(m);
    return status;
}

/* One allocation in so many fails. A trial that it hits is a failed one, which the others stand in
 * for: in the end there is a model, or an error, and nothing is left over. */
static void test_allocations(void **state)
{
    (void)state;
    test_heap heap = {0};
    imgvec_context *ctx = test_heap_context(&heap);
    atomic_store(&ctx->executor, fake_training_executor());
    iv_backbone_for_tests = &tiny_backbone;
    fake_training = (fake_training_hooks){0};
    imgvec_dataset *ds = make_data(ctx, 24, WITH_IMAGE, 1);
    imgvec_options *o = searching(ctx, "kind");
    set(o, "epochs", "1");
    set(o, "trials", "2");
    set(o, "validation", "holdout");
    set(o, "checkpoint_dir", run_folder());
    long tried = 0, survived = 0, before = heap.live;
    for (long k = 1;; k += 7) {
        imgvec_error err = {0};
        long calls = heap.calls;
        heap.fail_at = calls + k;
        imgvec_status status = search_once(ctx, ds, o, &err);
        heap.fail_at = 0;
        if (heap.live != before)
            fail_msg("allocation %ld: %ld blocks left over", k, heap.live - before);
        if (heap.calls - calls < k)
            break;
        if (status != IMGVEC_OK && status != IMGVEC_ERR_NO_MEMORY && status != IMGVEC_ERR_DATA)
            fail_msg("allocation %ld: %d, %s", k, (int)status, err.text);
        tried++;
        survived += status == IMGVEC_OK;
    }
    print_message("%ld allocations failed, %ld of them without harm\n", tried, survived);
    assert_true(tried > 100 && survived > 0 && survived < tried);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    assert_int_equal(heap.live, 0);
    remove_folder();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_parts),   cmocka_unit_test(test_many_parts),
        cmocka_unit_test(test_replay),  cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_kill),    cmocka_unit_test(test_noise),
        cmocka_unit_test(test_forms),   cmocka_unit_test(test_more_time),
        cmocka_unit_test(test_wrong),   cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
