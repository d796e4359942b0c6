/* Reading the parity kit. */
#ifndef TEST_NET_KIT_H
#define TEST_NET_KIT_H

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "fixtures.h"
#include "io/json.h"

/* Definitions that the kit says nothing about: their arithmetic is that of other networks
 * that it does have. */
static inline bool kit_lacks(const char *id, const char *variant)
{
    return strcmp(variant, "timm_tf") == 0 && strcmp(id, "efficientnetb0") != 0 &&
           strcmp(id, "efficientnetb2") != 0;
}

/* A JSON file of the kit; NULL when it is not there. */
static inline iv_json_document *kit_json(imgvec_context *ctx, const char *name)
{
    char fixture[256], *text = NULL;
    imgvec_error err;
    iv_json_document *doc = NULL;
    size_t size = 0;
    snprintf(fixture, sizeof fixture, "parity/%s", name);
    const char *path = test_fixture(fixture);
    if (!path)
        return NULL;
    if (iv_file_read(ctx, path, 0, &text, &size, &err) != IMGVEC_OK ||
        iv_json_parse(ctx, text, size, 0, 64 << 20, &doc, &err) != IMGVEC_OK) {
        printf("%s: %s\n", path, err.text);
        abort();
    }
    iv_free(ctx, text);
    return doc;
}

static inline double kit_number(const iv_json *object, const char *name)
{
    double value = 0;
    imgvec_error err;
    if (iv_json_f64(object, name, &value, &err) != IMGVEC_OK) {
        printf("%s\n", err.text);
        abort();
    }
    return value;
}

/* "0x..." as a number. */
static inline uint64_t kit_word(const iv_json *object, const char *name)
{
    const char *text = NULL;
    imgvec_error err;
    if (iv_json_text(object, name, &text, &err) != IMGVEC_OK)
        abort();
    return strtoull(text, NULL, 16);
}

static inline double kit_value(const iv_json *v)
{
    return v->type == IV_JSON_INT ? (double)v->as.integer : v->as.number;
}

#endif
