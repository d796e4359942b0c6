/* The file of a model or a vectorizer: one zip archive of stored, 64-byte aligned parts.
 *
 *   manifest.json     format number, oldest reader, kind, versions, size and XXH3-128 of each
 *                     part, and the content (what imgvec_model_info shows)
 *   the parts
 *   trailer           64 bytes: digest and count of all bytes before it
 *
 * Every byte of the file is covered: a reader checks the digest, then writes the archive anew
 * in memory and compares, so that headers and directory are checked to the last bit too. */
#ifndef IV_MODEL_BUNDLE_H
#define IV_MODEL_BUNDLE_H

#include <stddef.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "io/json.h"

#define IV_BUNDLE_FORMAT 1 /* of files written by this library */

typedef struct iv_part {
    char *name;
    void *data;
    size_t size;
} iv_part;

typedef struct iv_bundle {
    imgvec_context *ctx;
    iv_part *parts;
    size_t count, capacity;
} iv_bundle;

void iv_bundle_init(iv_bundle *b, imgvec_context *ctx);
/* Takes data over in any case: it is freed on failure. */
imgvec_status iv_bundle_add(iv_bundle *b, const char *name, void *data, size_t size,
                            imgvec_error *err);
const iv_part *iv_bundle_find(const iv_bundle *b, const char *name); /* NULL when absent */
void iv_bundle_free(iv_bundle *b);

/* Writes the file atomically. kind: "model" or "vectorizer"; content and engines: JSON
 * objects. */
imgvec_status iv_bundle_write(const iv_bundle *b, const char *kind, const char *content,
                              const char *engines, const char *path, imgvec_error *err);

/* Reads and checks a file of that kind, of either for NULL. Damage anywhere is FORMAT; a file that
 * needs a newer reader is UNSUPPORTED and names the release. out is initialised by the call;
 * *manifest: NEW. */
imgvec_status iv_bundle_read(imgvec_context *ctx, const char *path, const char *kind,
                             iv_bundle *out, iv_json_document **manifest, imgvec_error *err);

#endif
