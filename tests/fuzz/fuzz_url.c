/* The first line is the document that the second is a link of: it is one of the two schemes, or an
 * error; what people are shown hides what stands between "//" and "@"; the normal form is its own.
 */
#include "fuzz.h"

#include "base/mem.h"
#include "io/http_internal.h"
#include "io/s3.h"

static void check_parsed(imgvec_context *ctx, const char *url)
{
    imgvec_error err = {0};
    char *again = NULL, *host = NULL;
    fuzz_need(iv_http_is_url(url, strlen(url)));
    fuzz_need(iv_url_parse(ctx, NULL, url, false, &again, &host, &err) == IMGVEC_OK);
    fuzz_need(strcmp(again, url) == 0 && host[0]);
    char *shown = iv_http_show(ctx, url);
    fuzz_need(shown && strlen(shown) <= strlen(url) + 8);
    iv_free(ctx, shown);
    iv_free(ctx, again);
    iv_free(ctx, host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0};
    char *text = iv_strndup(ctx, (const char *)data, size), *url = NULL;
    fuzz_need(text != NULL);
    char *line = strchr(text, '\n');
    const char *link = line ? line + 1 : text;
    if (line)
        *line = '\0';
    imgvec_status status = line ? iv_http_join(ctx, text, link, strlen(link), &url, &err)
                                : iv_url_parse(ctx, NULL, link, size & 1, &url, NULL, &err);
    fuzz_check_error(status, &err);
    if (status == IMGVEC_OK)
        check_parsed(ctx, url);
    iv_free(ctx, url);
    iv_free(ctx, iv_http_show(ctx, link));
    if (iv_s3_is_url(link)) {
        iv_http_auth auth;
        bool sign;
        url = NULL;
        status = iv_s3_url(ctx, link, &url, &auth, &sign, &err);
        fuzz_check_error(status, &err);
        if (status == IMGVEC_OK)
            fuzz_need(strncmp(url, "https://", 8) == 0);
        iv_free(ctx, url);
    }
    iv_free(ctx, text);
    fuzz_end(ctx);
    return 0;
}
