/* BMP through stb_image, which is given a plain header of ours in front of the pixels. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/bytes.h"
#include "image/stb.h"

enum { FILE_HEADER = 14, INFO_HEADER = 40, OLD_HEADER = 12, MASKS = 12 };
enum { PLAIN = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3, ALPHA_BITFIELDS = 6 };

typedef struct bmp {
    uint32_t header, offset, compression, colours;
    int32_t width, height; /* height below 0: the rows run downwards */
    uint32_t bits;
    size_t data_bytes;
} bmp;

static imgvec_status read_header(const iv_image_job *job, bmp *b, imgvec_error *err)
{
    const uint8_t *p = job->data;
    size_t size = job->size;
    if (size < FILE_HEADER + OLD_HEADER)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "BMP: cut short: the file ends inside the header");
    b->offset = iv_le32(p + 10);
    b->header = iv_le32(p + 14);
    if (b->header == OLD_HEADER) {
        b->width = (int32_t)iv_le16(p + 18);
        b->height = (int32_t)iv_le16(p + 20);
        b->bits = iv_le16(p + 24);
    } else if (b->header >= INFO_HEADER && size >= FILE_HEADER + (size_t)b->header + MASKS) {
        b->width = (int32_t)iv_le32(p + 18);
        b->height = (int32_t)iv_le32(p + 22);
        b->bits = iv_le16(p + 28);
        b->compression = iv_le32(p + 30);
        b->colours = iv_le32(p + 46);
    } else {
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "BMP: cut short, or a header of an unknown kind (%u bytes)", b->header);
    }
    if (b->width < 0 || b->height == INT32_MIN)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "BMP: impossible size %d x %d", b->width, b->height);
    return iv_image_check_size(job, "BMP", (uint64_t)b->width, (uint64_t)llabs(b->height), err);
}

static imgvec_status check_pixels(const iv_image_job *job, bmp *b, imgvec_error *err)
{
    uint32_t bits = b->bits;
    if (b->compression == RLE8 || b->compression == RLE4 ||
        (b->compression > BITFIELDS && b->compression != ALPHA_BITFIELDS))
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "BMP: compression %u; convert the image to PNG",
                       b->compression);
    if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "BMP: %u bits per pixel do not exist", bits);
    if (b->compression != PLAIN && bits != 16 && bits != 32)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "BMP: colour masks with %u bits per pixel", bits);
    uint64_t row = ((uint64_t)b->width * bits + 31) / 32 * 4;
    uint64_t need = row * (uint64_t)llabs(b->height);
    if (b->offset < FILE_HEADER + (uint64_t)b->header || b->offset > job->size ||
        need > job->size - b->offset)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "BMP: cut short or damaged: %d x %d pixels need %llu bytes from byte %u on, "
                       "the file has %zu",
                       b->width, b->height, (unsigned long long)need, b->offset, job->size);
    b->data_bytes = (size_t)need;
    return IMGVEC_OK;
}

/* The file's colours, black up to 256: stb_image looks past a table that is too short. */
static void copy_palette(const iv_image_job *job, const bmp *b, uint8_t *to)
{
    size_t entry = b->header == OLD_HEADER ? 3 : 4, at = FILE_HEADER + (size_t)b->header;
    size_t count = (b->offset - at) / entry, most = (size_t)1 << b->bits;
    if (b->colours && b->colours < count)
        count = b->colours;
    for (size_t i = 0; i < count && i < most; i++)
        memcpy(to + 4 * i, job->data + at + i * entry, 3);
}

imgvec_status iv_decode_bmp(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    bmp b = {0};
    IV_TRY(read_header(job, &b, err));
    IV_TRY(check_pixels(job, &b, err));
    bool masks = b.compression != PLAIN;
    size_t colours = b.bits <= 8 ? (size_t)1 << b.bits : 0;
    size_t head = FILE_HEADER + INFO_HEADER + (masks ? MASKS : 4 * colours);
    uint8_t *plain = iv_zalloc(job->ctx, head + b.data_bytes);
    if (!plain)
        return iv_fail_nomem(err);
    memcpy(plain, "BM", 2);
    iv_put_le32(plain + 10, (uint32_t)head);
    uint8_t *info = plain + FILE_HEADER;
    iv_put_le32(info, INFO_HEADER);
    iv_put_le32(info + 4, (uint32_t)b.width);
    iv_put_le32(info + 8, (uint32_t)b.height);
    iv_put_le16(info + 12, 1);
    iv_put_le16(info + 14, b.bits);
    iv_put_le32(info + 16, masks ? BITFIELDS : PLAIN);
    if (masks)
        memcpy(info + INFO_HEADER, job->data + FILE_HEADER + INFO_HEADER, MASKS);
    else if (colours)
        copy_palette(job, &b, info + INFO_HEADER);
    memcpy(plain + head, job->data + b.offset, b.data_bytes);
    imgvec_status status = iv_stb_decode(job, "BMP", plain, head + b.data_bytes, (uint32_t)b.width,
                                         (uint32_t)llabs(b.height), 8, out, err);
    iv_free(job->ctx, plain);
    return status;
}
