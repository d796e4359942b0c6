#include "io/s3.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

bool iv_s3_is_url(const char *text)
{
    return strncasecmp(text, "s3://", 5) == 0;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static const char *either(const char *first, const char *second)
{
    const char *value = variable(first);
    return value ? value : variable(second);
}

/* Names of buckets as S3 allows them, and with capitals and "_", as it once did. */
static bool sound_bucket(const char *text, size_t length)
{
    if (length < 3 || length > 255 || text[0] == '.' || text[length - 1] == '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.' || c == '_'))
            return false;
    }
    return true;
}

/* A key is any text: all but unreserved characters and "/" are escaped. */
static void add_key(iv_text *out, const char *key)
{
    for (; *key; key++) {
        char c = *key;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~' || c == '/')
            iv_text_add_n(out, &c, 1);
        else
            iv_text_addf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static void add_host(iv_text *out, const char *bucket, size_t length)
{
    const char *endpoint = either("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    const char *region = either("AWS_REGION", "AWS_DEFAULT_REGION");
    if (endpoint) {
        size_t end = strlen(endpoint);
        while (end > 0 && endpoint[end - 1] == '/')
            end--;
        iv_text_addf(out, "%.*s/%.*s/", (int)end, endpoint, (int)length, bucket);
        return;
    }
    bool in_path = memchr(bucket, '.', length) || memchr(bucket, '_', length);
    iv_text_add(out, "https://");
    if (!in_path)
        iv_text_addf(out, "%.*s.", (int)length, bucket);
    iv_text_addf(out, region ? "s3.%s.amazonaws.com/" : "s3.amazonaws.com/", region);
    if (in_path)
        iv_text_addf(out, "%.*s/", (int)length, bucket);
}

imgvec_status iv_s3_url(imgvec_context *ctx, const char *text, char **url, iv_http_auth *auth,
                        bool *sign, imgvec_error *err)
{
    const char *bucket = text + 5, *slash = strchr(bucket, '/');
    size_t length = slash ? (size_t)(slash - bucket) : strlen(bucket);
    if (!slash || !slash[1] || !sound_bucket(bucket, length))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: not of the form s3://bucket/key", text);
    iv_text out;
    iv_text_init(&out, ctx);
    add_host(&out, bucket, length);
    add_key(&out, slash + 1);
    *url = iv_text_take(&out);
    if (!*url)
        return iv_fail_nomem(err);
    const char *region = either("AWS_REGION", "AWS_DEFAULT_REGION");
    *auth = (iv_http_auth){.key = variable("AWS_ACCESS_KEY_ID"),
                           .secret = variable("AWS_SECRET_ACCESS_KEY"),
                           .token = variable("AWS_SESSION_TOKEN"),
                           .region = region ? region : "us-east-1",
                           .service = "s3"};
    *sign = auth->key && auth->secret;
    return IMGVEC_OK;
}
