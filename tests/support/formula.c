#include "formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures.h"

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

uint64_t formula_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t formula_fnv(const char *text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    while (*text)
        hash = (hash ^ (unsigned char)*text++) * UINT64_C(0x100000001B3);
    return hash;
}

static uint64_t base_of(const char *name, uint64_t seed)
{
    return formula_fnv(name) ^ formula_mix(seed * GOLDEN);
}

static uint64_t word(uint64_t base, uint64_t i)
{
    return formula_mix(base + (i + 1) * GOLDEN);
}

uint64_t formula_word(const char *name, uint64_t seed, uint64_t i)
{
    return word(base_of(name, seed), i);
}

static const char *leaf_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* Every rule is offset + scale * unit. */
static void rule(const char *leaf, int rank, double fan_in, int e, double *offset, double *scale)
{
    *offset = 0;
    if (strcmp(leaf, "running_mean") == 0) {
        *scale = ldexp(0.125, e);
    } else if (strcmp(leaf, "running_var") == 0) {
        *offset = ldexp(1, 2 * e);
        *scale = ldexp(0.5, 2 * e);
    } else if (strcmp(leaf, "bias") == 0) {
        *scale = 0.125;
    } else if (strcmp(leaf, "gamma") == 0 || strcmp(leaf, "layer_scale") == 0) {
        *offset = 0.5;
        *scale = 0.25;
    } else if (rank == 1) {
        *offset = 1;
        *scale = 0.25;
    } else {
        *scale = sqrt(3.0 / fan_in);
    }
}

void formula_tensor(const char *name, uint64_t seed, int e, int rank, const int64_t *shape,
                    float *out)
{
    uint64_t base = base_of(name, seed);
    int64_t count = 1;
    double offset, scale;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    if (strcmp(leaf_of(name), "num_batches_tracked") == 0) {
        *out = (float)(word(base, 0) >> 48);
        return;
    }
    rule(leaf_of(name), rank, rank > 0 ? (double)(count / shape[0]) : 1, e, &offset, &scale);
    for (int64_t i = 0; i < count; i++) {
        int64_t top = (int64_t)(word(base, (uint64_t)i) >> 40);
        out[i] = (float)(offset + (double)(top - 8388608) / 8388608.0 * scale);
    }
}

void formula_picture(uint64_t seed, int height, int width, uint8_t *rgb)
{
    uint64_t params = base_of("image.params", seed), block = base_of("image.block", seed);
    uint64_t noise = base_of("image.noise", seed);
    for (int c = 0; c < 3; c++) {
        int off = (int)(word(params, 3 * (uint64_t)c) % 512);
        int fx = (int)(word(params, 3 * (uint64_t)c + 1) % 4);
        int fy = (int)(word(params, 3 * (uint64_t)c + 2) % 4);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                uint64_t at = (uint64_t)(y * width + x) * 3 + (uint64_t)c;
                int t = (off + fx * x * 512 / width + fy * y * 512 / height) % 512;
                int tri = t < 256 ? t : 511 - t;
                int cell = (y * 8 / height) * 8 + x * 8 / width;
                int q = (int)(word(block, (uint64_t)(cell * 3 + c)) >> 56);
                int n = (int)(word(noise, at) >> 58);
                rgb[at] = (uint8_t)((4 * tri + 3 * q + 4 * n) >> 3);
            }
        }
    }
}

void formula_input(const uint8_t *rgb, int height, int width, const float mean[3],
                   const float std[3], float *out)
{
    size_t plane = (size_t)height * (size_t)width;
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < plane; i++) {
            float v = (float)rgb[3 * i + c] / 255.0f;
            v = v - mean[c];
            out[c * plane + i] = v / std[c];
        }
    }
}

uint64_t formula_check_bytes(const uint8_t *values, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += ((uint64_t)values[i] + 1) * (2 * i + 1);
    return sum;
}

uint64_t formula_check_floats(const float *values, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        sum += ((uint64_t)bits + 1) * (2 * i + 1);
    }
    return sum;
}

/* Exponents of the batch norms, as text lines. */
static int exponent_of(const char *table, const char *name)
{
    size_t module = (size_t)(leaf_of(name) - name);
    for (const char *line = table; line && *line; line = strchr(line, '\n')) {
        while (*line == '\n')
            line++;
        if (module > 0 && strncmp(line, name, module - 1) == 0 &&
            (line[module - 1] == ' ' || line[module - 1] == '\t'))
            return atoi(line + module - 1);
    }
    return 0;
}

static char *read_text(const char *folder, const char *key)
{
    char name[256];
    snprintf(name, sizeof name, "parity/%s/%s.txt", folder, key);
    const char *path = test_fixture(name);
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file)
        return NULL;
    char *text = calloc(1, 1 << 20);
    size_t n = text ? fread(text, 1, (1 << 20) - 1, file) : 0;
    fclose(file);
    if (n == 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int read_shape(const char *text, int64_t shape[IV_MAX_RANK])
{
    int rank = 0;
    char *p = (char *)(uintptr_t)text + 1;
    while (*p && *p != ']') {
        shape[rank++] = strtoll(p, &p, 10);
        if (*p == ',')
            p++;
    }
    return rank;
}

iv_tensors *formula_state(imgvec_context *ctx, const char *key, uint64_t seed, uint64_t *checksum)
{
    char *keys = read_text("keys", key), *exponents = read_text("bn_exp", key);
    char *cursor = NULL;
    uint64_t state = 0;
    iv_tensors *set = NULL;
    if (!keys || !exponents || iv_tensors_new(ctx, &set, NULL) != IMGVEC_OK) {
        free(keys);
        free(exponents);
        return NULL;
    }
    for (char *line = strtok_r(keys, "\n", &cursor); line; line = strtok_r(NULL, "\n", &cursor)) {
        char name[256], dtype[32], shape_text[128];
        int64_t shape[IV_MAX_RANK];
        iv_tensor *t = NULL;
        if (sscanf(line, "%255s %31s %127s", name, dtype, shape_text) != 3)
            continue;
        int rank = read_shape(shape_text, shape);
        if (iv_tensors_add(set, name, rank, shape, &t, NULL) != IMGVEC_OK)
            abort();
        formula_tensor(name, seed, exponent_of(exponents, name), rank, shape, t->data);
        uint64_t sum = strcmp(dtype, "int64") == 0 ? (uint64_t)*t->data + 1
                                                   : formula_check_floats(t->data, t->count);
        state = formula_mix(state ^ formula_fnv(name)) + sum;
    }
    free(keys);
    free(exponents);
    if (checksum)
        *checksum = state;
    return set;
}
