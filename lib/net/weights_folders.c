/* Where weights files are looked for. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "net/weights.h"

static bool is_set(const char *text)
{
    return text && *text;
}

/* path: MOVED. false when out of memory. */
static bool add(imgvec_context *ctx, iv_weights_folders *f, char *path)
{
    if (!path)
        return false;
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->path[i], path) == 0) {
            iv_free(ctx, path);
            return true;
        }
    f->path[f->count++] = path;
    return true;
}

imgvec_status iv_weights_folders_list(imgvec_context *ctx, const char *weights_dir,
                                      iv_weights_folders *f, imgvec_error *err)
{
    const char *named = getenv("IMGVEC_WEIGHTS");
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    bool ok = true;
    *f = (iv_weights_folders){.count = 0};
    if (is_set(weights_dir))
        ok = ok && add(ctx, f, iv_strdup(ctx, weights_dir));
    if (is_set(named))
        ok = ok && add(ctx, f, iv_strdup(ctx, named));
    if (is_set(data))
        ok = ok && add(ctx, f, iv_path_join(ctx, data, "imgvec/weights"));
    else if (is_set(home))
        ok = ok && add(ctx, f, iv_path_join(ctx, home, ".local/share/imgvec/weights"));
    f->writable = f->count;
    ok = ok && add(ctx, f, iv_strdup(ctx, "/usr/local/share/imgvec/weights"));
    ok = ok && add(ctx, f, iv_strdup(ctx, "/usr/share/imgvec/weights"));
    if (ok)
        return IMGVEC_OK;
    iv_weights_folders_free(ctx, f);
    return iv_fail_nomem(err);
}

void iv_weights_folders_free(imgvec_context *ctx, iv_weights_folders *f)
{
    for (int i = 0; i < f->count; i++)
        iv_free(ctx, f->path[i]);
    *f = (iv_weights_folders){.count = 0};
}
