#include "model/arrow_export.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/vectorizer.h"
#include "table/dataset.h"

#define BATCH 65536 /* rows */

/* What the stream and all arrays taken from it share. */
typedef struct shared {
    imgvec_context *ctx;
    atomic_int holders;
    const char *name;
    float *values;
    int32_t *status;
    int64_t *numbers; /* of the rows */
    int64_t rows;
    int32_t width;
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
    iv_free(ctx, s->values);
    iv_free(ctx, s->status);
    iv_free(ctx, s->numbers);
    iv_free(ctx, s);
    iv_context_unref(ctx);
}

/* ---- schemas: one block of memory for each, whose context it keeps ---- */

typedef struct schema_block {
    imgvec_context *ctx;
    char format[32];
    struct ArrowSchema *list[3];
    struct ArrowSchema children[3];
} schema_block;

static void release_schema(struct ArrowSchema *s)
{
    for (int64_t i = 0; i < s->n_children; i++)
        if (s->children[i]->release)
            s->children[i]->release(s->children[i]);
    schema_block *block = s->private_data;
    s->release = NULL;
    if (!block)
        return;
    imgvec_context *ctx = block->ctx;
    iv_free(ctx, block);
    iv_context_unref(ctx);
}

/* A schema with `n` children, which the caller names. Children that somebody moves out keep no
 * memory of their block but constants, so each that has children has a block of its own. */
static schema_block *new_schema(imgvec_context *ctx, const char *format, const char *name, int n,
                                struct ArrowSchema *out)
{
    schema_block *block = iv_zalloc(ctx, sizeof *block);
    if (!block)
        return NULL;
    block->ctx = iv_context_ref(ctx);
    snprintf(block->format, sizeof block->format, "%s", format);
    for (int i = 0; i < n; i++)
        block->list[i] = &block->children[i];
    *out = (struct ArrowSchema){.format = block->format,
                                .name = name,
                                .n_children = n,
                                .children = block->list,
                                .release = release_schema,
                                .private_data = block};
    return block;
}

static struct ArrowSchema leaf(const char *format, const char *name)
{
    return (struct ArrowSchema){.format = format, .name = name, .release = release_schema};
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const shared *s = ((const cursor *)stream->private_data)->data;
    char format[32];
    schema_block *top = new_schema(s->ctx, "+s", "", 3, out);
    if (!top)
        return ENOMEM;
    top->children[0] = leaf("l", "row");
    top->children[1] = leaf("i", "status");
    snprintf(format, sizeof format, "+w:%d", (int)s->width);
    schema_block *list = new_schema(s->ctx, format, s->name, 1, &top->children[2]);
    if (!list) {
        release_schema(out);
        return ENOMEM;
    }
    list->children[0] = leaf("f", "item");
    return 0;
}

/* ---- arrays: as the schemas ---- */

typedef struct array_block {
    shared *data;
    const void *buffers[2];
    struct ArrowArray *list[3];
    struct ArrowArray children[3];
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

/* An array over `buffer`, NULL for those that have only children. */
static array_block *new_array(shared *s, int64_t length, int64_t buffers, const void *buffer, int n,
                              struct ArrowArray *out)
{
    array_block *block = iv_zalloc(s->ctx, sizeof *block);
    if (!block)
        return NULL;
    atomic_fetch_add(&s->holders, 1);
    block->data = s;
    block->buffers[1] = buffer;
    for (int i = 0; i < n; i++)
        block->list[i] = &block->children[i];
    *out = (struct ArrowArray){.length = length,
                               .n_buffers = buffers,
                               .buffers = block->buffers,
                               .n_children = n,
                               .children = block->list,
                               .release = release_array,
                               .private_data = block};
    return block;
}

static int make_batch(shared *s, int64_t at, int64_t count, struct ArrowArray *out)
{
    array_block *top = new_array(s, count, 1, NULL, 3, out), *list = NULL;
    size_t width = (size_t)s->width;
    if (!top)
        return ENOMEM;
    /* A child that failed has no release, and so is left out when the others are released. */
    if (new_array(s, count, 2, s->numbers + at, 0, &top->children[0]) &&
        new_array(s, count, 2, s->status + at, 0, &top->children[1]) &&
        (list = new_array(s, count, 1, NULL, 1, &top->children[2])) &&
        new_array(s, count * s->width, 2, s->values + (size_t)at * width, 0, &list->children[0]))
        return 0;
    release_array(out);
    return ENOMEM;
}

/* ---- the stream ---- */

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    cursor *c = stream->private_data;
    int64_t left = c->data->rows - c->at, count = left < BATCH ? left : BATCH;
    if (left == 0) {
        *out = (struct ArrowArray){.release = NULL};
        return 0;
    }
    int code = make_batch(c->data, c->at, count, out);
    if (code == 0)
        c->at += count;
    return code;
}

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

imgvec_status iv_arrow_export(imgvec_context *ctx, const char *name, float *values, int32_t *status,
                              int64_t rows, int32_t width, struct ArrowArrayStream *out,
                              imgvec_error *err)
{
    shared *s = iv_zalloc(ctx, sizeof *s);
    cursor *c = iv_zalloc(ctx, sizeof *c);
    int64_t *numbers = iv_alloc_n(ctx, (size_t)rows, sizeof *numbers);
    if (!s || !c || !numbers) {
        iv_free(ctx, s);
        iv_free(ctx, c);
        iv_free(ctx, numbers);
        iv_free(ctx, values);
        iv_free(ctx, status);
        return iv_fail_nomem(err);
    }
    for (int64_t i = 0; i < rows; i++)
        numbers[i] = i;
    s->ctx = iv_context_ref(ctx);
    atomic_init(&s->holders, 1);
    s->name = name;
    s->values = values;
    s->status = status;
    s->numbers = numbers;
    s->rows = rows;
    s->width = width;
    c->data = s;
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release_stream,
                                     .private_data = c};
    return IMGVEC_OK;
}

imgvec_status iv_vectorizer_export_arrow(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                         const imgvec_watch *watch, struct ArrowArrayStream *out,
                                         imgvec_error *err)
{
    size_t rows = (size_t)iv_dataset_rows(ds);
    float *values = iv_alloc_n(vz->ctx, rows, (size_t)vz->width * sizeof *values);
    int32_t *states = iv_calloc(vz->ctx, rows + 1, sizeof *states);
    imgvec_status status = values && states ? iv_vectorizer_run(vz, ds, watch, values, states, err)
                                            : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        return iv_arrow_export(vz->ctx, "embedding", values, states, (int64_t)rows, vz->width, out,
                               err);
    iv_free(vz->ctx, values);
    iv_free(vz->ctx, states);
    return status;
}
