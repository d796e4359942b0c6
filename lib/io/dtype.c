#include "io/dtype.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const struct {
    char name[6];
    unsigned char size;
} types[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}, {"I64", 8}, {"I32", 4}, {"I16", 2},
             {"I8", 1},  {"U8", 1},  {"U16", 2},  {"U32", 4}, {"U64", 8}, {"BOOL", 1}};

size_t iv_dtype_size(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].size;
    return 0;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16, four at a time without a branch; every value is exact in float32. */
typedef uint32_t lanes __attribute__((vector_size(16)));
typedef int32_t signed_lanes __attribute__((vector_size(16)));
typedef float float_lanes __attribute__((vector_size(16)));

static lanes halves(lanes h)
{
    lanes exponent = h & 0x7C00, fraction = h & 0x03FF, moved = (h & 0x7FFF) << 13;
    float_lanes small = __builtin_convertvector((signed_lanes)fraction, float_lanes) * 0x1p-24f;
    lanes is_small = (lanes)(exponent == 0), is_special = (lanes)(exponent == 0x7C00);
    lanes normal = moved + (112u << 23);
    return (h & 0x8000) << 16 | (is_small & (lanes)small) | (is_special & (moved | 0x7F800000)) |
           (~(is_small | is_special) & normal);
}

static void convert_halves(const void *src, size_t count, float *dst)
{
    for (size_t i = 0; i < count; i += 4) {
        size_t n = count - i < 4 ? count - i : 4;
        uint16_t h[4] = {0};
        if (n == 4)
            memcpy(h, (const char *)src + 2 * i, sizeof h);
        else
            memcpy(h, (const char *)src + 2 * i, 2 * n);
        lanes bits = halves((lanes){h[0], h[1], h[2], h[3]});
        if (n == 4)
            memcpy(dst + i, &bits, sizeof bits);
        else
            memcpy(dst + i, &bits, 4 * n);
    }
}

#define EACH(type, expression)                                                                     \
    for (size_t i = 0; i < count; i++) {                                                           \
        type v;                                                                                    \
        memcpy(&v, (const char *)src + i * sizeof v, sizeof v);                                    \
        dst[i] = (expression);                                                                     \
    }

void iv_dtype_convert(const char *name, const void *src, size_t count, float *dst)
{
    if (strcmp(name, "F32") == 0)
        memcpy(dst, src, count * sizeof *dst);
    else if (strcmp(name, "F16") == 0)
        convert_halves(src, count, dst);
    else if (strcmp(name, "BF16") == 0)
        EACH(uint16_t, from_bits((uint32_t)v << 16))
    else if (strcmp(name, "F64") == 0)
        EACH(double, (float)v)
    else if (strcmp(name, "I64") == 0)
        EACH(int64_t, (float)v)
    else if (strcmp(name, "I32") == 0)
        EACH(int32_t, (float)v)
    else if (strcmp(name, "I16") == 0)
        EACH(int16_t, (float)v)
    else if (strcmp(name, "I8") == 0)
        EACH(int8_t, (float)v)
    else if (strcmp(name, "U8") == 0 || strcmp(name, "BOOL") == 0)
        EACH(uint8_t, (float)v)
    else if (strcmp(name, "U16") == 0)
        EACH(uint16_t, (float)v)
    else if (strcmp(name, "U32") == 0)
        EACH(uint32_t, (float)v)
    else if (strcmp(name, "U64") == 0)
        EACH(uint64_t, (float)v)
}
