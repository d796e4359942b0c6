#include "learn/xgb.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static void set_verbosity(int value)
{
    char text[32];
    snprintf(text, sizeof text, "{\"verbosity\":%d}", value);
    XGBSetGlobalConfig(text);
}

int iv_xgb_quiet_begin(void)
{
    static const char key[] = "\"verbosity\":";
    const char *config = NULL;
    int former = 1; /* XGBoost's default */
    if (XGBGetGlobalConfig(&config) == 0 && config) {
        const char *at = strstr(config, key);
        if (at)
            former = (int)strtol(at + sizeof key - 1, NULL, 10);
    }
    if (former != 0)
        set_verbosity(0);
    return former;
}

void iv_xgb_quiet_end(int former)
{
    if (former != 0)
        set_verbosity(former);
}

/* "[12:00:00] file.cc:12: text\nStack trace:..." becomes "text". */
static void message(const char *text, char *out, size_t capacity)
{
    const char *start = text, *source = strstr(text, ".cc:"), *line_end = strchr(text, '\n');
    if (!source)
        source = strstr(text, ".h:");
    if (source && (!line_end || source < line_end)) {
        const char *colon = strstr(source + 3, ": ");
        if (colon && (!line_end || colon < line_end))
            start = colon + 2;
    }
    const char *end = strstr(start, "\nStack trace");
    size_t length = end ? (size_t)(end - start) : strlen(start);
    while (length > 0 && isspace((unsigned char)start[length - 1]))
        length--;
    if (length >= capacity)
        length = capacity - 1;
    memcpy(out, start, length);
    out[length] = 0;
    for (char *c = out; *c; c++)
        if (*c == '\n')
            *c = ' ';
}

imgvec_status iv_xgb_fail(imgvec_error *err, imgvec_status code, const char *what)
{
    const char *last = XGBGetLastError();
    char text[512];
    message(last ? last : "", text, sizeof text);
    if (strstr(text, "bad_alloc"))
        return iv_fail_nomem(err);
    imgvec_status status = iv_fail(err, code, "XGBoost, %s: %s", what, text);
    if (err)
        err->origin = IMGVEC_ORIGIN_XGBOOST;
    return status;
}

void iv_xgb_array(char out[IV_XGB_ARRAY_MAX], const float *data, size_t rows, size_t cols)
{
    char shape[48];
    if (cols > 0)
        snprintf(shape, sizeof shape, "%zu,%zu", rows, cols);
    else
        snprintf(shape, sizeof shape, "%zu", rows);
    snprintf(out, IV_XGB_ARRAY_MAX,
             "{\"data\":[%zu,true],\"shape\":[%s],\"typestr\":\"<f4\",\"version\":3}",
             (size_t)(uintptr_t)data, shape);
}
