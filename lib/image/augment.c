/* Applying a list of augmentations. */
#include "image/augment.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/augment_op.h"
#include "image/decode.h"

double iv_augment_draw(iv_augment_call *call, int i)
{
    const iv_augment_value *v = &call->values[i];
    return v->low + (v->high - v->low) * iv_random_unit(&call->random);
}

int64_t iv_augment_between(iv_augment_call *call, int64_t low, int64_t high)
{
    return high <= low ? low
                       : low + (int64_t)iv_random_below(&call->random, (uint64_t)(high - low) + 1);
}

int64_t iv_augment_draw_whole(iv_augment_call *call, int i)
{
    return iv_augment_between(call, (int64_t)call->values[i].low, (int64_t)call->values[i].high);
}

void iv_augment_replace(imgvec_context *ctx, iv_image *image, int32_t width, int32_t height,
                        uint8_t *pixels)
{
    iv_free(ctx, image->pixels);
    *image = (iv_image){width, height, pixels};
}

imgvec_status iv_augment_cut(imgvec_context *ctx, const iv_image *in, int32_t left, int32_t top,
                             int32_t width, int32_t height, uint8_t **out, imgvec_error *err)
{
    iv_image cut;
    IV_TRY(iv_image_new(ctx, width, height, &cut, err));
    size_t row = (size_t)width * 3;
    for (int32_t y = 0; y < height; y++)
        memcpy(cut.pixels + (size_t)y * row,
               in->pixels + ((size_t)(top + y) * (size_t)in->width + (size_t)left) * 3, row);
    *out = cut.pixels;
    return IMGVEC_OK;
}

/* Finaliser of splitmix64: spreads neighbouring numbers. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void iv_augment_stream(const iv_augment *a, int32_t step, uint64_t seed, uint64_t epoch,
                       uint64_t row, iv_random *out)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t key = mix(seed + odd);
    key = mix(key ^ (epoch + odd));
    key = mix(key ^ (row + odd));
    key = mix(key ^ ((uint64_t)step + odd));
    iv_random_seed(out, key, a->steps[step].what->name);
}

double iv_augment_p(const iv_augment_step *step)
{
    return step->values[step->what->count - 1].low;
}

void iv_augment_always(iv_augment_step *step)
{
    step->values[step->what->count - 1] = (iv_augment_value){1, 1};
}

imgvec_status iv_augment_apply(imgvec_context *ctx, const iv_augment *a, const iv_image *in,
                               uint64_t seed, uint64_t epoch, uint64_t row, iv_image *out,
                               imgvec_error *err)
{
    iv_image image;
    IV_TRY(iv_image_new(ctx, in->width, in->height, &image, err));
    memcpy(image.pixels, in->pixels, (size_t)in->width * (size_t)in->height * 3);
    for (int32_t i = 0; i < a->count; i++) {
        const iv_augment_step *step = &a->steps[i];
        iv_augment_call call = {.ctx = ctx, .values = step->values};
        if (!step->what->apply)
            continue;
        iv_augment_stream(a, i, seed, epoch, row, &call.random);
        if (iv_random_unit(&call.random) >= iv_augment_p(step))
            continue;
        imgvec_status status = step->what->apply(&call, &image, err);
        if (status != IMGVEC_OK) {
            iv_image_free(ctx, &image);
            return iv_prefix(err, status, "%s", step->what->name);
        }
    }
    *out = image;
    return IMGVEC_OK;
}
