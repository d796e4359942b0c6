#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "table/split_plan.h"

static void put_name(iv_json_writer *w, const imgvec_dataset *ds, const char *name, int32_t column)
{
    if (column >= 0)
        iv_json_put_text(w, name, ds->columns[column].name);
    else
        iv_json_put_null(w, name);
}

static imgvec_status put_classes(const iv_split_plan *p, const imgvec_dataset *ds, int32_t part,
                                 int64_t rows, iv_json_writer *w, imgvec_error *err)
{
    int64_t *count = iv_calloc(p->ctx, p->levels.count, sizeof *count);
    if (!count)
        return iv_fail_nomem(err);
    for (size_t row = 0; row < p->rows; row++)
        if (p->part[row] == part && p->class[row] >= 0)
            count[p->class[row]]++;
    iv_json_put_array(w, "classes");
    for (size_t c = 0; c < p->levels.count; c++) {
        char buffer[IV_NUMBER_MAX];
        const char *text = "";
        size_t length = 0;
        iv_text name;
        iv_text_init(&name, p->ctx);
        iv_dataset_text(ds, p->target, p->levels.items[c].first, buffer, &text, &length);
        iv_text_add_n(&name, text, length);
        iv_json_put_object(w, NULL);
        iv_json_put_text(w, "name", name.data ? name.data : "");
        iv_json_put_i64(w, "rows", count[c]);
        iv_json_put_f64(w, "share", rows ? (double)count[c] / (double)rows : 0);
        iv_json_put_end(w, '}');
        w->out->failed = w->out->failed || name.failed;
        iv_text_free(&name);
    }
    iv_json_put_end(w, ']');
    iv_free(p->ctx, count);
    return IMGVEC_OK;
}

/* Groups are whole on one side, so that each is counted at its first row. */
static int64_t count_groups(const iv_split_plan *p, int32_t part)
{
    int64_t groups = 0;
    for (size_t row = 0; row < p->rows; row++)
        groups += p->part[row] == part && p->group[row] == (int32_t)row;
    return groups;
}

static imgvec_status put_part(const iv_split_plan *p, const imgvec_dataset *ds, const char *name,
                              int32_t part, const char *path, iv_json_writer *w, imgvec_error *err)
{
    int64_t rows = 0;
    for (size_t row = 0; row < p->rows; row++)
        rows += p->part[row] == part;
    iv_json_put_object(w, name);
    iv_json_put_text(w, "path", path);
    iv_json_put_i64(w, "rows", rows);
    iv_json_put_f64(w, "share", (double)rows / (double)p->rows);
    if (p->group)
        iv_json_put_i64(w, "groups", count_groups(p, part));
    if (p->stratified)
        IV_TRY(put_classes(p, ds, part, rows, w, err));
    iv_json_put_end(w, '}');
    return IMGVEC_OK;
}

imgvec_status iv_split_plan_write(const iv_split_plan *p, const imgvec_dataset *ds,
                                  const imgvec_options *opts, const char *const paths[2],
                                  char **out, imgvec_error *err)
{
    iv_text text;
    iv_json_writer w;
    imgvec_status status;
    iv_text_init(&text, p->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_i64(&w, "rows", (int64_t)p->rows);
    iv_json_put_text(&w, "by", p->time_column >= 0 ? "time" : "random");
    iv_json_put_f64(&w, "ratio", iv_option_f64(opts, IMGVEC_OPT_RATIO));
    iv_json_put_i64(&w, "seed", iv_option_i64(opts, IMGVEC_OPT_SEED));
    put_name(&w, ds, "target", p->target);
    iv_json_put_bool(&w, "stratified", p->stratified && p->time_column < 0);
    put_name(&w, ds, "group", p->group_column);
    put_name(&w, ds, "time", p->time_column);
    if (p->time_column >= 0)
        iv_json_put_i64(&w, "moved_to_test", p->moved);
    IV_DO(put_part(p, ds, "train", 0, paths[0], &w, err));
    IV_DO(put_part(p, ds, "test", 1, paths[1], &w, err));
    if (p->check.ctx)
        iv_json_put_i64(&w, "bad_images", (int64_t)p->check.count);
    else
        iv_json_put_null(&w, "bad_images");
    IV_DO(iv_duplicates_write(&p->duplicates, ds, p->target, &w, err));
    iv_json_put_end(&w, '}');
    *out = iv_text_take(&text);
    status = *out ? IMGVEC_OK : iv_fail_nomem(err);
done:
    iv_text_free(&text);
    return status;
}
