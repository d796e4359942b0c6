#include "base/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bag.h"
#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

const char *iv_option_name(int32_t id)
{
    const iv_option *o = iv_option_find(id);
    return o ? o->name : "?";
}

bool iv_option_is_set(const imgvec_options *opts, int32_t id)
{
    return opts && opts->values[id - 1].set;
}

/* Defaults are numbers as text in the table; parsing them here keeps one source. */
static double fallback(int32_t id)
{
    double value = 0;
    const iv_option *o = iv_option_find(id);
    iv_parse_f64(o->fallback, strlen(o->fallback), &value);
    return value;
}

double iv_option_f64(const imgvec_options *opts, int32_t id)
{
    if (!iv_option_is_set(opts, id))
        return fallback(id);
    const iv_value *v = &opts->values[id - 1];
    return iv_option_find(id)->type == IMGVEC_TYPE_F64 ? v->number : (double)v->integer;
}

int32_t iv_options_jobs(const imgvec_options *opts)
{
    return opts ? opts->jobs : 0;
}

const iv_known_folds *iv_options_known_folds(const imgvec_options *opts)
{
    return opts ? opts->folds : NULL;
}

int64_t iv_option_i64(const imgvec_options *opts, int32_t id)
{
    return iv_option_is_set(opts, id) ? opts->values[id - 1].integer : (int64_t)fallback(id);
}

bool iv_option_bool(const imgvec_options *opts, int32_t id)
{
    return iv_option_i64(opts, id) != 0;
}

const char *iv_option_text(const imgvec_options *opts, int32_t id)
{
    return iv_option_is_set(opts, id) ? opts->values[id - 1].text : iv_option_find(id)->fallback;
}

bool iv_option_is(const imgvec_options *opts, int32_t id, const char *value)
{
    return strcmp(iv_option_text(opts, id), value) == 0;
}

const char *iv_option_device(const imgvec_options *opts, const imgvec_context *ctx)
{
    const char *asked = iv_option_text(opts, IMGVEC_OPT_DEVICE);
    return *asked ? asked : ctx->device;
}

bool iv_option_xgb(const imgvec_options *opts, size_t i, const char **name, const char **value)
{
    if (!opts || i >= opts->xgb_count)
        return false;
    *name = opts->xgb[i].name;
    *value = opts->xgb[i].value;
    return true;
}

imgvec_status iv_options_new(imgvec_context *ctx, int32_t jobs, imgvec_options **out,
                             imgvec_error *err)
{
    imgvec_options *opts = iv_zalloc(ctx, sizeof *opts);
    if (!opts)
        return iv_fail_nomem(err);
    opts->values = iv_calloc(ctx, (size_t)iv_options_count, sizeof *opts->values);
    if (!opts->values) {
        iv_free(ctx, opts);
        return iv_fail_nomem(err);
    }
    opts->ctx = iv_context_ref(ctx);
    opts->jobs = jobs;
    *out = opts;
    return IMGVEC_OK;
}

void iv_options_free(imgvec_options *opts)
{
    if (!opts)
        return;
    imgvec_context *ctx = opts->ctx;
    for (int32_t i = 0; i < iv_options_count; i++)
        iv_free(ctx, opts->values[i].text);
    for (size_t i = 0; i < opts->xgb_count; i++) {
        iv_free(ctx, opts->xgb[i].name);
        iv_free(ctx, opts->xgb[i].value);
    }
    iv_free(ctx, opts->xgb);
    iv_known_folds_free(ctx, opts->folds);
    iv_free(ctx, opts->values);
    iv_free(ctx, opts);
    iv_context_unref(ctx);
}

/* The option of that id if this bag takes it, else an error that names it. */
static const iv_option *admitted(const imgvec_options *opts, int32_t id, imgvec_error *err)
{
    const iv_option *o = iv_option_find(id);
    if (!o)
        iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "there is no option with the id %d", (int)id);
    else if (!(o->jobs & opts->jobs))
        o = (iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s is not for this job", o->name),
             NULL);
    return o;
}

static imgvec_status bounds(const iv_option *o, double value, imgvec_error *err)
{
    if (value >= o->min && value <= o->max) /* false for NaN too */
        return IMGVEC_OK;
    char low[IV_NUMBER_MAX], high[IV_NUMBER_MAX], is[IV_NUMBER_MAX];
    iv_format_f64(o->min, low);
    iv_format_f64(o->max, high);
    iv_format_f64(value, is);
    return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s: %s is not between %s and %s",
                   o->name, is, low, high);
}

imgvec_status iv_options_set_i64(imgvec_options *opts, int32_t id, int64_t value, imgvec_error *err)
{
    const iv_option *o = admitted(opts, id, err);
    if (!o)
        return IMGVEC_ERR_INVALID_ARGUMENT;
    if (o->type == IMGVEC_TYPE_TEXT)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s takes text", o->name);
    IV_TRY(bounds(o, (double)value, err));
    iv_value *v = &opts->values[id - 1];
    v->set = true;
    v->integer = value;
    v->number = (double)value;
    return IMGVEC_OK;
}

imgvec_status iv_options_set_f64(imgvec_options *opts, int32_t id, double value, imgvec_error *err)
{
    const iv_option *o = admitted(opts, id, err);
    if (!o)
        return IMGVEC_ERR_INVALID_ARGUMENT;
    if (o->type == IMGVEC_TYPE_TEXT)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s takes text", o->name);
    IV_TRY(bounds(o, value, err));
    if (o->type != IMGVEC_TYPE_F64) {
        if (value != floor(value))
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s takes a whole number",
                           o->name);
        return iv_options_set_i64(opts, id, (int64_t)value, err);
    }
    iv_value *v = &opts->values[id - 1];
    v->set = true;
    v->number = value;
    return IMGVEC_OK;
}

/* true when value is one of "a|b|c". */
static bool is_choice(const char *choices, const char *value)
{
    size_t n = strlen(value);
    for (const char *p = choices; *p;) {
        size_t length = strcspn(p, "|");
        if (length == n && memcmp(p, value, n) == 0)
            return true;
        p += length + (p[length] == '|');
    }
    return false;
}

imgvec_status iv_options_set_text(imgvec_options *opts, int32_t id, const char *value,
                                  imgvec_error *err)
{
    const iv_option *o = admitted(opts, id, err);
    if (!o)
        return IMGVEC_ERR_INVALID_ARGUMENT;
    if (o->type != IMGVEC_TYPE_TEXT)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s takes a number", o->name);
    iv_value *v = &opts->values[id - 1];
    char *copy = NULL;
    if (value) {
        if (iv_utf8_valid(value, strlen(value)) != strlen(value))
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s: not UTF-8", o->name);
        if (o->choices[0] && !is_choice(o->choices, value))
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s: \"%s\" is not one of %s",
                           o->name, value, o->choices);
        copy = iv_strdup(opts->ctx, value);
        if (!copy)
            return iv_fail_nomem(err);
    }
    iv_free(opts->ctx, v->text);
    v->text = copy;
    v->set = copy != NULL;
    return IMGVEC_OK;
}

static imgvec_status set_xgb(imgvec_options *opts, const char *name, const char *value,
                             imgvec_error *err)
{
    if (!(opts->jobs & IMGVEC_JOB_TRAIN))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option xgb.%s is not for this job", name);
    if (!*name)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option xgb.: a parameter's name is "
                       "missing, as in xgb.max_depth");
    size_t i = 0;
    while (i < opts->xgb_count && strcmp(opts->xgb[i].name, name) != 0)
        i++;
    char *copy = iv_strdup(opts->ctx, value);
    if (!copy)
        return iv_fail_nomem(err);
    if (i == opts->xgb_count) {
        char *key = iv_strdup(opts->ctx, name);
        if (!key ||
            iv_reserve(opts->ctx, &opts->xgb, &opts->xgb_capacity, i + 1, sizeof *opts->xgb) != 0) {
            iv_free(opts->ctx, key);
            iv_free(opts->ctx, copy);
            return iv_fail_nomem(err);
        }
        opts->xgb[i] = (iv_pair){key, NULL};
        opts->xgb_count++;
    }
    iv_free(opts->ctx, opts->xgb[i].value);
    opts->xgb[i].value = copy;
    return IMGVEC_OK;
}

imgvec_status iv_options_set_named(imgvec_options *opts, const char *name, const char *value,
                                   imgvec_error *err)
{
    if (strncmp(name, "xgb.", 4) == 0)
        return set_xgb(opts, name + 4, value, err);
    const iv_option *o = iv_option_find_named(name);
    if (!o)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "there is no option %s", name);
    if (o->type == IMGVEC_TYPE_TEXT)
        return iv_options_set_text(opts, o->id, value, err);
    if (o->type == IMGVEC_TYPE_BOOL) {
        static const char *const yes[] = {"1", "true", "yes", "on"};
        static const char *const no[] = {"0", "false", "no", "off"};
        for (int i = 0; i < 4; i++) {
            if (iv_equal_nocase(value, yes[i]))
                return iv_options_set_i64(opts, o->id, 1, err);
            if (iv_equal_nocase(value, no[i]))
                return iv_options_set_i64(opts, o->id, 0, err);
        }
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s: \"%s\" is neither yes nor no",
                       o->name, value);
    }
    int64_t integer;
    if (o->type == IMGVEC_TYPE_I64 && iv_parse_i64(value, strlen(value), &integer))
        return iv_options_set_i64(opts, o->id, integer, err);
    double number;
    if (!iv_parse_f64(value, strlen(value), &number))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option %s: \"%s\" is not a number",
                       o->name, value);
    return iv_options_set_f64(opts, o->id, number, err);
}

bool iv_options_has_xgb(const imgvec_options *opts, const char *name)
{
    for (size_t i = 0; i < opts->xgb_count; i++)
        if (strcmp(opts->xgb[i].name, name) == 0)
            return true;
    return false;
}

imgvec_status iv_options_clone(const imgvec_options *opts, imgvec_options **out, imgvec_error *err)
{
    imgvec_options *copy = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_options_new(opts->ctx, opts->jobs, &copy, err));
    for (int32_t i = 0; i < iv_options_count; i++) {
        copy->values[i] = opts->values[i];
        copy->values[i].text = NULL;
        if (opts->values[i].text &&
            !(copy->values[i].text = iv_strdup(opts->ctx, opts->values[i].text))) {
            status = iv_fail_nomem(err);
            goto done;
        }
    }
    for (size_t i = 0; i < opts->xgb_count; i++)
        IV_DO(set_xgb(copy, opts->xgb[i].name, opts->xgb[i].value, err));
    if (opts->folds && !(copy->folds = iv_known_folds_clone(opts->ctx, opts->folds)))
        status = iv_fail_nomem(err);
done:
    if (status == IMGVEC_OK)
        *out = copy;
    else
        iv_options_free(copy);
    return status;
}

void iv_options_swap(imgvec_options *a, imgvec_options *b)
{
    imgvec_options keep = *a;
    *a = *b;
    *b = keep;
}
