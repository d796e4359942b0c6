/* The names that a checkpoint may mention, and what they stand for. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/dtype.h"
#include "io/pickle_internal.h"

typedef enum torch_kind {
    ORDERED_DICT,
    STORAGE,
    DTYPE,
    TENSOR,    /* storage, offset, shape, stride... */
    TENSOR_V3, /* the same, with the dtype behind two more */
    PARAMETER, /* of the tensor that comes first */
    OBJECT
} torch_kind;

struct iv_torch_name {
    const char *module, *name;
    torch_kind kind;
    const char *dtype;
};

static const struct iv_torch_name names[] = {
    {"collections", "OrderedDict", ORDERED_DICT, NULL},
    {"torch._utils", "_rebuild_tensor_v2", TENSOR, NULL},
    {"torch._utils", "_rebuild_tensor", TENSOR, NULL},
    {"torch._utils", "_rebuild_tensor_v3", TENSOR_V3, NULL},
    {"torch._utils", "_rebuild_parameter", PARAMETER, NULL},
    {"torch._utils", "_rebuild_parameter_with_state", PARAMETER, NULL},
    {"torch.nn.parameter", "Parameter", PARAMETER, NULL},
    {"torch.nn.parameter", "Buffer", PARAMETER, NULL},
    {"torch", "Size", OBJECT, NULL},
    {"torch", "device", OBJECT, NULL},
    {"_codecs", "encode", OBJECT, NULL}, /* how protocol 2 writes bytes */
    {"torch", "FloatStorage", STORAGE, "F32"},
    {"torch", "HalfStorage", STORAGE, "F16"},
    {"torch", "BFloat16Storage", STORAGE, "BF16"},
    {"torch", "DoubleStorage", STORAGE, "F64"},
    {"torch", "LongStorage", STORAGE, "I64"},
    {"torch", "IntStorage", STORAGE, "I32"},
    {"torch", "ShortStorage", STORAGE, "I16"},
    {"torch", "CharStorage", STORAGE, "I8"},
    {"torch", "ByteStorage", STORAGE, "U8"},
    {"torch", "BoolStorage", STORAGE, "BOOL"},
    {"torch.storage", "UntypedStorage", STORAGE, "U8"},
    {"torch.storage", "_UntypedStorage", STORAGE, "U8"},
    {"torch", "UntypedStorage", STORAGE, "U8"},
    {"torch", "float32", DTYPE, "F32"},
    {"torch", "float16", DTYPE, "F16"},
    {"torch", "bfloat16", DTYPE, "BF16"},
    {"torch", "float64", DTYPE, "F64"},
    {"torch", "int64", DTYPE, "I64"},
    {"torch", "int32", DTYPE, "I32"},
    {"torch", "int16", DTYPE, "I16"},
    {"torch", "int8", DTYPE, "I8"},
    {"torch", "uint8", DTYPE, "U8"},
    {"torch", "uint16", DTYPE, "U16"},
    {"torch", "uint32", DTYPE, "U32"},
    {"torch", "uint64", DTYPE, "U64"},
    {"torch", "bool", DTYPE, "BOOL"},
};

const struct iv_torch_name *iv_torch_find(const char *module, const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) != 0)
            continue;
        if (strcmp(names[i].module, module) == 0)
            return &names[i];
        /* Old files name the storages of the device that they were on. */
        if (names[i].kind == STORAGE && strcmp(module, "torch.cuda") == 0)
            return &names[i];
    }
    return NULL;
}

static imgvec_status bad_call(const struct iv_torch_name *callee, imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "%s.%s is given other arguments than torch gives it",
                   callee->module, callee->name);
}

/* A tuple of sizes or strides. */
static imgvec_status sizes(const iv_pickle_value *v, const struct iv_torch_name *callee, int *rank,
                           int64_t out[IV_MAX_RANK], imgvec_error *err)
{
    if (v->type != IV_PICKLE_TUPLE)
        return bad_call(callee, err);
    if (v->count > IV_MAX_RANK)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "a tensor of %u dimensions, more than %d", v->count,
                       IV_MAX_RANK);
    *rank = (int)v->count;
    for (uint32_t i = 0; i < v->count; i++) {
        if (v->as.items[i]->type != IV_PICKLE_INT)
            return bad_call(callee, err);
        out[i] = v->as.items[i]->as.integer;
    }
    return IMGVEC_OK;
}

static imgvec_status make_tensor(iv_pickle *p, const struct iv_torch_name *callee,
                                 const iv_pickle_value *arguments, iv_pickle_value **out,
                                 imgvec_error *err)
{
    iv_pickle_value *const *a = arguments->as.items;
    int shape_rank, stride_rank;
    iv_pickle_tensor t = {0};
    if (arguments->count < (callee->kind == TENSOR_V3 ? 7 : 4) || a[0]->type != IV_PICKLE_STORAGE ||
        a[1]->type != IV_PICKLE_INT)
        return bad_call(callee, err);
    t.part = a[0]->as.part;
    t.dtype = p->storages[t.part->storage].dtype;
    t.offset = a[1]->as.integer;
    IV_TRY(sizes(a[2], callee, &shape_rank, t.shape, err));
    IV_TRY(sizes(a[3], callee, &stride_rank, t.stride, err));
    if (shape_rank != stride_rank)
        return bad_call(callee, err);
    t.rank = shape_rank;
    if (callee->kind == TENSOR_V3) {
        if (a[6]->type != IV_PICKLE_GLOBAL || a[6]->as.name->kind != DTYPE)
            return bad_call(callee, err);
        t.dtype = a[6]->as.name->dtype;
    }
    iv_pickle_tensor *copy = iv_pickle_alloc(p, sizeof *copy);
    if (!copy)
        return iv_pickle_no_memory(p, err);
    *copy = t;
    IV_TRY(iv_pickle_value_new(p, IV_PICKLE_TENSOR, out, err));
    (*out)->as.tensor = copy;
    return IMGVEC_OK;
}

/* Empty, or (as Python 2 wrote it) of a list of pairs. */
static imgvec_status make_ordered_dict(iv_pickle *p, const struct iv_torch_name *callee,
                                       const iv_pickle_value *arguments, iv_pickle_value **out,
                                       imgvec_error *err)
{
    IV_TRY(iv_pickle_dict_new(p, out, err));
    (*out)->ordered = true;
    if (arguments->count == 0)
        return IMGVEC_OK;
    const iv_pickle_value *list = arguments->as.items[0];
    if (arguments->count != 1 || list->type != IV_PICKLE_LIST)
        return bad_call(callee, err);
    for (uint32_t i = 0; i < list->count; i++) {
        const iv_pickle_value *pair = list->as.items[i];
        if ((pair->type != IV_PICKLE_LIST && pair->type != IV_PICKLE_TUPLE) || pair->count != 2)
            return bad_call(callee, err);
        IV_TRY(iv_pickle_set(p, *out, pair->as.items[0], pair->as.items[1], err));
    }
    return IMGVEC_OK;
}

imgvec_status iv_torch_call(iv_pickle *p, const iv_pickle_value *callee,
                            const iv_pickle_value *arguments, iv_pickle_value **out,
                            imgvec_error *err)
{
    if (callee->type != IV_PICKLE_GLOBAL || arguments->type != IV_PICKLE_TUPLE)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "it calls something that cannot be called");
    const struct iv_torch_name *name = callee->as.name;
    switch (name->kind) {
    case ORDERED_DICT:
        return make_ordered_dict(p, name, arguments, out, err);
    case TENSOR:
    case TENSOR_V3:
        return make_tensor(p, name, arguments, out, err);
    case PARAMETER:
        if (arguments->count < 1 || arguments->as.items[0]->type != IV_PICKLE_TENSOR)
            return bad_call(name, err);
        *out = arguments->as.items[0];
        return IMGVEC_OK;
    case OBJECT:
        return iv_pickle_value_new(p, IV_PICKLE_OBJECT, out, err);
    case STORAGE:
    case DTYPE:
        break;
    }
    return iv_fail(err, IMGVEC_ERR_FORMAT, "it calls %s.%s, which torch never does", name->module,
                   name->name);
}

/* The storage of that key; the first time, a new one. */
static imgvec_status storage_of(iv_pickle *p, const char *key, const char *dtype, uint64_t count,
                                uint32_t *index, imgvec_error *err)
{
    uint64_t bytes;
    size_t other;
    if (__builtin_mul_overflow(count, iv_dtype_size(dtype), &bytes) || bytes > INT64_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "storage \"%.100s\" has an impossible size", key);
    if (iv_reserve(p->ctx, &p->storages, &p->storage_capacity, p->storage_count + 1,
                   sizeof *p->storages) != 0)
        return iv_fail_nomem(err);
    p->storages[p->storage_count] =
        (iv_pickle_storage){.key = key, .dtype = dtype, .count = count, .bytes = bytes};
    int added =
        iv_names_add(p->ctx, &p->storage_names, (iv_name_list){p->storages, sizeof *p->storages},
                     p->storage_count, &other);
    if (added == IV_NAME_NO_MEMORY)
        return iv_fail_nomem(err);
    if (added == IV_NAME_ADDED) {
        *index = (uint32_t)p->storage_count++;
        return IMGVEC_OK;
    }
    if (p->storages[other].count != count || strcmp(p->storages[other].dtype, dtype) != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "storage \"%.100s\" is described in two ways", key);
    *index = (uint32_t)other;
    return IMGVEC_OK;
}

static bool is_size(const iv_pickle_value *v)
{
    return v->type == IV_PICKLE_INT && v->as.integer >= 0;
}

imgvec_status iv_torch_storage(iv_pickle *p, const iv_pickle_value *id, iv_pickle_value **out,
                               imgvec_error *err)
{
    iv_pickle_value *const *a = id->as.items;
    iv_pickle_part part = {0};
    if (id->type == IV_PICKLE_TUPLE && id->count > 0 && a[0]->type == IV_PICKLE_TEXT &&
        strcmp(a[0]->as.text, "module") == 0)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "it holds a whole module: save model.state_dict() instead");
    if (id->type != IV_PICKLE_TUPLE || id->count < 5 || id->count > 6 ||
        a[0]->type != IV_PICKLE_TEXT || strcmp(a[0]->as.text, "storage") != 0 ||
        a[1]->type != IV_PICKLE_GLOBAL || a[1]->as.name->kind != STORAGE ||
        a[2]->type != IV_PICKLE_TEXT || a[3]->type != IV_PICKLE_TEXT || !is_size(a[4]))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "a storage is described as torch never does");
    part.count = (uint64_t)a[4]->as.integer;
    IV_TRY(storage_of(p, a[2]->as.text, a[1]->as.name->dtype, part.count, &part.storage, err));
    if (id->count == 6 && a[5]->type != IV_PICKLE_NONE) {
        iv_pickle_value *const *view = a[5]->as.items;
        if (a[5]->type != IV_PICKLE_TUPLE || a[5]->count != 3 || !is_size(view[1]) ||
            !is_size(view[2]) || (uint64_t)view[1]->as.integer > part.count ||
            (uint64_t)view[2]->as.integer > part.count - (uint64_t)view[1]->as.integer)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "storage \"%.100s\" has a view outside of it",
                           a[2]->as.text);
        part.offset = (uint64_t)view[1]->as.integer;
        part.count = (uint64_t)view[2]->as.integer;
    }
    iv_pickle_part *copy = iv_pickle_alloc(p, sizeof *copy);
    if (!copy)
        return iv_pickle_no_memory(p, err);
    *copy = part;
    IV_TRY(iv_pickle_value_new(p, IV_PICKLE_STORAGE, out, err));
    (*out)->as.part = copy;
    return IMGVEC_OK;
}
