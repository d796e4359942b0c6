/* An Arrow stream by a producer in plain C, which counts what is released. */
#ifndef TEST_ARROW_PRODUCER_H
#define TEST_ARROW_PRODUCER_H

#include "table_support.h"

#include <imgvec/arrow.h>

/* One column as the producer tells it: the buffers of each batch. */
typedef struct made_column {
    const char *format, *name, *dictionary; /* dictionary: format of its values */
    int64_t n_buffers, offset, null_count;
    const void *buffers[5];
    int64_t dictionary_length;
    const void *dictionary_buffers[3];
} made_column;

typedef struct producer {
    const made_column *columns;
    int64_t count, rows, offset; /* offset: of the batches themselves */
    int batches, given;
    int fail_schema, fail_batch; /* errno code to fail with */
    int live, released;          /* structures that are out; releases of the stream */
    const char *format;          /* of the whole, NULL: "+s" */
    bool short_batch;            /* lacks a column */
} producer;

static inline void release_schema(struct ArrowSchema *s)
{
    producer *p = s->private_data;
    for (int64_t i = 0; i < s->n_children; i++) {
        if (s->children[i]->release)
            s->children[i]->release(s->children[i]);
        free(s->children[i]);
    }
    free(s->children);
    if (s->dictionary) {
        s->dictionary->release(s->dictionary);
        free(s->dictionary);
    }
    assert_non_null(s->release);
    s->release = NULL;
    p->live--;
}

static inline void release_array(struct ArrowArray *a)
{
    producer *p = a->private_data;
    for (int64_t i = 0; i < a->n_children; i++) {
        if (a->children[i]->release)
            a->children[i]->release(a->children[i]);
        free(a->children[i]);
    }
    free(a->children);
    if (a->dictionary) {
        a->dictionary->release(a->dictionary);
        free(a->dictionary);
    }
    assert_non_null(a->release);
    a->release = NULL;
    p->live--;
}

static inline int give_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    producer *p = stream->private_data;
    if (p->fail_schema)
        return p->fail_schema;
    *out = (struct ArrowSchema){.format = p->format ? p->format : "+s",
                                .name = "",
                                .n_children = p->count,
                                .children = calloc((size_t)p->count + 1, sizeof *out->children),
                                .release = release_schema,
                                .private_data = p};
    p->live++;
    for (int64_t i = 0; i < p->count; i++) {
        const made_column *c = &p->columns[i];
        struct ArrowSchema *child = out->children[i] = calloc(1, sizeof *child);
        *child = (struct ArrowSchema){.format = c->format,
                                      .name = c->name,
                                      .flags = ARROW_FLAG_NULLABLE,
                                      .release = release_schema,
                                      .private_data = p};
        p->live++;
        if (!c->dictionary)
            continue;
        child->dictionary = calloc(1, sizeof *child->dictionary);
        *child->dictionary = (struct ArrowSchema){
            .format = c->dictionary, .release = release_schema, .private_data = p};
        p->live++;
    }
    return 0;
}

static inline int give_batch(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    producer *p = stream->private_data;
    if (p->fail_batch && p->given == 1)
        return p->fail_batch;
    if (p->given++ == p->batches) {
        *out = (struct ArrowArray){.release = NULL};
        return 0;
    }
    static const void *none[1];
    int64_t count = p->count - p->short_batch;
    *out = (struct ArrowArray){.length = p->rows,
                               .offset = p->offset,
                               .n_buffers = 1,
                               .buffers = none,
                               .n_children = count,
                               .children = calloc((size_t)count + 1, sizeof *out->children),
                               .release = release_array,
                               .private_data = p};
    p->live++;
    for (int64_t i = 0; i < count; i++) {
        const made_column *c = &p->columns[i];
        struct ArrowArray *child = out->children[i] = calloc(1, sizeof *child);
        *child = (struct ArrowArray){.length = p->rows + p->offset,
                                     .offset = c->offset,
                                     .null_count = c->null_count,
                                     .n_buffers = c->n_buffers,
                                     .buffers = (const void **)(uintptr_t)c->buffers,
                                     .release = release_array,
                                     .private_data = p};
        p->live++;
        if (!c->dictionary)
            continue;
        child->dictionary = calloc(1, sizeof *child->dictionary);
        *child->dictionary =
            (struct ArrowArray){.length = c->dictionary_length,
                                .null_count = -1,
                                .n_buffers = 3,
                                .buffers = (const void **)(uintptr_t)c->dictionary_buffers,
                                .release = release_array,
                                .private_data = p};
        p->live++;
    }
    return 0;
}

static inline const char *say_error(struct ArrowArrayStream *stream)
{
    return "the disk is on fire";
}

static inline void release_stream(struct ArrowArrayStream *stream)
{
    ((producer *)stream->private_data)->released++;
    stream->release = NULL;
}

static inline struct ArrowArrayStream stream_of(producer *p)
{
    return (struct ArrowArrayStream){give_schema, give_batch, say_error, release_stream, p};
}

static inline imgvec_dataset *fresh(const place *p)
{
    imgvec_dataset *ds;
    assert_int_equal(iv_dataset_new(p->ctx, &ds, NULL), IMGVEC_OK);
    return ds;
}

#endif
