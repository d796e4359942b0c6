#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/metrics.h"
#include "report/show_number.h"

const iv_insight *const iv_insights[] = {&iv_insight_scores,
                                         &iv_insight_trials,
                                         &iv_insight_curves,
                                         &iv_insight_hyperparameters,
                                         &iv_insight_confusion,
                                         &iv_insight_thresholds,
                                         &iv_insight_roc,
                                         &iv_insight_pr,
                                         &iv_insight_predicted,
                                         &iv_insight_residuals,
                                         &iv_insight_calibration,
                                         &iv_insight_importance,
                                         &iv_insight_errors,
                                         &iv_insight_nearest,
                                         &iv_insight_samples,
                                         &iv_insight_augmented,
                                         &iv_insight_embedding,
                                         &iv_insight_quality,
                                         NULL};

/* A report nests a model's JSON in its own, which may be 64 levels deep. */
#define DEPTH_MAX 32
#define TEXT_MAX (64 << 20) /* JSON that was written anew is longer than what it was read from */

/* How much of lists is looked at, so that the work on them is bounded. */
static const struct {
    const char *path;
    uint32_t most;
} info_caps[] = {{"auto.trials", 10000},
                 {"metrics", 64},
                 {"metrics_std", 64},
                 {"metrics_ci", 64},
                 {"metrics_pooled", 64},
                 {"metrics_baseline", 64},
                 {"metrics_holdout", 64},
                 {"options", 1000},
                 {"importance", 10000},
                 {"ablation", 10000},
                 {"problems", 1000},
                 {"backbones", 64},
                 {"duplicates.conflicts", 1000}},
  index_caps[] = {{"rows", 512}, {"samples", 24}, {"errors", 64}, {"map.points", 2000}};

/* The document is the report's own. */
static void cap(const iv_json *list, uint32_t most)
{
    iv_json *cut = (iv_json *)list;
    if (!list || (list->type != IV_JSON_ARRAY && list->type != IV_JSON_OBJECT) ||
        list->count <= most)
        return;
    cut->count = most;
    iv_json *last = cut->as.first;
    for (uint32_t i = 1; i < most; i++)
        last = last->next;
    last->next = NULL;
}

static void cap_index(const iv_report *r)
{
    for (size_t i = 0; i < sizeof index_caps / sizeof *index_caps; i++)
        cap(iv_report_find(r->index, index_caps[i].path), index_caps[i].most);
    const iv_json *errors = iv_json_get(r->index, "errors");
    for (const iv_json *e = errors && errors->type == IV_JSON_ARRAY ? errors->as.first : NULL; e;
         e = e->next)
        cap(iv_json_get(e, "nearest"), IV_TILE_PICTURES_MAX - 1);
}

static imgvec_status read_classes(iv_report *r, imgvec_error *err)
{
    const iv_json *classes = iv_json_get(r->info, "classes");
    if (!iv_report_is_classes(r) || !classes || classes->type != IV_JSON_ARRAY)
        return IMGVEC_OK;
    if (classes->count < 2 || classes->count > IV_CLASSES_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%u classes", (unsigned)classes->count);
    r->classes = iv_alloc_n(r->ctx, classes->count, sizeof *r->classes);
    if (!r->classes)
        return iv_fail_nomem(err);
    for (const iv_json *c = classes->as.first; c; c = c->next)
        r->classes[r->class_count++] = c->type == IV_JSON_TEXT ? c->as.text : "?";
    return IMGVEC_OK;
}

/* Predictions that suit the task and are numbers: else charts would have to tell each apart. */
static bool sound(const iv_report *r, const iv_oof *oof)
{
    int32_t outputs = iv_report_is_regression(r) ? 1 : r->class_count;
    if (!oof || oof->count == 0 || !r->has_task || oof->outputs != outputs)
        return false;
    for (size_t i = 0; i < oof->count; i++)
        if (!isfinite(oof->truth[i]))
            return false;
    for (size_t i = 0; i < oof->count * (size_t)oof->outputs; i++)
        if (!isfinite(oof->predictions[i]))
            return false;
    return true;
}

imgvec_status iv_report_open(imgvec_context *ctx, const char *info, const iv_oof *oof,
                             const iv_insight_data *data, iv_report *out, imgvec_error *err)
{
    *out = (iv_report){.ctx = ctx, .data = data};
    IV_TRY(iv_json_parse(ctx, info, strlen(info), DEPTH_MAX, TEXT_MAX, &out->info_document, err));
    out->info = iv_json_root(out->info_document);
    if (out->info->type != IV_JSON_OBJECT)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "the JSON of a model is no object");
    for (size_t i = 0; i < sizeof info_caps / sizeof *info_caps; i++)
        cap(iv_report_find(out->info, info_caps[i].path), info_caps[i].most);
    out->has_task = iv_task_from_name(iv_report_text(out->info, "task"), &out->task) == 0;
    IV_TRY(read_classes(out, err));
    out->oof = sound(out, oof) ? oof : NULL;
    const iv_part *index = data ? iv_insight_find(data, IV_INSIGHT_INDEX) : NULL;
    if (!index)
        return IMGVEC_OK;
    imgvec_status status =
        iv_json_parse(ctx, index->data, index->size, DEPTH_MAX, 0, &out->index_document, err);
    if (status == IMGVEC_OK) {
        out->index = iv_json_root(out->index_document);
        cap_index(out);
    }
    return iv_prefix(err, status, "part %s", IV_INSIGHT_INDEX);
}

void iv_report_close(iv_report *r)
{
    if (!r->ctx)
        return;
    iv_json_free(r->info_document);
    iv_json_free(r->index_document);
    iv_free(r->ctx, r->classes);
    memset(r, 0, sizeof *r);
}

/* ---- JSON ---- */

const iv_json *iv_report_find(const iv_json *from, const char *path)
{
    char name[64];
    while (from && *path) {
        size_t length = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        from = iv_json_get(from, name);
        path += length + (path[length] == '.');
    }
    return from;
}

double iv_report_number(const iv_json *object, const char *name)
{
    return iv_report_value(iv_json_get(object, name));
}

double iv_report_value(const iv_json *value)
{
    if (value && value->type == IV_JSON_INT)
        return (double)value->as.integer;
    return value && value->type == IV_JSON_DOUBLE ? value->as.number : NAN;
}

int64_t iv_report_count(const iv_json *object, const char *name)
{
    const iv_json *value = iv_json_get(object, name);
    return value && value->type == IV_JSON_INT && value->as.integer >= 0 ? value->as.integer : -1;
}

const char *iv_report_text(const iv_json *object, const char *name)
{
    const iv_json *value = iv_json_get(object, name);
    return value && value->type == IV_JSON_TEXT ? value->as.text : "";
}

static void show_one(const iv_json *value, iv_text *out)
{
    char number[IV_NUMBER_MAX];
    switch (value->type) {
    case IV_JSON_NULL:
        iv_text_add(out, "none");
        break;
    case IV_JSON_BOOL:
        iv_text_add(out, value->as.boolean ? "yes" : "no");
        break;
    case IV_JSON_INT:
        iv_text_addf(out, "%lld", (long long)value->as.integer);
        break;
    case IV_JSON_DOUBLE:
        iv_show_number(value->as.number, number);
        iv_text_add(out, number);
        break;
    case IV_JSON_TEXT:
        iv_text_add(out, value->as.text);
        break;
    default:
        iv_text_addf(out, "%u values", (unsigned)value->count);
    }
}

void iv_report_show(const iv_json *value, iv_text *out)
{
    if (value->type != IV_JSON_ARRAY) {
        show_one(value, out);
        return;
    }
    for (const iv_json *item = value->as.first; item; item = item->next) {
        show_one(item, out);
        iv_text_add(out, item->next ? ", " : "");
    }
}

/* ---- rows ---- */

bool iv_report_is_regression(const iv_report *r)
{
    return r->has_task && r->task == IV_TASK_REGRESSION;
}

bool iv_report_is_classes(const iv_report *r)
{
    return r->has_task && r->task != IV_TASK_REGRESSION;
}

bool iv_report_has_classes_oof(const iv_report *r)
{
    return r->oof && r->classes;
}

bool iv_report_has_numbers_oof(const iv_report *r)
{
    return r->oof && iv_report_is_regression(r);
}

void iv_report_truth(const iv_report *r, double truth, char out[IV_REPORT_TRUTH])
{
    char number[IV_NUMBER_MAX];
    bool class = r->classes && truth >= 0 && truth < r->class_count;
    iv_show_number(truth, number);
    const char *text = class ? r->classes[(int32_t)truth] : number;
    size_t length = strlen(text);
    size_t kept =
        length < IV_REPORT_TRUTH ? length : iv_utf8_cut(text, length, IV_REPORT_TRUTH - 1);
    memcpy(out, text, kept);
    out[kept] = '\0';
}

const iv_part *iv_report_picture(const iv_report *r, const char *prefix, int64_t row,
                                 const char *suffix)
{
    char name[96];
    snprintf(name, sizeof name, IV_INSIGHT_FOLDER "%s_%lld%s.jpg", prefix, (long long)row, suffix);
    return r->data ? iv_insight_find(r->data, name) : NULL;
}

const iv_json *iv_report_row(const iv_report *r, int64_t row)
{
    const iv_json *rows = r->index ? iv_json_get(r->index, "rows") : NULL;
    for (const iv_json *j = rows && rows->type == IV_JSON_ARRAY ? rows->as.first : NULL; j;
         j = j->next)
        if (row >= 0 && iv_report_count(j, "row") == row)
            return j;
    return NULL;
}
