/* Telling formats from their first bytes. */
#include "image/format.h"

#include <stdbool.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "image/bytes.h"
#include "image/image.h"

static const char *const names[IV_FORMAT_COUNT] = {
    [IV_FORMAT_JPEG] = "JPEG", [IV_FORMAT_PNG] = "PNG",       [IV_FORMAT_GIF] = "GIF",
    [IV_FORMAT_BMP] = "BMP",   [IV_FORMAT_TGA] = "TGA",       [IV_FORMAT_PSD] = "PSD",
    [IV_FORMAT_HDR] = "HDR",   [IV_FORMAT_PNM] = "PNM",       [IV_FORMAT_TIFF] = "TIFF",
    [IV_FORMAT_WEBP] = "WebP", [IV_FORMAT_JP2] = "JPEG 2000", [IV_FORMAT_EXR] = "OpenEXR",
    [IV_FORMAT_HEIC] = "HEIC", [IV_FORMAT_AVIF] = "AVIF",     [IV_FORMAT_JXL] = "JPEG XL",
    [IV_FORMAT_PAM] = "PAM",   [IV_FORMAT_PFM] = "PFM",       [IV_FORMAT_ICO] = "ICO",
    [IV_FORMAT_SVG] = "SVG",   [IV_FORMAT_PDF] = "PDF",
};

/* Formats that a few fixed bytes at one place give away. */
static const struct {
    uint8_t format, offset, length;
    char bytes[13];
} magics[] = {
    {IV_FORMAT_JPEG, 0, 2, "\xff\xd8"},
    {IV_FORMAT_PNG, 1, 3, "PNG"}, /* damage to the bytes around it is the walk's to name */
    {IV_FORMAT_GIF, 0, 4, "GIF8"},
    {IV_FORMAT_PSD, 0, 4, "8BPS"},
    {IV_FORMAT_HDR, 0, 10, "#?RADIANCE"},
    {IV_FORMAT_HDR, 0, 6, "#?RGBE"},
    {IV_FORMAT_TIFF, 0, 4, "II*\0"},
    {IV_FORMAT_TIFF, 0, 4, "MM\0*"},
    {IV_FORMAT_TIFF, 0, 4, "II+\0"},
    {IV_FORMAT_TIFF, 0, 4, "MM\0+"},
    {IV_FORMAT_WEBP, 8, 4, "WEBP"},
    {IV_FORMAT_JP2, 0, 12, "\0\0\0\x0cjP  \r\n\x87\n"},
    {IV_FORMAT_JP2, 0, 4, "\xff\x4f\xff\x51"},
    {IV_FORMAT_JXL, 0, 12, "\0\0\0\x0cJXL \r\n\x87\n"},
    {IV_FORMAT_JXL, 0, 2, "\xff\x0a"},
    {IV_FORMAT_EXR, 0, 4, "\x76\x2f\x31\x01"},
    {IV_FORMAT_PAM, 0, 3, "P7\n"},
    {IV_FORMAT_PFM, 0, 3, "PF\n"},
    {IV_FORMAT_PFM, 0, 3, "Pf\n"},
    {IV_FORMAT_ICO, 0, 4, "\0\0\1\0"},
    {IV_FORMAT_PDF, 0, 5, "%PDF-"},
};

static bool begins(const uint8_t *data, size_t size, const char *text)
{
    size_t n = strlen(text);
    return size >= n && memcmp(data, text, n) == 0;
}

static bool is_bmp(const uint8_t *p, size_t size)
{
    if (!begins(p, size, "BM"))
        return false;
    if (size < 18)
        return true;
    switch (iv_le32(p + 14)) {
    case 12:
    case 16:
    case 40:
    case 52:
    case 56:
    case 64:
    case 108:
    case 124:
        return true;
    default:
        return false;
    }
}

static bool is_pnm(const uint8_t *p, size_t size)
{
    return size >= 3 && p[0] == 'P' && p[1] >= '1' && p[1] <= '6' &&
           (p[2] == ' ' || p[2] == '#' || (p[2] >= '\t' && p[2] <= '\r'));
}

/* ISO media files name their kind in the brands of the first box. */
static iv_image_kind media_brand(const uint8_t *p, size_t size)
{
    if (size < 16 || memcmp(p + 4, "ftyp", 4) != 0)
        return IV_FORMAT_NONE;
    size_t end = iv_be32(p) < size ? iv_be32(p) : size;
    iv_image_kind found = IV_FORMAT_NONE;
    for (size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) {
        if (memcmp(p + at, "avi", 3) == 0)
            return IV_FORMAT_AVIF;
        if (memcmp(p + at, "hei", 3) == 0 || memcmp(p + at, "hev", 3) == 0 ||
            memcmp(p + at, "mif1", 4) == 0 || memcmp(p + at, "msf1", 4) == 0)
            found = IV_FORMAT_HEIC;
    }
    return found;
}

/* TGA has no mark of its own: every field of the header has to make sense. */
static bool is_tga(const uint8_t *p, size_t size)
{
    if (size < 18)
        return false;
    int map = p[1], kind = p[2] & 7, map_bits = p[7], bits = p[16];
    if (map > 1 || (p[2] & ~8) != kind || kind < 1 || kind > 3 || (p[17] & 0xc0))
        return false;
    if (map && map_bits != 8 && map_bits != 15 && map_bits != 16 && map_bits != 24 &&
        map_bits != 32)
        return false;
    if (!map && iv_le16(p + 5) != 0)
        return false;
    if (kind == 1)
        return map && (bits == 8 || bits == 16);
    if (kind == 3)
        return bits == 8 || bits == 16;
    return bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

/* First byte that is neither a byte order mark nor blank. */
static size_t text_start(const uint8_t *p, size_t size)
{
    size_t i = begins(p, size, "\xef\xbb\xbf") ? 3 : 0;
    while (i < size && i < 512 && (p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r')))
        i++;
    return i;
}

/* true when `text` (lower case) occurs in the first bytes, whatever its case there. */
static bool holds(const uint8_t *p, size_t size, size_t from, size_t span, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = from; i < size && i - from < span && size - i >= n; i++) {
        size_t k = 0;
        while (k < n && (p[i + k] | (p[i + k] >= 'A' && p[i + k] <= 'Z' ? 32 : 0)) == text[k])
            k++;
        if (k == n)
            return true;
    }
    return false;
}

iv_image_kind iv_format_find(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (size >= (size_t)magics[i].offset + magics[i].length &&
            memcmp(data + magics[i].offset, magics[i].bytes, magics[i].length) == 0)
            return (iv_image_kind)magics[i].format;
    if (is_bmp(data, size))
        return IV_FORMAT_BMP;
    if (is_pnm(data, size))
        return IV_FORMAT_PNM;
    iv_image_kind media = media_brand(data, size);
    if (media != IV_FORMAT_NONE)
        return media;
    size_t start = text_start(data, size);
    if (start < size && data[start] == '<' && !holds(data, size, start, 512, "<html") &&
        holds(data, size, start, 1024, "<svg"))
        return IV_FORMAT_SVG;
    return is_tga(data, size) ? IV_FORMAT_TGA : IV_FORMAT_NONE;
}

const char *iv_format_name(iv_image_kind format)
{
    return names[format];
}

const char *iv_format_foreign(const uint8_t *data, size_t size)
{
    if (begins(data, size, "version https://git-lfs.github.com/"))
        return "a git LFS pointer; get the real file with \"git lfs pull\"";
    size_t start = text_start(data, size);
    if (start < size && data[start] == '<') {
        if (holds(data, size, start, 512, "<!doctype html") ||
            holds(data, size, start, 512, "<html") || holds(data, size, start, 512, "<head"))
            return "a web page (HTML); the download gave an error or login page";
        return "an XML document";
    }
    if (start < size && (data[start] == '{' || data[start] == '['))
        return "JSON text";
    if (begins(data, size, "PK\3\4"))
        return "a zip archive";
    if (begins(data, size, "\x1f\x8b"))
        return "gzip data; unpack it first";
    if (size >= 12 && memcmp(data + 4, "ftyp", 4) == 0)
        return "a video (MP4 or QuickTime)";
    size_t zeros = 0;
    while (zeros < size && data[zeros] == 0)
        zeros++;
    if (size > 0 && zeros == size)
        return "a file of zero bytes only; the copy was interrupted";
    return NULL;
}

const char *iv_image_format(const void *data, size_t size)
{
    return data ? iv_format_name(iv_format_find(data, size)) : NULL;
}

bool iv_image_name(const char *path)
{
    static const char *const endings[] = {"jpg",  "jpeg", "jpe", "png", "bmp", "gif",  "tga",
                                          "psd",  "hdr",  "pbm", "pgm", "ppm", "pnm",  "tif",
                                          "tiff", "webp", "jp2", "j2k", "exr", "heic", "avif"};
    const char *ending = iv_path_ending(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (iv_equal_nocase(ending, endings[i]))
            return true;
    return false;
}
