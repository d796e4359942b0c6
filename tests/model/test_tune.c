/* Fine-tuning inside whole experiments, on the fake executor, whose networks learn by their last
 * layer alone. */
#include "tuning_support.h"

#include <stdlib.h>
#include <unistd.h>

#define PATH temporary_path()

static imgvec_options *tuning(imgvec_context *ctx, const char *target, const char *ignored)
{
    return make_options(ctx, IMGVEC_JOB_TRAIN, "target", target, "ignore", ignored, "backbone",
                        tiny_backbone.id, "weights", "random", "dim", "4", "folds", "3",
                        "fine_tune", "on", "epochs", "5", "train_batch_size", "8", "lr", "0.1",
                        "threads", "2", NULL);
}

static void test_classes(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 120, WITH_IMAGE, 1);
    imgvec_dataset *other = make_data(ctx, 40, WITH_IMAGE, 2);
    imgvec_options *o = tuning(ctx, "kind", "y,noise");
    imgvec_error err;
    imgvec_model *m;
    char *evaluation;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_non_null(strstr(info, "\"fine_tune\""));
    assert_non_null(strstr(info, "\"kept\": true"));
    assert_non_null(strstr(info, "\"networks_trained\": 12")); /* (3 folds + 1) x (2 parts + 1) */
    assert_true(info_number(info, "metrics", "auc") > 0.9);
    assert_true(info_number(info, "metrics_tuned", "auc") > 0.9);
    assert_true(info_number(info, "metrics_frozen", "auc") > 0.9);
    assert_saved(ctx, m, other, 2);
    assert_ok(imgvec_model_evaluate(m, other, NULL, &evaluation, &err));
    assert_true(info_number(evaluation, "metrics", "auc") > 0.9);
    imgvec_text_free(evaluation);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* Photos beside columns, a number to predict, rows held out, some images missing. */
static void test_numbers(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 150, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 1);
    imgvec_options *o = tuning(ctx, "y", "kind,noise,x");
    imgvec_error err;
    imgvec_model *m;
    set(o, "holdout", "0.2");
    set(o, "select_blocks", "0");
    for (int i = 0; i < 5; i++) { /* rows without an image */
        assert_ok(imgvec_dataset_append_text(ds, "image", NULL, &err));
        assert_ok(imgvec_dataset_append_number(ds, "x", 0.5, &err));
        assert_ok(imgvec_dataset_append_text(ds, "colour", "red", &err));
        assert_ok(imgvec_dataset_append_number(ds, "y", 5 + i, &err));
        assert_ok(imgvec_dataset_append_text(ds, "kind", "low", &err));
        assert_ok(imgvec_dataset_append_number(ds, "noise", 0, &err));
    }
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_true(info_number(info, "metrics", "r2") > 0.8);
    assert_true(info_number(info, "metrics_holdout", "r2") > 0.6);
    assert_non_null(strstr(info, "\"kind\": \"fine_tuned\""));
    assert_saved(ctx, m, ds, 1);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* What learned from noise must look like noise: nothing leaks from a network to its judges. So few
 * rows that a network remembers them: one that has seen them all (fast) shows what a leak would. */
static double noise_score(bool classes, bool fast, uint64_t seed)
{
    enum { ROWS = 30 };
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_noise(ctx, ROWS, seed);
    imgvec_options *o = tuning(ctx, classes ? "coin" : "noise", classes ? "noise" : "coin");
    imgvec_error err;
    imgvec_model *m;
    set(o, "lr", "0.5");
    set(o, "epochs", "100");
    set(o, "augment", "none");
    set(o, "weight_decay", "0");
    set(o, "label_smoothing", "0");
    set(o, "learner", "linear");
    set(o, "fast", fast ? "1" : "0");
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    double score = info_number(imgvec_model_info(m), "metrics_tuned", classes ? "auc" : "r2");
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    return score;
}

static void test_noise(void **state)
{
    (void)state;
    enum { SEEDS = 12 };
    double r2[2] = {0, 0}, auc[2] = {0, 0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        for (int fast = 0; fast < 2; fast++) {
            r2[fast] += noise_score(false, fast, seed) / SEEDS;
            auc[fast] += noise_score(true, fast, seed) / SEEDS;
        }
    print_message("noise: R2 %.3f, AUC %.3f; by networks that saw the rows %.3f, %.3f\n", r2[0],
                  auc[0], r2[1], auc[1]);
    assert_true(r2[0] < 0.05);
    assert_true(fabs(auc[0] - 0.5) < 0.07);
    assert_true(auc[1] > 0.6 && r2[1] > r2[0] + 0.1); /* a leak would be seen */
}

static void test_auto_keeps_what_helps(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 120, WITH_IMAGE, 1);
    imgvec_options *o = tuning(ctx, "noise", "y,kind");
    imgvec_error err;
    imgvec_model *m;
    set(o, "fine_tune", "auto");
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_non_null(strstr(info, "\"kept\": false"));
    assert_null(strstr(info, "\"kind\": \"fine_tuned\""));
    assert_saved(ctx, m, ds, 1);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

static void test_fast_is_said(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 60, WITH_IMAGE, 1);
    imgvec_options *o = tuning(ctx, "kind", "y,noise");
    imgvec_error err;
    imgvec_model *m;
    set(o, "fast", "1");
    set(o, "fine_tune", "auto");
    assert_fails(imgvec_model_train(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "option fast");
    set(o, "fine_tune", "on");
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_non_null(strstr(info, "\"optimistic\": true"));
    assert_non_null(strstr(info, "\"networks_trained\": 1,"));
    assert_saved(ctx, m, ds, 2);
    imgvec_model_free(m);
    imgvec_options_free(o);

    /* Wrong settings are named. */
    o = tuning(ctx, "kind", "y,noise");
    set(o, "strategy", "some");
    assert_fails(imgvec_model_train(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "option strategy: \"some\"");
    set(o, "strategy", "99");
    assert_fails(imgvec_model_train(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "option strategy: \"99\"");
    set(o, "strategy", "1");
    set(o, "augment", "Sharpen");
    assert_fails(imgvec_model_train(ctx, ds, o, NULL, &m, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "option augment");
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* A vectorizer whose network learned: a bottleneck of the asked dimension, or all features. */
static void test_vectorizer(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 60, WITH_IMAGE, 1);
    imgvec_error err;
    imgvec_vectorizer *v, *w;
    float a[60 * TINY_WIDTH], b[60 * TINY_WIDTH];
    int32_t status[60];
    for (int dim = 0; dim <= 4; dim += 4) {
        imgvec_options *o =
            make_options(ctx, IMGVEC_JOB_EMBED, "target", "kind", "ignore", "y,noise", "backbone",
                         tiny_backbone.id, "weights", "random", "dim", dim ? "4" : "all",
                         "fine_tune", "on", "train_batch_size", "8", NULL);
        size_t width = dim ? (size_t)dim : TINY_WIDTH;
        assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &v, &err));
        assert_int_equal(imgvec_vectorizer_width(v), width);
        assert_non_null(strstr(imgvec_vectorizer_info(v), "\"fine_tuned\": true"));
        assert_ok(imgvec_vectorizer_run(v, ds, NULL, a, 60 * width, NULL, status, &err));
        assert_ok(imgvec_vectorizer_save(v, PATH, &err));
        assert_ok(imgvec_vectorizer_open(ctx, PATH, NULL, &w, &err));
        assert_ok(imgvec_vectorizer_run(w, ds, NULL, b, 60 * width, NULL, status, &err));
        assert_memory_equal(a, b, 60 * width * sizeof *a);
        assert_string_equal(imgvec_vectorizer_info(v), imgvec_vectorizer_info(w));
        imgvec_vectorizer_free(v);
        imgvec_vectorizer_free(w);
        unlink(PATH);
        set(o, "fine_tune", "auto");
        assert_fails(imgvec_vectorizer_fit(ctx, ds, o, NULL, &v, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                     "choose on or off");
        set(o, "fine_tune", "on");
        set(o, "target", "");
        assert_fails(imgvec_vectorizer_fit(ctx, ds, o, NULL, &v, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                     "option target");
        set(o, "target", "none");
        assert_fails(imgvec_vectorizer_fit(ctx, ds, o, NULL, &v, &err), IMGVEC_ERR_NOT_FOUND,
                     "option target");
        imgvec_options_free(o);
    }
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* Too few images to learn from: a notice, and the model is as without. */
static void test_few_images(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 10, WITH_IMAGE, 1);
    imgvec_options *o = tuning(ctx, "noise", "y,kind");
    imgvec_error err;
    imgvec_model *m;
    set(o, "folds", "2");
    set(o, "task", "regression");
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    assert_null(strstr(imgvec_model_info(m), "\"networks_trained\""));
    assert_int_equal(fake_training.updates, 0);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* Same input, seed and threads: the same file. */
static void test_repeats(void **state)
{
    (void)state;
    float out[2][2 * 30];
    for (int i = 0; i < 2; i++) {
        imgvec_context *ctx = training_context();
        imgvec_dataset *ds = make_data(ctx, 60, WITH_IMAGE, 1);
        imgvec_dataset *other = make_data(ctx, 30, WITH_IMAGE, 2);
        imgvec_options *o = tuning(ctx, "kind", "y,noise");
        imgvec_error err;
        imgvec_model *m;
        assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
        assert_ok(imgvec_model_predict(m, other, NULL, out[i], 60, NULL, NULL, &err));
        imgvec_model_free(m);
        imgvec_dataset_free(ds);
        imgvec_dataset_free(other);
        imgvec_options_free(o);
        imgvec_context_free(ctx);
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
}

static imgvec_status tune_and_free(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const imgvec_options *o = ((void **)user)[1];
    imgvec_model *m;
    imgvec_status status = imgvec_model_train(ctx, ((void **)user)[0], o, NULL, &m, err);
    if (status == IMGVEC_OK)
        imgvec_model_free(m);
    return status;
}

/* One allocation in so many fails: each one would take minutes. */
static void test_allocations(void **state)
{
    (void)state;
    test_heap heap = {0};
    imgvec_context *ctx = test_heap_context(&heap);
    atomic_store(&ctx->executor, fake_training_executor());
    fake_training = (fake_training_hooks){0};
    imgvec_dataset *ds = make_data(ctx, 24, WITH_IMAGE, 1);
    imgvec_options *o = tuning(ctx, "kind", "y,noise");
    set(o, "threads", "1");
    set(o, "folds", "2");
    set(o, "epochs", "1");
    set(o, "learner", "linear");
    set(o, "image_features", "stacked");
    set(o, "ablation", "off");
    void *user[2] = {ds, o};
    long tried = 0, survived = 0, before = heap.live;
    for (long k = 1;; k += 29) {
        imgvec_error err = {0};
        long calls = heap.calls;
        heap.fail_at = calls + k;
        imgvec_status status = tune_and_free(ctx, user, &err);
        heap.fail_at = 0;
        assert_int_equal(heap.live, before);
        if (heap.calls - calls < k)
            break;
        if (status != IMGVEC_OK && status != IMGVEC_ERR_NO_MEMORY)
            fail_msg("allocation %ld: %d, %s", k, (int)status, err.text);
        tried++;
        survived += status == IMGVEC_OK; /* in a training step: fewer images at once */
    }
    print_message("%ld allocations failed, %ld of them without harm\n", tried, survived);
    assert_true(tried > 50 && survived < tried / 4);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    assert_int_equal(heap.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_noise),        cmocka_unit_test(test_auto_keeps_what_helps),
        cmocka_unit_test(test_fast_is_said), cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_few_images),   cmocka_unit_test(test_vectorizer),
        cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
