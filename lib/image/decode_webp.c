/* WebP, first frame, through libwebp. */
#include <string.h>
#include <webp/decode.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/bytes.h"
#include "image/decode.h"
#include "image/exif.h"

/* What the container holds for us. */
typedef struct webp {
    const iv_image_job *job;
    const uint8_t *frame; /* bitstream of the picture or of the first frame */
    size_t frame_size;
    uint32_t left, top; /* of the first frame of an animation */
    int orientation;
    bool animated;
} webp;

static imgvec_status cut_short(imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "WebP: cut short or damaged: a chunk runs past the end");
}

static imgvec_status walk(webp *w, imgvec_error *err)
{
    const uint8_t *data = w->job->data;
    if (w->job->size < 20 || memcmp(data, "RIFF", 4) != 0)
        return cut_short(err);
    uint64_t end = (uint64_t)iv_le32(data + 4) + 8;
    if (end > w->job->size)
        return cut_short(err);
    w->frame = data;
    w->frame_size = (size_t)end;
    uint64_t at = 12, next;
    for (; end - at >= 8; at = next) {
        const uint8_t *chunk = data + at;
        uint64_t length = iv_le32(chunk + 4);
        next = at + 8 + length + (length & 1);
        if (length > end - at - 8)
            return cut_short(err);
        if (next > end)
            next = end;
        if (memcmp(chunk, "EXIF", 4) == 0)
            w->orientation = iv_exif_orientation(chunk + 8, (size_t)length);
        if (memcmp(chunk, "ANMF", 4) == 0 && !w->animated) {
            if (length < 24)
                return cut_short(err);
            w->animated = true;
            w->left = 2 * (iv_le16(chunk + 8) | (uint32_t)chunk[10] << 16);
            w->top = 2 * (iv_le16(chunk + 11) | (uint32_t)chunk[13] << 16);
            w->frame = chunk + 24;
            w->frame_size = (size_t)length - 16;
        }
    }
    return IMGVEC_OK;
}

static imgvec_status fail_code(VP8StatusCode code, imgvec_error *err)
{
    switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return iv_fail_nomem(err);
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return iv_image_fail_decoder(err, "WebP", "cut short: the image data ends too early");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return iv_image_fail_decoder(err, "WebP", "uses a feature that libwebp does not know");
    default:
        return iv_image_fail_decoder(err, "WebP", "the image data is damaged");
    }
}

/* Size of the canvas and, when that is another, of the frame on it. */
static imgvec_status read_sizes(const webp *w, uint32_t canvas[2], uint32_t frame[2],
                                imgvec_error *err)
{
    WebPBitstreamFeatures features;
    VP8StatusCode code = WebPGetFeatures(w->job->data, w->job->size, &features);
    if (code != VP8_STATUS_OK)
        return fail_code(code, err);
    canvas[0] = frame[0] = (uint32_t)features.width;
    canvas[1] = frame[1] = (uint32_t)features.height;
    if (features.has_animation && !w->animated)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "WebP: an animation without frames");
    if (w->animated) {
        code = WebPGetFeatures(w->frame, w->frame_size, &features);
        if (code != VP8_STATUS_OK)
            return fail_code(code, err);
        frame[0] = (uint32_t)features.width;
        frame[1] = (uint32_t)features.height;
    }
    if (w->left > canvas[0] || frame[0] > canvas[0] - w->left || w->top > canvas[1] ||
        frame[1] > canvas[1] - w->top)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "WebP: a frame outside the canvas");
    IV_TRY(iv_image_check_size(w->job, "WebP", canvas[0], canvas[1], err));
    /* Lossless pictures are decoded whole, and so is a lossy one's alpha. */
    uint64_t kept = features.format == 2 ? 4 : features.has_alpha ? 2 : 0;
    return iv_image_check_memory(
        w->job, "WebP", 3 * (uint64_t)canvas[0] * canvas[1] + kept * (uint64_t)frame[0] * frame[1],
        err);
}

imgvec_status iv_decode_webp(const iv_image_job *job, iv_image *out, int *orientation,
                             imgvec_error *err)
{
    webp w = {.job = job, .orientation = 1};
    uint32_t canvas[2] = {0}, frame[2] = {0};
    WebPDecoderConfig config;
    IV_TRY(walk(&w, err));
    IV_TRY(read_sizes(&w, canvas, frame, err));
    if (!WebPInitDecoderConfig(&config))
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "WebP: libwebp is of another version");
    IV_TRY(iv_image_new(job->ctx, (int32_t)canvas[0], (int32_t)canvas[1], out, err));
    size_t row = (size_t)canvas[0] * 3, bytes = row * canvas[1];
    size_t first = w.top * row + (size_t)w.left * 3;
    if (w.animated)
        memset(out->pixels, 0, bytes);
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out->pixels + first;
    config.output.u.RGBA.stride = (int)row;
    config.output.u.RGBA.size = bytes - first;
    VP8StatusCode code = WebPDecode(w.frame, w.frame_size, &config);
    WebPFreeDecBuffer(&config.output);
    if (code != VP8_STATUS_OK) {
        iv_image_free(job->ctx, out);
        return fail_code(code, err);
    }
    if (job->mode == IV_IMAGE_UPRIGHT)
        *orientation = w.orientation;
    return IMGVEC_OK;
}
