/* Files described without an engine: as they were saved, and only when they are whole. */
#include "allocations.h"
#include "model_support.h"

#include "base/file.h"
#include "base/mem.h"
#include "model/bundle.h"

#define PATH temporary_path()

/* Saves a model or a vectorizer of the tiny backbone at PATH; what it told then. */
static char *save(bool vectorizer)
{
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 40, WITH_IMAGE | WITH_NUMBER, 1);
    imgvec_error err;
    char *told;
    if (vectorizer) {
        imgvec_options *o = make_options(ctx, IMGVEC_JOB_EMBED, "backbone", tiny_backbone.id,
                                         "weights", "random", "dim", "2", NULL);
        imgvec_vectorizer *vz;
        assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err));
        assert_ok(imgvec_vectorizer_save(vz, PATH, &err));
        told = strdup(imgvec_vectorizer_info(vz));
        imgvec_vectorizer_free(vz);
        imgvec_options_free(o);
    } else {
        imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore",
                                         "kind,noise", "backbone", tiny_backbone.id, "weights",
                                         "random", "dim", "2", "folds", "2", "rounds", "2", NULL);
        imgvec_model *m;
        assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
        assert_ok(imgvec_model_save(m, PATH, &err));
        told = strdup(imgvec_model_info(m));
        imgvec_model_free(m);
        imgvec_options_free(o);
    }
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    return told;
}

static void test_as_saved(void **state)
{
    for (int vectorizer = 0; vectorizer < 2; vectorizer++) {
        char *told = save(vectorizer), *text;
        imgvec_context *ctx = test_context();
        imgvec_error err;
        assert_ok(imgvec_model_describe_file(ctx, PATH, &text, &err));
        assert_string_equal(text, told);
        assert_non_null(
            strstr(text, vectorizer ? "\"kind\": \"vectorizer\"" : "\"kind\": \"model\""));
        assert_null(atomic_load(&ctx->executor)); /* no network module */
        imgvec_text_free(text);
        imgvec_context_free(ctx);
        free(told);
    }
    unlink(PATH);
}

/* A file of this kind and content, with right digests and no parts. */
static void make_file(imgvec_context *ctx, const char *kind, const char *content)
{
    iv_bundle b;
    imgvec_error err;
    iv_bundle_init(&b, ctx);
    assert_ok(iv_bundle_write(&b, kind, content, "{}", PATH, &err));
    iv_bundle_free(&b);
}

/* Nothing but the manifest is looked at; what cannot be opened is described all the same. */
static void test_manifest_alone(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    imgvec_model *m;
    char *text;
    make_file(ctx, "model", "{\"kind\": \"model\", \"task\": \"regression\"}");
    assert_fails(imgvec_model_open(ctx, PATH, NULL, &m, &err), IMGVEC_ERR_FORMAT, PATH);
    assert_ok(imgvec_model_describe_file(ctx, PATH, &text, &err));
    assert_string_equal(text, "{\n  \"kind\": \"model\",\n  \"task\": \"regression\"\n}\n");
    imgvec_text_free(text);
    unlink(PATH);
    imgvec_context_free(ctx);
}

static void test_lies(void **state)
{
    static const struct {
        const char *kind, *content, *words;
    } files[] = {
        {"song", "{\"kind\": \"song\"}", "holds a song, not a model or vectorizer"},
        {"model", "{\"kind\": \"vectorizer\"}", "a model that describes itself as a vectorizer"},
        {"model", "{\"kind\": 3}", "kind"},
        {"model", "{}", "kind"},
        {"vectorizer", "[]", "content"},
    };
    imgvec_context *ctx = test_context();
    imgvec_error err;
    char *text;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_file(ctx, files[i].kind, files[i].content);
        assert_fails(imgvec_model_describe_file(ctx, PATH, &text, &err), IMGVEC_ERR_FORMAT,
                     files[i].words);
        assert_non_null(strstr(err.text, PATH));
        assert_null(text);
    }
    unlink(PATH);
    assert_fails(imgvec_model_describe_file(ctx, PATH, &text, &err), IMGVEC_ERR_NOT_FOUND, PATH);
    assert_fails(imgvec_model_describe_file(ctx, "/tmp", &text, &err), IMGVEC_ERR_IO, "directory");
    imgvec_context_free(ctx);
}

static void put(const char *data, size_t size)
{
    FILE *f = fopen(PATH, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* Damage far from the manifest counts too. */
static void test_damage(void **state)
{
    free(save(false));
    imgvec_context *ctx = test_context();
    imgvec_error err;
    char *bytes, *text;
    size_t size;
    assert_ok(iv_file_read(ctx, PATH, 0, &bytes, &size, &err));
    for (size_t at = 0; at < size; at += 37) {
        bytes[at] ^= 0x10;
        put(bytes, size);
        if (imgvec_model_describe_file(ctx, PATH, &text, &err) != IMGVEC_ERR_FORMAT ||
            !strstr(err.text, "model or vectorizer"))
            fail_msg("a flipped bit in byte %zu: \"%s\"", at, err.text);
        bytes[at] ^= 0x10;
        put(bytes, at);
        assert_fails(imgvec_model_describe_file(ctx, PATH, &text, &err), IMGVEC_ERR_FORMAT, PATH);
    }
    iv_free(ctx, bytes);
    unlink(PATH);
    imgvec_context_free(ctx);
}

static imgvec_status describe(imgvec_context *ctx, void *user, imgvec_error *err)
{
    char *text;
    imgvec_status status = imgvec_model_describe_file(ctx, PATH, &text, err);
    imgvec_text_free(text);
    return status;
}

static void test_out_of_memory(void **state)
{
    free(save(true));
    fail_each_allocation(describe, NULL);
    unlink(PATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_saved),      cmocka_unit_test(test_manifest_alone),
        cmocka_unit_test(test_lies),          cmocka_unit_test(test_damage),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
