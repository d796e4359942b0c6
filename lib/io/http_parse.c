/* URLs as libcurl reads them, so that what is checked is what is asked. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/http_internal.h"

/* Spaces and letters beyond ASCII are what people write; curl encodes them. */
#define FLAGS (CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_NON_SUPPORT_SCHEME)

static imgvec_status failed(CURLUcode code, imgvec_error *err)
{
    if (code == CURLUE_OUT_OF_MEMORY)
        return iv_fail_nomem(err);
    return iv_fail(err, IMGVEC_ERR_FORMAT, "no sound URL: %s", curl_url_strerror(code));
}

static imgvec_status get(imgvec_context *ctx, CURLU *u, CURLUPart part, unsigned flags, char **out,
                         imgvec_error *err)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(u, part, &text, flags);
    if (code != CURLUE_OK)
        return failed(code, err);
    *out = iv_strdup(ctx, text);
    curl_free(text);
    return *out ? IMGVEC_OK : iv_fail_nomem(err);
}

static imgvec_status check_scheme(const char *url, bool https_only, imgvec_error *err)
{
    size_t length = strcspn(url, ":");
    if (length == 5 && memcmp(url, "https", 5) == 0)
        return IMGVEC_OK;
    if (length == 4 && memcmp(url, "http", 4) == 0) {
        if (!https_only)
            return IMGVEC_OK;
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "http is not taken here, since anybody on the way could change the file; "
                       "use https");
    }
    return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "scheme %.*s is not taken; only http and https are",
                   (int)length, url);
}

static imgvec_status host_of(imgvec_context *ctx, CURLU *u, char **host, imgvec_error *err)
{
    char *name = NULL, *port = NULL;
    imgvec_status status = get(ctx, u, CURLUPART_HOST, 0, &name, err);
    if (status == IMGVEC_OK)
        status = get(ctx, u, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port, err);
    if (status == IMGVEC_OK) {
        *host = iv_format(ctx, "%s:%s", name, port);
        if (!*host)
            status = iv_fail_nomem(err);
    }
    iv_free(ctx, name);
    iv_free(ctx, port);
    return status;
}

imgvec_status iv_url_parse(imgvec_context *ctx, const char *base, const char *text, bool https_only,
                           char **url, char **host, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    char *found = NULL;
    CURLU *u = curl_url();
    if (!u)
        return iv_fail_nomem(err);
    CURLUcode code = base ? curl_url_set(u, CURLUPART_URL, base, FLAGS) : CURLUE_OK;
    if (code == CURLUE_OK)
        code = curl_url_set(u, CURLUPART_URL, text, FLAGS);
    if (code == CURLUE_OK)
        code = curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
    if (code != CURLUE_OK)
        IV_DO(failed(code, err));
    IV_DO(get(ctx, u, CURLUPART_URL, 0, &found, err));
    IV_DO(check_scheme(found, https_only, err));
    if (host)
        IV_DO(host_of(ctx, u, host, err));
    *url = found;
    found = NULL;
done:
    iv_free(ctx, found);
    curl_url_cleanup(u);
    return status;
}

imgvec_status iv_http_join(imgvec_context *ctx, const char *base, const char *text, size_t length,
                           char **out, imgvec_error *err)
{
    char *copy = iv_strndup(ctx, text, length);
    if (!copy)
        return iv_fail_nomem(err);
    imgvec_status status = iv_url_parse(ctx, base, copy, false, out, NULL, err);
    iv_free(ctx, copy);
    return status;
}
