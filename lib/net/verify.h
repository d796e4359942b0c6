/* Comparing checkpoint files with what was published. */
#ifndef IV_NET_VERIFY_H
#define IV_NET_VERIFY_H

#include "base/sha256.h"
#include "base/watch.h"
#include "net/published.h"

typedef enum iv_verdict {
    IV_VERDICT_OK,      /* the bytes that were published */
    IV_VERDICT_DAMAGED, /* named like a published file, but other bytes */
    IV_VERDICT_UNKNOWN, /* nothing is known to compare it with */
    IV_VERDICT_COUNT
} iv_verdict;

const char *iv_verdict_name(iv_verdict verdict); /* "ok", "damaged", "unknown" */

typedef struct iv_verified {
    iv_verdict verdict;
    const iv_published *published; /* what it is, or is named like; NULL: none */
    int64_t bytes;
    char sha256[IV_SHA256_HEX];
    char reason[200]; /* one line, for people */
} iv_verified;

/* Whether a digest is the row's, whose digits may be the first ones only; false where the row
 * has none. */
bool iv_published_has_hash(const iv_published *row, const char *sha256);

/* The row whose digest and, where it is published, size these are: of one backbone, or of any
 * (id NULL). NULL when there is none. */
const iv_published *iv_published_by_hash(const char *id, const char *sha256, int64_t bytes);

/* Whether a backbone has a row with a hash that files of this size may be. */
bool iv_published_of_size(const char *id, int64_t bytes);

/* Found by the two beside the table: a row that a test sets before it starts any job. Never
 * set in the library. */
extern const iv_published *iv_published_for_tests;

/* Reads the whole file; a stage of the watch, in bytes. A file is judged by the row of its
 * exact name; under any other name it is found by its digest. Errors: those of reading. */
imgvec_status iv_weights_verify(imgvec_context *ctx, const char *path, iv_watch *watch,
                                iv_verified *out, imgvec_error *err);

#endif
