#include "api/executor.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

/* The module stays loaded for the life of the process: torch cannot be unloaded. */
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static const iv_executor *loaded;

/* Path of the module beside this very library (NEW): <folder of libimgvec>/imgvec/torch.so, or
 * the folder it was configured for when the library is part of the program. */
static char *module_path(imgvec_context *ctx)
{
    Dl_info info;
    if (dladdr((const void *)&load_lock, &info) && info.dli_fname) {
        char *folder = iv_path_folder(ctx, info.dli_fname);
        char *path = folder ? iv_path_join(ctx, folder, "imgvec/torch.so") : NULL;
        iv_free(ctx, folder);
        if (!path || iv_is_file(path))
            return path;
        iv_free(ctx, path);
    }
    return iv_strdup(ctx, IV_MODULE_FOLDER "/torch.so");
}

static imgvec_status load(imgvec_context *ctx, imgvec_error *err)
{
    char *path = module_path(ctx);
    if (!path)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    iv_executor_entry entry = NULL;
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        status = iv_fail(err, IMGVEC_ERR_ENGINE, "cannot load the network module %s: %s", path,
                         dlerror());
    } else {
        void *symbol = dlsym(module, "iv_torch_executor");
        memcpy(&entry, &symbol, sizeof entry); /* a cast would not be ISO C */
        loaded = entry ? entry(IV_EXECUTOR_ABI) : NULL;
        if (!loaded)
            status =
                iv_fail(err, IMGVEC_ERR_ENGINE,
                        "the network module %s belongs to another release of the library", path);
    }
    iv_free(ctx, path);
    return status;
}

imgvec_status iv_executor_get(imgvec_context *ctx, const iv_executor **out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    const iv_executor *set = atomic_load(&ctx->executor);
    if (!set) {
        pthread_mutex_lock(&load_lock);
        if (!loaded)
            status = load(ctx, err);
        set = loaded;
        pthread_mutex_unlock(&load_lock);
    }
    if (status == IMGVEC_OK)
        *out = set;
    return status;
}
