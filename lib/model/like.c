#include "model/like.h"

#include <string.h>

#include "base/bag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "base/options.h"
#include "io/options_json.h"
#include "model/data_record.h"
#include "model/oof.h"

/* The networks that were taken for backbone = auto: another machine may have others. */
static imgvec_status take_backbones(imgvec_options *to, const iv_json *content, imgvec_error *err)
{
    const iv_json *list;
    const char *id;
    iv_text text;
    IV_TRY(iv_json_array(content, "backbones", &list, err));
    if (list->count == 0)
        return IMGVEC_OK;
    iv_text_init(&text, to->ctx);
    for (const iv_json *j = list->as.first; j; j = j->next) {
        imgvec_status status = iv_json_text(j, "id", &id, err);
        if (status != IMGVEC_OK) {
            iv_text_free(&text);
            return status;
        }
        iv_text_addf(&text, "%s%s", text.length ? "," : "", id);
    }
    char *ids = iv_text_take(&text);
    if (!ids)
        return iv_fail_nomem(err);
    imgvec_status status = iv_options_set_text(to, IMGVEC_OPT_BACKBONE, ids, err);
    iv_free(to->ctx, ids);
    return status;
}

static bool is_text(const iv_json *value, const char *text)
{
    return value->type == IV_JSON_TEXT && strcmp(value->as.text, text) == 0;
}

/* One option of the model into `to`, unless `given` has it from its caller. */
static imgvec_status take_option(const imgvec_options *given, imgvec_options *to,
                                 const iv_json *content, const iv_json *value, imgvec_error *err)
{
    if (strncmp(value->name, "xgb.", 4) == 0) {
        if (!(given->jobs & IMGVEC_JOB_TRAIN) || iv_options_has_xgb(given, value->name + 4))
            return IMGVEC_OK;
        return iv_options_read_member(to, value, err);
    }
    const iv_option *o = iv_option_find_named(value->name);
    if (!o)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "this release has no option %s", value->name);
    if (!(o->jobs & given->jobs) || iv_option_is_set(given, o->id))
        return IMGVEC_OK;
    if (o->id == IMGVEC_OPT_BACKBONE && is_text(value, "auto"))
        return take_backbones(to, content, err);
    /* A checkpoint is of its network. */
    if (o->id == IMGVEC_OPT_WEIGHTS && iv_option_is_set(given, IMGVEC_OPT_BACKBONE) &&
        !is_text(value, "random"))
        return IMGVEC_OK;
    if (is_text(value, o->fallback))
        return IMGVEC_OK;
    imgvec_status status = iv_options_read_member(to, value, err);
    if (status == IMGVEC_ERR_INVALID_ARGUMENT) { /* not the caller's argument */
        status = IMGVEC_ERR_FORMAT;
        if (err)
            err->code = status;
    }
    return status;
}

/* The rows of both lists, rising; a held-out one with fold -1. */
static imgvec_status merge_rows(const iv_oof *oof, iv_known_folds *k, imgvec_error *err)
{
    size_t i = 0, h = 0;
    for (k->count = 0; i < oof->count || h < oof->held_count; k->count++) {
        bool used = h == oof->held_count || (i < oof->count && oof->row[i] < oof->held[h]);
        if (i < oof->count && h < oof->held_count && oof->row[i] == oof->held[h])
            return iv_fail(err, IMGVEC_ERR_FORMAT, "row %lld is used and held out",
                           (long long)oof->row[i]);
        if (used && oof->fold[i] >= k->folds)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "fold %d of %d", (int)oof->fold[i],
                           (int)k->folds);
        k->row[k->count] = used ? oof->row[i] : oof->held[h];
        k->fold[k->count] = used ? oof->fold[i] : -1;
        i += used;
        h += !used;
    }
    return IMGVEC_OK;
}

static imgvec_status fill_folds(imgvec_context *ctx, const iv_json *content, const iv_json *options,
                                const iv_oof *oof, const char *path, iv_known_folds *k,
                                imgvec_error *err)
{
    const char *task, *target, *fold_column;
    int64_t folds;
    IV_TRY(iv_json_text(content, "task", &task, err));
    IV_TRY(iv_json_text(content, "target", &target, err));
    IV_TRY(iv_json_text(options, "fold_column", &fold_column, err));
    IV_TRY(iv_json_f64(options, "holdout", &k->holdout, err));
    IV_TRY(iv_json_i64(options, "folds", 2, IV_FOLDS_MAX, &folds, err));
    k->folds = (int32_t)folds;
    k->path = iv_strdup(ctx, path);
    k->task = iv_strdup(ctx, task);
    k->target = iv_strdup(ctx, target);
    k->fold_column = iv_strdup(ctx, fold_column);
    k->row = iv_alloc_n(ctx, oof->count + oof->held_count, sizeof *k->row);
    k->fold = iv_alloc_n(ctx, oof->count + oof->held_count, sizeof *k->fold);
    if (!k->path || !k->task || !k->target || !k->fold_column || !k->row || !k->fold)
        return iv_fail_nomem(err);
    return merge_rows(oof, k, err);
}

static imgvec_status take_folds(imgvec_options *to, const iv_bundle *b, const iv_json *content,
                                const iv_json *options, const char *path, imgvec_error *err)
{
    const char *name;
    const iv_json *classes = iv_json_get(content, "classes");
    iv_task task;
    iv_oof oof = {0};
    imgvec_status status = IMGVEC_OK;
    iv_known_folds *k = iv_zalloc(to->ctx, sizeof *k);
    if (!k)
        return iv_fail_nomem(err);
    IV_DO(iv_json_text(content, "task", &name, err));
    if (iv_task_from_name(name, &task) != 0)
        IV_DO(iv_fail(err, IMGVEC_ERR_FORMAT, "unknown task %s", name));
    bool listed = classes && classes->type == IV_JSON_ARRAY && classes->count <= INT32_MAX;
    if (task != IV_TASK_REGRESSION && !listed)
        IV_DO(iv_fail(err, IMGVEC_ERR_FORMAT, "classes are missing"));
    IV_DO(iv_oof_get(b, task, listed ? (int32_t)classes->count : 0, &oof, err));
    IV_DO(iv_data_record_get(b, &k->record, err));
    if (oof.count == 0 || !k->record) {
        iv_log(to->ctx, IMGVEC_LOG_NOTICE, "%s does not hold its folds: new ones will be made",
               path);
        goto done;
    }
    IV_DO(fill_folds(to->ctx, content, options, &oof, path, k, err));
    iv_known_folds_free(to->ctx, to->folds);
    to->folds = k;
    k = NULL;
done:
    iv_known_folds_free(to->ctx, k);
    iv_oof_free(to->ctx, &oof);
    return status;
}

static imgvec_status take_all(const imgvec_options *given, imgvec_options *to, const iv_bundle *b,
                              const iv_json *manifest, const char *path, imgvec_error *err)
{
    const iv_json *content, *options;
    IV_TRY(iv_json_object(manifest, "content", &content, err));
    IV_TRY(iv_json_object(content, "options", &options, err));
    for (const iv_json *value = options->as.first; value; value = value->next)
        IV_TRY(take_option(given, to, content, value, err));
    return given->jobs & IMGVEC_JOB_TRAIN ? take_folds(to, b, content, options, path, err)
                                          : IMGVEC_OK;
}

imgvec_status iv_options_set_like(imgvec_options *opts, const char *path, imgvec_error *err)
{
    iv_bundle b;
    iv_json_document *manifest;
    imgvec_options *copy = NULL;
    IV_TRY(iv_bundle_read(opts->ctx, path, "model", &b, &manifest, err));
    imgvec_status status = iv_options_clone(opts, &copy, err);
    if (status == IMGVEC_OK)
        status =
            iv_prefix(err, take_all(opts, copy, &b, iv_json_root(manifest), path, err), "%s", path);
    if (status == IMGVEC_OK)
        iv_options_swap(opts, copy);
    iv_options_free(copy);
    iv_json_free(manifest);
    iv_bundle_free(&b);
    return status;
}
