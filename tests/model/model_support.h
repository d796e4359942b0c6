/* Small data sets and options for whole jobs on the fake executor. */
#ifndef TEST_MODEL_SUPPORT_H
#define TEST_MODEL_SUPPORT_H

#include <imgvec/imgvec.h>
#include <math.h>
#include <unistd.h>

#include "test.h"

#include "api/executor.h"
#include "base/context.h"
#include "base/random.h"
#include "fake_executor.h"
#include "net/backbones.h"
#include "tiny_backbone.h"

/* A file of this process's own, for the model that a test saves. */
static inline const char *temporary_path(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/imgvec-test-%ld.imgvec", (long)getpid());
    return path;
}

/* A context whose networks run on the fake executor, and the tiny backbone. */
static inline imgvec_context *fake_context(void)
{
    imgvec_context *ctx = test_context();
    atomic_store(&ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    return ctx;
}

/* An image of one colour with noise: 16 x 16 RGB. */
static inline void draw(iv_random *r, const int colour[3], uint8_t pixels[16 * 16 * 3])
{
    for (int i = 0; i < 16 * 16 * 3; i++) {
        int v = colour[i % 3] + (int)iv_random_below(r, 31) - 15;
        pixels[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

enum { WITH_IMAGE = 1, WITH_NUMBER = 2, WITH_COLOUR = 4 };

/* Rows whose brightness, number and colour name follow a hidden value; "y" is that value plus
 * noise, "kind" its half ("low", "high"), "noise" a number of no meaning. */
static inline imgvec_dataset *make_data(imgvec_context *ctx, int rows, int columns, uint64_t seed)
{
    static const char *const names[] = {"red", "green", "blue"};
    imgvec_dataset *ds;
    imgvec_error err;
    iv_random r;
    uint8_t pixels[16 * 16 * 3];
    iv_random_seed(&r, seed, "data");
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    if (columns & WITH_IMAGE)
        assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    if (columns & WITH_NUMBER)
        assert_ok(imgvec_dataset_add_column(ds, "x", IMGVEC_COLUMN_NUMERIC, &err));
    if (columns & WITH_COLOUR)
        assert_ok(imgvec_dataset_add_column(ds, "colour", IMGVEC_COLUMN_CATEGORICAL, &err));
    assert_ok(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "kind", IMGVEC_COLUMN_CATEGORICAL, &err));
    assert_ok(imgvec_dataset_add_column(ds, "noise", IMGVEC_COLUMN_NUMERIC, &err));
    for (int i = 0; i < rows; i++) {
        double hidden = iv_random_unit(&r);
        int c = (int)iv_random_below(&r, 3);
        int colour[3] = {(int)(40 + 180 * hidden), 90, (int)(220 - 180 * hidden)};
        draw(&r, colour, pixels);
        if (columns & WITH_IMAGE)
            assert_ok(imgvec_dataset_append_pixels(ds, "image", pixels, 16, 16, 0,
                                                   IMGVEC_PIXELS_RGB, &err));
        if (columns & WITH_NUMBER)
            assert_ok(
                imgvec_dataset_append_number(ds, "x", hidden + 0.05 * iv_random_normal(&r), &err));
        if (columns & WITH_COLOUR)
            assert_ok(imgvec_dataset_append_text(ds, "colour", names[c], &err));
        assert_ok(imgvec_dataset_append_number(ds, "y", 10 * hidden + c, &err));
        assert_ok(imgvec_dataset_append_text(ds, "kind", hidden < 0.5 ? "low" : "high", &err));
        assert_ok(imgvec_dataset_append_number(ds, "noise", iv_random_normal(&r), &err));
    }
    return ds;
}

/* Options as name, value, name, value..., NULL. */
static inline imgvec_options *make_options(imgvec_context *ctx, int32_t jobs, ...)
{
    imgvec_options *o;
    imgvec_error err;
    va_list args;
    assert_ok(imgvec_options_new(ctx, jobs, &o, &err));
    va_start(args, jobs);
    for (const char *name; (name = va_arg(args, const char *));) {
        const char *value = va_arg(args, const char *);
        assert_ok(imgvec_options_set_named(o, name, value, &err));
    }
    va_end(args);
    return o;
}

/* A member of {"<group>": {"<name>": number}} in a model's JSON; NaN when absent. */
static inline double info_number(const char *json, const char *group, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\": {", group);
    const char *at = strstr(json, key), *end = at ? strchr(at, '}') : NULL;
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *found = at ? strstr(at, key) : NULL;
    return found && found < end ? strtod(found + strlen(key), NULL) : NAN;
}

#endif
