#include "io/zip_name.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* Code page 437, 0x80 to 0xFF: what the format means by a name that is not UTF-8. */
static const uint16_t cp437[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF,
    0x00EE, 0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9,
    0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA,
    0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F,
    0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4,
    0x221E, 0x03C6, 0x03B5, 0x2229, 0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248,
    0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0};

/* Copies to out, which has room for three times as much, as UTF-8. */
static size_t from_cp437(const char *raw, size_t length, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c < 0x80) {
            out[n++] = (char)c;
            continue;
        }
        unsigned code = cp437[c - 0x80];
        if (code < 0x800) {
            out[n++] = (char)(0xC0 | code >> 6);
        } else {
            out[n++] = (char)(0xE0 | code >> 12);
            out[n++] = (char)(0x80 | (code >> 6 & 63));
        }
        out[n++] = (char)(0x80 | (code & 63));
    }
    return n;
}

static const char *check_part(const char *part, size_t length)
{
    if (length == 0)
        return "it has an empty part";
    if (length == 1 && part[0] == '.')
        return "it has a part \".\"";
    if (length == 2 && part[0] == '.' && part[1] == '.')
        return "it has a part \"..\"";
    return NULL;
}

static const char *check(const char *name, size_t length)
{
    if (length == 0)
        return "it is empty";
    if (name[0] == '/')
        return "it is absolute";
    if (length > 1 && name[1] == ':' &&
        ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z')))
        return "it begins with a drive letter";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c == 0)
            return "it holds a NUL";
        if (c < 0x20 || c == 0x7F ||
            (c == 0xC2 && i + 1 < length && (unsigned char)name[i + 1] < 0xA0))
            return "it holds a control character";
    }
    for (size_t at = 0; at <= length;) {
        const char *slash = memchr(name + at, '/', length - at);
        size_t end = slash ? (size_t)(slash - name) : length;
        const char *problem = check_part(name + at, end - at);
        if (problem)
            return problem;
        at = end + 1;
    }
    return NULL;
}

static imgvec_status refuse(const char *name, size_t length, const char *problem, imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "a member's name (\"%.*s\") is refused: %s",
                   (int)iv_utf8_cut(name, length, 60), name, problem);
}

/* `name` has the room of from_cp437. */
static imgvec_status bring_into_form(const char *raw, size_t length, bool is_utf8, uint64_t most,
                                     char *name, imgvec_error *err)
{
    /* What is never taken over is shown as far as it is text. */
    size_t sound = iv_utf8_valid(raw, length);
    if (sound != length && is_utf8)
        return refuse(raw, sound, "it is not UTF-8", err);
    if (sound == length)
        memcpy(name, raw, length);
    else
        length = from_cp437(raw, length, name);
    name[length] = '\0';
    if (most && length > most)
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "a member's name (\"%.*s...\") has %zu bytes, more than %llu (option "
                       "max_member_name)",
                       (int)iv_utf8_cut(name, length, 60), name, length, (unsigned long long)most);
    for (size_t i = 0; i < length; i++)
        if (name[i] == '\\')
            name[i] = '/';
    bool is_folder = length > 1 && name[length - 1] == '/';
    const char *problem = check(name, length - is_folder);
    return problem ? refuse(name, strlen(name), problem, err) : IMGVEC_OK;
}

imgvec_status iv_zip_name(imgvec_context *ctx, const char *raw, size_t length, bool is_utf8,
                          uint64_t most, char **out, imgvec_error *err)
{
    char *name = iv_alloc(ctx, 3 * length + 1), *fitting = NULL; /* the format has 65,535 at most */
    if (!name)
        return iv_fail_nomem(err);
    imgvec_status status = bring_into_form(raw, length, is_utf8, most, name, err);
    if (status == IMGVEC_OK && !(fitting = iv_strdup(ctx, name)))
        status = iv_fail_nomem(err);
    iv_free(ctx, name);
    if (status == IMGVEC_OK)
        *out = fitting;
    return status;
}
