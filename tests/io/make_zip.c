#include "make_zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct out {
    unsigned char *data;
    size_t size, capacity;
} out;

static void put(out *o, const void *data, size_t size)
{
    if (o->size + size > o->capacity) {
        o->capacity = 2 * (o->size + size);
        o->data = realloc(o->data, o->capacity);
    }
    if (size)
        memcpy(o->data + o->size, data, size);
    o->size += size;
}

static void put_number(out *o, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++, value >>= 8)
        put(o, &(unsigned char){(unsigned char)value}, 1);
}

static void put_text(out *o, const char *text)
{
    if (text)
        put(o, text, strlen(text));
}

static size_t pack(const zip_part *p, unsigned char **packed)
{
    *packed = malloc(p->size + 4096);
    if (!p->deflated) {
        memcpy(*packed, p->data, p->size);
        return p->size;
    }
    z_stream s = {0};
    deflateInit2(&s, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    s.next_in = (unsigned char *)(uintptr_t)p->data;
    s.avail_in = (unsigned)p->size;
    s.next_out = *packed;
    s.avail_out = (unsigned)p->size + 4096;
    deflate(&s, Z_FINISH);
    deflateEnd(&s);
    return s.total_out;
}

/* A size field, or all ones where zip64 has it. */
static void put_size(out *o, const zip_part *p, uint64_t value)
{
    put_number(o, p->zip64 ? 0xFFFFFFFF : value, 4);
}

static void add(out *o, out *directory, const zip_part *p, size_t begin)
{
    unsigned char *packed;
    size_t n = pack(p, &packed), extra = p->extra_packed ? strlen(p->extra_packed) : 0;
    uint64_t crc = (uint32_t)crc32(0, p->data, (unsigned)p->size) + (uint32_t)p->crc_off;
    uint64_t size = p->size + (uint64_t)(int64_t)p->size_off, packed_size = n + extra;
    unsigned method = p->method ? p->method : p->deflated ? 8 : 0;
    unsigned flags = p->flags | (p->descriptor ? 8u : 0u);
    const char *local = p->local_name ? p->local_name : p->name;
    size_t name_size = p->name_size ? p->name_size : strlen(p->name);
    size_t local_size = p->local_name ? strlen(local) : name_size;
    uint64_t offset = o->size - begin + (uint64_t)(int64_t)p->offset_off;

    put(o, "PK\3\4", 4);
    put_number(o, 20, 2);
    put_number(o, flags, 2);
    put_number(o, method + (unsigned)p->local_method_off, 2);
    put_number(o, 0x00210000, 4);
    put_number(o, p->descriptor ? 0 : crc + (uint32_t)p->local_crc_off, 4);
    put_size(o, p, p->descriptor ? 0 : packed_size + (uint32_t)p->local_packed_off);
    put_size(o, p, p->descriptor ? 0 : size + (uint32_t)p->local_size_off);
    put_number(o, local_size, 2);
    put_number(o, p->zip64 ? 20 : 0, 2);
    put(o, local, local_size);
    if (p->zip64) {
        put_number(o, 0x00100001, 4);
        put_number(o, size + (uint32_t)p->local_size_off, 8);
        put_number(o, packed_size, 8);
    }
    put(o, packed, n);
    put_text(o, p->extra_packed);
    if (p->descriptor) {
        put(o, "PK\7\10", 4);
        put_number(o, crc, 4);
        put_number(o, packed_size, 4);
        put_number(o, size, 4);
    }
    free(packed);

    put(directory, "PK\1\2", 4);
    put_number(directory, 0x0314, 2);
    put_number(directory, 20, 2);
    put_number(directory, flags, 2);
    put_number(directory, method, 2);
    put_number(directory, 0x00210000, 4);
    put_number(directory, crc, 4);
    put_size(directory, p, packed_size);
    put_size(directory, p, size);
    put_number(directory, name_size, 2);
    put_number(directory, p->zip64 ? 28 : 0, 2);
    put_number(directory, 0, 2);
    put_number(directory, 0, 4);
    put_number(directory, (uint64_t)p->mode << 16, 4);
    put_size(directory, p, offset);
    put(directory, p->name, name_size);
    if (p->zip64) {
        put_number(directory, 0x00180001, 4);
        put_number(directory, size, 8);
        put_number(directory, packed_size, 8);
        put_number(directory, offset, 8);
    }
}

unsigned char *make_zip(const zip_part *parts, size_t count, const zip_whole *whole, size_t *size)
{
    static const zip_whole plain;
    const zip_whole *w = whole ? whole : &plain;
    out o = {0}, directory = {0};
    put_text(&o, w->before);
    for (size_t i = 0; i < count; i++)
        add(&o, &directory, &parts[i], 0);
    put_text(&o, w->gap);
    uint64_t at = o.size + (uint64_t)(int64_t)w->directory_offset_off;
    uint64_t length = directory.size + (uint64_t)(int64_t)w->directory_size_off;
    uint64_t declared = count + (uint64_t)(int64_t)w->count_off;
    put(&o, directory.data, directory.size);
    free(directory.data);
    if (w->zip64_end) {
        uint64_t end64 = o.size;
        put(&o, "PK\6\6", 4);
        put_number(&o, 44, 8);
        put_number(&o, 45, 2);
        put_number(&o, 45, 2);
        put_number(&o, 0, 8);
        put_number(&o, declared, 8);
        put_number(&o, declared, 8);
        put_number(&o, length, 8);
        put_number(&o, at, 8);
        put(&o, "PK\6\7", 4);
        put_number(&o, 0, 4);
        put_number(&o, end64, 8);
        put_number(&o, 1, 4);
    }
    put(&o, "PK\5\6", 4);
    put_number(&o, 0, 4);
    put_number(&o, w->zip64_end ? 0xFFFF : declared, 2);
    put_number(&o, w->zip64_end ? 0xFFFF : declared, 2);
    put_number(&o, w->zip64_end ? 0xFFFFFFFF : length, 4);
    put_number(&o, w->zip64_end ? 0xFFFFFFFF : at, 4);
    put_number(&o, w->comment ? strlen(w->comment) : 0, 2);
    put_text(&o, w->comment);
    put_text(&o, w->after);
    *size = o.size;
    return o.data;
}
