#include "io/tensors.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

imgvec_status iv_tensors_new(imgvec_context *ctx, iv_tensors **out, imgvec_error *err)
{
    iv_tensors *set = iv_zalloc(ctx, sizeof *set);
    if (!set)
        return iv_fail_nomem(err);
    set->ctx = ctx;
    *out = set;
    return IMGVEC_OK;
}

void iv_tensors_free(iv_tensors *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++) {
        iv_free(set->ctx, set->items[i].name);
        iv_free(set->ctx, set->items[i].data);
    }
    for (size_t i = 0; i < set->meta_count; i++)
        iv_free(set->ctx, set->meta[i]);
    iv_free(set->ctx, set->items);
    iv_free(set->ctx, set->meta);
    iv_names_clear(set->ctx, &set->names);
    iv_free(set->ctx, set);
}

static iv_name_list names_of(const iv_tensors *set)
{
    return (iv_name_list){set->items, sizeof *set->items};
}

iv_tensor *iv_tensors_find(const iv_tensors *set, const char *name)
{
    size_t found = iv_names_find(&set->names, names_of(set), name);
    return found == SIZE_MAX ? NULL : &set->items[found];
}

imgvec_status iv_tensors_add(iv_tensors *set, const char *name, int rank, const int64_t *shape,
                             iv_tensor **out, imgvec_error *err)
{
    if (rank < 0 || rank > IV_MAX_RANK)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "tensor %s: rank %d is above %d", name, rank,
                       IV_MAX_RANK);
    size_t count = 1, other;
    for (int i = 0; i < rank; i++)
        if (shape[i] < 0 || __builtin_mul_overflow(count, (size_t)shape[i], &count))
            return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s: its shape is impossible", name);
    if (iv_tensors_find(set, name))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s is there twice", name);
    if (iv_reserve(set->ctx, &set->items, &set->capacity, set->count + 1, sizeof *set->items) != 0)
        return iv_fail_nomem(err);
    iv_tensor *t = &set->items[set->count];
    memset(t, 0, sizeof *t);
    t->name = iv_strdup(set->ctx, name);
    t->data = iv_alloc_n(set->ctx, count, sizeof *t->data);
    if (!t->name || !t->data ||
        iv_names_add(set->ctx, &set->names, names_of(set), set->count, &other) != IV_NAME_ADDED) {
        iv_free(set->ctx, t->name);
        iv_free(set->ctx, t->data);
        return iv_fail_nomem(err);
    }
    strcpy(t->dtype, "F32");
    t->rank = rank;
    for (int i = 0; i < rank; i++)
        t->shape[i] = shape[i];
    t->count = count;
    set->count++;
    *out = t;
    return IMGVEC_OK;
}

imgvec_status iv_tensor_check_finite(const iv_tensor *t, imgvec_error *err)
{
    /* An exponent of all ones, plus one of it, carries into the sign bit: four lanes of "or"
     * and one branch for all of them. */
    for (size_t at = 0; at < t->count;) {
        size_t end = t->count - at < 4096 ? t->count : at + 4096;
        uint32_t bits[4], seen[4] = {0};
        for (; end - at >= 4; at += 4) {
            memcpy(bits, t->data + at, sizeof bits);
            for (int k = 0; k < 4; k++)
                seen[k] |= (bits[k] & 0x7F800000) + 0x00800000;
        }
        for (; at < end; at++) {
            memcpy(bits, t->data + at, sizeof *bits);
            seen[0] |= (bits[0] & 0x7F800000) + 0x00800000;
        }
        if ((seen[0] | seen[1] | seen[2] | seen[3]) >> 31)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s holds NaN or infinity", t->name);
    }
    return IMGVEC_OK;
}

const char *iv_tensors_meta(const iv_tensors *set, const char *name)
{
    for (size_t i = 0; i + 1 < set->meta_count; i += 2)
        if (strcmp(set->meta[i], name) == 0)
            return set->meta[i + 1];
    return NULL;
}

imgvec_status iv_tensors_set_meta(iv_tensors *set, const char *name, const char *value,
                                  imgvec_error *err)
{
    char *copy = iv_strdup(set->ctx, value);
    if (!copy)
        return iv_fail_nomem(err);
    for (size_t i = 0; i + 1 < set->meta_count; i += 2)
        if (strcmp(set->meta[i], name) == 0) {
            iv_free(set->ctx, set->meta[i + 1]);
            set->meta[i + 1] = copy;
            return IMGVEC_OK;
        }
    char *key = iv_strdup(set->ctx, name);
    if (!key || iv_reserve(set->ctx, &set->meta, &set->meta_capacity, set->meta_count + 2,
                           sizeof *set->meta) != 0) {
        iv_free(set->ctx, key);
        iv_free(set->ctx, copy);
        return iv_fail_nomem(err);
    }
    set->meta[set->meta_count++] = key;
    set->meta[set->meta_count++] = copy;
    return IMGVEC_OK;
}

void iv_shape_text(int rank, const int64_t *shape, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "[");
    for (int i = 0; i < rank && used < size; i++)
        used +=
            (size_t)snprintf(out + used, size - used, "%s%lld", i ? ", " : "", (long long)shape[i]);
    if (used < size)
        snprintf(out + used, size - used, "]");
}

imgvec_status iv_tensors_put(iv_tensors *set, const char *name, int rank, const int64_t *shape,
                             const float *values, imgvec_error *err)
{
    iv_tensor *t;
    IV_TRY(iv_tensors_add(set, name, rank, shape, &t, err));
    if (t->count > 0)
        memcpy(t->data, values, t->count * sizeof *values);
    return IMGVEC_OK;
}

imgvec_status iv_tensors_take(const iv_tensors *set, const char *name, int rank,
                              const int64_t *shape, float **out, imgvec_error *err)
{
    const iv_tensor *t = iv_tensors_find(set, name);
    if (!t)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s is missing", name);
    bool fits = t->rank == rank;
    for (int i = 0; fits && i < rank; i++)
        fits = t->shape[i] == shape[i];
    if (!fits)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s has another shape than expected", name);
    IV_TRY(iv_tensor_check_finite(t, err));
    *out = iv_alloc_n(set->ctx, t->count, sizeof **out);
    if (!*out)
        return iv_fail_nomem(err);
    if (t->count > 0)
        memcpy(*out, t->data, t->count * sizeof **out);
    return IMGVEC_OK;
}
