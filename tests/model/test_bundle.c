/* A file damaged anywhere is refused before any part of it is used. */
#include "model_support.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/zip_writer.h"
#include "model/trailer.h"

#define PATH temporary_path()

static char *good;
static size_t good_size;

/* A small model with every kind of part: network, projection, recipe, learner. */
static int make_good(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 40, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 1);
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise", "backbone",
                     tiny_backbone.id, "weights", "random", "dim", "2", "folds", "2", "rounds", "2",
                     "insights", "0", NULL); /* a small file: every byte of it is tried */
    imgvec_model *m;
    imgvec_error err;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    assert_ok(imgvec_model_save(m, PATH, &err));
    char *data;
    assert_ok(iv_file_read(ctx, PATH, 0, &data, &good_size, &err));
    good = malloc(good_size);
    memcpy(good, data, good_size);
    iv_free(ctx, data);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    return 0;
}

static int drop_good(void **state)
{
    (void)state;
    free(good);
    return unlink(PATH);
}

static void put(const char *data, size_t size)
{
    FILE *f = fopen(PATH, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* Opens the bytes; true when they are refused as damaged, with a text that names the file. */
static bool refused(imgvec_context *ctx, const char *data, size_t size)
{
    imgvec_model *m;
    imgvec_error err;
    put(data, size);
    imgvec_status status = imgvec_model_open(ctx, PATH, NULL, &m, &err);
    if (status == IMGVEC_OK)
        imgvec_model_free(m);
    return status == IMGVEC_ERR_FORMAT && strstr(err.text, PATH) && m == NULL;
}

static void test_whole(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_model *m;
    imgvec_error err;
    put(good, good_size);
    assert_ok(imgvec_model_open(ctx, PATH, NULL, &m, &err));
    imgvec_model_free(m);
    imgvec_context_free(ctx);
}

static void test_every_cut(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    for (size_t n = 0; n < good_size; n++)
        if (!refused(ctx, good, n))
            fail_msg("accepted when cut at byte %zu of %zu", n, good_size);
    printf("FIGURE: model_cuts_refused %zu\n", good_size);
    imgvec_context_free(ctx);
}

static void test_every_flip(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    char *bytes = malloc(good_size);
    memcpy(bytes, good, good_size);
    for (size_t i = 0; i < good_size; i++) {
        bytes[i] = (char)(good[i] ^ 1 << i % 8);
        if (!refused(ctx, bytes, good_size))
            fail_msg("accepted with a flipped bit in byte %zu of %zu", i, good_size);
        bytes[i] = good[i];
    }
    printf("FIGURE: model_flips_refused %zu\n", good_size);
    free(bytes);
    imgvec_context_free(ctx);
}

/* Pieces of the file moved, repeated, removed or overwritten. */
static void test_splices(void **state)
{
    (void)state;
    enum { SPLICES = 2000 };
    imgvec_context *ctx = fake_context();
    iv_random r;
    int tried = 0;
    iv_random_seed(&r, 1, "splices");
    char *bytes = malloc(2 * good_size);
    for (int i = 0; i < SPLICES; i++) {
        size_t from = iv_random_below(&r, good_size), to = iv_random_below(&r, good_size);
        size_t n = 1 + iv_random_below(&r, 300);
        size_t size = good_size;
        if (n > good_size - from)
            n = good_size - from;
        memcpy(bytes, good, good_size);
        switch (iv_random_below(&r, 3)) {
        case 0: /* overwrite */
            if (n > good_size - to)
                n = good_size - to;
            memcpy(bytes + to, good + from, n);
            break;
        case 1: /* remove */
            memmove(bytes + from, good + from + n, good_size - from - n);
            size -= n;
            break;
        default: /* insert */
            memcpy(bytes + to, good + from, n);
            memcpy(bytes + to + n, good + to, good_size - to);
            size += n;
        }
        if (size == good_size && memcmp(bytes, good, size) == 0)
            continue;
        tried++;
        if (!refused(ctx, bytes, size))
            fail_msg("splice %d accepted", i);
    }
    printf("FIGURE: model_splices_refused %d\n", tried);
    free(bytes);
    imgvec_context_free(ctx);
}

static void test_foreign(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_model *m;
    imgvec_vectorizer *vz;
    imgvec_error err;
    assert_true(refused(ctx, "", 0));
    assert_true(refused(ctx, "hello, world\n", 13));
    assert_fails(imgvec_model_open(ctx, "/no/such.imgvec", NULL, &m, &err), IMGVEC_ERR_NOT_FOUND,
                 "/no/such.imgvec");
    assert_fails(imgvec_model_open(ctx, "/tmp", NULL, &m, &err), IMGVEC_ERR_IO, "directory");
    put(good, good_size);
    assert_fails(imgvec_vectorizer_open(ctx, PATH, NULL, &vz, &err), IMGVEC_ERR_FORMAT,
                 "holds a model, not a vectorizer");
    imgvec_context_free(ctx);
}

static imgvec_status collect(void *user, const void *data, size_t size, imgvec_error *err)
{
    (void)err;
    iv_text_add_n(user, data, size);
    return IMGVEC_OK;
}

/* A sound file of the next format says which release it needs. */
static void test_newer_format(void **state)
{
    (void)state;
    static const char manifest[] =
        "{\"format\": 2, \"min_reader\": 2, \"needs\": \"9.1.0\", \"kind\": \"model\"}";
    imgvec_context *ctx = fake_context();
    imgvec_error err;
    imgvec_model *m;
    iv_zip_writer *zip;
    iv_text text;
    char trailer[IV_TRAILER_SIZE];
    iv_text_init(&text, ctx);
    assert_ok(iv_zip_writer_new(ctx, collect, &text, &zip, &err));
    assert_ok(iv_zip_writer_add(zip, IV_MANIFEST_NAME, manifest, strlen(manifest), &err));
    iv_digest digest = iv_hash(text.data, text.length);
    iv_trailer_make(&digest, text.length, trailer);
    assert_ok(iv_zip_writer_add(zip, IV_TRAILER_NAME, trailer, sizeof trailer, &err));
    assert_ok(iv_zip_writer_finish(zip, &err));
    put(text.data, text.length);
    assert_fails(imgvec_model_open(ctx, PATH, NULL, &m, &err), IMGVEC_ERR_UNSUPPORTED,
                 "it needs libimgvec 9.1.0 or later");
    iv_zip_writer_free(zip);
    iv_text_free(&text);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),      cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_every_flip), cmocka_unit_test(test_splices),
        cmocka_unit_test(test_foreign),    cmocka_unit_test(test_newer_format),
    };
    return cmocka_run_group_tests(tests, make_good, drop_good);
}
