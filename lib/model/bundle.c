#include "model/bundle.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/zip_writer.h"
#include "model/trailer.h"

void iv_bundle_init(iv_bundle *b, imgvec_context *ctx)
{
    memset(b, 0, sizeof *b);
    b->ctx = ctx;
}

imgvec_status iv_bundle_add(iv_bundle *b, const char *name, void *data, size_t size,
                            imgvec_error *err)
{
    char *copy = iv_strdup(b->ctx, name);
    if (!copy || iv_reserve(b->ctx, &b->parts, &b->capacity, b->count + 1, sizeof *b->parts) != 0) {
        iv_free(b->ctx, copy);
        iv_free(b->ctx, data);
        return iv_fail_nomem(err);
    }
    b->parts[b->count++] = (iv_part){copy, data, size};
    return IMGVEC_OK;
}

const iv_part *iv_bundle_find(const iv_bundle *b, const char *name)
{
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->parts[i].name, name) == 0)
            return &b->parts[i];
    return NULL;
}

void iv_bundle_free(iv_bundle *b)
{
    for (size_t i = 0; i < b->count; i++) {
        iv_free(b->ctx, b->parts[i].name);
        iv_free(b->ctx, b->parts[i].data);
    }
    if (b->ctx)
        iv_free(b->ctx, b->parts);
    iv_bundle_init(b, b->ctx);
}

/* The manifest's text; NULL when out of memory. */
static char *make_manifest(const iv_bundle *b, const char *kind, const char *content,
                           const char *engines)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, b->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_i64(&w, "format", IV_BUNDLE_FORMAT);
    iv_json_put_i64(&w, "min_reader", IV_BUNDLE_FORMAT);
    iv_json_put_text(&w, "needs", "0.1.0"); /* first release that reads min_reader */
    iv_json_put_text(&w, "kind", kind);
    iv_json_put_raw(&w, "made_by", engines);
    iv_json_put_array(&w, "parts");
    for (size_t i = 0; i < b->count; i++) {
        iv_digest digest = iv_hash(b->parts[i].data, b->parts[i].size);
        char hex[33];
        iv_digest_hex(&digest, hex);
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "name", b->parts[i].name);
        iv_json_put_i64(&w, "size", (int64_t)b->parts[i].size);
        iv_json_put_text(&w, "xxh3_128", hex);
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, ']');
    iv_json_put_raw(&w, "content", content);
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    return iv_text_take(&text);
}

typedef struct out_file {
    iv_writer *writer;
    iv_hasher *hasher; /* of everything before the trailer; NULL once that begins */
} out_file;

static imgvec_status put_bytes(void *user, const void *data, size_t size, imgvec_error *err)
{
    out_file *f = user;
    if (f->hasher)
        iv_hasher_add(f->hasher, data, size);
    return iv_writer_add(f->writer, data, size, err);
}

imgvec_status iv_bundle_write(const iv_bundle *b, const char *kind, const char *content,
                              const char *engines, const char *path, imgvec_error *err)
{
    out_file file = {0};
    iv_zip_writer *zip = NULL;
    imgvec_status status = IMGVEC_OK;
    char *manifest = make_manifest(b, kind, content, engines);
    file.hasher = iv_hasher_new(b->ctx);
    if (!manifest || !file.hasher) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(iv_writer_open(b->ctx, path, &file.writer, err));
    IV_DO(iv_zip_writer_new(b->ctx, put_bytes, &file, &zip, err));
    IV_DO(iv_zip_writer_add(zip, IV_MANIFEST_NAME, manifest, strlen(manifest), err));
    for (size_t i = 0; i < b->count; i++)
        IV_DO(iv_zip_writer_add(zip, b->parts[i].name, b->parts[i].data, b->parts[i].size, err));
    uint64_t before = iv_zip_writer_position(zip);
    iv_digest digest = iv_hasher_end(file.hasher);
    file.hasher = NULL;
    char trailer[IV_TRAILER_SIZE];
    iv_trailer_make(&digest, before, trailer);
    IV_DO(iv_zip_writer_add(zip, IV_TRAILER_NAME, trailer, sizeof trailer, err));
    IV_DO(iv_zip_writer_finish(zip, err));
    iv_writer *writer = file.writer;
    file.writer = NULL;
    IV_DO(iv_writer_commit(writer, err));
done:
    iv_zip_writer_free(zip);
    iv_hasher_free(file.hasher);
    iv_writer_abort(file.writer);
    iv_free(b->ctx, manifest);
    return status;
}
