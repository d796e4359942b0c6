#include "io/options_json.h"

#include <string.h>

#include "base/bag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"

void iv_options_write_json(const imgvec_options *opts, int32_t jobs, iv_json_writer *w,
                           const char *name)
{
    iv_json_put_object(w, name);
    for (int32_t i = 0; i < iv_options_count; i++) {
        const iv_option *o = &iv_options_table[i];
        if (!(o->jobs & jobs))
            continue;
        if (o->id == IMGVEC_OPT_CHECKPOINT_DIR)
            continue; /* a place of this machine: another run like this one has its own */
        if (o->type == IMGVEC_TYPE_TEXT)
            iv_json_put_text(w, o->name, iv_option_text(opts, o->id));
        else if (o->type == IMGVEC_TYPE_F64)
            iv_json_put_f64(w, o->name, iv_option_f64(opts, o->id));
        else if (o->type == IMGVEC_TYPE_BOOL)
            iv_json_put_bool(w, o->name, iv_option_bool(opts, o->id));
        else
            iv_json_put_i64(w, o->name, iv_option_i64(opts, o->id));
    }
    const char *key, *value;
    for (size_t i = 0; iv_option_xgb(opts, i, &key, &value); i++) {
        char full[128] = "xgb.";
        strncat(full, key, sizeof full - 5);
        iv_json_put_text(w, full, value);
    }
    iv_json_put_end(w, '}');
}

/* Numbers go through their text, so that bounds and messages are those of
 * imgvec_options_set_named. */
imgvec_status iv_options_read_member(imgvec_options *opts, const iv_json *value, imgvec_error *err)
{
    char number[IV_NUMBER_MAX];
    switch (value->type) {
    case IV_JSON_TEXT:
        return iv_options_set_named(opts, value->name, value->as.text, err);
    case IV_JSON_BOOL:
        return iv_options_set_named(opts, value->name, value->as.boolean ? "1" : "0", err);
    case IV_JSON_INT:
        iv_format_f64((double)value->as.integer, number);
        return iv_options_set_named(opts, value->name, number, err);
    case IV_JSON_DOUBLE:
        iv_format_f64(value->as.number, number);
        return iv_options_set_named(opts, value->name, number, err);
    default:
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option %s: neither a text nor a number nor true or false", value->name);
    }
}

imgvec_status iv_options_read_json(imgvec_options *opts, const char *json, imgvec_error *err)
{
    imgvec_options *copy = NULL;
    iv_json_document *doc = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_json_parse(opts->ctx, json, strlen(json), 0, 0, &doc, err));
    const iv_json *root = iv_json_root(doc);
    if (root->type != IV_JSON_OBJECT) {
        status = iv_fail(err, IMGVEC_ERR_FORMAT, "options: not a JSON object");
        goto done;
    }
    IV_DO(iv_options_clone(opts, &copy, err));
    for (const iv_json *member = root->as.first; member; member = member->next)
        IV_DO(iv_options_read_member(copy, member, err));
    iv_options_swap(opts, copy);
done:
    iv_json_free(doc);
    iv_options_free(copy);
    return status;
}
