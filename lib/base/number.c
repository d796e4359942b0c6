/* Numbers as text, whatever the locale: the C library's exact conversions, called with a
 * locale object of their own, behind a fast path for the short decimals of data files. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* (locale_t)0 when it could not be made; conversions then use the thread's locale. */
static locale_t get_c_locale(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    return c_locale;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool trim(const char **text, size_t *length)
{
    while (*length && blank(**text))
        (*text)++, (*length)--;
    while (*length && blank((*text)[*length - 1]))
        (*length)--;
    return *length > 0;
}

/* Up to 15 digits and a power of ten up to 22 are exact in double, so one multiplication
 * or division rounds correctly (Clinger, 1990). false: not of that simple form. */
static bool parse_simple(const char *p, size_t n, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool negative = *p == '-';
    size_t i = negative || *p == '+' ? 1 : 0, digits = 0, fraction = 0;
    uint64_t value = 0;
    bool point = false;
    for (; i < n; i++) {
        char c = p[i];
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            value = value * 10 + (uint64_t)(c - '0');
            if (++digits > 15)
                return false;
            fraction += point;
        } else {
            return false;
        }
    }
    if (digits == 0)
        return false;
    double number = (double)value / powers[fraction];
    *out = negative ? -number : number;
    return true;
}

bool iv_parse_f64(const char *text, size_t length, double *out)
{
    if (!trim(&text, &length))
        return false;
    if (parse_simple(text, length, out))
        return true;
    if (length > 400 || memchr(text, '\0', length))
        return false;
    for (size_t i = 0; i < length; i++) /* strtod also reads hexadecimal: not data */
        if (text[i] == 'x' || text[i] == 'X' || text[i] == '(')
            return false;
    char copy[401], *end;
    memcpy(copy, text, length);
    copy[length] = '\0';
    locale_t locale = get_c_locale();
    int saved = errno;
    double number = locale ? strtod_l(copy, &end, locale) : strtod(copy, &end);
    errno = saved;
    if (end != copy + length)
        return false;
    *out = number;
    return true;
}

bool iv_parse_i64(const char *text, size_t length, int64_t *out)
{
    if (!trim(&text, &length) || length > 20)
        return false;
    bool negative = *text == '-';
    size_t i = negative || *text == '+' ? 1 : 0;
    if (i == length)
        return false;
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    for (; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* Tries ever more digits until the text reads back as the same value. */
static void format_shortest(double value, int first, int last, bool is_float,
                            char out[IV_NUMBER_MAX])
{
    if (isnan(value)) {
        memcpy(out, "nan", 4);
        return;
    }
    if (isinf(value)) {
        memcpy(out, value < 0 ? "-inf" : "inf", value < 0 ? 5 : 4);
        return;
    }
    locale_t locale = get_c_locale(), before = locale ? uselocale(locale) : (locale_t)0;
    for (int digits = first; digits <= last; digits++) {
        snprintf(out, IV_NUMBER_MAX, "%.*g", digits, value);
        if (is_float ? strtof(out, NULL) == (float)value : strtod(out, NULL) == value)
            break;
    }
    if (locale)
        uselocale(before);
}

void iv_format_f64(double value, char out[IV_NUMBER_MAX])
{
    if (value == floor(value) && fabs(value) < 1e15) { /* whole numbers without exponent */
        snprintf(out, IV_NUMBER_MAX, "%.0f", value);
        return;
    }
    format_shortest(value, 15, 17, false, out);
}

void iv_format_f32(float value, char out[IV_NUMBER_MAX])
{
    format_shortest((double)value, 6, 9, true, out);
}
