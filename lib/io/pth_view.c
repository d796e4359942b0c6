#include <string.h>

#include "base/error.h"
#include "io/dtype.h"
#include "io/pth.h"

#define PIECE 1024 /* elements gathered at once */

imgvec_status iv_pth_check_view(const iv_pickle *p, const iv_pickle_tensor *t, const char *name,
                                size_t *count, imgvec_error *err)
{
    const iv_pickle_storage *s = &p->storages[t->part->storage];
    uint64_t unit = iv_dtype_size(s->dtype), size = iv_dtype_size(t->dtype);
    uint64_t elements = 1, last, bytes;
    bool empty = false, overflow = t->offset < 0;
    for (int i = 0; i < t->rank; i++) {
        overflow |= t->shape[i] < 0 || t->stride[i] < 0;
        empty |= t->shape[i] == 0;
    }
    if (overflow)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %.300s: a negative offset, size or stride",
                       name);
    last = (uint64_t)t->offset;
    for (int i = 0; i < t->rank && !empty; i++) {
        uint64_t step;
        overflow |= __builtin_mul_overflow(elements, (uint64_t)t->shape[i], &elements);
        overflow |=
            __builtin_mul_overflow((uint64_t)t->shape[i] - 1, (uint64_t)t->stride[i], &step);
        overflow |= __builtin_add_overflow(last, step, &last);
    }
    overflow |= elements > SIZE_MAX / 8;
    if (overflow)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %.300s: its shape is impossible", name);
    *count = empty ? 0 : (size_t)elements;
    if (empty)
        return IMGVEC_OK;
    /* The part was checked against the storage: offset plus count is within its bytes. */
    if (__builtin_add_overflow(last, 1, &bytes) || __builtin_mul_overflow(bytes, size, &bytes) ||
        bytes > t->part->count * unit)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "tensor %.300s reaches past the %llu elements of its storage \"%.100s\"",
                       name, (unsigned long long)t->part->count, s->key);
    return IMGVEC_OK;
}

bool iv_pth_is_contiguous(const iv_pickle_tensor *t)
{
    int64_t expected = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        if (t->shape[i] != 1 && t->stride[i] != expected)
            return false;
        expected *= t->shape[i];
    }
    return true;
}

void iv_pth_copy_view(const iv_pickle *p, const iv_pickle_tensor *t, const unsigned char *bytes,
                      size_t count, float *dst)
{
    const iv_pickle_storage *s = &p->storages[t->part->storage];
    size_t size = iv_dtype_size(t->dtype);
    if (count == 0)
        return;
    bytes += t->part->offset * iv_dtype_size(s->dtype) + (uint64_t)t->offset * size;
    if (iv_pth_is_contiguous(t)) {
        iv_dtype_convert(t->dtype, bytes, count, dst);
        return;
    }
    unsigned char piece[PIECE * 8];
    int64_t index[IV_MAX_RANK] = {0};
    uint64_t at = 0; /* element */
    for (size_t done = 0; done < count;) {
        size_t n = count - done < PIECE ? count - done : PIECE;
        for (size_t i = 0; i < n; i++) {
            memcpy(piece + i * size, bytes + at * size, size);
            for (int d = t->rank - 1; d >= 0; d--) {
                at += (uint64_t)t->stride[d];
                if (++index[d] < t->shape[d])
                    break;
                at -= (uint64_t)t->stride[d] * (uint64_t)t->shape[d];
                index[d] = 0;
            }
        }
        iv_dtype_convert(t->dtype, piece, n, dst + done);
        done += n;
    }
}
