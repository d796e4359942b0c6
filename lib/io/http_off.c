/* Stands in for the http files in a build without libcurl. */
#include <string.h>

#include "base/error.h"
#include "io/http.h"

static imgvec_status off(imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                   "this build cannot download: it was made without libcurl (-Dcurl=enabled)");
}

const char *iv_http_library(void)
{
    return "";
}

imgvec_status iv_http_client_new(imgvec_context *ctx, const iv_http_limits *limits,
                                 iv_http_client **out, imgvec_error *err)
{
    return off(err);
}

void iv_http_client_free(iv_http_client *client)
{
}

uint64_t iv_http_client_sockets(const iv_http_client *client)
{
    return 0;
}

imgvec_status iv_http_download(iv_http_client *client, const char *url, const char *path,
                               const iv_http_auth *auth, iv_watch *watch, iv_http_result *out,
                               imgvec_error *err)
{
    return off(err);
}

imgvec_status iv_http_revalidate(iv_http_client *client, const char *url, const char *path,
                                 const char *etag, const iv_http_auth *auth, iv_watch *watch,
                                 iv_http_result *out, imgvec_error *err)
{
    return off(err);
}

imgvec_status iv_http_run(iv_http_client *client, const iv_http_feed *feed, iv_watch *watch,
                          uint64_t before, imgvec_error *err)
{
    return off(err);
}

imgvec_status iv_http_join(imgvec_context *ctx, const char *base, const char *text, size_t length,
                           char **out, imgvec_error *err)
{
    return off(err);
}
