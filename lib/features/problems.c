#include "features/problems.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

imgvec_status iv_problems_add(imgvec_context *ctx, iv_problems *list, int64_t row,
                              const char *column, const char *path, const imgvec_error *why,
                              imgvec_error *err)
{
    if (iv_reserve(ctx, &list->items, &list->capacity, list->count + 1, sizeof *list->items) != 0)
        return iv_fail_nomem(err);
    iv_problem *p = &list->items[list->count];
    *p = (iv_problem){.row = row, .code = why->code};
    p->column = iv_strdup(ctx, column);
    p->path = iv_strdup(ctx, path);
    p->reason = iv_strdup(ctx, why->text);
    list->count++; /* counted even when half made: the list's free releases it */
    return p->column && p->path && p->reason ? IMGVEC_OK : iv_fail_nomem(err);
}

void iv_problems_write(const iv_problems *list, iv_json_writer *w, const char *name)
{
    iv_json_put_array(w, name);
    for (size_t i = 0; i < list->count; i++) {
        const iv_problem *p = &list->items[i];
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "row", p->row);
        iv_json_put_text(w, "column", p->column);
        iv_json_put_text(w, "path", p->path);
        iv_json_put_text(w, "reason", p->reason);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

void iv_problems_free(imgvec_context *ctx, iv_problems *list)
{
    for (size_t i = 0; i < list->count; i++) {
        iv_free(ctx, list->items[i].column);
        iv_free(ctx, list->items[i].path);
        iv_free(ctx, list->items[i].reason);
    }
    iv_free(ctx, list->items);
    memset(list, 0, sizeof *list);
}
