#include "learn/booster_params.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "io/json.h"

typedef struct pair {
    const char *name, *value;
} pair;

/* Our defaults, each of which xgb.<name> overrides. Chosen on 100 principal components of image
 * features, 2450 rows of 10 classes: 64 bins train five times faster than 256, and sampling
 * rows and columns lowers the loss (0.82 to 0.75) and the time. */
static const pair defaults[] = {
    {"tree_method", "hist"},   {"eta", "0.1"},       {"max_depth", "5"},
    {"min_child_weight", "1"}, {"subsample", "0.8"}, {"colsample_bytree", "0.5"},
    {"lambda", "1"},           {"max_bin", "64"},
};

/* From so many rows on, finer bins are worth their time. Below, the time of a tree is that of going
 * through the bins of all features: wide tables take few. */
#define MANY_ROWS 20000
#define MANY_ROWS_BINS "256"
#define WIDE 64 /* features */
#define WIDE_BINS "16"

/* Parameters that follow from options of the library, or that would change what the model
 * is, with what to use instead. */
static const pair reserved[] = {
    {"objective", "it follows from option task"},
    {"num_class", "it follows from the target"},
    {"num_feature", "it follows from the data"},
    {"num_target", "it follows from the data"},
    {"seed", "use option seed"},
    {"random_state", "use option seed"},
    {"seed_per_iteration", "use option seed"},
    {"nthread", "use option threads"},
    {"n_jobs", "use option threads"},
    {"eval_metric", "use option metric"},
    {"disable_default_eval_metric", "use option metric"},
    {"num_round", "use option rounds"},
    {"num_boost_round", "use option rounds"},
    {"n_estimators", "use option rounds"},
    {"early_stopping_rounds", "use option early_stopping_rounds"},
    {"booster", "models are always trees (gbtree)"},
    {"process_type", "models are always trained from nothing"},
    {"updater", "use xgb.tree_method"},
    {"updater_seq", "use xgb.tree_method"},
    {"multi_strategy", "a tree always has one output"},
    {"size_leaf_vector", "a tree always has one output"},
    {"num_output_group", "it follows from the target"},
    {"num_trees", "use option rounds"},
    {"dsplit", "training is never distributed"},
    {"data_split_mode", "training is never distributed"},
    {"verbosity", "XGBoost is always silent here"},
    {"silent", "XGBoost is always silent here"},
    {"validate_parameters", "names are always checked"},
};

const char *iv_booster_objective(iv_task task)
{
    return task == IV_TASK_REGRESSION ? "reg:squarederror"
           : task == IV_TASK_BINARY   ? "binary:logistic"
                                      : "multi:softprob";
}

static imgvec_status set(BoosterHandle handle, const char *name, const char *value,
                         imgvec_error *err)
{
    if (XGBoosterSetParam(handle, name, value) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, name);
    return IMGVEC_OK;
}

static imgvec_status set_own(const iv_booster_request *request, const iv_matrix *train,
                             double base_score, BoosterHandle handle, imgvec_error *err)
{
    char number[IV_NUMBER_MAX];
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        IV_TRY(set(handle, defaults[i].name, defaults[i].value, err));
    if (train->rows >= MANY_ROWS)
        IV_TRY(set(handle, "max_bin", MANY_ROWS_BINS, err));
    else if (train->cols >= WIDE)
        IV_TRY(set(handle, "max_bin", WIDE_BINS, err));
    IV_TRY(set(handle, "objective", iv_booster_objective(request->task), err));
    if (request->task == IV_TASK_MULTICLASS) {
        snprintf(number, sizeof number, "%d", (int)request->class_count);
        IV_TRY(set(handle, "num_class", number, err));
    }
    iv_format_f32((float)base_score, number);
    IV_TRY(set(handle, "base_score", number, err));
    /* XGBoost takes 31 bits. */
    uint64_t seed = (uint64_t)iv_option_i64(request->opts, IMGVEC_OPT_SEED);
    snprintf(number, sizeof number, "%u", (unsigned)((seed ^ seed >> 31 ^ seed >> 62) & INT32_MAX));
    IV_TRY(set(handle, "seed", number, err));
    snprintf(number, sizeof number, "%d", (int)request->threads);
    IV_TRY(set(handle, "nthread", number, err));
    IV_TRY(set(handle, "disable_default_eval_metric", "1", err));
    return set(handle, "validate_parameters", "0", err); /* it would print */
}

static bool ends_with_param(const char *name)
{
    static const char ending[] = "_param";
    size_t length = name ? strlen(name) : 0, n = sizeof ending - 1;
    return length >= n && memcmp(name + length - n, ending, n) == 0;
}

/* Whether XGBoost's configuration has the parameter: in one of its objects "..._param". */
static bool known(const iv_json *root, const char *name)
{
    enum { DEPTH = 64 };
    const iv_json *stack[DEPTH];
    int top = 0;
    stack[0] = root;
    while (top >= 0) {
        const iv_json *now = stack[top];
        if (!now) {
            top--;
            continue;
        }
        stack[top] = now->next;
        if (now->type != IV_JSON_OBJECT && now->type != IV_JSON_ARRAY)
            continue;
        if (ends_with_param(now->name) && iv_json_get(now, name))
            return true;
        if (top + 1 < DEPTH)
            stack[++top] = now->as.first;
    }
    return false;
}

static imgvec_status check_reserved(const imgvec_options *opts, imgvec_error *err)
{
    const char *name, *value;
    for (size_t i = 0; iv_option_xgb(opts, i, &name, &value); i++)
        for (size_t r = 0; r < sizeof reserved / sizeof *reserved; r++)
            if (strcmp(name, reserved[r].name) == 0)
                return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option xgb.%s cannot be set: %s",
                               name, reserved[r].value);
    return IMGVEC_OK;
}

/* XGBoost does not always say which parameter it means: the text names all that were given. */
static imgvec_status refused(imgvec_context *ctx, const imgvec_options *opts, imgvec_error *err)
{
    const char *name, *value;
    if (!iv_option_xgb(opts, 0, &name, &value))
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "parameters");
    imgvec_status status = iv_xgb_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "parameters");
    iv_text list;
    iv_text_init(&list, ctx);
    for (size_t i = 0; iv_option_xgb(opts, i, &name, &value); i++)
        iv_text_addf(&list, "%sxgb.%.60s=%.60s", i ? ", " : "", name, value);
    if (!list.failed)
        status = iv_prefix(err, status, "option %.300s", list.data);
    iv_text_free(&list);
    return status;
}

imgvec_status iv_booster_set_params(imgvec_context *ctx, const iv_booster_request *request,
                                    const iv_matrix *train, double base_score, BoosterHandle handle,
                                    imgvec_error *err)
{
    const char *name, *value, *config;
    bst_ulong length;
    IV_TRY(check_reserved(request->opts, err));
    IV_TRY(set_own(request, train, base_score, handle, err));
    for (size_t i = 0; iv_option_xgb(request->opts, i, &name, &value); i++)
        IV_TRY(set(handle, name, value, err));
    /* XGBoost itself would only print a warning about an unknown name. Its configuration
     * after setting lists every parameter that took effect. */
    if (XGBoosterSaveJsonConfig(handle, &length, &config) != 0)
        return refused(ctx, request->opts, err);
    if (!iv_option_xgb(request->opts, 0, &name, &value))
        return IMGVEC_OK;
    iv_json_document *doc;
    IV_TRY(iv_prefix(err, iv_json_parse(ctx, config, (size_t)length, 0, 0, &doc, err),
                     "XGBoost's configuration"));
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; status == IMGVEC_OK && iv_option_xgb(request->opts, i, &name, &value); i++)
        if (!known(iv_json_root(doc), name))
            status = iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                             "option xgb.%s: XGBoost %s has no parameter of that name for this "
                             "task and tree method",
                             name, iv_booster_version());
    iv_json_free(doc);
    return status;
}
