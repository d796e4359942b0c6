/* The strict reader: one pass, no recursion, values in an arena. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/names.h"

#define DEFAULT_BYTES ((size_t)16 << 20)
#define DEFAULT_DEPTH 64
#define BLOCK_BYTES ((size_t)64 << 10)

typedef struct block {
    struct block *next;
    size_t used, size;
    max_align_t data[];
} block;

struct iv_json_document {
    imgvec_context *ctx;
    block *blocks;
    iv_json root;
};

/* An object or array that is still open. */
typedef struct level {
    iv_json *container, *last;
} level;

typedef struct parser {
    iv_json_document *doc;
    const char *text, *p, *end;
    level *stack;
    int depth, max_depth;
    imgvec_error *err;
} parser;

static void *take(iv_json_document *doc, size_t bytes)
{
    bytes = (bytes + 7) & ~(size_t)7;
    block *b = doc->blocks;
    if (!b || b->size - b->used < bytes) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        b = iv_alloc(doc->ctx, sizeof *b + size);
        if (!b)
            return NULL;
        b->used = 0;
        b->size = size;
        b->next = doc->blocks;
        doc->blocks = b;
    }
    void *memory = (char *)b->data + b->used;
    b->used += bytes;
    return memory;
}

void iv_json_free(iv_json_document *doc)
{
    if (!doc)
        return;
    while (doc->blocks) {
        block *next = doc->blocks->next;
        iv_free(doc->ctx, doc->blocks);
        doc->blocks = next;
    }
    iv_free(doc->ctx, doc);
}

const iv_json *iv_json_root(const iv_json_document *doc)
{
    return &doc->root;
}

static imgvec_status bad(parser *s, const char *what)
{
    return iv_fail_at(s->err, IMGVEC_ERR_FORMAT, s->p - s->text, "JSON: %s at byte %lld", what,
                      (long long)(s->p - s->text));
}

static void skip_blanks(parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
        s->p++;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four hex digits at s->p; -1 when they are not there. */
static int32_t hex4(parser *s)
{
    int32_t value = 0;
    if (s->end - s->p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(s->p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    s->p += 4;
    return value;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 63));
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    }
    return out;
}

/* The escape after a backslash; writes its bytes at *out. */
static imgvec_status unescape(parser *s, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (s->p == s->end)
        return bad(s, "text without end");
    char c = *s->p++;
    const char *at = c ? strchr(from, c) : NULL;
    if (at) {
        *(*out)++ = to[at - from];
        return IMGVEC_OK;
    }
    if (c != 'u')
        return bad(s, "unknown escape");
    int32_t unit = hex4(s);
    if (unit < 0)
        return bad(s, "bad \\u escape");
    if (unit == 0)
        return bad(s, "NUL inside text");
    uint32_t code = (uint32_t)unit;
    if (unit >= 0xD800 && unit < 0xDC00) {
        if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
            return bad(s, "lone surrogate");
        s->p += 2;
        int32_t low = hex4(s);
        if (low < 0xDC00 || low > 0xDFFF)
            return bad(s, "lone surrogate");
        code = 0x10000 + (((uint32_t)unit - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
    } else if (unit >= 0xDC00 && unit < 0xE000) {
        return bad(s, "lone surrogate");
    }
    *out = put_utf8(*out, code);
    return IMGVEC_OK;
}

/* Text behind an opening quote; closed by NUL in the arena. */
static imgvec_status parse_text(parser *s, const char **out, uint32_t *length)
{
    const char *close = s->p; /* the result is never longer than what is quoted */
    while (close < s->end && *close != '"')
        close += *close == '\\' && close + 1 < s->end ? 2 : 1;
    if (close >= s->end)
        return bad(s, "text without end");
    if ((size_t)(close - s->p) > UINT32_MAX - 8)
        return bad(s, "text too long");
    char *text = take(s->doc, (size_t)(close - s->p) + 1), *at = text;
    if (!text)
        return iv_fail_nomem(s->err);
    while (*s->p != '"') {
        const char *run = s->p;
        while (*s->p != '"' && *s->p != '\\') {
            if ((unsigned char)*s->p < 0x20)
                return bad(s, "control character inside text");
            s->p++;
        }
        size_t n = (size_t)(s->p - run);
        if (iv_utf8_valid(run, n) != n)
            return bad(s, "text is not UTF-8");
        memcpy(at, run, n);
        at += n;
        if (*s->p == '\\') {
            s->p++;
            IV_TRY(unescape(s, &at));
        }
    }
    s->p++;
    *at = '\0';
    *out = text;
    *length = (uint32_t)(at - text);
    return IMGVEC_OK;
}

/* Reads digits onto *value, which stays below 2^64 while at most 19 were read in all. */
static size_t digits(parser *s, uint64_t *value)
{
    const char *start = s->p;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
        *value = *value * 10 + (uint64_t)(*s->p - '0');
    return (size_t)(s->p - start);
}

/* value * 10^exponent where one operation on exact doubles rounds it right (Clinger, 1990). */
static bool simple(uint64_t value, size_t count, int64_t exponent, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (count > 19 || value > UINT64_C(1) << 53 || exponent < -22 || exponent > 22)
        return false;
    *out = exponent < 0 ? (double)value / powers[-exponent] : (double)value * powers[exponent];
    return true;
}

static imgvec_status parse_number(parser *s, iv_json *v)
{
    const char *start = s->p;
    bool whole = true, minus = *s->p == '-';
    uint64_t value = 0, power = 0;
    int64_t exponent = 0;
    if (minus)
        s->p++;
    bool zero = s->p < s->end && *s->p == '0';
    size_t n = digits(s, &value), count = n;
    if (n == 0 || (zero && n > 1))
        return bad(s, "bad number");
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        whole = false;
        n = digits(s, &value);
        if (n == 0)
            return bad(s, "bad number");
        count += n;
        exponent = -(int64_t)n;
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        whole = false;
        bool down = s->p < s->end && *s->p == '-';
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        n = digits(s, &power);
        if (n == 0)
            return bad(s, "bad number");
        exponent += n > 4 ? 10000 : down ? -(int64_t)power : (int64_t)power;
    }
    size_t length = (size_t)(s->p - start);
    if (whole && count <= 18) {
        v->type = IV_JSON_INT;
        v->as.integer = minus ? -(int64_t)value : (int64_t)value;
        return IMGVEC_OK;
    }
    if (whole && iv_parse_i64(start, length, &v->as.integer)) {
        v->type = IV_JSON_INT;
        return IMGVEC_OK;
    }
    v->type = IV_JSON_DOUBLE;
    if (simple(value, count, exponent, &v->as.number)) {
        if (minus)
            v->as.number = -v->as.number;
        return IMGVEC_OK;
    }
    if (!iv_parse_f64(start, length, &v->as.number) || !isfinite(v->as.number))
        return bad(s, "number out of range");
    return IMGVEC_OK;
}

static bool word(parser *s, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
        return false;
    s->p += n;
    return true;
}

/* One value; a container is only opened. */
static imgvec_status parse_value(parser *s, iv_json *v)
{
    if (s->p == s->end)
        return bad(s, "value missing");
    switch (*s->p) {
    case '{':
    case '[':
        if (s->depth == s->max_depth)
            return bad(s, "nested too deeply");
        v->type = *s->p++ == '{' ? IV_JSON_OBJECT : IV_JSON_ARRAY;
        v->as.first = NULL;
        s->stack[s->depth++] = (level){v, NULL};
        return IMGVEC_OK;
    case '"':
        s->p++;
        v->type = IV_JSON_TEXT;
        return parse_text(s, &v->as.text, &v->count);
    case 't':
    case 'f':
        v->type = IV_JSON_BOOL;
        v->as.boolean = *s->p == 't';
        return word(s, v->as.boolean ? "true" : "false") ? IMGVEC_OK : bad(s, "unknown word");
    case 'n':
        v->type = IV_JSON_NULL;
        return word(s, "null") ? IMGVEC_OK : bad(s, "unknown word");
    default:
        if (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))
            return parse_number(s, v);
        return bad(s, "unexpected character");
    }
}

static imgvec_status twice(parser *s, const char *name)
{
    return iv_fail_at(s->err, IMGVEC_ERR_FORMAT, s->p - s->text,
                      "JSON: two members are named \"%.100s\"", name);
}

/* Refuses an object with two members of one name. Few are compared each with each; many go
 * through a table. */
static imgvec_status check_names(parser *s, const iv_json *object)
{
    imgvec_context *ctx = s->doc->ctx;
    if (object->count <= 8) {
        for (const iv_json *a = object->as.first; a; a = a->next)
            for (const iv_json *b = a->next; b; b = b->next)
                if (strcmp(a->name, b->name) == 0)
                    return twice(s, a->name);
        return IMGVEC_OK;
    }
    imgvec_status status = IMGVEC_OK;
    iv_names names = {0};
    size_t i = 0, other;
    const char **list = iv_alloc_n(ctx, object->count, sizeof *list);
    if (!list)
        return iv_fail_nomem(s->err);
    for (const iv_json *m = object->as.first; m && status == IMGVEC_OK; m = m->next, i++) {
        list[i] = m->name;
        int added = iv_names_add(ctx, &names, (iv_name_list){list, sizeof *list}, i, &other);
        if (added != IV_NAME_ADDED)
            status = added == IV_NAME_TWICE ? twice(s, m->name) : iv_fail_nomem(s->err);
    }
    iv_names_clear(ctx, &names);
    iv_free(ctx, list);
    return status;
}

/* A new member of the innermost container, its name read where it has one. */
static imgvec_status add_child(parser *s, iv_json **out)
{
    level *top = &s->stack[s->depth - 1];
    iv_json *child = take(s->doc, sizeof *child);
    if (!child)
        return iv_fail_nomem(s->err);
    memset(child, 0, sizeof *child);
    if (top->container->type == IV_JSON_OBJECT) {
        uint32_t length;
        if (s->p == s->end || *s->p != '"')
            return bad(s, "member name missing");
        s->p++;
        IV_TRY(parse_text(s, &child->name, &length));
        skip_blanks(s);
        if (s->p == s->end || *s->p != ':')
            return bad(s, "colon missing");
        s->p++;
        skip_blanks(s);
    }
    if (top->container->count == UINT32_MAX)
        return bad(s, "too many members");
    top->container->count++;
    if (top->last)
        top->last->next = child;
    else
        top->container->as.first = child;
    top->last = child;
    *out = child;
    return IMGVEC_OK;
}

/* After a value: closes what ends here. *more: another member follows. */
static imgvec_status after_value(parser *s, bool *more)
{
    *more = false;
    while (s->depth > 0) {
        level *top = &s->stack[s->depth - 1];
        char close = top->container->type == IV_JSON_OBJECT ? '}' : ']';
        skip_blanks(s);
        if (s->p == s->end)
            return bad(s, "ends too early");
        bool empty = top->container->count == 0;
        if (*s->p == close) {
            s->p++;
            if (close == '}')
                IV_TRY(check_names(s, top->container));
            s->depth--;
            continue;
        }
        if (!empty) {
            if (*s->p != ',')
                return bad(s, "comma missing");
            s->p++;
            skip_blanks(s);
        }
        *more = true;
        return IMGVEC_OK;
    }
    return IMGVEC_OK;
}

static imgvec_status parse(parser *s)
{
    iv_json *v = &s->doc->root;
    bool more = true;
    skip_blanks(s);
    while (more) {
        IV_TRY(parse_value(s, v));
        IV_TRY(after_value(s, &more));
        if (more)
            IV_TRY(add_child(s, &v));
    }
    skip_blanks(s);
    return s->p == s->end ? IMGVEC_OK : bad(s, "bytes after the value");
}

imgvec_status iv_json_parse(imgvec_context *ctx, const char *text, size_t size, int max_depth,
                            size_t max_bytes, iv_json_document **out, imgvec_error *err)
{
    if (max_bytes == 0)
        max_bytes = DEFAULT_BYTES;
    if (size > max_bytes)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "JSON: %zu bytes, more than the limit of %zu", size,
                       max_bytes);
    parser s = {.text = text, .p = text, .end = text + size, .err = err};
    s.max_depth = max_depth > 0 ? max_depth : DEFAULT_DEPTH;
    s.stack = iv_alloc_n(ctx, (size_t)s.max_depth, sizeof *s.stack);
    s.doc = iv_zalloc(ctx, sizeof *s.doc);
    if (s.doc)
        s.doc->ctx = ctx;
    imgvec_status status = s.stack && s.doc ? parse(&s) : iv_fail_nomem(err);
    iv_free(ctx, s.stack);
    if (status == IMGVEC_OK)
        *out = s.doc;
    else
        iv_json_free(s.doc);
    return status;
}
