#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define TEXT_SIZE sizeof(((imgvec_error *)0)->text)

/* One line of sound UTF-8 whatever came in: control characters and bad bytes as \xNN, never
 * cut inside a character or an escape. dst and src must not overlap. */
static void set_text(char dst[TEXT_SIZE], const char *src)
{
    static const char hex[] = "0123456789abcdef";
    size_t length = strlen(src), at = 0, n = 0;
    while (at < length) {
        size_t sound = iv_utf8_valid(src + at, length - at < 4 ? length - at : 4);
        unsigned char c = (unsigned char)src[at];
        size_t step = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        if (c < 0x20 || c == 0x7F || sound < step) {
            if (n + 4 >= TEXT_SIZE)
                break;
            dst[n++] = '\\';
            dst[n++] = 'x';
            dst[n++] = hex[c >> 4];
            dst[n++] = hex[c & 15];
            at++;
            continue;
        }
        if (n + step >= TEXT_SIZE)
            break;
        memcpy(dst + n, src + at, step);
        n += step;
        at += step;
    }
    dst[n] = '\0';
}

static void fill(imgvec_error *err, imgvec_status code, int32_t origin, int64_t detail,
                 const char *text)
{
    err->code = code;
    err->origin = origin;
    err->detail = detail;
    set_text(err->text, text);
}

imgvec_status iv_fail(imgvec_error *err, imgvec_status code, const char *fmt, ...)
{
    if (err) {
        char text[2 * TEXT_SIZE];
        va_list args;
        va_start(args, fmt);
        vsnprintf(text, sizeof text, fmt, args);
        va_end(args);
        fill(err, code, IMGVEC_ORIGIN_LIBRARY, 0, text);
    }
    return code;
}

imgvec_status iv_fail_at(imgvec_error *err, imgvec_status code, int64_t detail, const char *fmt,
                         ...)
{
    if (err) {
        char text[2 * TEXT_SIZE];
        va_list args;
        va_start(args, fmt);
        vsnprintf(text, sizeof text, fmt, args);
        va_end(args);
        fill(err, code, IMGVEC_ORIGIN_LIBRARY, detail, text);
    }
    return code;
}

imgvec_status iv_fail_errno(imgvec_error *err, int number, const char *fmt, ...)
{
    imgvec_status code = number == ENOMEM                        ? IMGVEC_ERR_NO_MEMORY
                         : number == ENOENT || number == ENOTDIR ? IMGVEC_ERR_NOT_FOUND
                                                                 : IMGVEC_ERR_IO;
    if (err) {
        char text[2 * TEXT_SIZE], reason[128] = "";
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(text, sizeof text, fmt, args);
        va_end(args);
        const char *message = strerror_r(number, reason, sizeof reason);
        if (n >= 0 && (size_t)n < sizeof text)
            snprintf(text + n, sizeof text - (size_t)n, ": %s", message);
        fill(err, code, IMGVEC_ORIGIN_SYSTEM, number, text);
    }
    return code;
}

imgvec_status iv_fail_nomem(imgvec_error *err)
{
    if (err)
        fill(err, IMGVEC_ERR_NO_MEMORY, IMGVEC_ORIGIN_LIBRARY, 0, "out of memory");
    return IMGVEC_ERR_NO_MEMORY;
}

imgvec_status iv_fail_argument(imgvec_error *err, const char *function, const char *what)
{
    return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "%s: %s", function, what);
}

imgvec_status iv_prefix(imgvec_error *err, imgvec_status status, const char *fmt, ...)
{
    if (status != IMGVEC_OK && err) {
        char text[2 * TEXT_SIZE];
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(text, TEXT_SIZE, fmt, args);
        va_end(args);
        if (n >= 0 && (size_t)n < TEXT_SIZE) {
            snprintf(text + n, sizeof text - (size_t)n, ": %s", err->text);
            set_text(err->text, text);
        }
    }
    return status;
}
