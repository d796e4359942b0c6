/* Brightness, contrast, hue, saturation, value. */
#include <math.h>

#include "image/augment_op.h"

static size_t bytes_of(const iv_image *image)
{
    return (size_t)image->width * (size_t)image->height * 3;
}

static double mean_of(const iv_image *image)
{
    size_t count = bytes_of(image);
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += image->pixels[i];
    return (double)sum / (double)count;
}

imgvec_status iv_augment_brightness(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { BRIGHTNESS, CONTRAST, BY_MAX };
    (void)err;
    double beta = iv_augment_draw(call, BRIGHTNESS), alpha = 1 + iv_augment_draw(call, CONTRAST);
    beta *= call->values[BY_MAX].low != 0 ? 255 : alpha * mean_of(image);
    uint8_t table[256];
    size_t count = bytes_of(image);
    for (int v = 0; v < 256; v++)
        table[v] = iv_byte(alpha * v + beta);
    for (size_t i = 0; i < count; i++)
        image->pixels[i] = table[image->pixels[i]];
    return IMGVEC_OK;
}

static float clamp(float v, float max)
{
    return v < 0 ? 0 : v > max ? max : v;
}

/* One channel of a colour of the hue h (0 up to 6, red at 0), saturation s and value v: f(n) =
 * v - v s max(0, min(k, 4 - k, 1)), k = (n + h) mod 6. */
static float channel(float n, float h, float s, float v)
{
    float k = n + h;
    k = k >= 6 ? k - 6 : k;
    float m = k < 4 - k ? k : 4 - k;
    return v - v * s * clamp(m, 1);
}

static void shift_hsv(uint8_t *p, float hue, float saturation, float value)
{
    float r = p[0], g = p[1], b = p[2];
    float max = r > g ? r : g, min = r < g ? r : g, h = 0, s = 0;
    max = b > max ? b : max;
    min = b < min ? b : min;
    float range = max - min;
    if (range > 0) {
        h = max == r ? (g - b) / range : max == g ? 2 + (b - r) / range : 4 + (r - g) / range;
        s = range / max;
    }
    h += hue;
    h = h < 0 ? h + 6 : h >= 6 ? h - 6 : h;
    s = clamp(s + saturation, 1);
    max = clamp(max + value, 255);
    p[0] = (uint8_t)(channel(5, h, s, max) + 0.5f);
    p[1] = (uint8_t)(channel(3, h, s, max) + 0.5f);
    p[2] = (uint8_t)(channel(1, h, s, max) + 0.5f);
}

/* Limits are in the units of 8-bit HSV: hue in steps of two degrees, the others of 255. The
 * arithmetic between is not rounded to these. */
imgvec_status iv_augment_hsv(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { HUE, SATURATION, VALUE };
    (void)err;
    double turn = iv_augment_draw(call, HUE) / 30; /* sixths of a circle */
    float hue = (float)(turn - 6 * floor(turn / 6));
    float saturation = (float)(iv_augment_draw(call, SATURATION) / 255);
    float value = (float)iv_augment_draw(call, VALUE);
    size_t count = bytes_of(image);
    for (size_t i = 0; i < count; i += 3)
        shift_hsv(image->pixels + i, hue, saturation, value);
    return IMGVEC_OK;
}
