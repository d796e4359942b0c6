/* Parts of a model's or a vectorizer's file under right digests: refused, or a model whose
 * predictions are finite and whose report can be written. The input is the kind ('m' or 'v') and
 * parts: name, line feed, four bytes of length, bytes; the first is the manifest's content. */
#include "fuzz.h"

#include <math.h>

#include <imgvec/imgvec.h>

#include "base/context.h"
#include "base/mem.h"
#include "fake_executor.h"
#include "image/bytes.h"
#include "model/bundle.h"
#include "tiny_backbone.h"

enum { ROWS = 3, OUTPUTS_MAX = 64 };

/* Takes one part off the input; false at the end. */
static int next_part(const uint8_t **data, size_t *size, char name[64], const uint8_t **part,
                     size_t *length)
{
    const uint8_t *end = memchr(*data, '\n', *size);
    if (!end || end - *data >= 64 || *size - (size_t)(end - *data) < 5)
        return 0;
    snprintf(name, 64, "%.*s", (int)(end - *data), (const char *)*data);
    size_t left = *size - (size_t)(end - *data) - 5;
    *length = iv_le32(end + 1) < left ? iv_le32(end + 1) : left;
    *part = end + 5;
    *size = left - *length;
    *data = *part + *length;
    return 1;
}

static int write_bundle(imgvec_context *ctx, const uint8_t *data, size_t size, const char *path)
{
    const uint8_t *part;
    size_t length;
    char name[64];
    iv_bundle b;
    imgvec_error err = {0};
    const char *kind = data[0] == 'v' ? "vectorizer" : "model";
    data++;
    size--;
    if (!next_part(&data, &size, name, &part, &length))
        return 0;
    char *content = iv_strndup(ctx, (const char *)part, length);
    imgvec_status status = IMGVEC_OK;
    iv_bundle_init(&b, ctx);
    while (status == IMGVEC_OK && b.count < 64 && next_part(&data, &size, name, &part, &length)) {
        char *copy = iv_alloc(ctx, length + 1); /* with a NUL behind, as a file is read */
        fuzz_need(copy != NULL);
        memcpy(copy, part, length);
        copy[length] = '\0';
        status = iv_bundle_add(&b, name, copy, length, &err);
    }
    if (status == IMGVEC_OK)
        status = iv_bundle_write(&b, kind, content, "{}", path, &err);
    iv_bundle_free(&b);
    iv_free(ctx, content);
    return status == IMGVEC_OK; /* names may be refused */
}

static imgvec_dataset *make_rows(imgvec_context *ctx)
{
    imgvec_dataset *ds = NULL;
    imgvec_error err;
    uint8_t pixels[16 * 16 * 3];
    fuzz_need(imgvec_dataset_new(ctx, &ds, &err) == IMGVEC_OK);
    fuzz_need(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err) == IMGVEC_OK);
    fuzz_need(imgvec_dataset_add_column(ds, "x", IMGVEC_COLUMN_NUMERIC, &err) == IMGVEC_OK);
    fuzz_need(imgvec_dataset_add_column(ds, "colour", IMGVEC_COLUMN_CATEGORICAL, &err) ==
              IMGVEC_OK);
    fuzz_need(imgvec_dataset_add_column(ds, "note", IMGVEC_COLUMN_TEXT, &err) == IMGVEC_OK);
    for (int i = 0; i < ROWS; i++) {
        memset(pixels, 90 * i, sizeof pixels);
        fuzz_need(imgvec_dataset_append_pixels(ds, "image", pixels, 16, 16, 0, IMGVEC_PIXELS_RGB,
                                               &err) == IMGVEC_OK);
        fuzz_need(imgvec_dataset_append_number(ds, "x", i == 1 ? (double)NAN : 1e30 * (i - 1),
                                               &err) == IMGVEC_OK);
        fuzz_need(imgvec_dataset_append_text(ds, "colour", i ? "red" : "nobody's", &err) ==
                  IMGVEC_OK);
        fuzz_need(imgvec_dataset_append_text(ds, "note", i ? "a small red thing" : "", &err) ==
                  IMGVEC_OK);
    }
    return ds;
}

static void use_model(imgvec_context *ctx, const char *path)
{
    imgvec_model *m = NULL;
    imgvec_error err = {0};
    float out[ROWS * OUTPUTS_MAX];
    int32_t state[ROWS];
    char *text = NULL;
    imgvec_status status = imgvec_model_open(ctx, path, NULL, &m, &err);
    fuzz_check_error(status, &err);
    if (status != IMGVEC_OK)
        return;
    imgvec_dataset *ds = make_rows(ctx);
    size_t outputs = (size_t)imgvec_model_outputs(m);
    status = imgvec_model_predict(m, ds, NULL, out, ROWS * OUTPUTS_MAX, NULL, state, &err);
    fuzz_check_error(status, &err);
    for (size_t i = 0; status == IMGVEC_OK && i < ROWS * outputs; i++)
        fuzz_need(isfinite(out[i]) || state[i / outputs] != 0);
    status = imgvec_model_insight(m, NULL, "html", &text, NULL, &err);
    fuzz_check_error(status, &err);
    imgvec_text_free(text);
    imgvec_dataset_free(ds);
    imgvec_model_free(m);
}

static void use_vectorizer(imgvec_context *ctx, const char *path)
{
    imgvec_vectorizer *vz = NULL;
    imgvec_error err = {0};
    float out[ROWS * 2 * TINY_WIDTH];
    imgvec_status status = imgvec_vectorizer_open(ctx, path, NULL, &vz, &err);
    fuzz_check_error(status, &err);
    if (status != IMGVEC_OK)
        return;
    imgvec_dataset *ds = make_rows(ctx);
    status = imgvec_vectorizer_run(vz, ds, NULL, out, sizeof out / sizeof *out, NULL, NULL, &err);
    fuzz_check_error(status, &err);
    imgvec_dataset_free(ds);
    imgvec_vectorizer_free(vz);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_path("imgvec");
    imgvec_error err;
    if (size < 8)
        return -1;
    imgvec_context *ctx = fuzz_context();
    atomic_store(&ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    fuzz_need(imgvec_context_set_threads(ctx, 1, &err) == IMGVEC_OK);
    if (write_bundle(ctx, data, size, path)) {
        if (data[0] == 'v')
            use_vectorizer(ctx, path);
        else
            use_model(ctx, path);
    }
    unlink(path);
    fuzz_end(ctx);
    return 0;
}
