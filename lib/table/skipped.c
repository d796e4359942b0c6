#include "table/skipped.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "table/store.h"

imgvec_status iv_skipped_add(imgvec_context *ctx, iv_skipped_rows *rows, uint64_t record,
                             uint64_t line, const char *why, imgvec_error *err)
{
    if (rows->listed < IV_SKIPPED_LISTED) {
        char *reason = iv_strdup(ctx, why);
        if (!reason || iv_reserve(ctx, &rows->list, &rows->capacity, rows->listed + 1,
                                  sizeof *rows->list) != 0) {
            iv_free(ctx, reason);
            return iv_fail_nomem(err);
        }
        rows->list[rows->listed++] = (iv_skipped_row){line, record, reason};
    }
    rows->count++;
    return IMGVEC_OK;
}

void iv_skipped_free(imgvec_context *ctx, iv_skipped_rows *rows)
{
    for (size_t i = 0; i < rows->listed; i++)
        iv_free(ctx, rows->list[i].reason);
    iv_free(ctx, rows->list);
    *rows = (iv_skipped_rows){0};
}

void iv_dataset_put_skipped(const imgvec_dataset *ds, iv_json_writer *w)
{
    const iv_skipped_rows *rows = &ds->skipped;
    iv_json_put_object(w, "skipped_rows");
    iv_json_put_i64(w, "count", rows->count);
    iv_json_put_array(w, "list");
    for (size_t i = 0; i < rows->listed; i++) {
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "line", (int64_t)rows->list[i].line);
        iv_json_put_i64(w, "record", (int64_t)rows->list[i].record);
        iv_json_put_text(w, "reason", rows->list[i].reason);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    iv_json_put_end(w, '}');
}

imgvec_status iv_dataset_check_skipped(const imgvec_dataset *ds, double share, imgvec_error *err)
{
    enum { NAMED = 10, REASON = 60 };
    const iv_skipped_rows *rows = &ds->skipped;
    int64_t all = iv_dataset_rows(ds) + rows->count;
    int64_t most = (int64_t)floor(share * (double)all + 1e-9);
    if (rows->count <= most)
        return IMGVEC_OK;
    char names[850] = "";
    for (size_t i = 0, used = 0; i < rows->listed && i < NAMED; i++) {
        const iv_skipped_row *row = &rows->list[i];
        int n = snprintf(names + used, sizeof names - used, "%sline %llu: %.*s", used ? "; " : "",
                         (unsigned long long)row->line,
                         (int)iv_utf8_cut(row->reason, strlen(row->reason), REASON), row->reason);
        if (n < 0 || (size_t)n >= sizeof names - used)
            break;
        used += (size_t)n;
    }
    return iv_fail_at(err, IMGVEC_ERR_DATA, (int64_t)rows->list[0].line,
                      "%lld of %lld rows cannot be read, more than max_bad_fraction allows (%lld): "
                      "%s",
                      (long long)rows->count, (long long)all, (long long)most, names);
}
