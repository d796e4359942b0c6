/* Downloading published checkpoints. */
#ifndef IV_NET_FETCH_H
#define IV_NET_FETCH_H

#include "base/watch.h"
#include "net/published.h"

typedef struct iv_fetch_request {
    const char *name;        /* see iv_published_need */
    const char *weights_dir; /* "": the first of the user's own folders */
    const char *mirror;      /* "": as published; else <mirror>/<file> */
    const char *ca_file;     /* as in iv_http_limits */
} iv_fetch_request;

/* Downloads the checkpoint into the folder (made when it is not there) under its published
 * name. A file that is there with the right digest is left as it is. The download has another
 * name until its size and digest are the published ones; what was cut goes on next time, and
 * what was left whole and unchecked is checked then.
 * *path: NEW.
 * Errors: INVALID_ARGUMENT (no such checkpoint, no folder, an address that is not https),
 * UNSUPPORTED (no digest is known, built without downloads), DATA (other bytes than the
 * published), and those of iv_http_download. From where, into which folder and under which
 * name the file can be put by hand is in the text of each that a download could not help. */
imgvec_status iv_weights_fetch(imgvec_context *ctx, const iv_fetch_request *request,
                               iv_watch *watch, char **path, imgvec_error *err);

#endif
