#include "table/archives.h"

#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

typedef struct archive {
    char *path;
    iv_zip *zip;
} archive;

struct iv_archives {
    imgvec_context *ctx;
    iv_zip_limits limits;
    pthread_mutex_t lock;
    archive *items;
    size_t count, capacity;
};

imgvec_status iv_archives_new(imgvec_context *ctx, const iv_zip_limits *limits, iv_archives **out,
                              imgvec_error *err)
{
    iv_archives *a = iv_zalloc(ctx, sizeof *a);
    if (!a)
        return iv_fail_nomem(err);
    a->ctx = ctx;
    if (limits)
        a->limits = *limits;
    pthread_mutex_init(&a->lock, NULL);
    *out = a;
    return IMGVEC_OK;
}

const iv_zip_limits *iv_archives_limits(const iv_archives *a)
{
    return &a->limits;
}

void iv_archives_set_limits(iv_archives *a, const iv_zip_limits *limits)
{
    a->limits = *limits;
}

static imgvec_status add(iv_archives *a, const char *path, const iv_zip **out, imgvec_error *err)
{
    if (iv_reserve(a->ctx, &a->items, &a->capacity, a->count + 1, sizeof *a->items) != 0)
        return iv_fail_nomem(err);
    archive *item = &a->items[a->count];
    IV_TRY(iv_zip_open(a->ctx, path, &a->limits, &item->zip, err));
    item->path = iv_strdup(a->ctx, path);
    if (!item->path) {
        iv_zip_close(item->zip);
        return iv_fail_nomem(err);
    }
    a->count++;
    *out = item->zip;
    return IMGVEC_OK;
}

imgvec_status iv_archives_get(iv_archives *a, const char *path, const iv_zip **out,
                              imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    *out = NULL;
    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->count && !*out; i++)
        if (strcmp(a->items[i].path, path) == 0)
            *out = a->items[i].zip;
    if (!*out)
        status = add(a, path, out, err);
    pthread_mutex_unlock(&a->lock);
    return status;
}

void iv_archives_free(iv_archives *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->count; i++) {
        iv_zip_close(a->items[i].zip);
        iv_free(a->ctx, a->items[i].path);
    }
    iv_free(a->ctx, a->items);
    pthread_mutex_destroy(&a->lock);
    iv_free(a->ctx, a);
}
