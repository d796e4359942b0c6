/* The list of what was fetched into a cache folder: one line of JSON for each download, added
 * when it ended. Of several lines for one URL the last counts. A line that was cut when the
 * machine stopped is skipped, and nothing is lost but that line. */
#ifndef IV_TABLE_MANIFEST_H
#define IV_TABLE_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/watch.h"

typedef struct iv_manifest_line {
    const char *url;
    int32_t status;    /* of HTTP, 0: no answer */
    uint64_t bytes;    /* of the file */
    iv_digest hash;    /* XXH3-128 of its bytes */
    const char *etag;  /* "" for none */
    const char *error; /* why there is no file; "" when there is one */
} iv_manifest_line;

/* Open for adding, and locked against every other holder. */
typedef struct iv_manifest {
    imgvec_context *ctx;
    char *path;
    int fd;
} iv_manifest;

/* Calls on_line for each sound line of `folder`'s manifest; no manifest is no line. */
imgvec_status iv_manifest_read(imgvec_context *ctx, const char *folder,
                               imgvec_status (*on_line)(void *user, const iv_manifest_line *line,
                                                        imgvec_error *err),
                               void *user, imgvec_error *err);
/* Waits while another process holds it, as long as the watch allows. */
imgvec_status iv_manifest_lock(imgvec_context *ctx, const char *folder, iv_watch *watch,
                               iv_manifest *out, imgvec_error *err);
imgvec_status iv_manifest_add(iv_manifest *m, const iv_manifest_line *line, imgvec_error *err);
/* On disk, and unlocked. */
imgvec_status iv_manifest_close(iv_manifest *m, imgvec_error *err);

#endif
