#include "model/compare.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "model/data_record.h"

#define OPTIONS_MAX 1000 /* of a file: far more than there are */

static void close_contender(imgvec_context *ctx, iv_contender *c)
{
    iv_json_free(c->manifest);
    iv_oof_free(ctx, &c->oof);
    iv_free(ctx, c->data);
}

static imgvec_status read_classes(iv_contender *c, imgvec_error *err)
{
    const iv_json *classes;
    if (c->task == IV_TASK_REGRESSION)
        return IMGVEC_OK;
    IV_TRY(iv_json_array(c->content, "classes", &classes, err));
    if (classes->count < 2 || classes->count > IV_CLASSES_MAX ||
        (c->task == IV_TASK_BINARY && classes->count != 2))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%u classes", (unsigned)classes->count);
    for (const iv_json *j = classes->as.first; j; j = j->next)
        if (j->type != IV_JSON_TEXT)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "a class is no text");
    c->class_count = (int32_t)classes->count;
    return IMGVEC_OK;
}

static imgvec_status read_contender(const iv_bundle *b, iv_contender *c, imgvec_error *err)
{
    const char *task;
    IV_TRY(iv_json_object(iv_json_root(c->manifest), "content", &c->content, err));
    IV_TRY(iv_json_object(c->content, "options", &c->options, err));
    if (c->options->count > OPTIONS_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%u options", (unsigned)c->options->count);
    IV_TRY(iv_json_text(c->content, "target", &c->target, err));
    IV_TRY(iv_json_text(c->content, "task", &task, err));
    if (iv_task_from_name(task, &c->task) != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "unknown task %s", task);
    IV_TRY(read_classes(c, err));
    IV_TRY(iv_oof_get(b, c->task, c->class_count, &c->oof, err));
    IV_TRY(iv_cost_get(b, &c->cost, err));
    return iv_data_record_get(b, &c->data, err);
}

/* c is closed by close_contender in any case. */
static imgvec_status open_contender(imgvec_context *ctx, const char *path, iv_contender *c,
                                    imgvec_error *err)
{
    iv_bundle b;
    struct stat st;
    c->path = path;
    IV_TRY(iv_bundle_read(ctx, path, "model", &b, &c->manifest, err));
    c->bytes = stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
    imgvec_status status = iv_prefix(err, read_contender(&b, c, err), "%s", path);
    iv_bundle_free(&b);
    return status;
}

static bool same_value(const iv_json *a, const iv_json *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case IV_JSON_NULL:
        return true;
    case IV_JSON_BOOL:
        return a->as.boolean == b->as.boolean;
    case IV_JSON_INT:
        return a->as.integer == b->as.integer;
    case IV_JSON_DOUBLE:
        return a->as.number == b->as.number;
    case IV_JSON_TEXT:
        return strcmp(a->as.text, b->as.text) == 0;
    default:
        return false;
    }
}

static bool is_default(const iv_json *value, const char *name)
{
    double number = 0;
    const iv_option *o = iv_option_find_named(name);
    if (!o)
        return false;
    if (o->type == IMGVEC_TYPE_TEXT)
        return value->type == IV_JSON_TEXT && strcmp(value->as.text, o->fallback) == 0;
    iv_parse_f64(o->fallback, strlen(o->fallback), &number);
    return (value->type == IV_JSON_BOOL && value->as.boolean == (number != 0)) ||
           (value->type == IV_JSON_INT && (double)value->as.integer == number) ||
           (value->type == IV_JSON_DOUBLE && value->as.number == number);
}

/* A file that does not know an option was made as its default says. */
static bool same_option(const iv_json *a, const iv_json *b, const char *name)
{
    if (a && b)
        return same_value(a, b);
    return (!a || is_default(a, name)) && (!b || is_default(b, name));
}

static void put_option(iv_json_writer *w, const iv_contender *list, size_t count, const char *name)
{
    const iv_json *first = iv_json_get(list[0].options, name);
    bool same = true;
    for (size_t i = 1; i < count && same; i++)
        same = same_option(first, iv_json_get(list[i].options, name), name);
    if (same)
        return;
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "name", name);
    iv_json_put_array(w, "values");
    for (size_t i = 0; i < count; i++) {
        const iv_json *value = iv_json_get(list[i].options, name);
        if (value)
            iv_json_put_value(w, NULL, value);
        else
            iv_json_put_null(w, NULL);
    }
    iv_json_put_end(w, ']');
    iv_json_put_end(w, '}');
}

/* Options that differ, each named once: as it stands in the first file that has it. */
static void put_options(iv_json_writer *w, const iv_contender *list, size_t count)
{
    iv_json_put_array(w, "options");
    for (size_t i = 0; i < count; i++)
        for (const iv_json *o = list[i].options->as.first; o; o = o->next) {
            bool before = false;
            for (size_t j = 0; j < i && !before; j++)
                before = iv_json_get(list[j].options, o->name) != NULL;
            if (!before)
                put_option(w, list, count, o->name);
        }
    iv_json_put_end(w, ']');
}

static void put_cost(iv_json_writer *w, const iv_contender *c)
{
    const iv_cost *cost = &c->cost;
    bool known = cost->train_seconds >= 0;
    iv_json_put_i64(w, "bytes", c->bytes);
    if (known)
        iv_json_put_f64(w, "train_seconds", cost->train_seconds);
    else
        iv_json_put_null(w, "train_seconds");
    if (known && cost->rows > 0)
        iv_json_put_f64(w, "ms_per_row", 1000 * cost->score_seconds / (double)cost->rows);
    else
        iv_json_put_null(w, "ms_per_row");
    if (known && cost->images > 0)
        iv_json_put_f64(w, "ms_per_image", 1000 * cost->score_seconds / (double)cost->images);
    else
        iv_json_put_null(w, "ms_per_image");
}

static imgvec_status put_model(imgvec_context *ctx, iv_json_writer *w, const iv_contender *base,
                               const iv_contender *c, imgvec_error *err)
{
    static const char *const copied[] = {"task",       "target",           "metric",
                                         "metrics",    "metrics_std",      "metrics_pooled",
                                         "metrics_ci", "metrics_baseline", "metrics_holdout",
                                         "rows",       "backbones",        "features",
                                         "learner",    "rounds",           "image_features",
                                         "dim",        "target_transform", "left_out",
                                         "seed",       "threads",          "fingerprint",
                                         "made_by"};
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "path", c->path);
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        const iv_json *value = iv_json_get(c->content, copied[i]);
        if (value)
            iv_json_put_value(w, copied[i], value);
    }
    put_cost(w, c);
    imgvec_status status = IMGVEC_OK;
    if (c == base)
        iv_json_put_null(w, "paired");
    else
        status = iv_prefix(err, iv_compare_pair_write(ctx, base, c, w, err), "%s", c->path);
    iv_json_put_end(w, '}');
    return status;
}

imgvec_status iv_model_compare_files(imgvec_context *ctx, const char *const *paths, size_t count,
                                     char **out, imgvec_error *err)
{
    iv_text text;
    iv_json_writer w;
    imgvec_status status = IMGVEC_OK;
    iv_text_init(&text, ctx);
    iv_contender *list = iv_calloc(ctx, count, sizeof *list);
    if (!list)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        IV_DO(open_contender(ctx, paths[i], &list[i], err));
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "kind", "comparison");
    put_options(&w, list, count);
    iv_json_put_array(&w, "models");
    for (size_t i = 0; i < count; i++)
        IV_DO(put_model(ctx, &w, &list[0], &list[i], err));
    iv_json_put_end(&w, ']');
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    *out = iv_text_take(&text);
    if (!*out)
        status = iv_fail_nomem(err);
done:
    if (status != IMGVEC_OK)
        iv_text_free(&text);
    for (size_t i = 0; i < count; i++)
        close_contender(ctx, &list[i]);
    iv_free(ctx, list);
    return status;
}
