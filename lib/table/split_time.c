#include "table/split_time.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

typedef struct moment {
    double time; /* a number as it is, a date in days */
    int64_t row;
} moment;

static bool holds_dates(const imgvec_dataset *ds, int32_t column)
{
    const iv_column *c = &ds->columns[column];
    double number;
    size_t length;
    if (c->store != IV_STORE_TEXT || c->count == 0)
        return false;
    const char *text = iv_cell(c, 0, &length);
    return c->type == IMGVEC_COLUMN_DATE || !iv_parse_f64(text, length, &number);
}

static imgvec_status read_times(const imgvec_dataset *ds, const imgvec_options *opts,
                                int32_t column, size_t n, moment *out, imgvec_error *err)
{
    bool dates = holds_dates(ds, column);
    iv_date_order order = dates ? iv_dataset_date_order(ds, opts, column) : IV_DATE_UNKNOWN;
    for (size_t i = 0; i < n; i++) {
        iv_date date;
        bool there = false;
        imgvec_status status;
        out[i].row = (int64_t)i;
        if (dates) {
            status = iv_dataset_date(ds, column, (int64_t)i, order, &date, &there, err);
            if (status == IMGVEC_OK && there)
                out[i].time = iv_date_moment(&date);
        } else {
            status = iv_dataset_number(ds, column, (int64_t)i, &out[i].time, err);
            there = status == IMGVEC_OK && !isnan(out[i].time);
        }
        if (status != IMGVEC_OK)
            return iv_prefix(err, status, "option time");
        if (!there)
            return iv_fail_at(err, IMGVEC_ERR_DATA, (int64_t)i,
                              "option time: column %s, row %zu has no value",
                              ds->columns[column].name, i);
    }
    return IMGVEC_OK;
}

static int by_time(const void *a, const void *b)
{
    const moment *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* How many of the sorted rows are early: the boundary between two times nearest to ratio * n. */
static size_t boundary(const moment *m, size_t n, double ratio)
{
    size_t wanted = (size_t)floor(ratio * (double)n + 0.5), down = wanted, up = wanted;
    while (down > 0 && down < n && m[down - 1].time == m[down].time)
        down--;
    while (up > 0 && up < n && m[up - 1].time == m[up].time)
        up++;
    bool lower = up >= n || (down > 0 && wanted - down <= up - wanted);
    return lower ? down : up;
}

/* Groups with a late row become late as a whole. */
static imgvec_status keep_groups(imgvec_context *ctx, size_t n, const int32_t *group, int32_t *part,
                                 int64_t *moved, imgvec_error *err)
{
    unsigned char *late = iv_calloc(ctx, n, 1); /* by group, the index of its first row */
    if (!late)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < n; i++)
        late[group[i]] |= part[i] == 1;
    for (size_t i = 0; i < n; i++) {
        *moved += part[i] == 0 && late[group[i]];
        part[i] = late[group[i]];
    }
    iv_free(ctx, late);
    return IMGVEC_OK;
}

imgvec_status iv_split_by_time(const imgvec_dataset *ds, const imgvec_options *opts, int32_t column,
                               const int32_t *group, double ratio, int32_t *part, int64_t *moved,
                               imgvec_error *err)
{
    size_t n = (size_t)iv_dataset_rows(ds), early = 0;
    imgvec_status status = IMGVEC_OK;
    moment *m = iv_alloc_n(ds->ctx, n, sizeof *m);
    if (!m)
        return iv_fail_nomem(err);
    IV_DO(read_times(ds, opts, column, n, m, err));
    if (n > 1)
        qsort(m, n, sizeof *m, by_time);
    early = boundary(m, n, ratio);
    for (size_t i = 0; i < n; i++)
        part[m[i].row] = i >= early;
    *moved = 0;
    if (group)
        IV_DO(keep_groups(ds->ctx, n, group, part, moved, err));
    if (early == 0 || early == n || *moved == (int64_t)early)
        status = iv_fail(
            err, IMGVEC_ERR_DATA, "option time: column %s leaves one of the parts without rows%s",
            ds->columns[column].name,
            *moved ? ", since each early row belongs to a group with a later one" : "");
done:
    iv_free(ds->ctx, m);
    return status;
}
