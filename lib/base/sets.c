#include "base/sets.h"

#include "base/mem.h"

int iv_sets_make(imgvec_context *ctx, size_t count, iv_sets *out)
{
    out->count = count;
    out->parent = count <= INT32_MAX ? iv_alloc_n(ctx, count, sizeof *out->parent) : NULL;
    for (size_t i = 0; out->parent && i < count; i++)
        out->parent[i] = (int32_t)i;
    return out->parent ? 0 : -1;
}

int32_t iv_sets_find(iv_sets *s, int32_t item)
{
    while (s->parent[item] != item) {
        s->parent[item] = s->parent[s->parent[item]];
        item = s->parent[item];
    }
    return item;
}

/* By the smaller item, not by rank: which item stands for a set must not depend on the order of
 * the joins. */
void iv_sets_join(iv_sets *s, int32_t a, int32_t b)
{
    a = iv_sets_find(s, a);
    b = iv_sets_find(s, b);
    if (a < b)
        s->parent[b] = a;
    else
        s->parent[a] = b;
}

void iv_sets_free(imgvec_context *ctx, iv_sets *s)
{
    iv_free(ctx, s->parent);
    s->parent = NULL;
}
