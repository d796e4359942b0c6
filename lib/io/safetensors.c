#include "io/safetensors.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/dtype.h"
#include "io/json.h"
#include "io/order.h"

#define HEADER_CAP UINT64_C(100000000) /* of the format */
#define HEADER_DEFAULT (UINT64_C(16) << 20)
#define TENSORS_MAX 100000
#define FILE_MAX (UINT64_C(16) << 30)
#define CHUNK ((size_t)256 << 10) /* bytes converted at once */

/* Bytes of a file or of memory, at positions. */
typedef struct input {
    const iv_source *file; /* NULL: memory */
    const char *memory;
    uint64_t size;
} input;

static imgvec_status read_at(const input *in, uint64_t offset, void *dst, size_t size,
                             imgvec_error *err)
{
    if (in->file)
        return iv_source_read(in->file, offset, dst, size, err);
    memcpy(dst, in->memory + offset, size);
    return IMGVEC_OK;
}

/* A tensor's place in the file. */
typedef struct range {
    uint64_t begin, end;
    const iv_json *json;
} range;

static imgvec_status read_shape(const iv_json *json, const char *name, int *rank,
                                int64_t shape[IV_MAX_RANK], imgvec_error *err)
{
    const iv_json *list;
    IV_TRY(iv_json_array(json, "shape", &list, err));
    if (list->count > IV_MAX_RANK)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "tensor %s: rank %u is above %d", name,
                       (unsigned)list->count, IV_MAX_RANK);
    *rank = 0;
    for (const iv_json *v = list->as.first; v; v = v->next) {
        if (v->type != IV_JSON_INT || v->as.integer < 0)
            return iv_fail(err, IMGVEC_ERR_FORMAT,
                           "tensor %s: its shape holds something that is no size", name);
        shape[(*rank)++] = v->as.integer;
    }
    return IMGVEC_OK;
}

/* Bytes that dtype and shape ask for. */
static imgvec_status byte_size(const char *name, const char *dtype, int rank, const int64_t *shape,
                               uint64_t *out, imgvec_error *err)
{
    uint64_t bytes = iv_dtype_size(dtype);
    if (bytes == 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s: unknown dtype %.20s", name, dtype);
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(bytes, (uint64_t)shape[i], &bytes))
            return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s: its shape is impossible", name);
    *out = bytes;
    return IMGVEC_OK;
}

static imgvec_status read_range(const iv_json *json, uint64_t data_size, range *out,
                                imgvec_error *err)
{
    const char *name = json->name, *dtype;
    const iv_json *offsets;
    int rank;
    int64_t shape[IV_MAX_RANK];
    uint64_t bytes = 0;
    if (json->type != IV_JSON_OBJECT)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s: its entry is no object", name);
    IV_TRY(iv_prefix(err, iv_json_text(json, "dtype", &dtype, err), "tensor %s", name));
    IV_TRY(iv_prefix(err, iv_json_array(json, "data_offsets", &offsets, err), "tensor %s", name));
    IV_TRY(read_shape(json, name, &rank, shape, err));
    const iv_json *a = offsets->as.first, *b = offsets->count == 2 ? a->next : NULL;
    if (json->count != 3 || !b || a->type != IV_JSON_INT || b->type != IV_JSON_INT ||
        a->as.integer < 0 || b->as.integer < a->as.integer)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s: its entry is not sound", name);
    out->begin = (uint64_t)a->as.integer;
    out->end = (uint64_t)b->as.integer;
    out->json = json;
    if (out->end > data_size)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s: ends at byte %llu of %llu of data", name,
                       (unsigned long long)out->end, (unsigned long long)data_size);
    IV_TRY(byte_size(name, dtype, rank, shape, &bytes, err));
    if (bytes != out->end - out->begin)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "tensor %s: its shape needs %llu bytes, its range has %llu", name,
                       (unsigned long long)bytes, (unsigned long long)(out->end - out->begin));
    return IMGVEC_OK;
}

static bool earlier(const void *ranges, size_t a, size_t b)
{
    const range *x = (const range *)ranges + a, *y = (const range *)ranges + b;
    return x->begin != y->begin ? x->begin < y->begin : x->end < y->end;
}

/* Ranges must start at 0, touch, and end with the file. Fills in their order. */
static imgvec_status check_ranges(const range *ranges, uint32_t *order, size_t count,
                                  uint64_t data_size, imgvec_error *err)
{
    uint64_t at = 0;
    iv_order(order, count, earlier, ranges);
    for (size_t i = 0; i < count; i++) {
        const range *r = &ranges[order[i]];
        if (r->begin != at)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor %s: %s at byte %llu of the data",
                           r->json->name,
                           r->begin > at ? "hole before it" : "overlap with another tensor",
                           (unsigned long long)at);
        at = r->end;
    }
    if (at != data_size)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%llu bytes of data belong to no tensor",
                       (unsigned long long)(data_size - at));
    return IMGVEC_OK;
}

static imgvec_status load_tensor(const input *in, const range *r, uint64_t data_begin,
                                 iv_tensors *set, char *buffer, imgvec_error *err)
{
    const char *dtype = iv_json_get(r->json, "dtype")->as.text;
    int rank;
    int64_t shape[IV_MAX_RANK];
    iv_tensor *t;
    IV_TRY(read_shape(r->json, r->json->name, &rank, shape, err));
    IV_TRY(iv_tensors_add(set, r->json->name, rank, shape, &t, err));
    strcpy(t->dtype, dtype); /* a known one, so it fits */
    size_t size = iv_dtype_size(dtype);
    uint64_t at = data_begin + r->begin;
    if (strcmp(dtype, "F32") == 0) {
        IV_TRY(read_at(in, at, t->data, t->count * sizeof *t->data, err));
        return iv_tensor_check_finite(t, err);
    }
    for (size_t done = 0; done < t->count;) {
        size_t n = CHUNK / size < t->count - done ? CHUNK / size : t->count - done;
        IV_TRY(read_at(in, at + done * size, buffer, n * size, err));
        iv_dtype_convert(dtype, buffer, n, t->data + done);
        done += n;
    }
    return iv_tensor_check_finite(t, err);
}

static imgvec_status read_meta(const iv_json *meta, iv_tensors *set, imgvec_error *err)
{
    if (!meta)
        return IMGVEC_OK;
    if (meta->type != IV_JSON_OBJECT)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "__metadata__ is no object");
    for (const iv_json *m = meta->as.first; m; m = m->next) {
        if (m->type != IV_JSON_TEXT)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "__metadata__: %s is no text", m->name);
        IV_TRY(iv_tensors_set_meta(set, m->name, m->as.text, err));
    }
    return IMGVEC_OK;
}

static imgvec_status load_all(imgvec_context *ctx, const input *in, const iv_json *root,
                              uint64_t data_begin, iv_tensors *set, imgvec_error *err)
{
    const iv_json *meta = iv_json_get(root, "__metadata__");
    size_t count = 0;
    imgvec_status status = IMGVEC_OK;
    if (root->type != IV_JSON_OBJECT)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "the header is no object");
    if (root->count > TENSORS_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%u tensors, more than %d", (unsigned)root->count,
                       TENSORS_MAX);
    range *ranges = iv_alloc_n(ctx, (size_t)root->count + 1, sizeof *ranges);
    uint32_t *order = iv_alloc_n(ctx, (size_t)root->count + 1, sizeof *order);
    char *buffer = iv_alloc(ctx, CHUNK);
    if (!ranges || !order || !buffer) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (const iv_json *j = root->as.first; j; j = j->next)
        if (j != meta)
            IV_DO(read_range(j, in->size - data_begin, &ranges[count++], err));
    IV_DO(check_ranges(ranges, order, count, in->size - data_begin, err));
    IV_DO(read_meta(meta, set, err));
    for (size_t i = 0; i < count; i++)
        IV_DO(load_tensor(in, &ranges[order[i]], data_begin, set, buffer, err));
done:
    iv_free(ctx, ranges);
    iv_free(ctx, order);
    iv_free(ctx, buffer);
    return status;
}

static imgvec_status load(imgvec_context *ctx, const input *in, uint64_t max_header,
                          iv_tensors **out, imgvec_error *err)
{
    unsigned char head[8];
    uint64_t length = 0;
    char *header = NULL;
    iv_json_document *doc = NULL;
    iv_tensors *set = NULL;
    imgvec_status status = IMGVEC_OK;
    if (in->size < sizeof head)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "too short for a safetensors file");
    if (in->size > FILE_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "more than 16 GB");
    IV_TRY(read_at(in, 0, head, sizeof head, err));
    for (int i = 7; i >= 0; i--)
        length = length << 8 | head[i];
    if (length > HEADER_CAP)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "no safetensors file: its header would have %llu bytes",
                       (unsigned long long)length);
    if (length > in->size - sizeof head || length < 2)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "the header of %llu bytes does not fit the file",
                       (unsigned long long)length);
    if (length > (max_header ? max_header : HEADER_DEFAULT))
        return iv_fail(err, IMGVEC_ERR_LIMIT, "the header has %llu bytes, more than the limit",
                       (unsigned long long)length);
    header = iv_alloc(ctx, (size_t)length);
    if (!header)
        return iv_fail_nomem(err);
    IV_DO(read_at(in, sizeof head, header, (size_t)length, err));
    if (header[0] != '{') {
        status = iv_fail(err, IMGVEC_ERR_FORMAT, "the header does not begin with a brace");
        goto done;
    }
    IV_DO(iv_json_parse(ctx, header, (size_t)length, 8, (size_t)length, &doc, err));
    IV_DO(iv_tensors_new(ctx, &set, err));
    status = load_all(ctx, in, iv_json_root(doc), sizeof head + length, set, err);
done:
    iv_free(ctx, header);
    iv_json_free(doc);
    if (status == IMGVEC_OK)
        *out = set;
    else
        iv_tensors_free(set);
    return status;
}

imgvec_status iv_safetensors_open(imgvec_context *ctx, const char *path, uint64_t max_header,
                                  iv_tensors **out, imgvec_error *err)
{
    iv_source source;
    IV_TRY(iv_source_open(ctx, path, &source, err));
    const input in = {.file = &source, .size = source.size};
    imgvec_status status = load(ctx, &in, max_header, out, err);
    iv_source_close(ctx, &source);
    return iv_prefix(err, status, "%s", path);
}

imgvec_status iv_safetensors_parse(imgvec_context *ctx, const char *name, const void *data,
                                   size_t size, uint64_t max_header, iv_tensors **out,
                                   imgvec_error *err)
{
    const input in = {.memory = data, .size = size};
    return iv_prefix(err, load(ctx, &in, max_header, out, err), "%s", name);
}
