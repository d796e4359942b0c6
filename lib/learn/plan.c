#include "learn/plan.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/stacked.h"
#include "table/dataset.h"

#define WIDE_ALONE 8 /* wide columns that are units of their own in a large table */

bool iv_plan_same(const iv_plan *a, const iv_plan *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* The unit that holds all columns of the type, -1 when there is none yet. */
static int find_shared(const iv_units *u, const bool *shared, int32_t type, bool tuned)
{
    for (size_t i = 0; i < u->count; i++)
        if (shared[i] && u->type[i] == type && u->tuned[i] == tuned)
            return (int)i;
    return -1;
}

imgvec_status iv_units_make(imgvec_context *ctx, const iv_inputs *inputs, bool together,
                            iv_units *out, imgvec_error *err)
{
    bool shared[IV_UNITS_MAX] = {0};
    size_t wide_count = 0;
    bool few = inputs->count <= IV_UNITS_MAX;
    memset(out, 0, sizeof *out);
    out->of = iv_calloc(ctx, inputs->count + 1, sizeof *out->of);
    if (!out->of)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < inputs->count; i++) {
        const iv_input *in = &inputs->items[i];
        bool wide = iv_stacked_kind_of(in->type) != NULL;
        bool alone = wide ? few || wide_count++ < WIDE_ALONE : few && !together;
        int at = alone ? -1 : find_shared(out, shared, in->type, in->tuned > 0);
        if (at < 0) {
            at = (int)out->count++;
            out->name[at] = iv_dataset_column_name(inputs->ds, in->column);
            out->type[at] = in->type;
            out->wide[at] = wide;
            out->tuned[at] = in->tuned > 0;
            shared[at] = !alone;
        }
        out->columns[at]++;
        out->of[i] = (uint8_t)at;
    }
    return IMGVEC_OK;
}

void iv_units_free(imgvec_context *ctx, iv_units *u)
{
    iv_free(ctx, u->of);
    memset(u, 0, sizeof *u);
}

bool iv_plan_uses(const iv_plan *p, const iv_units *u, bool wide)
{
    for (size_t i = 0; i < u->count; i++)
        if (p->use[i] && u->wide[i] == wide)
            return true;
    return false;
}
