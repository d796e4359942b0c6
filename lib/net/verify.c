#include "net/verify.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define PIECE ((size_t)256 << 10)

const char *iv_verdict_name(iv_verdict verdict)
{
    static const char *const names[IV_VERDICT_COUNT] = {"ok", "damaged", "unknown"};
    return names[verdict];
}

bool iv_published_has_hash(const iv_published *row, const char *sha256)
{
    size_t digits = strlen(row->sha256);
    return digits > 0 && strncmp(row->sha256, sha256, digits) == 0;
}

static imgvec_status digest(const iv_source *source, unsigned char *piece, iv_watch *watch,
                            char sha256[IV_SHA256_HEX], imgvec_error *err)
{
    iv_sha256 h;
    iv_sha256_begin(&h);
    IV_TRY(iv_watch_begin(watch, source->size, err, "checking %s", iv_path_name(source->path)));
    for (uint64_t at = 0; at < source->size;) {
        size_t n = source->size - at < PIECE ? (size_t)(source->size - at) : PIECE;
        IV_TRY(iv_source_read(source, at, piece, n, err));
        iv_sha256_add(&h, piece, n);
        at += n;
        IV_TRY(iv_watch_step(watch, at, err));
    }
    iv_sha256_end(&h, sha256);
    return iv_watch_end(watch, err);
}

/* The row of a file of exactly this name. */
static const iv_published *row_of(const char *name)
{
    const iv_published *row = iv_published_find(name);
    return row && strcmp(row->file, name) == 0 ? row : NULL;
}

const iv_published *iv_published_for_tests;

/* The first row of a backbone (NULL: of any) that may have `bytes` and has the digest, or
 * some digest where sha256 is NULL. */
static const iv_published *row_with(const char *id, const char *sha256, int64_t bytes)
{
    for (size_t i = 0; i <= iv_published_count(); i++) {
        const iv_published *row =
            i < iv_published_count() ? iv_published_at(i) : iv_published_for_tests;
        if (row && (!id || strcmp(row->id, id) == 0) && (row->bytes == 0 || row->bytes == bytes) &&
            (sha256 ? iv_published_has_hash(row, sha256) : row->sha256[0] != '\0'))
            return row;
    }
    return NULL;
}

const iv_published *iv_published_by_hash(const char *id, const char *sha256, int64_t bytes)
{
    return row_with(id, sha256, bytes);
}

bool iv_published_of_size(const char *id, int64_t bytes)
{
    return row_with(id, NULL, bytes) != NULL;
}

static void say(iv_verified *v, iv_verdict verdict, const char *reason)
{
    v->verdict = verdict;
    snprintf(v->reason, sizeof v->reason, "%s", reason);
}

static void judge(const char *name, iv_verified *v)
{
    const iv_published *row = row_of(name);
    v->published = row;
    if (row && row->bytes && row->bytes != v->bytes) {
        v->verdict = IV_VERDICT_DAMAGED;
        snprintf(v->reason, sizeof v->reason, "it has %lld bytes, the published file %lld",
                 (long long)v->bytes, (long long)row->bytes);
    } else if (row && iv_published_has_hash(row, v->sha256)) {
        say(v, IV_VERDICT_OK,
            row->bytes ? "size and SHA-256 are the published ones"
                       : "the SHA-256 is the published one");
    } else if (row && row->sha256[0]) {
        v->verdict = IV_VERDICT_DAMAGED;
        snprintf(v->reason, sizeof v->reason, "its SHA-256 does not begin with %.64s", row->sha256);
    } else if ((v->published = row_with(NULL, v->sha256, v->bytes))) {
        v->verdict = IV_VERDICT_OK;
        snprintf(v->reason, sizeof v->reason, "by its SHA-256 it is %s", v->published->file);
    } else {
        v->published = iv_published_find(name);
        say(v, IV_VERDICT_UNKNOWN,
            row            ? "no hash of it is known"
            : v->published ? "not the published file itself: saved in another format"
                           : "no published checkpoint has this name or this SHA-256");
    }
}

imgvec_status iv_weights_verify(imgvec_context *ctx, const char *path, iv_watch *watch,
                                iv_verified *out, imgvec_error *err)
{
    iv_source source;
    memset(out, 0, sizeof *out);
    IV_TRY(iv_source_open(ctx, path, &source, err));
    unsigned char *piece = iv_alloc(ctx, PIECE);
    imgvec_status status =
        piece ? digest(&source, piece, watch, out->sha256, err) : iv_fail_nomem(err);
    out->bytes = (int64_t)source.size;
    iv_free(ctx, piece);
    iv_source_close(ctx, &source);
    if (status == IMGVEC_OK)
        judge(iv_path_name(path), out);
    return status;
}
