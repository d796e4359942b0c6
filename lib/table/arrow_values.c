#include "table/arrow_values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MOST INT64_C(0x3fffffffffffff) /* values: their bytes can be counted in 64 bits */
#define SECONDS_A_DAY 86400
#define FIRST_SECOND INT64_C(-62135596800) /* of the year 1 */
#define LAST_SECOND INT64_C(253402300799)  /* of the year 9999 */

bool iv_arrow_type_find(const char *format, iv_arrow_type *out)
{
    static const struct {
        const char *format;
        iv_arrow_type type;
    } known[] = {
        {"n", {IV_ARROW_NULL, 0, 0, false, false}},
        {"b", {IV_ARROW_BOOL, 0, 0, false, false}},
        {"c", {IV_ARROW_SIGNED, 1, 0, false, false}},
        {"s", {IV_ARROW_SIGNED, 2, 0, false, false}},
        {"i", {IV_ARROW_SIGNED, 4, 0, false, false}},
        {"l", {IV_ARROW_SIGNED, 8, 0, false, false}},
        {"C", {IV_ARROW_UNSIGNED, 1, 0, false, false}},
        {"S", {IV_ARROW_UNSIGNED, 2, 0, false, false}},
        {"I", {IV_ARROW_UNSIGNED, 4, 0, false, false}},
        {"L", {IV_ARROW_UNSIGNED, 8, 0, false, false}},
        {"e", {IV_ARROW_FLOAT, 2, 0, false, false}},
        {"f", {IV_ARROW_FLOAT, 4, 0, false, false}},
        {"g", {IV_ARROW_FLOAT, 8, 0, false, false}},
        {"u", {IV_ARROW_BYTES, 4, 0, false, false}},
        {"U", {IV_ARROW_BYTES, 8, 0, false, false}},
        {"z", {IV_ARROW_BYTES, 4, 0, true, false}},
        {"Z", {IV_ARROW_BYTES, 8, 0, true, false}},
        {"vu", {IV_ARROW_VIEWS, 16, 0, false, false}},
        {"vz", {IV_ARROW_VIEWS, 16, 0, true, false}},
        {"tdD", {IV_ARROW_DATE, 4, 1, false, false}},
        {"tdm", {IV_ARROW_DATE, 8, SECONDS_A_DAY * INT64_C(1000), false, false}},
    };
    static const struct {
        const char *begin;
        int64_t ticks;
    } times[] = {{"tss:", 1}, {"tsm:", 1000}, {"tsu:", 1000000}, {"tsn:", 1000000000}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(format, known[i].format) == 0) {
            *out = known[i].type;
            return true;
        }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (strncmp(format, times[i].begin, 4) == 0) {
            *out = (iv_arrow_type){IV_ARROW_TIME, 8, times[i].ticks, false, format[4] != '\0'};
            return true;
        }
    return false;
}

const char *iv_arrow_check(const iv_arrow_type *type, const struct ArrowArray *a, int64_t need)
{
    static const int64_t buffers[] = {
        [IV_ARROW_NULL] = 0,     [IV_ARROW_BOOL] = 2,  [IV_ARROW_SIGNED] = 2,
        [IV_ARROW_UNSIGNED] = 2, [IV_ARROW_FLOAT] = 2, [IV_ARROW_DATE] = 2,
        [IV_ARROW_TIME] = 2,     [IV_ARROW_BYTES] = 3, [IV_ARROW_VIEWS] = 3,
    };
    if (!a || !a->release)
        return "an array that is released or not there";
    if (a->length < 0 || a->offset < 0 || a->offset > MOST || a->length > MOST - a->offset)
        return "an impossible length or offset";
    if (a->null_count < -1 || a->null_count > a->length)
        return "an impossible count of nulls";
    if (a->length < need)
        return "an array shorter than its batch";
    if (type->kind == IV_ARROW_NULL)
        return NULL;
    if (type->kind == IV_ARROW_VIEWS ? a->n_buffers < 3 : a->n_buffers != buffers[type->kind])
        return "another number of buffers than the type has";
    if (need == 0)
        return NULL;
    if (!a->buffers || !a->buffers[1])
        return "a buffer that is not there";
    if (a->null_count > 0 && !a->buffers[0])
        return "nulls without a validity buffer";
    return NULL;
}

bool iv_arrow_valid(const struct ArrowArray *a, int64_t index)
{
    if (a->null_count == 0 || a->n_buffers < 1 || !a->buffers || !a->buffers[0])
        return true;
    int64_t bit = a->offset + index;
    return ((const uint8_t *)a->buffers[0])[bit / 8] >> bit % 8 & 1;
}

/* The buffers of a producer may lie at any address. */
static const uint8_t *raw(const iv_arrow_type *type, const struct ArrowArray *a, int64_t index)
{
    return (const uint8_t *)a->buffers[1] + (a->offset + index) * type->width;
}

static int64_t read_signed(const uint8_t *p, int width)
{
    int8_t a;
    int16_t b;
    int32_t c;
    int64_t d;
    switch (width) {
    case 1:
        memcpy(&a, p, 1);
        return a;
    case 2:
        memcpy(&b, p, 2);
        return b;
    case 4:
        memcpy(&c, p, 4);
        return c;
    default:
        memcpy(&d, p, 8);
        return d;
    }
}

static uint64_t read_unsigned(const uint8_t *p, int width)
{
    uint64_t value = (uint64_t)read_signed(p, width);
    return width == 8 ? value : value & ((UINT64_C(1) << 8 * width) - 1);
}

int64_t iv_arrow_index(const iv_arrow_type *type, const struct ArrowArray *a, int64_t index)
{
    const uint8_t *p = raw(type, a, index);
    if (type->kind == IV_ARROW_UNSIGNED) {
        uint64_t value = read_unsigned(p, type->width);
        return value > INT64_MAX ? -1 : (int64_t)value;
    }
    int64_t value = read_signed(p, type->width);
    return value < 0 ? -1 : value;
}

static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double value = exponent == 0    ? ldexp(fraction, -24)
                   : exponent == 31 ? (fraction ? NAN : INFINITY)
                                    : ldexp(fraction + 1024, exponent - 25);
    return bits & 0x8000 ? -value : value;
}

static double read_float(const uint8_t *p, int width)
{
    uint16_t h;
    float f;
    double d;
    if (width == 2) {
        memcpy(&h, p, 2);
        return half(h);
    }
    if (width == 4) {
        memcpy(&f, p, 4);
        return (double)f;
    }
    memcpy(&d, p, 8);
    return d;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The Gregorian date of a day counted from 1970-01-01: years run from March, so that the leap day
 * is their last; an era is 400 years of 146,097 days. */
static void civil(int64_t days, int *year, int *month, int *day)
{
    days += 719468; /* from 0000-03-01 */
    int64_t era = floor_div(days, 146097), of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static const char *write_time(const iv_arrow_type *type, int64_t count, char *text, size_t *length)
{
    int year, month, day;
    int64_t seconds, fraction = 0;
    if (type->kind == IV_ARROW_DATE) {
        seconds = floor_div(count, type->ticks); /* days, so far */
        seconds = seconds < -1000000 || seconds > 4000000 ? INT64_MAX : seconds * SECONDS_A_DAY;
    } else {
        seconds = floor_div(count, type->ticks);
        fraction = count - seconds * type->ticks;
    }
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
        return "a date outside of the years 1 to 9999";
    int64_t days = floor_div(seconds, SECONDS_A_DAY);
    int rest = (int)(seconds - days * SECONDS_A_DAY);
    civil(days, &year, &month, &day);
    int n = snprintf(text, IV_ARROW_TEXT, "%04d-%02d-%02d", year, month, day);
    if (type->kind == IV_ARROW_TIME) {
        n += snprintf(text + n, IV_ARROW_TEXT - (size_t)n, "T%02d:%02d:%02d", rest / 3600,
                      rest / 60 % 60, rest % 60);
        if (fraction) {
            int digits = type->ticks == 1000 ? 3 : type->ticks == 1000000 ? 6 : 9;
            n += snprintf(text + n, IV_ARROW_TEXT - (size_t)n, ".%0*lld", digits,
                          (long long)fraction);
        }
        if (type->utc)
            n += snprintf(text + n, IV_ARROW_TEXT - (size_t)n, "Z");
    }
    *length = (size_t)n;
    return NULL;
}

static const char *find_bytes(const iv_arrow_type *type, const struct ArrowArray *a, int64_t index,
                              const char **value, size_t *length)
{
    const uint8_t *p = raw(type, a, index);
    int64_t begin = read_signed(p, type->width), end = read_signed(p + type->width, type->width);
    if (begin < 0 || end < begin)
        return "offsets that run backwards";
    if (end > begin && !a->buffers[2])
        return "a buffer that is not there";
    *value = end > begin ? (const char *)a->buffers[2] + begin : "";
    *length = (size_t)(end - begin);
    return NULL;
}

/* A view holds a short value itself, else its beginning, a buffer's number and a place there. */
static const char *find_view(const iv_arrow_type *type, const struct ArrowArray *a, int64_t index,
                             const char **value, size_t *length)
{
    const uint8_t *p = raw(type, a, index);
    int64_t size = read_signed(p, 4), buffer = read_signed(p + 8, 4), at = read_signed(p + 12, 4);
    if (size < 0)
        return "a negative length";
    *length = (size_t)size;
    *value = (const char *)p + 4;
    if (size <= 12)
        return NULL;
    const uint8_t *sizes = a->buffers[a->n_buffers - 1];
    if (buffer < 0 || buffer >= a->n_buffers - 3 || at < 0 || !sizes || !a->buffers[2 + buffer] ||
        at + size > read_signed(sizes + 8 * buffer, 8))
        return "a view outside of its buffers";
    *value = (const char *)a->buffers[2 + buffer] + at;
    return NULL;
}

const char *iv_arrow_value(const iv_arrow_type *type, const struct ArrowArray *a, int64_t index,
                           char buffer[IV_ARROW_TEXT], const char **value, size_t *length)
{
    int64_t bit = a->offset + index;
    *value = buffer;
    *length = 0;
    switch (type->kind) {
    case IV_ARROW_NULL:
        break;
    case IV_ARROW_BOOL:
        *value = ((const uint8_t *)a->buffers[1])[bit / 8] >> bit % 8 & 1 ? "true" : "false";
        *length = strlen(*value);
        break;
    case IV_ARROW_SIGNED:
        *length = (size_t)snprintf(buffer, IV_ARROW_TEXT, "%lld",
                                   (long long)read_signed(raw(type, a, index), type->width));
        break;
    case IV_ARROW_UNSIGNED:
        *length =
            (size_t)snprintf(buffer, IV_ARROW_TEXT, "%llu",
                             (unsigned long long)read_unsigned(raw(type, a, index), type->width));
        break;
    case IV_ARROW_FLOAT: {
        double number = read_float(raw(type, a, index), type->width);
        if (isinf(number))
            strcpy(buffer, number < 0 ? "-inf" : "inf");
        else if (type->width < 8)
            iv_format_f32((float)number, buffer);
        else
            iv_format_f64(number, buffer);
        *length = isnan(number) ? 0 : strlen(buffer);
        break;
    }
    case IV_ARROW_DATE:
    case IV_ARROW_TIME:
        return write_time(type, read_signed(raw(type, a, index), type->width), buffer, length);
    case IV_ARROW_BYTES:
        return find_bytes(type, a, index, value, length);
    case IV_ARROW_VIEWS:
        return find_view(type, a, index, value, length);
    }
    return NULL;
}
