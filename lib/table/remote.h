/* The images of a dataset that lie behind URLs: fetched once into a cache folder, read from
 * there. Everything here is safe for many threads. */
#ifndef IV_TABLE_REMOTE_H
#define IV_TABLE_REMOTE_H

#include <imgvec/options.h>

#include "base/watch.h"
#include "io/http.h"

typedef struct iv_remote iv_remote;

imgvec_status iv_remote_new(imgvec_context *ctx, iv_remote **out, imgvec_error *err);
void iv_remote_free(iv_remote *r); /* NULL is accepted */
/* What the options say of the network and the cache; before anything is fetched. */
imgvec_status iv_remote_set(iv_remote *r, const imgvec_options *opts, imgvec_error *err);

/* URLs one after the other: *url is NEW, NULL behind the last one. The same may come twice. */
typedef struct iv_url_list {
    void *user;
    void (*rewind)(void *user);
    imgvec_status (*next)(void *user, char **url, imgvec_error *err);
} iv_url_list;

/* Fetches what is neither in the cache nor known to fail in this run. A download that fails is
 * no error here: its image is one that cannot be read. Errors: the cache folder cannot be
 * written, NO_MEMORY, CANCELLED, UNSUPPORTED in a build without libcurl. */
imgvec_status iv_remote_fetch(iv_remote *r, const iv_url_list *list, iv_watch *watch,
                              imgvec_error *err);

/* Bytes of one image (NEW), fetched now if iv_remote_fetch has not seen it. The text does not
 * repeat the URL. */
imgvec_status iv_remote_read(iv_remote *r, const char *url, uint64_t limit, void **data,
                             size_t *size, imgvec_error *err);

#endif
