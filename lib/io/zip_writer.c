#include "io/zip_writer.h"

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/zip_format.h"

#define ALIGN 64u
#define DOS_DATE 0x0021u /* 1980-01-01: the earliest there is, so no time is told */
#define VERSION 20u

typedef struct member {
    char *name;
    uint32_t crc, size, offset;
} member;

struct iv_zip_writer {
    imgvec_context *ctx;
    iv_zip_sink sink;
    void *user;
    uint64_t position;
    member *members;
    size_t count, capacity;
};

imgvec_status iv_zip_writer_new(imgvec_context *ctx, iv_zip_sink sink, void *user,
                                iv_zip_writer **out, imgvec_error *err)
{
    iv_zip_writer *w = iv_zalloc(ctx, sizeof *w);
    if (!w)
        return iv_fail_nomem(err);
    w->ctx = ctx;
    w->sink = sink;
    w->user = user;
    *out = w;
    return IMGVEC_OK;
}

void iv_zip_writer_free(iv_zip_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->count; i++)
        iv_free(w->ctx, w->members[i].name);
    iv_free(w->ctx, w->members);
    iv_free(w->ctx, w);
}

uint64_t iv_zip_writer_position(const iv_zip_writer *w)
{
    return w->position;
}

static imgvec_status put(iv_zip_writer *w, const void *data, size_t size, imgvec_error *err)
{
    w->position += size;
    return size ? w->sink(w->user, data, size, err) : IMGVEC_OK;
}

/* Fields that local and central headers share, from "version needed" on. */
static void common_fields(unsigned char *p, const member *m, uint32_t extra)
{
    zip_put16(p, VERSION);
    zip_put16(p + 2, ZIP_FLAG_UTF8);
    zip_put16(p + 4, 0); /* stored */
    zip_put16(p + 6, 0);
    zip_put16(p + 8, DOS_DATE);
    zip_put32(p + 10, m->crc);
    zip_put32(p + 14, m->size);
    zip_put32(p + 18, m->size);
    zip_put16(p + 22, (uint32_t)strlen(m->name));
    zip_put16(p + 24, extra);
}

static uint32_t crc_of(const unsigned char *data, size_t size)
{
    uLong crc = crc32(0, NULL, 0);
    while (size > 0) {
        uInt n = size > (1u << 30) ? 1u << 30 : (uInt)size;
        crc = crc32(crc, data, n);
        data += n;
        size -= n;
    }
    return (uint32_t)crc;
}

imgvec_status iv_zip_writer_add(iv_zip_writer *w, const char *name, const void *data, size_t size,
                                imgvec_error *err)
{
    size_t name_size = strlen(name);
    if (name_size == 0 || name_size > 1024)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "zip member name of %zu bytes", name_size);
    if (size >= UINT32_MAX || w->position + size >= UINT32_MAX - (1u << 20) || w->count >= 65534)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%s: the archive would pass 4 GiB", name);
    if (iv_reserve(w->ctx, &w->members, &w->capacity, w->count + 1, sizeof *w->members) != 0)
        return iv_fail_nomem(err);
    member *m = &w->members[w->count];
    *m = (member){
        .crc = crc_of(data, size), .size = (uint32_t)size, .offset = (uint32_t)w->position};
    m->name = iv_strdup(w->ctx, name);
    if (!m->name)
        return iv_fail_nomem(err);
    w->count++;
    /* An extra field of at least 4 bytes moves the data to the next multiple of 64. */
    uint32_t start = m->offset + ZIP_LOCAL_SIZE + (uint32_t)name_size + 4;
    uint32_t padding = (ALIGN - start % ALIGN) % ALIGN;
    unsigned char header[ZIP_LOCAL_SIZE], extra[4 + ALIGN] = {0};
    zip_put32(header, ZIP_LOCAL_SIGNATURE);
    common_fields(header + 4, m, 4 + padding);
    zip_put16(extra, ZIP_PADDING_EXTRA);
    zip_put16(extra + 2, padding);
    IV_TRY(put(w, header, sizeof header, err));
    IV_TRY(put(w, name, name_size, err));
    IV_TRY(put(w, extra, 4 + padding, err));
    return put(w, data, size, err);
}

imgvec_status iv_zip_writer_finish(iv_zip_writer *w, imgvec_error *err)
{
    uint32_t begin = (uint32_t)w->position;
    for (size_t i = 0; i < w->count; i++) {
        const member *m = &w->members[i];
        unsigned char header[ZIP_CENTRAL_SIZE] = {0};
        zip_put32(header, ZIP_CENTRAL_SIGNATURE);
        zip_put16(header + 4, VERSION);
        common_fields(header + 6, m, 0);
        zip_put32(header + 42, m->offset);
        IV_TRY(put(w, header, sizeof header, err));
        IV_TRY(put(w, m->name, strlen(m->name), err));
    }
    unsigned char end[ZIP_END_SIZE] = {0};
    zip_put32(end, ZIP_END_SIGNATURE);
    zip_put16(end + 8, (uint32_t)w->count);
    zip_put16(end + 10, (uint32_t)w->count);
    zip_put32(end + 12, (uint32_t)w->position - begin);
    zip_put32(end + 16, begin);
    return put(w, end, sizeof end, err);
}
