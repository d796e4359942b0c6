#include <string.h>

#include "base/error.h"
#include "io/pth.h"

#define WRAPPED_MAX 4

/* In the order in which they are preferred: averaged copies only when there is nothing else. */
static const char *const wrappers[] = {"state_dict", "model",          "model_state_dict",
                                       "net",        "state_dict_ema", "model_ema"};
#define WRAPPERS (sizeof wrappers / sizeof *wrappers)

static bool has_tensors(const iv_pickle_value *dict)
{
    for (uint32_t i = 0; i < dict->count; i++)
        if (dict->as.entries[i].name && dict->as.entries[i].value->type == IV_PICKLE_TENSOR)
            return true;
    return false;
}

static bool has_wrapper(const iv_pickle_value *dict)
{
    for (size_t i = 0; i < WRAPPERS; i++)
        if (iv_pickle_is(iv_pickle_get(dict, wrappers[i]), IV_PICKLE_DICT))
            return true;
    return false;
}

static const iv_pickle_value *unwrap(const iv_pickle_value *dict)
{
    for (size_t i = 0; i < WRAPPERS; i++) {
        const iv_pickle_value *v = iv_pickle_get(dict, wrappers[i]);
        if (iv_pickle_is(v, IV_PICKLE_DICT) && (has_tensors(v) || has_wrapper(v)))
            return v;
    }
    return NULL;
}

imgvec_status iv_pth_state_dict(const iv_pickle *p, const iv_pickle_value **out, imgvec_error *err)
{
    const iv_pickle_value *dict = p->root, *inner;
    if (dict->type == IV_PICKLE_DICT) {
        for (int i = 0; i < WRAPPED_MAX && (inner = unwrap(dict)) != NULL; i++)
            dict = inner;
        if (has_tensors(dict)) {
            *out = dict;
            return IMGVEC_OK;
        }
    }
    return iv_fail(err, IMGVEC_ERR_FORMAT,
                   "it holds no tensors with names: save a state_dict, alone or as \"state_dict\"");
}

const char *iv_pth_plain_name(const char *name)
{
    static const char *const prefixes[] = {"module.", "_orig_mod."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes;) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(name, prefixes[i], n) == 0) {
            name += n;
            i = 0;
        } else {
            i++;
        }
    }
    return name;
}
