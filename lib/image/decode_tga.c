/* TGA through stb_image. */
#include "base/error.h"
#include "image/bytes.h"
#include "image/stb.h"

enum { HEADER = 18, RLE = 8, MAPPED = 1, RIGHT_TO_LEFT = 0x10 };

/* Packets must hold all pixels, not one more or fewer. */
static imgvec_status check_packets(const iv_image_job *job, size_t at, size_t bytes,
                                   uint64_t pixels, imgvec_error *err)
{
    for (uint64_t done = 0; done < pixels;) {
        if (at >= job->size)
            return iv_fail(err, IMGVEC_ERR_FORMAT,
                           "TGA: cut short: packets for %llu of %llu pixels",
                           (unsigned long long)done, (unsigned long long)pixels);
        uint64_t count = (job->data[at] & 127) + 1u;
        size_t need = 1 + (job->data[at] & 128 ? bytes : bytes * (size_t)count);
        if (count > pixels - done || need > job->size - at)
            return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)at,
                              "TGA: damaged: the packet at byte %zu runs past the end", at);
        done += count;
        at += need;
    }
    return IMGVEC_OK;
}

imgvec_status iv_decode_tga(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    const uint8_t *p = job->data; /* at least a header that makes sense: see format.c */
    uint32_t width = iv_le16(p + 12), height = iv_le16(p + 14), bits = p[16];
    IV_TRY(iv_image_check_size(job, "TGA", width, height, err));
    if ((p[17] & RIGHT_TO_LEFT) || (p[1] && iv_le16(p + 3) != 0))
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "TGA: %s; convert the image to PNG",
                       p[17] & RIGHT_TO_LEFT ? "rows from right to left"
                                             : "a colour map that does not start at 0");
    size_t at = HEADER + (size_t)p[0];
    uint64_t pixels = (uint64_t)width * height, bytes = (bits + 7) / 8;
    size_t map = p[1] ? iv_le16(p + 5) * (size_t)((p[7] + 7) / 8) : 0;
    if (at > job->size || map > job->size - at || ((p[2] & 7) == MAPPED && map == 0))
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "TGA: cut short or damaged: a colour map of %zu bytes at byte %zu, the file "
                       "has %zu",
                       map, at, job->size);
    at += map;
    if (p[2] & RLE)
        IV_TRY(check_packets(job, at, (size_t)bytes, pixels, err));
    else if (pixels * bytes > job->size - at)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "TGA: cut short: %u x %u pixels need %llu bytes, %zu are there", width,
                       height, (unsigned long long)(pixels * bytes), job->size - at);
    return iv_stb_decode(job, "TGA", p, job->size, width, height, 8, out, err);
}
