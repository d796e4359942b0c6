/* Threads that cannot be made: a job goes on with those that there are, or is an error that says
 * so; nothing is left over, and the next call works. The linker puts __wrap_pthread_create before
 * the library's calls (-Wl,--wrap), and no others. */
#include "model_support.h"

#include <errno.h>
#include <pthread.h>

static atomic_long created;
static long fail_at; /* this call fails, from 1; 0: none */
static bool fail_onwards;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *user);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *user)
{
    long call = atomic_fetch_add(&created, 1) + 1;
    if (fail_at && (call == fail_at || (fail_onwards && call > fail_at)))
        return EAGAIN;
    return __real_pthread_create(thread, attributes, run, user);
}

#define PATH temporary_path()
enum { ROWS = 24 };

typedef struct answers {
    float predictions[ROWS], embeddings[ROWS * TINY_WIDTH];
} answers;

/* Train, save, open, predict, embed and describe with three threads. */
static imgvec_status whole_job(imgvec_context *ctx, const imgvec_dataset *ds, answers *out,
                               imgvec_error *err)
{
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise",
                                     "backbone", tiny_backbone.id, "weights", "random", "dim", "2",
                                     "folds", "2", "rounds", "2", "threads", "3", "ablation", "off",
                                     "insights", "0", "select_blocks", "0", NULL);
    imgvec_options *e = make_options(ctx, IMGVEC_JOB_EMBED, "backbone", tiny_backbone.id, "weights",
                                     "random", "threads", "3", NULL);
    imgvec_model *m = NULL, *opened = NULL;
    imgvec_vectorizer *vz = NULL;
    char *text = NULL;
    imgvec_status status = imgvec_model_train(ctx, ds, o, NULL, &m, err);
    if (status == IMGVEC_OK)
        status = imgvec_model_save(m, PATH, err);
    if (status == IMGVEC_OK)
        status = imgvec_model_open(ctx, PATH, NULL, &opened, err);
    if (status == IMGVEC_OK)
        status = imgvec_model_predict(opened, ds, NULL, out->predictions, ROWS, NULL, NULL, err);
    if (status == IMGVEC_OK)
        status = imgvec_vectorizer_fit(ctx, ds, e, NULL, &vz, err);
    if (status == IMGVEC_OK)
        status = imgvec_vectorizer_run(vz, ds, NULL, out->embeddings, ROWS * TINY_WIDTH, NULL, NULL,
                                       err);
    if (status == IMGVEC_OK)
        status = imgvec_dataset_describe(ds, NULL, NULL, &text, err);
    imgvec_text_free(text);
    imgvec_vectorizer_free(vz);
    imgvec_model_free(m);
    imgvec_model_free(opened);
    imgvec_options_free(o);
    imgvec_options_free(e);
    return status;
}

static void test_each(void **state)
{
    imgvec_error err = {0};
    answers right, is;
    long failed = 0, refused = 0;
    test_heap heap = {0};
    (void)state;
    imgvec_context *ctx = test_heap_context(&heap);
    atomic_store(&ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE | WITH_NUMBER, 1);
    long before = heap.live;
    assert_ok(whole_job(ctx, ds, &right, &err));
    long sites = atomic_load(&created);
    assert_true(sites > 6);
    for (int onwards = 0; onwards < 2; onwards++)
        for (long k = 1; k <= sites; k++) {
            atomic_store(&created, 0);
            fail_onwards = onwards;
            fail_at = k;
            imgvec_status status = whole_job(ctx, ds, &is, &err);
            fail_at = 0;
            failed++;
            if (heap.live != before)
                fail_msg("thread %ld: %ld blocks left over", k, (long)heap.live - before);
            if (status == IMGVEC_OK) {
                assert_memory_equal(&is, &right, sizeof is); /* fewer threads, the same bits */
                continue;
            }
            refused++;
            if (status != IMGVEC_ERR_IO || err.detail != EAGAIN || !strstr(err.text, "thread"))
                fail_msg("thread %ld: status %d, %s", k, (int)status, err.text);
        }
    assert_true(refused > 0 && refused < failed);
    assert_ok(whole_job(ctx, ds, &is, &err));
    assert_memory_equal(&is, &right, sizeof is);
    printf("FIGURE: thread_failures %ld\nFIGURE: thread_failures_refused %ld\n", failed, refused);
    unlink(PATH);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    assert_int_equal(heap.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
