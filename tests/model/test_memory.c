/* Out of memory anywhere in a job is an error code: nothing leaks, and the next call works. */
#include "model_support.h"

#include <stdlib.h>
#include <unistd.h>

#include "allocations.h"

#include "base/error.h"

#define PATH temporary_path()
enum { IMAGES = 4 };

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
    printf("FIGURE: allocation_failures_%s%s %ld\n", choose ? "search" : "train",
           onwards ? "_onwards" : "", tried);
    assert_true(tried > 10);
    unlink(PATH);
}

/* IMGVEC_THOROUGH: every single one, instead of some. */
static long stride(long usual)
{
#ifdef __SANITIZE_ADDRESS__
    usual = 4 * usual - 1; /* runs take several times as long */
#endif
    return getenv("IMGVEC_THOROUGH") ? 1 : usual;
}

static void test_once(void **state)
{
    (void)state;
    fail_each(false, false, stride(3));
    fail_each(false, true, stride(61));
}

static void test_onwards(void **state)
{
    (void)state;
    fail_each(true, false, stride(7));
    fail_each(true, true, stride(61));
}

/* A CSV file with images is opened; a projection is fitted, kept, opened and run. */
static imgvec_status embed_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    imgvec_dataset *ds = NULL;
    imgvec_options *o = NULL;
    imgvec_vectorizer *vz = NULL, *opened = NULL;
    float values[IMAGES * 2];
    imgvec_status status = IMGVEC_OK;
    IV_DO(imgvec_dataset_open(ctx, user, NULL, NULL, &ds, err));
    IV_DO(imgvec_options_new(ctx, IMGVEC_JOB_EMBED, &o, err));
    IV_DO(imgvec_options_set_json(o,
                                  "{\"backbone\": \"tiny\", \"weights\": \"random\", \"dim\": "
                                  "\"2\", \"threads\": 1}",
                                  err));
    IV_DO(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, err));
    IV_DO(imgvec_vectorizer_save(vz, PATH, err));
    IV_DO(imgvec_vectorizer_open(ctx, PATH, NULL, &opened, err));
    IV_DO(imgvec_vectorizer_run(opened, ds, NULL, values, IMAGES * 2, NULL, NULL, err));
done:
    imgvec_vectorizer_free(vz);
    imgvec_vectorizer_free(opened);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    return status;
}

static void test_embedding(void **state)
{
    char folder[] = "/tmp/imgvec-test-XXXXXX", csv[64], image[64];
    test_heap heap = {0};
    long tried = 0;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(csv, sizeof csv, "%s/a.csv", folder);
    FILE *f = fopen(csv, "w");
    fputs("image,y\n", f);
    for (int i = 0; i < IMAGES; i++) {
        fprintf(f, "%d.ppm,%d\n", i, i);
        snprintf(image, sizeof image, "%s/%d.ppm", folder, i);
        FILE *p = fopen(image, "wb");
        fprintf(p, "P6 2 2 255\n%c%cCdef%dhijkl", 'a' + i, 'z' - i, i);
        fclose(p);
    }
    fclose(f);
    imgvec_context *ctx = test_heap_context(&heap);
    atomic_store(&ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    for (long k = 1; test_allocation_fails(&heap, ctx, k, embed_job, csv); k++)
        tried++;
    heap.fail_onwards = true;
    for (long k = 1; test_allocation_fails(&heap, ctx, k, embed_job, csv); k += 5)
        tried++;
    printf("FIGURE: allocation_failures_embed %ld\n", tried);
    assert_true(tried > 500);
    imgvec_context_free(ctx);
    assert_int_equal(heap.live, 0);
    for (int i = 0; i < IMAGES; i++) {
        snprintf(image, sizeof image, "%s/%d.ppm", folder, i);
        unlink(image);
    }
    unlink(csv);
    rmdir(folder);
    unlink(PATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_onwards),
        cmocka_unit_test(test_embedding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
