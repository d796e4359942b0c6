#include "make_pth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "make_zip.h"

void pth_put(pth_bytes *b, const void *data, size_t size)
{
    if (b->size + size > b->capacity) {
        b->capacity = 2 * (b->size + size) + 64;
        b->data = realloc(b->data, b->capacity);
    }
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void put_number(pth_bytes *b, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        pth_put(b, &(unsigned char){(unsigned char)(value >> 8 * i)}, 1);
}

void pth_put_text(pth_bytes *b, const char *text)
{
    PTH(b, "X");
    put_number(b, strlen(text), 4);
    pth_put(b, text, strlen(text));
}

void pth_put_int(pth_bytes *b, int64_t value)
{
    if (value >= 0 && value < 256) {
        PTH(b, "K");
        put_number(b, (uint64_t)value, 1);
    } else {
        PTH(b, "\x8A\x08");
        put_number(b, (uint64_t)value, 8);
    }
}

void pth_put_ints(pth_bytes *b, int count, const int64_t *values)
{
    PTH(b, "(");
    for (int i = 0; i < count; i++)
        pth_put_int(b, values[i]);
    PTH(b, "t");
}

void pth_put_global(pth_bytes *b, const char *module, const char *name)
{
    PTH(b, "c");
    pth_put(b, module, strlen(module));
    PTH(b, "\n");
    pth_put(b, name, strlen(name));
    PTH(b, "\n");
}

static void put_storage(pth_bytes *b, const pth_view *v)
{
    PTH(b, "(");
    pth_put_text(b, "storage");
    pth_put_global(b, "torch", v->storage);
    pth_put_text(b, v->key);
    pth_put_text(b, "cpu");
    pth_put_int(b, v->count);
    if (v->legacy)
        PTH(b, "N");
    PTH(b, "tQ");
}

void pth_put_tensor(pth_bytes *b, const pth_view *v)
{
    pth_put_global(b, "torch._utils", "_rebuild_tensor_v2");
    PTH(b, "(");
    put_storage(b, v);
    pth_put_int(b, v->offset);
    pth_put_ints(b, v->rank, v->shape);
    pth_put_ints(b, v->rank, v->stride);
    PTH(b, "\x89");
    pth_put_global(b, "collections", "OrderedDict");
    PTH(b, ")RtR");
}

void pth_put_floats(pth_bytes *b, const char *key, int64_t count, int legacy)
{
    pth_put_tensor(b, &(pth_view){.storage = "FloatStorage",
                                  .key = key,
                                  .count = count,
                                  .rank = 1,
                                  .shape = {count},
                                  .stride = {1},
                                  .legacy = legacy});
}

pth_bytes make_pth_zip(const pth_bytes *pickle, const pth_storage *storages, size_t count,
                       const char *byteorder)
{
    pth_bytes out = {0};
    zip_part parts[64] = {{.name = "model/data.pkl", .data = pickle->data, .size = pickle->size}};
    char names[64][40];
    size_t n = 1;
    for (size_t i = 0; i < count; i++, n++) {
        snprintf(names[n], sizeof names[n], "model/data/%.20s", storages[i].key);
        parts[n] = (zip_part){.name = names[n], .data = storages[i].data, .size = storages[i].size};
    }
    if (byteorder)
        parts[n++] =
            (zip_part){.name = "model/byteorder", .data = byteorder, .size = strlen(byteorder)};
    parts[n++] = (zip_part){.name = "model/version", .data = "3\n", .size = 2};
    out.data = make_zip(parts, n, NULL, &out.size);
    return out;
}

pth_bytes make_pth_legacy(const pth_bytes *pickle, const pth_storage *storages, size_t count)
{
    pth_bytes out = {0};
    PTH(&out, "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.");
    PTH(&out, "\x80\x02M\xE9\x03.");
    PTH(&out, "\x80\x02}");
    pth_put_text(&out, "little_endian");
    PTH(&out, "\x88s.");
    pth_put(&out, pickle->data, pickle->size);
    PTH(&out, "\x80\x02](");
    for (size_t i = 0; i < count; i++)
        pth_put_text(&out, storages[i].key);
    PTH(&out, "e.");
    for (size_t i = 0; i < count; i++) {
        put_number(&out, (uint64_t)storages[i].count, 8);
        pth_put(&out, storages[i].data, storages[i].size);
    }
    return out;
}
