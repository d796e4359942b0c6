#include "table/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

imgvec_status iv_make_folders(imgvec_context *ctx, const char *path, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    char *copy = iv_strdup(ctx, path);
    if (!copy)
        return iv_fail_nomem(err);
    for (char *slash = copy; slash && status == IMGVEC_OK;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (*copy && mkdir(copy, 0700) != 0 && errno != EEXIST && !iv_is_folder(copy))
            status = iv_fail_errno(err, errno, "cannot make folder %s (option cache_dir)", copy);
        if (slash)
            *slash = '/';
    }
    if (status == IMGVEC_OK && !iv_is_folder(path))
        status = iv_fail(err, IMGVEC_ERR_IO, "%s is no folder (option cache_dir)", path);
    iv_free(ctx, copy);
    return status;
}

/* By the XDG base directory rules a path there that is not absolute is none. */
static char *user_cache(imgvec_context *ctx, const char *below)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && xdg[0] == '/')
        return iv_format(ctx, "%s/imgvec/%s", xdg, below);
    return iv_format(ctx, "%s/.cache/imgvec/%s", home, below);
}

imgvec_status iv_cache_folder(imgvec_context *ctx, const char *set, const char *below, char **out,
                              imgvec_error *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (!*set && !(xdg && xdg[0] == '/') && !(home && home[0] == '/'))
        return iv_fail(err, IMGVEC_ERR_NOT_FOUND,
                       "no place for downloads: neither XDG_CACHE_HOME nor HOME is set; name a "
                       "folder with option cache_dir");
    char *path = *set ? iv_format(ctx, "%s/%s", set, below) : user_cache(ctx, below);
    if (!path)
        return iv_fail_nomem(err);
    imgvec_status status = iv_make_folders(ctx, path, err);
    if (status != IMGVEC_OK)
        iv_free(ctx, path);
    else
        *out = path;
    return status;
}
