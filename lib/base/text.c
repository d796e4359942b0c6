#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void iv_text_init(iv_text *t, imgvec_context *ctx)
{
    memset(t, 0, sizeof *t);
    t->ctx = ctx;
}

/* Room for `more` bytes and the closing NUL. */
static bool room(iv_text *t, size_t more)
{
    if (!t->failed && (more > SIZE_MAX / 2 - t->length ||
                       iv_reserve(t->ctx, &t->data, &t->capacity, t->length + more + 1, 1) != 0))
        t->failed = true;
    return !t->failed;
}

void iv_text_add_n(iv_text *t, const char *text, size_t length)
{
    if (!room(t, length))
        return;
    memcpy(t->data + t->length, text, length);
    t->length += length;
    t->data[t->length] = '\0';
}

void iv_text_add(iv_text *t, const char *text)
{
    iv_text_add_n(t, text, strlen(text));
}

void iv_text_addf(iv_text *t, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (length < 0)
        t->failed = true;
    else if (room(t, (size_t)length)) {
        vsnprintf(t->data + t->length, (size_t)length + 1, fmt, again);
        t->length += (size_t)length;
    }
    va_end(again);
}

char *iv_text_take(iv_text *t)
{
    if (room(t, 0) && t->length == 0)
        t->data[0] = '\0';
    char *data = t->failed ? NULL : t->data;
    if (t->failed)
        iv_free(t->ctx, t->data);
    iv_text_init(t, t->ctx);
    return data;
}

void iv_text_free(iv_text *t)
{
    if (t->ctx)
        iv_free(t->ctx, t->data);
    iv_text_init(t, t->ctx);
}

/* Length of the sound sequence at s (n bytes left), 0 when it is not sound: the table of
 * well-formed byte sequences of the Unicode standard (3-7). */
static size_t sequence(const unsigned char *s, size_t n)
{
    unsigned char c = s[0];
    if (c < 0x80)
        return 1;
    if (c < 0xC2 || c > 0xF4)
        return 0;
    size_t need = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (n < need)
        return 0;
    unsigned char low = 0x80, high = 0xBF;
    if (c == 0xE0)
        low = 0xA0;
    else if (c == 0xED)
        high = 0x9F;
    else if (c == 0xF0)
        low = 0x90;
    else if (c == 0xF4)
        high = 0x8F;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if (s[i] < 0x80 || s[i] > 0xBF)
            return 0;
    return need;
}

size_t iv_utf8_valid(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t at = 0;
    while (at < length) {
        uint64_t eight;
        while (length - at >= 8) { /* the common case: runs of ASCII */
            memcpy(&eight, s + at, 8);
            if (eight & UINT64_C(0x8080808080808080))
                break;
            at += 8;
        }
        if (at >= length)
            break;
        size_t step = sequence(s + at, length - at);
        if (step == 0)
            break;
        at += step;
    }
    return at;
}

size_t iv_utf8_cut(const char *text, size_t length, size_t limit)
{
    if (length <= limit)
        return length;
    while (limit > 0 && ((unsigned char)text[limit] & 0xC0) == 0x80)
        limit--;
    return limit;
}

bool iv_list_next(const char **list, const char **item, size_t *length)
{
    const char *p = *list;
    for (;;) {
        while (*p == ' ' || *p == '\t')
            p++;
        if (*p == '\0') {
            *list = p;
            return false;
        }
        const char *end = strchr(p, ',');
        const char *stop = end ? end : p + strlen(p);
        *list = end ? end + 1 : stop;
        *item = p;
        while (stop > p && (stop[-1] == ' ' || stop[-1] == '\t'))
            stop--;
        *length = (size_t)(stop - p);
        if (*length > 0)
            return true;
        p = *list;
    }
}

bool iv_equal_nocase(const char *a, const char *b)
{
    for (;; a++, b++) {
        int x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a;
        int y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
        if (x != y)
            return false;
        if (x == 0)
            return true;
    }
}
