/* A digest of what the columns hold. The place of the data is not in it: a copy elsewhere has the
 * same fingerprint. Nor are the types, which follow from the cells and from options: data of which
 * one column is left out are still the same data. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "table/store.h"

static void put_u64(iv_hasher *h, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    iv_hasher_add(h, bytes, sizeof bytes);
}

static void put_bytes(iv_hasher *h, const void *data, size_t size)
{
    put_u64(h, size);
    if (size > 0)
        iv_hasher_add(h, data, size);
}

static void put_column(iv_hasher *h, const iv_column *c)
{
    put_bytes(h, c->name, strlen(c->name));
    put_u64(h, (uint64_t)c->count);
    for (int64_t row = 0; row < c->count; row++) {
        if (c->store == IV_STORE_TEXT) {
            size_t length;
            const char *text = iv_cell(c, row, &length);
            put_bytes(h, text, length);
        } else if (c->store == IV_STORE_NUMBERS) {
            uint64_t bits;
            memcpy(&bits, &c->numbers[row], sizeof bits);
            put_u64(h, bits);
        } else {
            const iv_picture *p = &c->pictures[row];
            put_u64(h, (uint64_t)p->kind);
            put_u64(h, (uint64_t)p->width << 32 | (uint64_t)p->height);
            put_u64(h, (uint64_t)p->format);
            put_bytes(h, p->data, p->size);
        }
    }
}

imgvec_status iv_dataset_column_digest(const imgvec_dataset *ds, int32_t column, char out[33],
                                       imgvec_error *err)
{
    iv_hasher *h = iv_hasher_new(ds->ctx);
    if (!h)
        return iv_fail_nomem(err);
    put_column(h, &ds->columns[column]);
    iv_digest digest = iv_hasher_end(h);
    iv_digest_hex(&digest, out);
    return IMGVEC_OK;
}

imgvec_status iv_dataset_fingerprint(const imgvec_dataset *ds, char out[33], imgvec_error *err)
{
    iv_hasher *h = iv_hasher_new(ds->ctx);
    if (!h)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < ds->count; i++)
        put_column(h, &ds->columns[i]);
    iv_digest digest = iv_hasher_end(h);
    iv_digest_hex(&digest, out);
    return IMGVEC_OK;
}
