#include "table/prints.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

void iv_prints_init(imgvec_context *ctx, bool near, iv_prints *out)
{
    *out = (iv_prints){.ctx = ctx, .near = near};
    pthread_mutex_init(&out->lock, NULL);
}

imgvec_status iv_prints_add(iv_prints *p, const iv_image *image, const iv_digest *digest,
                            size_t *print, imgvec_error *err)
{
    iv_print made = {.digest = *digest, .hash.plain = true};
    if (p->near)
        IV_TRY(iv_phash_make(p->ctx, image, &made.hash, err));
    imgvec_status status = IMGVEC_OK;
    pthread_mutex_lock(&p->lock);
    if (iv_reserve(p->ctx, &p->items, &p->capacity, p->count + 1, sizeof *p->items) == 0) {
        *print = p->count;
        p->items[p->count++] = made;
    } else {
        status = iv_fail_nomem(err);
    }
    pthread_mutex_unlock(&p->lock);
    return status;
}

imgvec_status iv_prints_use(iv_prints *p, int64_t row, int32_t column, int32_t index, size_t print,
                            imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    pthread_mutex_lock(&p->lock);
    if (iv_reserve(p->ctx, &p->uses, &p->use_capacity, p->use_count + 1, sizeof *p->uses) == 0)
        p->uses[p->use_count++] = (iv_print_use){row, column, index, print};
    else
        status = iv_fail_nomem(err);
    pthread_mutex_unlock(&p->lock);
    return status;
}

static int by_place(const void *a, const void *b)
{
    const iv_print_use *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

void iv_prints_sort(iv_prints *p)
{
    if (p->use_count > 1)
        qsort(p->uses, p->use_count, sizeof *p->uses, by_place);
}

void iv_prints_free(iv_prints *p)
{
    if (!p->ctx)
        return;
    iv_free(p->ctx, p->items);
    iv_free(p->ctx, p->uses);
    pthread_mutex_destroy(&p->lock);
    *p = (iv_prints){0};
}
