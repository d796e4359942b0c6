/* Where downloads are kept. */
#ifndef IV_TABLE_CACHE_H
#define IV_TABLE_CACHE_H

#include <imgvec/context.h>
#include <imgvec/error.h>

/* Folder `below` of the cache (NEW in *out), made with those above it. set: what option
 * cache_dir says; "" is the user's own: imgvec in XDG_CACHE_HOME or in ~/.cache. */
imgvec_status iv_cache_folder(imgvec_context *ctx, const char *set, const char *below, char **out,
                              imgvec_error *err);
/* Makes a folder and those above it, for the user alone. */
imgvec_status iv_make_folders(imgvec_context *ctx, const char *path, imgvec_error *err);

#endif
