#include "features/date_parts.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "table/dataset.h"

enum { PARTS = 9 };

static const char *const part_names[PARTS] = {"days",    "year", "month",  "day",   "weekday",
                                              "yearday", "hour", "minute", "second"};

typedef struct state {
    iv_date_order order; /* as in the training data, whatever other data would suggest */
    int32_t count;
    int32_t parts[PARTS]; /* places in part_names, rising; the first is 0 */
} state;

static void split(const iv_date *d, float out[PARTS])
{
    out[0] = (float)iv_date_moment(d);
    out[1] = (float)d->year;
    out[2] = (float)d->month;
    out[3] = (float)d->day;
    out[4] = (float)iv_date_weekday(d);
    out[5] = (float)iv_date_yearday(d);
    out[6] = (float)d->hour;
    out[7] = (float)d->minute;
    out[8] = (float)(d->second + d->fraction);
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    state *s = b->state = iv_zalloc(ctx, sizeof *s);
    float first[PARTS] = {0}, part[PARTS];
    bool any = false, varies[PARTS] = {true};
    if (!s)
        return iv_fail_nomem(err);
    s->order = iv_dataset_date_order(inputs->ds, inputs->opts, in->column);
    for (size_t i = 0; i < t->count; i++) {
        iv_date date;
        bool there;
        IV_TRY(iv_dataset_date(inputs->ds, in->column, t->rows[i], s->order, &date, &there, err));
        if (!there)
            continue;
        split(&date, part);
        if (!any)
            memcpy(first, part, sizeof first);
        any = true;
        for (int p = 0; p < PARTS; p++)
            varies[p] = varies[p] || part[p] != first[p];
    }
    for (int p = 0; p < PARTS; p++)
        if (varies[p])
            s->parts[s->count++] = p;
    b->width = s->count;
    return IMGVEC_OK;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    const state *s = b->state;
    for (size_t i = 0; i < count; i++) {
        iv_date date;
        bool there;
        float part[PARTS];
        IV_TRY(iv_dataset_date(inputs->ds, in->column, rows[i], s->order, &date, &there, err));
        if (there)
            split(&date, part);
        for (int32_t p = 0; p < s->count; p++)
            out[i * stride + (size_t)p] = there ? part[s->parts[p]] : NAN;
    }
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    const state *s = b->state;
    iv_text_addf(out, "%s.%s", b->column, part_names[s->parts[i]]);
}

static void write(const iv_block *b, iv_json_writer *w)
{
    const state *s = b->state;
    iv_json_put_text(w, "order", iv_date_order_name(s->order));
    iv_json_put_array(w, "parts");
    for (int32_t p = 0; p < s->count; p++)
        iv_json_put_text(w, NULL, part_names[s->parts[p]]);
    iv_json_put_end(w, ']');
}

static int part_named(const iv_json *json)
{
    for (int p = 0; p < PARTS && json->type == IV_JSON_TEXT; p++)
        if (strcmp(json->as.text, part_names[p]) == 0)
            return p;
    return -1;
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    const iv_json *list;
    const char *order;
    state *s = b->state = iv_zalloc(ctx, sizeof *s);
    if (!s)
        return iv_fail_nomem(err);
    IV_TRY(iv_json_text(json, "order", &order, err));
    IV_TRY(iv_json_array(json, "parts", &list, err));
    s->order = iv_date_order_from(order);
    if (s->order == IV_DATE_UNKNOWN)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "unknown order %.40s", order);
    int last = -1;
    for (const iv_json *v = list->as.first; v; v = v->next) {
        int part = part_named(v);
        if (part <= last)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "parts of a date are unknown or out of order");
        s->parts[s->count++] = last = part;
    }
    if (s->count == 0 || s->parts[0] != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "a date without its days");
    b->width = s->count;
    return IMGVEC_OK;
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    iv_free(ctx, b->state);
}

const iv_block_kind iv_date_kind = {.name = "date",
                                    .type = IMGVEC_COLUMN_DATE,
                                    .fit = fit,
                                    .apply = apply,
                                    .feature_name = feature_name,
                                    .write = write,
                                    .read = read,
                                    .free = free_state};
