#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/dtype.h"
#include "io/order.h"
#include "io/pth.h"

#define TENSORS_MAX 100000
/* float32 bytes of all tensors: halves double, bytes quadruple, tied weights are repeated. */
#define BYTES_FREE (UINT64_C(256) << 20)
#define BYTES_PER_BYTE 8

/* A tensor of the state_dict. */
typedef struct wanted {
    const char *name;
    const iv_pickle_tensor *view;
    size_t count;
} wanted;

typedef struct loader {
    const iv_pth_container *c;
    const iv_pickle *p;
    wanted *items;
    uint32_t *order; /* by storage */
    size_t count;
    iv_tensors *set;
    unsigned char *buffer; /* of one storage */
    size_t buffer_size;
    imgvec_error *err;
} loader;

static uint64_t bytes_max(const loader *l)
{
    return BYTES_FREE +
           BYTES_PER_BYTE * (l->c->file_size < INT64_MAX / BYTES_PER_BYTE ? l->c->file_size : 0);
}

/* Everything is checked before the first tensor gets memory. */
static imgvec_status collect(loader *l, const iv_pickle_value *dict)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < dict->count; i++) {
        const iv_pickle_entry *e = &dict->as.entries[i];
        if (!e->name || e->value->type != IV_PICKLE_TENSOR)
            continue;
        if (l->count == TENSORS_MAX)
            return iv_fail(l->err, IMGVEC_ERR_LIMIT, "more than %d tensors", TENSORS_MAX);
        wanted *w = &l->items[l->count];
        w->name = iv_pth_plain_name(e->name);
        w->view = e->value->as.tensor;
        IV_TRY(iv_pth_check_view(l->p, w->view, w->name, &w->count, l->err));
        total += (uint64_t)w->count * sizeof(float);
        if (w->count > bytes_max(l) / sizeof(float) || total > bytes_max(l))
            return iv_fail(l->err, IMGVEC_ERR_LIMIT,
                           "tensor %.300s: %zu elements are out of proportion to a file of %llu "
                           "bytes; save it as a copy (clone) instead of an expanded view",
                           w->name, w->count, (unsigned long long)l->c->file_size);
        l->count++;
    }
    return IMGVEC_OK;
}

static bool earlier(const void *user, size_t a, size_t b)
{
    const loader *l = user;
    uint32_t x = l->items[a].view->part->storage, y = l->items[b].view->part->storage;
    return x != y ? x < y : a < b;
}

static imgvec_status add_all(loader *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const wanted *w = &l->items[i];
        iv_tensor *t;
        IV_TRY(iv_tensors_add(l->set, w->name, w->view->rank, w->view->shape, &t, l->err));
        snprintf(t->dtype, sizeof t->dtype, "%s", w->view->dtype);
    }
    return IMGVEC_OK;
}

/* The one tensor of a storage that holds exactly its values: read where they belong. */
static bool is_whole(const loader *l, const wanted *w, const iv_pickle_storage *s)
{
    return w->view->offset == 0 && w->view->part->offset == 0 && w->count == s->count &&
           strcmp(w->view->dtype, "F32") == 0 && strcmp(s->dtype, "F32") == 0 &&
           iv_pth_is_contiguous(w->view);
}

/* The tensors order[begin .. end) of one storage. */
static imgvec_status load_storage(loader *l, size_t begin, size_t end)
{
    const wanted *first = &l->items[l->order[begin]];
    const iv_pickle_storage *s = &l->p->storages[first->view->part->storage];
    if (end - begin == 1 && is_whole(l, first, s))
        return l->c->read(l->c->user, s, l->set->items[l->order[begin]].data, l->err);
    if (s->bytes > bytes_max(l))
        return iv_fail(l->err, IMGVEC_ERR_LIMIT, "storage \"%.100s\" has %llu bytes, too many",
                       s->key, (unsigned long long)s->bytes);
    /* Kept from storage to storage: new pages cost more than reading does. */
    if (s->bytes > l->buffer_size) {
        iv_free(l->c->ctx, l->buffer);
        l->buffer_size = 0;
        l->buffer = iv_alloc(l->c->ctx, (size_t)s->bytes);
        if (!l->buffer)
            return iv_fail_nomem(l->err);
        l->buffer_size = (size_t)s->bytes;
    }
    IV_TRY(l->c->read(l->c->user, s, l->buffer, l->err));
    for (size_t i = begin; i < end; i++) {
        const wanted *w = &l->items[l->order[i]];
        iv_pth_copy_view(l->p, w->view, l->buffer, w->count, l->set->items[l->order[i]].data);
    }
    return IMGVEC_OK;
}

static imgvec_status load_all(loader *l)
{
    for (size_t begin = 0, end; begin < l->count; begin = end) {
        uint32_t storage = l->items[l->order[begin]].view->part->storage;
        end = begin + 1;
        while (end < l->count && l->items[l->order[end]].view->part->storage == storage)
            end++;
        IV_TRY(load_storage(l, begin, end));
        for (size_t i = begin; i < end; i++)
            IV_TRY(iv_tensor_check_finite(&l->set->items[l->order[i]], l->err));
    }
    return IMGVEC_OK;
}

imgvec_status iv_pth_load(const iv_pth_container *c, const iv_pickle *p, iv_tensors **out,
                          imgvec_error *err)
{
    loader l = {.c = c, .p = p, .err = err};
    const iv_pickle_value *dict = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_pth_state_dict(p, &dict, err));
    l.items = iv_alloc_n(c->ctx, dict->count, sizeof *l.items);
    l.order = iv_alloc_n(c->ctx, dict->count, sizeof *l.order);
    if (!l.items || !l.order)
        IV_DO(iv_fail_nomem(err));
    IV_DO(collect(&l, dict));
    iv_order(l.order, l.count, earlier, &l);
    IV_DO(iv_tensors_new(c->ctx, &l.set, err));
    IV_DO(add_all(&l));
    IV_DO(load_all(&l));
    *out = l.set;
    l.set = NULL;
done:
    iv_tensors_free(l.set);
    iv_free(c->ctx, l.items);
    iv_free(c->ctx, l.order);
    iv_free(c->ctx, l.buffer);
    return status;
}
