/* Options "ignore" and "type". */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "table/types.h"

static bool is(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

/* "column=type" at its last "=". false when it has none. */
static bool pair(const char *item, size_t length, size_t *name_length, const char **type,
                 size_t *type_length)
{
    const char *equal = memrchr(item, '=', length);
    if (!equal)
        return false;
    size_t n = (size_t)(equal - item);
    *type = equal + 1;
    *type_length = length - n - 1;
    while (n > 0 && (item[n - 1] == ' ' || item[n - 1] == '\t'))
        n--;
    while (*type_length > 0 && (**type == ' ' || **type == '\t'))
        ++*type, --*type_length;
    *name_length = n;
    return true;
}

static bool ignored_by(const imgvec_options *opts, const char *name)
{
    const char *list = iv_option_text(opts, IMGVEC_OPT_IGNORE), *item;
    size_t length;
    while (iv_list_next(&list, &item, &length))
        if (is(name, item, length))
            return true;
    return false;
}

/* Type that option "type" gives the column, 0 for none; the last item counts. */
static int32_t typed_by(const imgvec_options *opts, const char *name)
{
    const char *list = iv_option_text(opts, IMGVEC_OPT_TYPE), *item, *type;
    size_t length, name_length, type_length;
    int32_t found = 0;
    while (iv_list_next(&list, &item, &length))
        if (pair(item, length, &name_length, &type, &type_length) && is(name, item, name_length))
            found = iv_column_type_from(type, type_length);
    return found;
}

int32_t iv_dataset_effective_type(const imgvec_dataset *ds, const imgvec_options *opts,
                                  int32_t column)
{
    const iv_column *c = &ds->columns[column];
    if (ignored_by(opts, c->name))
        return IMGVEC_COLUMN_IGNORED;
    int32_t type = typed_by(opts, c->name);
    if (type)
        return type;
    /* What was left out as a feature may still be what is to be predicted. */
    if (c->type == IMGVEC_COLUMN_IGNORED && iv_option_is(opts, IMGVEC_OPT_TARGET, c->name))
        return c->natural;
    return c->type;
}

static imgvec_status check_name(const imgvec_dataset *ds, int32_t option, const char *text,
                                size_t length, int32_t *column, imgvec_error *err)
{
    char *name = iv_strndup(ds->ctx, text, length);
    if (!name)
        return iv_fail_nomem(err);
    *column = iv_dataset_find(ds, name);
    imgvec_status status = IMGVEC_OK;
    if (*column < 0)
        status = iv_prefix(err, iv_dataset_no_column(ds, name, err), "option %s",
                           iv_option_name(option));
    iv_free(ds->ctx, name);
    return status;
}

static imgvec_status check_type(const imgvec_dataset *ds, const char *item, size_t length,
                                imgvec_error *err)
{
    size_t name_length, type_length;
    const char *type;
    int32_t column;
    if (!pair(item, length, &name_length, &type, &type_length))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option %s: \"%.*s\" is not of the form column=type",
                       iv_option_name(IMGVEC_OPT_TYPE), (int)length, item);
    int32_t wanted = iv_column_type_from(type, type_length);
    if (!wanted)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option %s: \"%.*s\" is no type; take numeric, categorical, boolean, date, "
                       "image, text or "
                       "ignored",
                       iv_option_name(IMGVEC_OPT_TYPE), (int)type_length, type);
    IV_TRY(check_name(ds, IMGVEC_OPT_TYPE, item, name_length, &column, err));
    const iv_column *c = &ds->columns[column];
    bool image = wanted == IMGVEC_COLUMN_IMAGE;
    if (wanted != IMGVEC_COLUMN_IGNORED && c->store != IV_STORE_TEXT &&
        image != (c->store == IV_STORE_PICTURES))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option %s: column %s holds %s and cannot be taken as %s",
                       iv_option_name(IMGVEC_OPT_TYPE), c->name,
                       c->store == IV_STORE_NUMBERS ? "numbers" : "images",
                       iv_dataset_type_name(wanted));
    return IMGVEC_OK;
}

imgvec_status iv_dataset_check_types(const imgvec_dataset *ds, const imgvec_options *opts,
                                     imgvec_error *err)
{
    const char *list = iv_option_text(opts, IMGVEC_OPT_IGNORE), *item;
    size_t length;
    int32_t column;
    while (iv_list_next(&list, &item, &length))
        IV_TRY(check_name(ds, IMGVEC_OPT_IGNORE, item, length, &column, err));
    list = iv_option_text(opts, IMGVEC_OPT_TYPE);
    while (iv_list_next(&list, &item, &length))
        IV_TRY(check_type(ds, item, length, err));
    return IMGVEC_OK;
}

/* A numeric column also counts its infinite cells as missing. */
static void count_missing(imgvec_dataset *ds, int32_t column)
{
    iv_column *c = &ds->columns[column];
    c->missing = 0;
    for (int64_t row = 0; row < c->count; row++)
        c->missing += iv_dataset_missing(ds, column, row);
}

imgvec_status iv_types_apply(imgvec_dataset *ds, const imgvec_options *opts, imgvec_error *err)
{
    IV_TRY(iv_dataset_check_types(ds, opts, err));
    for (int32_t i = 0; (size_t)i < ds->count; i++) {
        iv_column *c = &ds->columns[i];
        int32_t type = iv_dataset_effective_type(ds, opts, i);
        bool ignored = ignored_by(opts, c->name), typed = typed_by(opts, c->name) != 0;
        if (type == c->type && !ignored && !typed)
            continue;
        char *reason = ignored ? iv_strdup(ds->ctx, "by option ignore")
                       : typed ? iv_strdup(ds->ctx, "by option type")
                               : iv_format(ds->ctx,
                                           "the target; as a feature it would be left "
                                           "out: %s",
                                           c->reason);
        IV_TRY(iv_column_set(c, ds->ctx, type, reason, err));
        c->natural = type;
        if (c->store == IV_STORE_TEXT)
            count_missing(ds, i);
    }
    return IMGVEC_OK;
}
