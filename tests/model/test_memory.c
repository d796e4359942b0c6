/* Out of memory anywhere in a job is an error code: nothing leaks, and the next call works. */
#include "model_support.h"

#include <unistd.h>

#include "base/error.h"

#define PATH temporary_path()

/* Train, save, open, predict and evaluate on a context whose allocations fail as told. */
static imgvec_status whole_job(imgvec_context *ctx, bool choose)
{
    imgvec_error err;
    imgvec_dataset *ds = NULL;
    imgvec_options *o = NULL;
    imgvec_model *m = NULL, *n = NULL;
    char *text = NULL;
    float p[24];
    iv_random r;
    uint8_t pixels[16 * 16 * 3];
    imgvec_status status = IMGVEC_OK;
    atomic_store(&ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    iv_random_seed(&r, 1, "memory");
    IV_DO(imgvec_dataset_new(ctx, &ds, &err));
    IV_DO(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    IV_DO(imgvec_dataset_add_column(ds, "colour", IMGVEC_COLUMN_CATEGORICAL, &err));
    IV_DO(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, &err));
    for (int i = 0; i < 24; i++) {
        int colour[3] = {i * 10, 100, 50};
        draw(&r, colour, pixels);
        if (i == 5)
            IV_DO(imgvec_dataset_append_bytes(ds, "image", "bad", 3, &err));
        else
            IV_DO(imgvec_dataset_append_pixels(ds, "image", pixels, 16, 16, 0, IMGVEC_PIXELS_RGB,
                                               &err));
        IV_DO(imgvec_dataset_append_text(ds, "colour", i % 3 ? "red" : "blue", &err));
        IV_DO(imgvec_dataset_append_number(ds, "y", i + 0.5, &err));
    }
    IV_DO(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err));
    IV_DO(imgvec_options_set_json(o,
                                  "{\"target\": \"y\", \"backbone\": \"tiny\", \"weights\": "
                                  "\"random\", \"dim\": \"2\", \"folds\": 2, \"rounds\": 2, "
                                  "\"threads\": 1, \"insights\": false}",
                                  &err));
    if (!choose)
        IV_DO(imgvec_options_set_json(o,
                                      "{\"learner\": \"xgboost\", \"image_features\": \"both\", "
                                      "\"target_transform\": \"log\", \"select_blocks\": false, "
                                      "\"ablation\": \"off\", \"early_stopping_rounds\": 0}",
                                      &err));
    IV_DO(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    IV_DO(imgvec_model_save(m, PATH, &err));
    IV_DO(imgvec_model_open(ctx, PATH, NULL, &n, &err));
    IV_DO(imgvec_model_predict(n, ds, NULL, p, 24, NULL, NULL, &err));
    IV_DO(imgvec_model_evaluate(n, ds, NULL, &text, &err));
done:
    imgvec_text_free(text);
    imgvec_model_free(m);
    imgvec_model_free(n);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    return status;
}

/* choose: with the search for a plan, whose many fits allocate the same again and again: a prime
 * step then visits each of their places in one fit or another. */
static void fail_each(bool onwards, bool choose, long step)
{
    long tried = 0;
    imgvec_status status = IMGVEC_ERR_NO_MEMORY;
    for (long n = 2; status != IMGVEC_OK; n += step) {
        test_heap heap = {.fail_at = n, .fail_onwards = onwards};
        imgvec_context *ctx = test_heap_context(&heap);
        status = whole_job(ctx, choose);
        if (status != IMGVEC_OK && status != IMGVEC_ERR_NO_MEMORY)
            fail_msg("allocation %ld: status %d", n, (int)status);
        if (status != IMGVEC_OK && tried % 50 == 0) { /* the context is as good as new */
            heap.fail_at = 0;
            assert_int_equal(whole_job(ctx, choose), IMGVEC_OK);
        }
        tried += status != IMGVEC_OK;
        imgvec_context_free(ctx);
        if (heap.live != 0)
            fail_msg("allocation %ld: %ld blocks left", n, (long)heap.live);
    }
    printf("# %ld failures%s\n", tried, onwards ? ", each from there on" : "");
    assert_true(tried > 100);
    unlink(PATH);
}

static void test_once(void **state)
{
    (void)state;
    fail_each(false, false, 1);
    fail_each(false, true, 31);
}

static void test_onwards(void **state)
{
    (void)state;
    fail_each(true, false, 5);
    fail_each(true, true, 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_onwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
