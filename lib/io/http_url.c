/* URLs as texts; what needs no network and no libcurl. */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/http.h"

const iv_http_limits iv_http_defaults = {.connect_seconds = 10,
                                         .total_seconds = 60,
                                         .low_speed_bytes = 1024,
                                         .low_speed_seconds = 15,
                                         .max_redirects = 5,
                                         .retries = 3,
                                         .max_bytes = 256u << 20};

bool iv_http_is_url(const char *text, size_t length)
{
    return (length >= 7 && strncasecmp(text, "http://", 7) == 0) ||
           (length >= 8 && strncasecmp(text, "https://", 8) == 0);
}

static bool holds(const char *text, size_t length, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= length; i++)
        if (strncasecmp(text + i, part, n) == 0)
            return true;
    return false;
}

/* X-Amz-Signature, sig, access_token, AWSAccessKeyId, api_key, password... */
static bool secret(const char *name, size_t length)
{
    static const char *const parts[] = {"sig", "token", "key", "secret", "pass", "auth", "cred"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (holds(name, length, parts[i]))
            return true;
    return false;
}

static void show_query(iv_text *out, const char *query)
{
    char mark = '?';
    while (*query) {
        size_t length = strcspn(query, "&#"), name = strcspn(query, "=&#");
        iv_text_add_n(out, &mark, 1);
        if (name < length && secret(query, name)) {
            iv_text_add_n(out, query, name);
            iv_text_add(out, "=...");
        } else {
            iv_text_add_n(out, query, length);
        }
        query += length;
        if (*query != '&')
            break;
        query++;
        mark = '&';
    }
}

char *iv_http_show(imgvec_context *ctx, const char *url)
{
    iv_text out;
    iv_text_init(&out, ctx);
    const char *rest = strstr(url, "://");
    rest = rest ? rest + 3 : url;
    iv_text_add_n(&out, url, (size_t)(rest - url));
    /* "\" ends the host for some readers; whatever stands before the last "@" is hidden. */
    size_t host = strcspn(rest, "/\\?#");
    for (size_t i = host; i > 0; i--)
        if (rest[i - 1] == '@') {
            iv_text_add(&out, "...@");
            rest += i;
            break;
        }
    size_t path = strcspn(rest, "?#");
    iv_text_add_n(&out, rest, path);
    if (rest[path] == '?')
        show_query(&out, rest + path + 1);
    return iv_text_take(&out);
}
