#include "base/known_folds.h"

#include <string.h>

#include "base/mem.h"

void iv_known_folds_free(imgvec_context *ctx, iv_known_folds *k)
{
    if (!k)
        return;
    iv_free(ctx, k->path);
    iv_free(ctx, k->record);
    iv_free(ctx, k->target);
    iv_free(ctx, k->task);
    iv_free(ctx, k->fold_column);
    iv_free(ctx, k->row);
    iv_free(ctx, k->fold);
    iv_free(ctx, k);
}

iv_known_folds *iv_known_folds_clone(imgvec_context *ctx, const iv_known_folds *k)
{
    iv_known_folds *c = iv_zalloc(ctx, sizeof *c);
    if (!c)
        return NULL;
    c->path = iv_strdup(ctx, k->path);
    c->record = iv_strdup(ctx, k->record);
    c->target = iv_strdup(ctx, k->target);
    c->task = iv_strdup(ctx, k->task);
    c->fold_column = iv_strdup(ctx, k->fold_column);
    c->holdout = k->holdout;
    c->folds = k->folds;
    c->count = k->count;
    c->row = iv_alloc_n(ctx, k->count, sizeof *c->row);
    c->fold = iv_alloc_n(ctx, k->count, sizeof *c->fold);
    if (!c->path || !c->record || !c->target || !c->task || !c->fold_column || !c->row ||
        !c->fold) {
        iv_known_folds_free(ctx, c);
        return NULL;
    }
    memcpy(c->row, k->row, k->count * sizeof *c->row);
    memcpy(c->fold, k->fold, k->count * sizeof *c->fold);
    return c;
}
