#include "features/problems.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

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

bool iv_problem_of_image(imgvec_status status, const imgvec_error *why)
{
    if (status == IMGVEC_ERR_IO && (why->detail == EMFILE || why->detail == ENFILE))
        return false;
    return status == IMGVEC_ERR_NOT_FOUND || status == IMGVEC_ERR_FORMAT ||
           status == IMGVEC_ERR_LIMIT || status == IMGVEC_ERR_UNSUPPORTED ||
           status == IMGVEC_ERR_IO;
}

/* Appends "row 7 path (reason)" of a bad image while there is room; a long path shows its end. */
static void name_bad(const iv_problem *p, char *text, size_t size)
{
    enum { PATH = 32, REASON = 34 };
    size_t used = strlen(text), length = strlen(p->path);
    const char *path = length ? p->path : "image in memory";
    bool cut = length > PATH;
    if (cut) {
        path += length - (PATH - 3);
        while ((*path & 0xC0) == 0x80) /* not in the middle of a character */
            path++;
    }
    int n = snprintf(text + used, size - used, "%srow %lld %s%s (%.*s)", used ? "; " : "",
                     (long long)p->row, cut ? "..." : "", path,
                     (int)iv_utf8_cut(p->reason, strlen(p->reason), REASON), p->reason);
    if (n < 0 || (size_t)n >= size - used)
        text[used] = '\0';
}

imgvec_status iv_problems_too_many(const iv_problems *problems, const char *column, int64_t max_bad,
                                   imgvec_error *err)
{
    char names[850] = "";
    for (size_t i = 0; problems && i < problems->count && i < 10; i++)
        name_bad(&problems->items[i], names, sizeof names);
    int shown = (int)iv_utf8_cut(column, strlen(column), 60);
    int64_t row = problems && problems->count ? problems->items[0].row : 0;
    if (max_bad == 0)
        return iv_fail_at(err, IMGVEC_ERR_DATA, row,
                          "column %.*s: an image cannot be used, and option on_bad or "
                          "max_bad_fraction allows none: %s",
                          shown, column, names);
    return iv_fail_at(err, IMGVEC_ERR_DATA, row,
                      "column %.*s: images of more cells cannot be used than max_bad_fraction "
                      "allows (%lld): %s",
                      shown, column, (long long)max_bad, names);
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
