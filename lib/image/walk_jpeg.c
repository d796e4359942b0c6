/* Reading a JPEG's structure before any decoder sees it. */
#include "image/walk_jpeg.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "image/bytes.h"
#include "image/exif.h"

enum {
    SOF0 = 0xc0,
    SOF1,
    SOF2,
    SOF3,
    DHT = 0xc4,
    JPG = 0xc8,
    SOF9 = 0xc9,
    SOF10 = 0xca,
    DAC = 0xcc,
    SOF15 = 0xcf,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    APP1 = 0xe1,
    APP14 = 0xee,
    TEM = 0x01
};

typedef struct component {
    uint8_t id, h, v, table;
} component;

typedef struct walk {
    const iv_image_job *job;
    iv_jpeg *jpeg;
    component components[4];
    bool frame;
    unsigned quantisers, huffman_dc, huffman_ac; /* bit i: table i was defined */
    uint64_t coded;                              /* bytes of coded data in all scans */
} walk;

static imgvec_status damaged(imgvec_error *err, size_t at, const char *what)
{
    return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)at, "JPEG: %s (byte %zu)", what, at);
}

static imgvec_status cut_short(const walk *w, imgvec_error *err)
{
    return damaged(err, w->job->size, "cut short: the file ends before the end marker");
}

/* The compression process that a frame marker names. */
static imgvec_status check_process(walk *w, int marker, size_t at, imgvec_error *err)
{
    const char *kind = NULL;
    switch (marker) {
    case SOF0:
    case SOF1:
        return IMGVEC_OK;
    case SOF2:
        w->jpeg->progressive = true;
        return IMGVEC_OK;
    case SOF9:
    case SOF10:
        w->jpeg->progressive = marker == SOF10;
        w->jpeg->arithmetic = true;
        return IMGVEC_OK;
    case SOF3:
    case 0xcb:
        kind = "lossless";
        break;
    default:
        kind = "hierarchical";
        break;
    }
    return iv_fail_at(err, IMGVEC_ERR_UNSUPPORTED, (int64_t)at,
                      "JPEG: %s compression; convert the image to an ordinary JPEG or PNG", kind);
}

static imgvec_status read_frame(walk *w, int marker, const uint8_t *p, size_t length, size_t at,
                                imgvec_error *err)
{
    iv_jpeg *jpeg = w->jpeg;
    if (w->frame)
        return damaged(err, at, "a second frame header");
    IV_TRY(check_process(w, marker, at, err));
    if (length < 6 || length != 6 + 3 * (size_t)p[5])
        return damaged(err, at, "frame header of a wrong length");
    if (p[0] != 8)
        return iv_fail_at(err, p[0] == 12 ? IMGVEC_ERR_UNSUPPORTED : IMGVEC_ERR_FORMAT, (int64_t)at,
                          "JPEG: samples of %d bits; only 8 bits are supported", p[0]);
    jpeg->height = iv_be16(p + 1);
    jpeg->width = iv_be16(p + 3);
    jpeg->components = p[5];
    if (jpeg->components != 1 && jpeg->components != 3 && jpeg->components != 4)
        return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)at,
                          "JPEG: %d colour components; 1, 3 or 4 are known", jpeg->components);
    IV_TRY(iv_image_check_size(w->job, "JPEG", jpeg->width, jpeg->height, err));
    for (int i = 0; i < jpeg->components; i++) {
        const uint8_t *c = p + 6 + 3 * i;
        component *to = &w->components[i];
        *to = (component){c[0], c[1] >> 4, c[1] & 15, c[2]};
        if (to->h < 1 || to->h > 4 || to->v < 1 || to->v > 4)
            return damaged(err, at, "a sampling factor that is not in 1..4");
        if (to->table > 3)
            return damaged(err, at, "a quantisation table number above 3");
        for (int k = 0; k < i; k++)
            if (w->components[k].id == to->id)
                return damaged(err, at, "two components of the same number");
    }
    w->frame = true;
    return IMGVEC_OK;
}

static imgvec_status read_quantisers(walk *w, const uint8_t *p, size_t length, size_t at,
                                     imgvec_error *err)
{
    while (length > 0) {
        size_t need = p[0] >> 4 ? 129 : 65;
        if (p[0] >> 4 > 1 || (p[0] & 15) > 3 || length < need)
            return damaged(err, at, "a damaged quantisation table");
        w->quantisers |= 1u << (p[0] & 15);
        p += need;
        length -= need;
    }
    return IMGVEC_OK;
}

/* Also keeps decoders from writing past their tables: the codes of each length must leave
 * room for the longer ones. */
static imgvec_status read_huffman(walk *w, const uint8_t *p, size_t length, size_t at,
                                  imgvec_error *err)
{
    while (length > 0) {
        if (length < 17 || p[0] >> 4 > 1 || (p[0] & 15) > 3)
            return damaged(err, at, "a damaged Huffman table");
        size_t symbols = 0;
        uint32_t code = 0;
        for (int bits = 1; bits <= 16; bits++) {
            symbols += p[bits];
            code += p[bits];
            if (code > 1u << bits)
                return damaged(err, at, "a Huffman table with more codes than there are");
            code <<= 1;
        }
        if (symbols > 256 || length < 17 + symbols)
            return damaged(err, at, "a Huffman table that is too long");
        *(p[0] >> 4 ? &w->huffman_ac : &w->huffman_dc) |= 1u << (p[0] & 15);
        p += 17 + symbols;
        length -= 17 + symbols;
    }
    return IMGVEC_OK;
}

static imgvec_status read_scan_header(walk *w, const uint8_t *p, size_t length, size_t at,
                                      imgvec_error *err)
{
    const iv_jpeg *jpeg = w->jpeg;
    if (!w->frame)
        return damaged(err, at, "a scan before the frame header");
    if (length < 1 || p[0] < 1 || p[0] > 4 || length != 4 + 2 * (size_t)p[0])
        return damaged(err, at, "scan header of a wrong length");
    const uint8_t *spectral = p + 1 + 2 * (size_t)p[0];
    for (int i = 0; i < p[0]; i++) {
        const uint8_t *c = p + 1 + 2 * i;
        int k = 0;
        while (k < jpeg->components && w->components[k].id != c[0])
            k++;
        if (k == jpeg->components)
            return damaged(err, at, "a scan names a component that is not in the frame");
        if (!(w->quantisers >> w->components[k].table & 1))
            return damaged(err, at, "a component's quantisation table is missing");
        if (jpeg->arithmetic)
            continue;
        /* Progressive refinements of DC need no table, and AC scans no DC table. */
        bool dc = !jpeg->progressive || (spectral[0] == 0 && spectral[2] >> 4 == 0);
        bool ac = !jpeg->progressive || spectral[0] > 0;
        if ((c[1] >> 4) > 3 || (c[1] & 15) > 3 || (dc && !(w->huffman_dc >> (c[1] >> 4) & 1)) ||
            (ac && !(w->huffman_ac >> (c[1] & 15) & 1)))
            return damaged(err, at, "a scan's Huffman table is missing");
    }
    uint64_t most = w->job->limits.scans;
    if (++w->jpeg->scans == INT_MAX || (most && (uint64_t)w->jpeg->scans > most))
        return iv_fail_at(err, IMGVEC_ERR_LIMIT, (int64_t)at,
                          "JPEG: more than %llu scans (option max_jpeg_scans)",
                          (unsigned long long)most);
    return IMGVEC_OK;
}

static imgvec_status read_segment(walk *w, int marker, const uint8_t *p, size_t length, size_t at,
                                  imgvec_error *err)
{
    switch (marker) {
    case DHT:
        return read_huffman(w, p, length, at, err);
    case DQT:
        return read_quantisers(w, p, length, at, err);
    case SOS:
        return read_scan_header(w, p, length, at, err);
    case APP1:
        if (w->jpeg->orientation == 1 && length >= 6 && memcmp(p, "Exif\0\0", 6) == 0)
            w->jpeg->orientation = iv_exif_orientation(p, length);
        return IMGVEC_OK;
    case APP14:
        w->jpeg->adobe |= length >= 12 && memcmp(p, "Adobe", 5) == 0;
        return IMGVEC_OK;
    default:
        if (marker >= SOF0 && marker <= SOF15 && marker != JPG && marker != DAC)
            return read_frame(w, marker, p, length, at, err);
        return IMGVEC_OK;
    }
}

/* First marker behind coded data; job->size when there is none. */
static size_t skip_coded(const walk *w, size_t at)
{
    const uint8_t *data = w->job->data;
    size_t size = w->job->size;
    while (at < size) {
        const uint8_t *ff = memchr(data + at, 0xff, size - at);
        if (!ff)
            return size;
        at = (size_t)(ff - data);
        if (at + 1 >= size)
            return size;
        int next = data[at + 1];
        if (next == 0xff)
            at++; /* fill byte */
        else if (next == 0 || (next >= RST0 && next <= RST7))
            at += 2;
        else
            return at;
    }
    return size;
}

/* Each 8 x 8 block takes at least one bit of a Huffman code, and the coefficients of all are kept
 * where they come in several scans: two bytes each. */
static imgvec_status check_blocks(const walk *w, imgvec_error *err)
{
    const iv_jpeg *jpeg = w->jpeg;
    uint64_t blocks = 0, all = 0, h = 1, v = 1;
    for (int i = 0; i < jpeg->components; i++) {
        h = w->components[i].h > h ? w->components[i].h : h;
        v = w->components[i].v > v ? w->components[i].v : v;
    }
    for (int i = 0; i < jpeg->components; i++) {
        uint64_t across = (jpeg->width * w->components[i].h + 8 * h - 1) / (8 * h);
        uint64_t down = (jpeg->height * w->components[i].v + 8 * v - 1) / (8 * v);
        blocks = across * down > blocks ? across * down : blocks;
        all += across * down;
    }
    if (!jpeg->arithmetic && blocks > 8 * w->coded)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "JPEG: %u x %u pixels declared, but %llu bytes of image data cannot hold "
                       "them",
                       jpeg->width, jpeg->height, (unsigned long long)w->coded);
    uint64_t kept = jpeg->progressive || jpeg->scans > 1 ? 128 * all : 0;
    return iv_image_check_memory(w->job, "JPEG", 3 * (uint64_t)jpeg->width * jpeg->height + kept,
                                 err);
}

imgvec_status iv_jpeg_walk(const iv_image_job *job, iv_jpeg *out, imgvec_error *err)
{
    const uint8_t *data = job->data;
    size_t size = job->size, at = 2;
    walk w = {.job = job, .jpeg = out};
    *out = (iv_jpeg){.orientation = 1};
    for (;;) {
        while (at < size && data[at] == 0xff && at + 1 < size && data[at + 1] == 0xff)
            at++; /* fill bytes */
        if (size - at < 2)
            return cut_short(&w, err);
        int marker = data[at + 1];
        if (data[at] != 0xff || marker == 0)
            return damaged(err, at, "bytes that are no marker where one must be");
        size_t begin = at;
        at += 2;
        if (marker == EOI)
            break;
        if (marker == SOI)
            return damaged(err, begin, "a second start marker");
        if (marker == TEM || (marker >= RST0 && marker <= RST7))
            continue;
        if (size - at < 2)
            return cut_short(&w, err);
        size_t length = iv_be16(data + at);
        if (length < 2)
            return damaged(err, begin, "a segment of a wrong length");
        if (length > size - at)
            return cut_short(&w, err);
        IV_TRY(read_segment(&w, marker, data + at + 2, length - 2, begin, err));
        at += length;
        if (marker == SOS) {
            size_t coded = at;
            at = skip_coded(&w, at);
            w.coded += at - coded;
        }
    }
    out->end = at;
    if (!w.frame || out->scans == 0)
        return damaged(err, at, "no picture between start and end marker");
    return check_blocks(&w, err);
}
