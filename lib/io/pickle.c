#include "io/pickle_internal.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define NAME_MAX_BYTES 200 /* of a module or of a global in it */

typedef struct machine {
    iv_pickle *p;
    const unsigned char *data;
    size_t size, at;
    size_t operations;
    iv_pickle_value **stack, **memo;
    size_t depth, stack_capacity, memo_count, memo_capacity;
    size_t *marks; /* depths of the stack */
    size_t mark_count, mark_capacity;
    imgvec_error *err;
} machine;

static imgvec_status wrong(machine *m, const char *what)
{
    return iv_fail(m->err, IMGVEC_ERR_FORMAT, "%s", what);
}

/* The next n bytes of the operation. */
static imgvec_status take(machine *m, size_t n, const unsigned char **out)
{
    if (n > m->size - m->at) {
        m->p->cut = true;
        return wrong(m, "it ends too early");
    }
    *out = m->data + m->at;
    m->at += n;
    return IMGVEC_OK;
}

static imgvec_status take_u32(machine *m, size_t n, uint32_t *out)
{
    const unsigned char *b = NULL;
    IV_TRY(take(m, n, &b));
    *out = 0;
    for (size_t i = n; i-- > 0;)
        *out = *out << 8 | b[i];
    return IMGVEC_OK;
}

static imgvec_status push(machine *m, iv_pickle_value *v)
{
    if (iv_reserve(m->p->ctx, &m->stack, &m->stack_capacity, m->depth + 1, sizeof *m->stack) != 0)
        return iv_fail_nomem(m->err);
    m->stack[m->depth++] = v;
    return IMGVEC_OK;
}

/* Values above the topmost mark: what an operation may use. */
static size_t available(const machine *m)
{
    return m->depth - (m->mark_count ? m->marks[m->mark_count - 1] : 0);
}

static imgvec_status need(machine *m, size_t n)
{
    return available(m) < n ? wrong(m, "an operation finds too little on the stack") : IMGVEC_OK;
}

static imgvec_status push_mark(machine *m)
{
    if (iv_reserve(m->p->ctx, &m->marks, &m->mark_capacity, m->mark_count + 1, sizeof *m->marks) !=
        0)
        return iv_fail_nomem(m->err);
    m->marks[m->mark_count++] = m->depth;
    return IMGVEC_OK;
}

/* Takes the mark off; *count values are above where it was. */
static imgvec_status pop_mark(machine *m, size_t *count)
{
    if (m->mark_count == 0)
        return wrong(m, "an operation finds no mark");
    *count = m->depth - m->marks[--m->mark_count];
    return IMGVEC_OK;
}

static imgvec_status push_new(machine *m, iv_pickle_type type, int64_t integer)
{
    iv_pickle_value *v;
    IV_TRY(iv_pickle_value_new(m->p, type, &v, m->err));
    v->as.integer = integer;
    return push(m, v);
}

static imgvec_status push_double(machine *m)
{
    const unsigned char *b = NULL;
    uint64_t bits = 0;
    iv_pickle_value *v;
    IV_TRY(take(m, 8, &b));
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | b[i];
    IV_TRY(iv_pickle_value_new(m->p, IV_PICKLE_FLOAT, &v, m->err));
    memcpy(&v->as.number, &bits, sizeof bits);
    return push(m, v);
}

static imgvec_status push_long(machine *m)
{
    const unsigned char *b = NULL;
    uint32_t n = 0;
    iv_pickle_value *v;
    IV_TRY(take_u32(m, 1, &n));
    IV_TRY(take(m, n, &b));
    if (n > 8) { /* torch has none but its magic number, which is not read here */
        IV_TRY(iv_pickle_value_new(m->p, IV_PICKLE_BYTES, &v, m->err));
        v->as.text = "";
        return push(m, v);
    }
    uint64_t bits = n && b[n - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = n; i-- > 0;)
        bits = bits << 8 | b[i];
    return push_new(m, IV_PICKLE_INT, (int64_t)bits);
}

/* BINUNICODE must be UTF-8; the byte strings of Python 2 may be anything. */
static imgvec_status push_text(machine *m, size_t length_size)
{
    const unsigned char *b = NULL;
    uint32_t n = 0;
    iv_pickle_value *v;
    IV_TRY(take_u32(m, length_size, &n));
    IV_TRY(take(m, n, &b));
    IV_TRY(iv_pickle_text_new(m->p, (const char *)b, n, &v, m->err));
    return push(m, v);
}

static imgvec_status push_tuple(machine *m, size_t count)
{
    iv_pickle_value *v;
    IV_TRY(iv_pickle_value_new(m->p, IV_PICKLE_TUPLE, &v, m->err));
    v->as.items = iv_pickle_alloc(m->p, count * sizeof *v->as.items);
    if (!v->as.items)
        return iv_pickle_no_memory(m->p, m->err);
    m->depth -= count;
    if (count)
        memcpy(v->as.items, m->stack + m->depth, count * sizeof *v->as.items);
    v->count = (uint32_t)count;
    return push(m, v);
}

/* The topmost `count` values go into the list or the dictionary below them. */
static imgvec_status fill(machine *m, size_t count, iv_pickle_type type)
{
    IV_TRY(need(m, count + 1));
    iv_pickle_value **v = m->stack + m->depth - count, *target = v[-1];
    if (target->type != type)
        return wrong(m, type == IV_PICKLE_LIST
                            ? "it appends to something that is no list"
                            : "it sets items of something that is no dictionary");
    if (type == IV_PICKLE_DICT && count % 2)
        return wrong(m, "it sets an item without a value");
    for (size_t i = 0; i < count; i += type == IV_PICKLE_DICT ? 2 : 1) {
        if (type == IV_PICKLE_LIST) {
            IV_TRY(iv_pickle_append(m->p, target, v[i], m->err));
            continue;
        }
        if (v[i]->type != IV_PICKLE_TEXT && v[i]->type != IV_PICKLE_INT)
            return wrong(m, "the key of a dictionary is no text and no integer");
        IV_TRY(iv_pickle_set(m->p, target, v[i], v[i + 1], m->err));
    }
    m->depth -= count;
    return IMGVEC_OK;
}

static imgvec_status memo_get(machine *m, size_t index_size)
{
    uint32_t index = 0;
    IV_TRY(take_u32(m, index_size, &index));
    if (index >= m->memo_count || !m->memo[index])
        return wrong(m, "it remembers something that was never there");
    return push(m, m->memo[index]);
}

/* torch numbers what it remembers from 0 on, so an index past the operations is damage. */
static imgvec_status memo_put(machine *m, size_t index_size)
{
    uint32_t index = 0;
    IV_TRY(take_u32(m, index_size, &index));
    IV_TRY(need(m, 1));
    if (index >= m->operations)
        return wrong(m, "it remembers something under an impossible number");
    if (iv_reserve(m->p->ctx, &m->memo, &m->memo_capacity, (size_t)index + 1, sizeof *m->memo) != 0)
        return iv_fail_nomem(m->err);
    if (index >= m->memo_count) {
        memset(m->memo + m->memo_count, 0, (index + 1 - m->memo_count) * sizeof *m->memo);
        m->memo_count = (size_t)index + 1;
    }
    m->memo[index] = m->stack[m->depth - 1];
    return IMGVEC_OK;
}

/* A line of text, its end left out. */
static imgvec_status take_line(machine *m, char out[NAME_MAX_BYTES])
{
    size_t left = m->size - m->at, n = left < NAME_MAX_BYTES ? left : NAME_MAX_BYTES;
    const unsigned char *begin = m->data + m->at, *end = n ? memchr(begin, '\n', n) : NULL;
    if (!end) {
        m->p->cut = n < NAME_MAX_BYTES;
        return wrong(m, m->p->cut ? "it ends too early" : "a name in it has no end");
    }
    if (memchr(begin, '\0', (size_t)(end - begin)))
        return wrong(m, "a name in it is no text");
    memcpy(out, begin, (size_t)(end - begin));
    out[end - begin] = '\0';
    m->at += (size_t)(end - begin) + 1;
    return IMGVEC_OK;
}

static imgvec_status push_global(machine *m, bool instance)
{
    char module[NAME_MAX_BYTES], name[NAME_MAX_BYTES];
    iv_pickle_value *v;
    IV_TRY(take_line(m, module));
    IV_TRY(take_line(m, name));
    const struct iv_torch_name *found = iv_torch_find(module, name);
    if (!found)
        return iv_fail(m->err, IMGVEC_ERR_FORMAT,
                       "it refers to %s.%s: refused, nothing was run; save the state_dict alone",
                       module, name);
    if (instance)
        return wrong(m, "it makes an instance in a way that torch never does");
    IV_TRY(iv_pickle_value_new(m->p, IV_PICKLE_GLOBAL, &v, m->err));
    v->as.name = found;
    return push(m, v);
}

static imgvec_status call(machine *m)
{
    iv_pickle_value *v;
    IV_TRY(need(m, 2));
    IV_TRY(iv_torch_call(m->p, m->stack[m->depth - 2], m->stack[m->depth - 1], &v, m->err));
    m->depth--;
    m->stack[m->depth - 1] = v;
    return IMGVEC_OK;
}

/* Attributes (of a dictionary: _metadata) are dropped. */
static imgvec_status build(machine *m)
{
    IV_TRY(need(m, 2));
    const iv_pickle_value *target = m->stack[m->depth - 2];
    if (!(target->type == IV_PICKLE_DICT && target->ordered) && target->type != IV_PICKLE_TENSOR)
        return wrong(m, "it sets attributes of something that has none");
    m->depth--;
    return IMGVEC_OK;
}

static imgvec_status persistent(machine *m)
{
    iv_pickle_value *v;
    IV_TRY(need(m, 1));
    IV_TRY(iv_torch_storage(m->p, m->stack[m->depth - 1], &v, m->err));
    m->stack[m->depth - 1] = v;
    return IMGVEC_OK;
}

static imgvec_status protocol(machine *m)
{
    uint32_t version = 0;
    IV_TRY(take_u32(m, 1, &version));
    if (version > 2)
        return iv_fail(m->err, IMGVEC_ERR_UNSUPPORTED,
                       "it is of protocol %u; save it with torch.save's own, 2", version);
    return IMGVEC_OK;
}

static imgvec_status push_dict(machine *m)
{
    iv_pickle_value *v;
    IV_TRY(iv_pickle_dict_new(m->p, &v, m->err));
    return push(m, v);
}

static imgvec_status until_mark(machine *m, iv_pickle_type type)
{
    size_t count = 0;
    IV_TRY(pop_mark(m, &count));
    return type == IV_PICKLE_TUPLE ? push_tuple(m, count) : fill(m, count, type);
}

static imgvec_status small_tuple(machine *m, size_t count)
{
    IV_TRY(need(m, count));
    return push_tuple(m, count);
}

static imgvec_status push_integer(machine *m, size_t size)
{
    uint32_t bits = 0;
    IV_TRY(take_u32(m, size, &bits));
    return push_new(m, IV_PICKLE_INT, size == 4 ? (int32_t)bits : (int64_t)bits);
}

static imgvec_status step(machine *m, unsigned char operation)
{
    switch (operation) {
    case 0x80:
        return protocol(m);
    case '(':
        return push_mark(m);
    case 'N':
        return push_new(m, IV_PICKLE_NONE, 0);
    case 0x88:
    case 0x89:
        return push_new(m, IV_PICKLE_BOOL, operation == 0x88);
    case 'K':
        return push_integer(m, 1);
    case 'M':
        return push_integer(m, 2);
    case 'J':
        return push_integer(m, 4);
    case 0x8A:
        return push_long(m);
    case 'G':
        return push_double(m);
    case 'U':
        return push_text(m, 1);
    case 'T':
    case 'X':
        return push_text(m, 4);
    case ')':
        return push_tuple(m, 0);
    case 't':
        return until_mark(m, IV_PICKLE_TUPLE);
    case 0x85:
    case 0x86:
    case 0x87:
        return small_tuple(m, operation - 0x84u);
    case ']':
        return push_new(m, IV_PICKLE_LIST, 0);
    case 'a':
        return fill(m, 1, IV_PICKLE_LIST);
    case 'e':
        return until_mark(m, IV_PICKLE_LIST);
    case '}':
        return push_dict(m);
    case 's':
        return fill(m, 2, IV_PICKLE_DICT);
    case 'u':
        return until_mark(m, IV_PICKLE_DICT);
    case 'h':
        return memo_get(m, 1);
    case 'j':
        return memo_get(m, 4);
    case 'q':
        return memo_put(m, 1);
    case 'r':
        return memo_put(m, 4);
    case 'c':
    case 'i':
        return push_global(m, operation == 'i');
    case 'R':
    case 0x81:
        return call(m);
    case 'b':
        return build(m);
    case 'Q':
        return persistent(m);
    default:
        return iv_fail(m->err, IMGVEC_ERR_FORMAT,
                       "operation 0x%02X is none that checkpoints use: refused", operation);
    }
}

static imgvec_status run(machine *m)
{
    for (;;) {
        const unsigned char *operation = NULL;
        size_t at = m->at;
        IV_TRY(iv_prefix(m->err, take(m, 1, &operation), "pickle, byte %zu", at));
        if (*operation == '.')
            break;
        m->operations++;
        IV_TRY(iv_prefix(m->err, step(m, *operation), "pickle, byte %zu", at));
    }
    if (m->depth != 1 || m->mark_count)
        return wrong(m, "the pickle does not end with one value");
    m->p->root = m->stack[0];
    m->p->used = m->at;
    return iv_pickle_check_names(m->p, m->err);
}

imgvec_status iv_pickle_read(imgvec_context *ctx, const void *data, size_t size, iv_pickle *p,
                             imgvec_error *err)
{
    machine m = {.p = p, .data = data, .size = size < UINT32_MAX ? size : UINT32_MAX, .err = err};
    memset(p, 0, sizeof *p);
    p->ctx = ctx;
    imgvec_status status = run(&m);
    iv_free(ctx, m.stack);
    iv_free(ctx, m.memo);
    iv_free(ctx, m.marks);
    return status;
}
