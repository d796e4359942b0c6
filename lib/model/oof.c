#include "model/oof.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/bytes.h"

#define ROWS "oof/rows"
#define FOLDS "oof/folds"
#define TRUTH "oof/truth"
#define PREDICTIONS "oof/predictions"
#define HELD_OUT "oof/held_out"

void iv_oof_free(imgvec_context *ctx, iv_oof *o)
{
    iv_free(ctx, o->row);
    iv_free(ctx, o->fold);
    iv_free(ctx, o->truth);
    iv_free(ctx, o->predictions);
    iv_free(ctx, o->held);
    memset(o, 0, sizeof *o);
}

static imgvec_status put_rows(iv_bundle *b, const char *name, const int64_t *rows, size_t count,
                              imgvec_error *err)
{
    uint8_t *bytes = iv_alloc_n(b->ctx, count, sizeof(uint32_t));
    if (!bytes)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        iv_put_le32(bytes + 4 * i, (uint32_t)rows[i]);
    return iv_bundle_add(b, name, bytes, 4 * count, err);
}

static imgvec_status put_floats(iv_bundle *b, const char *name, const float *values, size_t count,
                                imgvec_error *err)
{
    uint8_t *bytes = iv_alloc_n(b->ctx, count, sizeof(uint32_t));
    if (!bytes)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        iv_put_le32(bytes + 4 * i, bits);
    }
    return iv_bundle_add(b, name, bytes, 4 * count, err);
}

imgvec_status iv_oof_put(iv_bundle *b, const iv_oof *o, imgvec_error *err)
{
    if (o->count == 0)
        return IMGVEC_OK;
    if (o->row[o->count - 1] > UINT32_MAX ||
        (o->held_count && o->held[o->held_count - 1] > UINT32_MAX))
        return iv_fail(err, IMGVEC_ERR_LIMIT, "rows past number %u have no place in a model file",
                       UINT32_MAX);
    uint8_t *folds = iv_alloc(b->ctx, o->count);
    if (!folds)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < o->count; i++)
        folds[i] = (uint8_t)o->fold[i];
    IV_TRY(iv_bundle_add(b, FOLDS, folds, o->count, err));
    IV_TRY(put_rows(b, ROWS, o->row, o->count, err));
    IV_TRY(put_floats(b, TRUTH, o->truth, o->count, err));
    IV_TRY(put_floats(b, PREDICTIONS, o->predictions, o->count * (size_t)o->outputs, err));
    return o->held_count ? put_rows(b, HELD_OUT, o->held, o->held_count, err) : IMGVEC_OK;
}

/* The part, which must hold `count` values of `size` bytes. */
static imgvec_status find(const iv_bundle *b, const char *name, size_t count, size_t size,
                          const uint8_t **out, imgvec_error *err)
{
    const iv_part *part = iv_bundle_find(b, name);
    if (!part)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s is missing", name);
    if (part->size % size != 0 || part->size / size != count)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s: %zu bytes for %zu values of %zu", name,
                       part->size, count, size);
    *out = part->data;
    return IMGVEC_OK;
}

static imgvec_status get_rows(const iv_bundle *b, const char *name, size_t count, int64_t **out,
                              imgvec_error *err)
{
    const uint8_t *bytes;
    IV_TRY(find(b, name, count, 4, &bytes, err));
    *out = iv_alloc_n(b->ctx, count, sizeof **out);
    if (!*out)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        (*out)[i] = iv_le32(bytes + 4 * i);
        if (i > 0 && (*out)[i] <= (*out)[i - 1])
            return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s: row %zu does not come after the last",
                           name, i);
    }
    return IMGVEC_OK;
}

static imgvec_status get_floats(const iv_bundle *b, const char *name, size_t count, size_t width,
                                float **out, imgvec_error *err)
{
    const uint8_t *bytes;
    IV_TRY(find(b, name, count, 4 * width, &bytes, err));
    *out = iv_alloc_n(b->ctx, count, width * sizeof **out);
    if (!*out)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < count * width; i++) {
        uint32_t bits = iv_le32(bytes + 4 * i);
        memcpy(&(*out)[i], &bits, sizeof bits);
    }
    return IMGVEC_OK;
}

static imgvec_status get_folds(const iv_bundle *b, iv_oof *o, imgvec_error *err)
{
    const uint8_t *bytes;
    IV_TRY(find(b, FOLDS, o->count, 1, &bytes, err));
    o->fold = iv_alloc_n(b->ctx, o->count, sizeof *o->fold);
    if (!o->fold)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < o->count; i++) {
        o->fold[i] = bytes[i];
        if (bytes[i] >= IV_FOLDS_MAX)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s: %d is no fold", FOLDS, bytes[i]);
    }
    return IMGVEC_OK;
}

/* Predictions may be what they like: scores of those that are no numbers are not defined. */
static imgvec_status check_truth(const iv_oof *o, int32_t class_count, imgvec_error *err)
{
    for (size_t i = 0; i < o->count; i++) {
        float y = o->truth[i];
        if (!isfinite(y) || (class_count && !(y >= 0 && y < (float)class_count && y == floorf(y))))
            return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s: value %zu is no target", TRUTH, i);
    }
    return IMGVEC_OK;
}

imgvec_status iv_oof_get(const iv_bundle *b, iv_task task, int32_t class_count, iv_oof *out,
                         imgvec_error *err)
{
    const iv_part *rows = iv_bundle_find(b, ROWS), *held = iv_bundle_find(b, HELD_OUT);
    memset(out, 0, sizeof *out);
    if (!rows)
        return IMGVEC_OK;
    out->count = rows->size / 4;
    out->outputs = task == IV_TASK_REGRESSION ? 1 : class_count;
    if (out->count == 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s is empty", ROWS);
    if (out->outputs < 1)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s: predictions of no class", PREDICTIONS);
    IV_TRY(get_rows(b, ROWS, out->count, &out->row, err));
    IV_TRY(get_folds(b, out, err));
    IV_TRY(get_floats(b, TRUTH, out->count, 1, &out->truth, err));
    IV_TRY(get_floats(b, PREDICTIONS, out->count, (size_t)out->outputs, &out->predictions, err));
    IV_TRY(check_truth(out, task == IV_TASK_REGRESSION ? 0 : class_count, err));
    if (!held)
        return IMGVEC_OK;
    out->held_count = held->size / 4;
    return get_rows(b, HELD_OUT, out->held_count, &out->held, err);
}
