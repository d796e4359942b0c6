#include "model/arrow_stream.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"

#define BATCH 65536 /* rows */

/* What the stream and all arrays taken from it share. */
typedef struct shared {
    imgvec_context *ctx;
    atomic_int holders;
    iv_arrow_column *columns;
    size_t count;
    int64_t rows;
} shared;

typedef struct cursor {
    shared *data;
    int64_t at;
} cursor;

static void let_go(shared *s)
{
    if (atomic_fetch_sub(&s->holders, 1) != 1)
        return;
    imgvec_context *ctx = s->ctx;
    iv_arrow_columns_free(ctx, s->columns, s->count);
    iv_free(ctx, s);
    iv_context_unref(ctx);
}

/* ---- schemas: one block of memory for each, as each may be moved out of its parent ---- */

typedef struct schema_block {
    imgvec_context *ctx;
    char format[16];
    struct ArrowSchema *list[]; /* then the children, then the name */
} schema_block;

static void release_schema(struct ArrowSchema *s)
{
    for (int64_t i = 0; i < s->n_children; i++)
        if (s->children[i]->release)
            s->children[i]->release(s->children[i]);
    schema_block *block = s->private_data;
    imgvec_context *ctx = block->ctx;
    s->release = NULL;
    iv_free(ctx, block);
    iv_context_unref(ctx);
}

/* A schema with `n` children that are still to be made. */
static int new_schema(imgvec_context *ctx, const char *format, const char *name, size_t n,
                      struct ArrowSchema *out)
{
    size_t names = strlen(name) + 1, child = sizeof(struct ArrowSchema *) + sizeof *out;
    schema_block *block = iv_zalloc(ctx, sizeof *block + n * child + names);
    if (!block)
        return ENOMEM;
    struct ArrowSchema *children = (struct ArrowSchema *)(void *)(block->list + n);
    block->ctx = iv_context_ref(ctx);
    snprintf(block->format, sizeof block->format, "%s", format);
    for (size_t i = 0; i < n; i++)
        block->list[i] = &children[i];
    *out = (struct ArrowSchema){.format = block->format,
                                .name = memcpy(children + n, name, names),
                                .n_children = (int64_t)n,
                                .children = block->list,
                                .release = release_schema,
                                .private_data = block};
    return 0;
}

static int column_schema(imgvec_context *ctx, const iv_arrow_column *c, struct ArrowSchema *out)
{
    static const char *const formats[] = {
        [IV_ARROW_I32] = "i", [IV_ARROW_I64] = "l", [IV_ARROW_F32] = "f"};
    char list[16];
    if (!c->list)
        return new_schema(ctx, formats[c->type], c->name, 0, out);
    snprintf(list, sizeof list, "+w:%d", (int)c->list);
    int code = new_schema(ctx, list, c->name, 1, out);
    return code ? code : new_schema(ctx, formats[c->type], "item", 0, out->children[0]);
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const shared *s = ((const cursor *)stream->private_data)->data;
    int code = new_schema(s->ctx, "+s", "", s->count, out);
    if (code)
        return code;
    for (size_t i = 0; i < s->count && !code; i++)
        code = column_schema(s->ctx, &s->columns[i], out->children[i]);
    if (code) /* a child that failed has no release */
        release_schema(out);
    return code;
}

/* ---- arrays: as the schemas ---- */

typedef struct array_block {
    shared *data;
    const void *buffers[2];
    struct ArrowArray *list[]; /* then the children */
} array_block;

static void release_array(struct ArrowArray *a)
{
    for (int64_t i = 0; i < a->n_children; i++)
        if (a->children[i]->release)
            a->children[i]->release(a->children[i]);
    array_block *block = a->private_data;
    shared *s = block->data;
    a->release = NULL;
    iv_free(s->ctx, block);
    let_go(s);
}

/* An array over `values`, NULL for those that have only children. */
static int new_array(shared *s, int64_t length, const void *values, size_t n,
                     struct ArrowArray *out)
{
    array_block *block =
        iv_zalloc(s->ctx, sizeof *block + n * (sizeof(struct ArrowArray *) + sizeof *out));
    if (!block)
        return ENOMEM;
    struct ArrowArray *children = (struct ArrowArray *)(void *)(block->list + n);
    atomic_fetch_add(&s->holders, 1);
    block->data = s;
    block->buffers[1] = values;
    for (size_t i = 0; i < n; i++)
        block->list[i] = &children[i];
    *out = (struct ArrowArray){.length = length,
                               .n_buffers = values ? 2 : 1,
                               .buffers = block->buffers,
                               .n_children = (int64_t)n,
                               .children = block->list,
                               .release = release_array,
                               .private_data = block};
    return 0;
}

static int column_array(shared *s, const iv_arrow_column *c, int64_t at, int64_t rows,
                        struct ArrowArray *out)
{
    int64_t each = c->list ? c->list : 1, size = c->type == IV_ARROW_I64 ? 8 : 4;
    const char *values = (const char *)c->values + at * each * size;
    if (!c->list)
        return new_array(s, rows, values, 0, out);
    int code = new_array(s, rows, NULL, 1, out);
    return code ? code : new_array(s, rows * each, values, 0, out->children[0]);
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    cursor *c = stream->private_data;
    shared *s = c->data;
    int64_t left = s->rows - c->at, rows = left < BATCH ? left : BATCH;
    if (rows == 0) {
        *out = (struct ArrowArray){.release = NULL};
        return 0;
    }
    int code = new_array(s, rows, NULL, s->count, out);
    if (code)
        return code;
    for (size_t i = 0; i < s->count && !code; i++)
        code = column_array(s, &s->columns[i], c->at, rows, out->children[i]);
    if (code)
        release_array(out);
    else
        c->at += rows;
    return code;
}

/* ---- the stream ---- */

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    return "out of memory"; /* nothing else can fail once the stream is there */
}

static void release_stream(struct ArrowArrayStream *stream)
{
    cursor *c = stream->private_data;
    shared *s = c->data;
    stream->release = NULL;
    iv_free(s->ctx, c);
    let_go(s);
}

void iv_arrow_columns_free(imgvec_context *ctx, iv_arrow_column *columns, size_t count)
{
    for (size_t i = 0; columns && i < count; i++) {
        iv_free(ctx, columns[i].name);
        iv_free(ctx, columns[i].values);
    }
    iv_free(ctx, columns);
}

iv_arrow_column *iv_arrow_columns_new(imgvec_context *ctx, size_t count, int64_t rows)
{
    iv_arrow_column *c = iv_calloc(ctx, count + 2, sizeof *c);
    if (!c)
        return NULL;
    int64_t *numbers = iv_alloc_n(ctx, (size_t)rows + 1, sizeof *numbers);
    c[0] = (iv_arrow_column){iv_strdup(ctx, "row"), IV_ARROW_I64, 0, numbers};
    c[1] = (iv_arrow_column){iv_strdup(ctx, "status"), IV_ARROW_I32, 0,
                             iv_calloc(ctx, (size_t)rows + 1, sizeof(int32_t))};
    if (!c[0].name || !numbers || !c[1].name || !c[1].values) {
        iv_arrow_columns_free(ctx, c, 2);
        return NULL;
    }
    for (int64_t i = 0; i < rows; i++)
        numbers[i] = i;
    return c;
}

imgvec_status iv_arrow_stream_new(imgvec_context *ctx, iv_arrow_column *columns, size_t count,
                                  int64_t rows, struct ArrowArrayStream *out, imgvec_error *err)
{
    shared *s = iv_zalloc(ctx, sizeof *s);
    cursor *c = iv_zalloc(ctx, sizeof *c);
    if (!s || !c) {
        iv_free(ctx, s);
        iv_free(ctx, c);
        iv_arrow_columns_free(ctx, columns, count);
        return iv_fail_nomem(err);
    }
    s->ctx = iv_context_ref(ctx);
    atomic_init(&s->holders, 1);
    s->columns = columns;
    s->count = count;
    s->rows = rows;
    c->data = s;
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release_stream,
                                     .private_data = c};
    return IMGVEC_OK;
}
