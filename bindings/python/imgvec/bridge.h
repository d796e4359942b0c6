/* The few lines of C of the Python package: streams of memory that Python keeps, and the capsules
 * of the Arrow PyCapsule interface. */
#ifndef IMGVEC_PY_BRIDGE_H
#define IMGVEC_PY_BRIDGE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <imgvec/arrow.h>

/* declared to Python */
typedef struct imgvec_py_source {
    struct ArrowSchema schema;
    struct ArrowArray array;
    int given;
} imgvec_py_source;
void imgvec_py_schema(struct ArrowSchema *schema, const char *format, const char *name,
                      struct ArrowSchema **children, int64_t count);
void imgvec_py_array(struct ArrowArray *array, int64_t length, int64_t null_count,
                     const void **buffers, int64_t buffer_count, struct ArrowArray **children,
                     int64_t count);
void imgvec_py_stream(struct ArrowArrayStream *stream, imgvec_py_source *source);
struct ArrowArrayStream *imgvec_py_stream_new(void);
void imgvec_py_stream_free(struct ArrowArrayStream *stream);
size_t imgvec_py_capsule_destructor(void);
/* end */

/* Everything a source points to belongs to Python objects that outlive the call which reads it:
 * releasing only marks the structure as released. */
static void imgvec_py_release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void imgvec_py_release_array(struct ArrowArray *array)
{
    array->release = NULL;
}

static void imgvec_py_release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

void imgvec_py_schema(struct ArrowSchema *schema, const char *format, const char *name,
                      struct ArrowSchema **children, int64_t count)
{
    memset(schema, 0, sizeof *schema);
    schema->format = format;
    schema->name = name;
    schema->flags = ARROW_FLAG_NULLABLE;
    schema->children = children;
    schema->n_children = count;
    schema->release = imgvec_py_release_schema;
}

void imgvec_py_array(struct ArrowArray *array, int64_t length, int64_t null_count,
                     const void **buffers, int64_t buffer_count, struct ArrowArray **children,
                     int64_t count)
{
    memset(array, 0, sizeof *array);
    array->length = length;
    array->null_count = null_count;
    array->buffers = buffers;
    array->n_buffers = buffer_count;
    array->children = children;
    array->n_children = count;
    array->release = imgvec_py_release_array;
}

static int imgvec_py_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    *out = ((imgvec_py_source *)stream->private_data)->schema;
    return 0;
}

static int imgvec_py_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    imgvec_py_source *source = stream->private_data;
    memset(out, 0, sizeof *out);
    if (!source->given)
        *out = source->array;
    source->given = 1;
    return 0;
}

static const char *imgvec_py_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return NULL;
}

void imgvec_py_stream(struct ArrowArrayStream *stream, imgvec_py_source *source)
{
    stream->get_schema = imgvec_py_get_schema;
    stream->get_next = imgvec_py_get_next;
    stream->get_last_error = imgvec_py_last_error;
    stream->release = imgvec_py_release_stream;
    stream->private_data = source;
}

struct ArrowArrayStream *imgvec_py_stream_new(void)
{
    return calloc(1, sizeof(struct ArrowArrayStream));
}

void imgvec_py_stream_free(struct ArrowArrayStream *stream)
{
    if (stream && stream->release)
        stream->release(stream);
    free(stream);
}

/* A consumer that took the stream has left release NULL; an unused capsule is released here. */
static void imgvec_py_capsule_destroy(PyObject *capsule)
{
    imgvec_py_stream_free(PyCapsule_GetPointer(capsule, "arrow_array_stream"));
}

size_t imgvec_py_capsule_destructor(void)
{
    return (size_t)imgvec_py_capsule_destroy;
}

#endif
