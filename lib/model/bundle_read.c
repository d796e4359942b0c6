/* Reading a bundle: nothing of it is parsed before all of it has proved whole. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/zip_reader.h"
#include "io/zip_writer.h"
#include "model/bundle.h"
#include "model/trailer.h"

#define MANIFEST_MAX (UINT64_C(64) << 20)
#define MANIFEST_DEPTH 64
#define EITHER "model or vectorizer"

/* Compares what the archive would be if it were written now with what it is. */
typedef struct replay {
    const iv_zip *zip;
    iv_hasher *hasher; /* of the first `before` bytes */
    uint64_t position, before;
    char buffer[65536];
} replay;

static imgvec_status compare(void *user, const void *data, size_t size, imgvec_error *err)
{
    replay *r = user;
    const char *p = data;
    while (size > 0) {
        size_t n = size < sizeof r->buffer ? size : sizeof r->buffer;
        IV_TRY(iv_zip_read_raw(r->zip, r->position, r->buffer, n, err));
        if (memcmp(r->buffer, p, n) != 0)
            return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)r->position,
                              "damaged near byte %llu", (unsigned long long)r->position);
        if (r->position < r->before) {
            uint64_t left = r->before - r->position;
            iv_hasher_add(r->hasher, p, left < n ? (size_t)left : n);
        }
        r->position += n;
        p += n;
        size -= n;
    }
    return IMGVEC_OK;
}

/* Loads every member into b, the trailer last. */
static imgvec_status load_parts(const iv_zip *zip, iv_bundle *b, imgvec_error *err)
{
    for (size_t i = 0; i < iv_zip_count(zip); i++) {
        const iv_zip_entry *e = iv_zip_entry_at(zip, i);
        void *data;
        size_t size;
        if (e->method != 0)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s is compressed", e->name);
        IV_TRY(iv_zip_read(zip, i, 0, &data, &size, err));
        IV_TRY(iv_bundle_add(b, e->name, data, size, err));
    }
    return IMGVEC_OK;
}

static imgvec_status check_bytes(imgvec_context *ctx, const iv_zip *zip, const iv_bundle *b,
                                 imgvec_error *err)
{
    const iv_part *last = b->count ? &b->parts[b->count - 1] : NULL;
    uint64_t before;
    if (b->count < 2 || strcmp(last->name, IV_TRAILER_NAME) != 0 || last->size != IV_TRAILER_SIZE ||
        !iv_trailer_count(last->data, &before))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "no trailer");
    imgvec_status status = IMGVEC_OK;
    iv_zip_writer *writer = NULL;
    replay *r = iv_zalloc(ctx, sizeof *r);
    iv_hasher *hasher = iv_hasher_new(ctx);
    if (!r || !hasher) {
        status = iv_fail_nomem(err);
        goto done;
    }
    r->zip = zip;
    r->hasher = hasher;
    r->before = before;
    IV_DO(iv_zip_writer_new(ctx, compare, r, &writer, err));
    for (size_t i = 0; i < b->count; i++)
        IV_DO(iv_zip_writer_add(writer, b->parts[i].name, b->parts[i].data, b->parts[i].size, err));
    IV_DO(iv_zip_writer_finish(writer, err));
    if (r->position != iv_zip_file_size(zip)) {
        status = iv_fail(err, IMGVEC_ERR_FORMAT, "bytes after the end");
        goto done;
    }
    char expected[IV_TRAILER_SIZE];
    iv_digest digest = iv_hasher_end(hasher);
    hasher = NULL;
    iv_trailer_make(&digest, before, expected);
    if (memcmp(expected, last->data, sizeof expected) != 0)
        status = iv_fail(err, IMGVEC_ERR_FORMAT, "the digest does not match");
done:
    iv_zip_writer_free(writer);
    iv_hasher_free(hasher);
    iv_free(ctx, r);
    return status;
}

/* What a zip archive may be and a bundle of ours never is: encrypted, too large, compressed. */
static imgvec_status as_damage(imgvec_status status, imgvec_error *err)
{
    if (status != IMGVEC_ERR_UNSUPPORTED && status != IMGVEC_ERR_LIMIT)
        return status;
    if (err)
        err->code = IMGVEC_ERR_FORMAT;
    return IMGVEC_ERR_FORMAT;
}

static imgvec_status check_manifest(const iv_bundle *b, const char *kind, const iv_json *root,
                                    imgvec_error *err)
{
    int64_t format, reader;
    const char *is, *needs;
    const iv_json *parts;
    IV_TRY(iv_json_i64(root, "format", 1, INT32_MAX, &format, err));
    IV_TRY(iv_json_i64(root, "min_reader", 1, INT32_MAX, &reader, err));
    IV_TRY(iv_json_text(root, "needs", &needs, err));
    if (reader > IV_BUNDLE_FORMAT)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "made by a newer release: it needs libimgvec %s or later", needs);
    IV_TRY(iv_json_text(root, "kind", &is, err));
    if (kind ? strcmp(is, kind) != 0 : strcmp(is, "model") != 0 && strcmp(is, "vectorizer") != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "holds a %s, not a %s", is, kind ? kind : EITHER);
    IV_TRY(iv_json_array(root, "parts", &parts, err));
    if (parts->count + 2 != b->count)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%u parts listed, %zu there", (unsigned)parts->count,
                       b->count - 2);
    size_t i = 1;
    for (const iv_json *p = parts->as.first; p; p = p->next, i++) {
        const char *name, *hex;
        int64_t size;
        char is_hex[33];
        iv_digest digest = iv_hash(b->parts[i].data, b->parts[i].size);
        iv_digest_hex(&digest, is_hex);
        IV_TRY(iv_json_text(p, "name", &name, err));
        IV_TRY(iv_json_i64(p, "size", 0, INT64_MAX, &size, err));
        IV_TRY(iv_json_text(p, "xxh3_128", &hex, err));
        if (strcmp(name, b->parts[i].name) != 0 || (uint64_t)size != b->parts[i].size ||
            strcmp(hex, is_hex) != 0)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s is not the one that was listed",
                           b->parts[i].name);
    }
    return IMGVEC_OK;
}

imgvec_status iv_bundle_read(imgvec_context *ctx, const char *path, const char *kind,
                             iv_bundle *out, iv_json_document **manifest, imgvec_error *err)
{
    const iv_zip_limits limits = {.entries = 100000, .name_bytes = 1024};
    iv_zip *zip = NULL;
    iv_json_document *doc = NULL;
    imgvec_status status = IMGVEC_OK;
    iv_bundle_init(out, ctx);
    IV_DO(as_damage(iv_zip_open(ctx, path, &limits, &zip, err), err));
    IV_DO(as_damage(load_parts(zip, out, err), err));
    IV_DO(check_bytes(ctx, zip, out, err));
    if (strcmp(out->parts[0].name, IV_MANIFEST_NAME) != 0) {
        status = iv_fail(err, IMGVEC_ERR_FORMAT, "no manifest");
        goto done;
    }
    IV_DO(iv_json_parse(ctx, out->parts[0].data, out->parts[0].size, MANIFEST_DEPTH, MANIFEST_MAX,
                        &doc, err));
    IV_DO(check_manifest(out, kind, iv_json_root(doc), err));
done:
    iv_zip_close(zip);
    if (status == IMGVEC_OK) {
        *manifest = doc;
        return IMGVEC_OK;
    }
    iv_json_free(doc);
    iv_bundle_free(out);
    if (status == IMGVEC_ERR_FORMAT)
        iv_prefix(err, status, "%s is damaged or no %s of libimgvec", path, kind ? kind : EITHER);
    else if (status == IMGVEC_ERR_UNSUPPORTED)
        iv_prefix(err, status, "%s", path);
    return status;
}
