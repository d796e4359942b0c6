/* Data that is opened by a URL: downloaded once into the cache. */
#ifndef IV_TABLE_REMOTE_DATA_H
#define IV_TABLE_REMOTE_DATA_H

#include <imgvec/options.h>

#include "base/watch.h"

/* Whether the text names something behind a URL; also of a scheme that is not taken. */
bool iv_data_is_remote(const char *text);

/* The copy of `text` in the cache (NEW in *path), and the http or https URL that it came from
 * (NEW in *url), for links below it. What is there is asked for again by its ETag; when the
 * server cannot be reached, the copy is used, and the log says so. */
imgvec_status iv_data_fetch(imgvec_context *ctx, const char *text, const imgvec_options *opts,
                            iv_watch *watch, char **path, char **url, imgvec_error *err);

#endif
