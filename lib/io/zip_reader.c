#include "io/zip_reader.h"

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/zip_internal.h"

#define PIECE ((size_t)256 << 10) /* read from the file at once */

bool iv_zip_looks(const void *head, size_t size)
{
    return size >= 4 && (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0);
}

void iv_zip_close(iv_zip *z)
{
    if (!z)
        return;
    for (size_t i = 0; i < z->count; i++)
        iv_free(z->ctx, (void *)(uintptr_t)z->entries[i].name);
    iv_free(z->ctx, z->entries);
    iv_names_clear(z->ctx, &z->names);
    iv_source_close(z->ctx, &z->source);
    iv_free(z->ctx, z);
}

const char *iv_zip_path(const iv_zip *z)
{
    return z->source.path;
}

uint64_t iv_zip_file_size(const iv_zip *z)
{
    return z->source.size;
}

size_t iv_zip_count(const iv_zip *z)
{
    return z->count;
}

const iv_zip_entry *iv_zip_entry_at(const iv_zip *z, size_t index)
{
    return &z->entries[index];
}

size_t iv_zip_find(const iv_zip *z, const char *name)
{
    return iv_names_find(&z->names, iv_zip_names(z), name);
}

imgvec_status iv_zip_read_raw(const iv_zip *z, uint64_t offset, void *dst, size_t size,
                              imgvec_error *err)
{
    return iv_source_read(&z->source, offset, dst, size, err);
}

static void *zlib_alloc(void *ctx, unsigned count, unsigned size)
{
    return iv_alloc_n(ctx, count, size);
}

static void zlib_free(void *ctx, void *memory)
{
    iv_free(ctx, memory);
}

static imgvec_status damaged(const iv_zip_entry *e, const char *what, imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "member \"%.300s\" is damaged: %s", e->name, what);
}

/* Inflates what `piece` (PIECE bytes) is filled with again and again; dst holds one byte
 * more than the member, so that a stream that is too long shows itself. */
static imgvec_status inflate_all(const iv_zip *z, const iv_zip_entry *e, z_stream *s,
                                 unsigned char *piece, unsigned char *dst, imgvec_error *err)
{
    uint64_t taken = 0, made = 0;
    int code = Z_OK;
    while (code != Z_STREAM_END) {
        if (s->avail_in == 0) {
            uint64_t left = e->packed_size - taken;
            size_t n = left < PIECE ? (size_t)left : PIECE;
            if (n == 0)
                return damaged(e, "its packed data ends too early", err);
            IV_TRY(iv_source_read(&z->source, e->data_offset + taken, piece, n, err));
            taken += n;
            s->next_in = piece;
            s->avail_in = (unsigned)n;
        }
        uint64_t room = e->size + 1 - made;
        unsigned before = room < (1u << 30) ? (unsigned)room : 1u << 30;
        s->next_out = dst + made;
        s->avail_out = before;
        code = inflate(s, Z_NO_FLUSH);
        made += before - s->avail_out;
        if (code == Z_MEM_ERROR)
            return iv_fail_nomem(err);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return damaged(e, s->msg ? s->msg : "its packed data is no DEFLATE stream", err);
        if (made > e->size)
            return damaged(e, "it has more bytes than the directory says", err);
    }
    if (made != e->size)
        return damaged(e, "it has fewer bytes than the directory says", err);
    if (s->avail_in != 0 || taken != e->packed_size)
        return damaged(e, "bytes follow its packed data", err);
    return IMGVEC_OK;
}

static imgvec_status read_deflated(const iv_zip *z, const iv_zip_entry *e, unsigned char *dst,
                                   imgvec_error *err)
{
    z_stream s = {.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = z->ctx};
    unsigned char *piece =
        iv_alloc(z->ctx, e->packed_size < PIECE ? (size_t)e->packed_size : PIECE);
    if (!piece)
        return iv_fail_nomem(err);
    imgvec_status status;
    int code = inflateInit2(&s, -MAX_WBITS);
    if (code != Z_OK) {
        status = code == Z_MEM_ERROR
                     ? iv_fail_nomem(err)
                     : iv_fail(err, IMGVEC_ERR_INTERNAL, "zlib %s cannot be used", zlibVersion());
    } else {
        status = inflate_all(z, e, &s, piece, dst, err);
        inflateEnd(&s);
    }
    iv_free(z->ctx, piece);
    return status;
}

static imgvec_status read_member(const iv_zip *z, const iv_zip_entry *e, uint64_t max_bytes,
                                 unsigned char **data, imgvec_error *err)
{
    if (e->method != 0 && e->method != 8)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "member \"%.300s\" is packed by method %u: pack it with DEFLATE", e->name,
                       e->method);
    if (max_bytes && e->size > max_bytes)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "member \"%.300s\" has %llu bytes, the limit is %llu",
                       e->name, (unsigned long long)e->size, (unsigned long long)max_bytes);
    /* The audit made sure that the packed bytes can hold as much. */
    unsigned char *dst = e->size < PTRDIFF_MAX ? iv_alloc(z->ctx, (size_t)e->size + 1) : NULL;
    if (!dst)
        return iv_fail_nomem(err);
    imgvec_status status =
        e->method == 8 ? read_deflated(z, e, dst, err)
                       : iv_source_read(&z->source, e->data_offset, dst, (size_t)e->size, err);
    if (status == IMGVEC_OK && crc32_z(0, dst, (size_t)e->size) != e->crc)
        status = damaged(e, "its CRC is wrong", err);
    if (status != IMGVEC_OK) {
        iv_free(z->ctx, dst);
        return status;
    }
    dst[e->size] = '\0';
    *data = dst;
    return IMGVEC_OK;
}

imgvec_status iv_zip_read(const iv_zip *z, size_t index, uint64_t max_bytes, void **data,
                          size_t *size, imgvec_error *err)
{
    unsigned char *bytes = NULL;
    if (index >= z->count)
        return iv_fail_argument(err, "iv_zip_read", "index");
    IV_TRY(iv_prefix(err, read_member(z, &z->entries[index], max_bytes, &bytes, err), "%s",
                     z->source.path));
    *data = bytes;
    *size = (size_t)z->entries[index].size;
    return IMGVEC_OK;
}
