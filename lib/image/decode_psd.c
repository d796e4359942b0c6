/* The flattened picture of a PSD, through stb_image. */
#include "base/error.h"
#include "image/bytes.h"
#include "image/stb.h"

enum { HEADER = 26, MODE_RGB = 3, CHANNELS_READ = 4 };

static imgvec_status cut_short(imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "PSD: cut short or damaged: the picture is not whole");
}

/* PackBits data of `channels` planes of `pixels` bytes each. */
static imgvec_status check_packets(const iv_image_job *job, size_t at, int channels,
                                   uint64_t pixels, imgvec_error *err)
{
    for (int c = 0; c < channels; c++)
        for (uint64_t done = 0; done < pixels;) {
            if (at >= job->size)
                return cut_short(err);
            int code = job->data[at++];
            if (code == 128)
                continue;
            uint64_t count = code < 128 ? code + 1u : 257u - (unsigned)code;
            size_t need = code < 128 ? (size_t)count : 1;
            if (count > pixels - done || need > job->size - at)
                return cut_short(err);
            done += count;
            at += need;
        }
    return IMGVEC_OK;
}

imgvec_status iv_decode_psd(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    const uint8_t *p = job->data;
    if (job->size < HEADER)
        return cut_short(err);
    uint32_t channels = iv_be16(p + 12), height = iv_be32(p + 14), width = iv_be32(p + 18);
    uint32_t depth = iv_be16(p + 22), mode = iv_be16(p + 24);
    IV_TRY(iv_image_check_size(job, "PSD", width, height, err));
    if (iv_be16(p + 4) != 1 || mode != MODE_RGB || (depth != 8 && depth != 16) || channels < 3 ||
        channels > 16)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "PSD: version %u, colour mode %u, %u channels of %u bits; only RGB of 8 or "
                       "16 bits can be read: convert the image to PNG",
                       iv_be16(p + 4), mode, channels, depth);
    size_t at = HEADER;
    for (int section = 0; section < 3; section++) { /* colour map, resources, layers */
        if (job->size - at < 4 || iv_be32(p + at) > job->size - at - 4)
            return cut_short(err);
        at += 4 + iv_be32(p + at);
    }
    if (job->size - at < 2)
        return cut_short(err);
    uint32_t compression = iv_be16(p + at);
    at += 2;
    uint64_t pixels = (uint64_t)width * height;
    if (compression > 1 || (compression == 1 && depth == 16))
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "PSD: compression %u with %u bits; convert the image to PNG", compression,
                       depth);
    if (compression == 0) {
        uint64_t need = pixels * (depth / 8) * channels;
        if (need > job->size - at)
            return cut_short(err);
    } else {
        uint64_t counts = (uint64_t)height * channels * 2;
        if (counts > job->size - at)
            return cut_short(err);
        int read = channels < CHANNELS_READ ? (int)channels : CHANNELS_READ;
        IV_TRY(check_packets(job, at + (size_t)counts, read, pixels, err));
    }
    return iv_stb_decode(job, "PSD", p, job->size, width, height, 16, out, err);
}
