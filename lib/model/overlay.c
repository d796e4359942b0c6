#include "model/overlay.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/preprocess.h"

/* Colours by strength, from what is barely there to the strongest place. Each scale rises in
 * lightness; orange and blue are told apart by all common kinds of colour vision. */
enum { KNOTS = 4 };
typedef double scale[KNOTS][3];
static const scale one_sided = {{68, 10, 104}, {187, 55, 84}, {249, 142, 8}, {252, 255, 164}};
static const scale speaks_for = {{110, 50, 0}, {190, 85, 0}, {240, 145, 30}, {255, 205, 120}};
static const scale speaks_against = {{0, 45, 90}, {0, 95, 165}, {50, 150, 220}, {150, 210, 255}};

static double between(const scale s, double strength, int channel)
{
    double at = strength * (KNOTS - 1);
    int knot = at >= KNOTS - 1 ? KNOTS - 2 : (int)at;
    return s[knot][channel] + (at - knot) * (s[knot + 1][channel] - s[knot][channel]);
}

static void blend(uint8_t *pixel, const scale s, double strength)
{
    strength = strength > 0 ? fmin(strength, 1) : 0;
    double gray = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    double cover = 0.75 * sqrt(strength);
    for (int c = 0; c < 3; c++)
        pixel[c] = (uint8_t)(0.5 + (1 - cover) * 0.8 * gray + cover * between(s, strength, c));
}

static void paint(const float *map, size_t count, bool two_sided, uint8_t *pixels)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(map[i]))
            most = fmax(most, fabs((double)map[i]));
    for (size_t i = 0; i < count; i++) {
        /* A place without a finite value says nothing. */
        double strength = most > 0 && isfinite(map[i]) ? (double)map[i] / most : 0;
        if (!two_sided)
            blend(pixels + 3 * i, one_sided, strength);
        else if (strength < 0)
            blend(pixels + 3 * i, speaks_against, -strength);
        else
            blend(pixels + 3 * i, speaks_for, strength);
    }
}

imgvec_status iv_overlay_draw(imgvec_context *ctx, const iv_image *picture, const iv_maps *maps,
                              int32_t side, bool two_sided, iv_image *out, imgvec_error *err)
{
    int32_t longer = picture->width > picture->height ? picture->width : picture->height;
    double factor = longer > side ? (double)side / longer : 1;
    int32_t width = (int32_t)fmax(1, floor(picture->width * factor + 0.5));
    int32_t height = (int32_t)fmax(1, floor(picture->height * factor + 0.5));
    size_t count = (size_t)width * (size_t)height;
    IV_TRY(iv_resize(ctx, picture, width, height, IV_FILTER_BILINEAR, out, err));
    float *map = iv_alloc_n(ctx, count, sizeof *map);
    if (!map) {
        iv_image_free(ctx, out);
        return iv_fail_nomem(err);
    }
    iv_maps_render(maps, width, height, map);
    if (!two_sided)
        iv_maps_for(maps, map, count);
    paint(map, count, two_sided, out->pixels);
    iv_free(ctx, map);
    return IMGVEC_OK;
}

imgvec_status iv_model_overlay(const imgvec_model *m, const imgvec_dataset *ds,
                               const iv_saliency_request *request, int32_t side, iv_image *out,
                               imgvec_error *err)
{
    iv_image picture = {0};
    iv_maps maps;
    imgvec_status status = iv_model_saliency(m, ds, request, &picture, &maps, err);
    if (status == IMGVEC_OK)
        status = iv_overlay_draw(m->ctx, &picture, &maps, side, m->class_count == 0, out, err);
    iv_maps_free(&maps);
    iv_image_free(m->ctx, &picture);
    return status;
}
