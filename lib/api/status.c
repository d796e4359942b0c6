#include <imgvec/error.h>
#include <imgvec/watch.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/watch.h"

const char *imgvec_status_name(imgvec_status status)
{
    static const char *const names[] = {"OK",        "INVALID_ARGUMENT", "NO_MEMORY", "IO",
                                        "NOT_FOUND", "FORMAT",           "LIMIT",     "UNSUPPORTED",
                                        "DATA",      "CANCELLED",        "ENGINE",    "INTERNAL"};
    if (status > 0 || status < IMGVEC_ERR_INTERNAL)
        return "UNKNOWN";
    return names[-status];
}

imgvec_status imgvec_cancel_new(imgvec_cancel **out, imgvec_error *err)
{
    if (!out)
        return iv_fail_argument(err, __func__, "out is NULL");
    *out = malloc(sizeof **out); /* a token belongs to no context, so to no allocator */
    if (!*out)
        return iv_fail_nomem(err);
    atomic_init(&(*out)->requested, 0);
    return IMGVEC_OK;
}

void imgvec_cancel_request(imgvec_cancel *token)
{
    if (token)
        atomic_store(&token->requested, 1);
}

int32_t imgvec_cancel_requested(const imgvec_cancel *token)
{
    return token ? atomic_load(&((imgvec_cancel *)token)->requested) : 0;
}

void imgvec_cancel_free(imgvec_cancel *token)
{
    free(token);
}
