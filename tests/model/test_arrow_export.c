/* Embeddings and features as Arrow streams, read as a consumer would: the values are those of a
 * plain run, and what was taken lives on without the handles. */
#include "allocations.h"
#include "model_support.h"

#include <errno.h>

#include <imgvec/arrow.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/arrow_stream.h"
#include "model/model.h"

enum { ROWS = 60 };

static void check_schema(struct ArrowArrayStream *stream)
{
    struct ArrowSchema s;
    assert_int_equal(stream->get_schema(stream, &s), 0);
    assert_string_equal(s.format, "+s");
    assert_int_equal(s.n_children, 3);
    assert_string_equal(s.children[0]->name, "row");
    assert_string_equal(s.children[0]->format, "l");
    assert_string_equal(s.children[1]->name, "status");
    assert_string_equal(s.children[1]->format, "i");
    assert_string_equal(s.children[2]->name, "embedding");
    assert_string_equal(s.children[2]->format, "+w:8");
    assert_string_equal(s.children[2]->children[0]->format, "f");
    /* A child may be moved out and outlive its parent. */
    struct ArrowSchema moved = *s.children[2];
    s.children[2]->release = NULL;
    s.release(&s);
    assert_null(s.release);
    assert_string_equal(moved.format, "+w:8");
    assert_string_equal(moved.children[0]->name, "item");
    moved.release(&moved);
}

static void test_embeddings(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, ROWS, WITH_IMAGE, 1);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_EMBED, "backbone", tiny_backbone.id, "weights",
                                     "random", NULL);
    imgvec_error err;
    imgvec_vectorizer *vz;
    float plain[(ROWS + 1) * TINY_WIDTH];
    struct ArrowArrayStream stream;
    struct ArrowArray batch, end;
    assert_ok(imgvec_dataset_append_bytes(ds, "image", "no image", 8, &err));
    for (int32_t i = 1; i < imgvec_dataset_columns(ds); i++) {
        imgvec_column_info info = {.size = sizeof info};
        assert_ok(imgvec_dataset_column(ds, i, &info, &err));
        assert_ok(imgvec_dataset_append_text(ds, info.name, NULL, &err));
    }
    assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err));
    assert_ok(
        imgvec_vectorizer_run(vz, ds, NULL, plain, sizeof plain / sizeof *plain, NULL, NULL, &err));
    assert_ok(imgvec_vectorizer_export_arrow(vz, ds, NULL, &stream, &err));
    imgvec_vectorizer_free(vz);
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    check_schema(&stream);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(stream.get_next(&stream, &end), 0);
    assert_null(end.release);
    assert_non_null(stream.get_last_error(&stream));
    stream.release(&stream);
    assert_null(stream.release);
    assert_int_equal(batch.length, ROWS + 1);
    assert_int_equal(batch.n_children, 3);
    struct ArrowArray list = *batch.children[2]; /* moved out */
    batch.children[2]->release = NULL;
    const int64_t *rows = batch.children[0]->buffers[1];
    const int32_t *states = batch.children[1]->buffers[1];
    for (int i = 0; i <= ROWS; i++) {
        assert_int_equal(rows[i], i);
        assert_int_equal(states[i], i < ROWS ? IMGVEC_OK : IMGVEC_ERR_FORMAT);
    }
    batch.release(&batch);
    assert_int_equal(list.length, ROWS + 1);
    assert_int_equal(list.null_count, 0);
    assert_int_equal(list.children[0]->length, (ROWS + 1) * TINY_WIDTH);
    const float *values = list.children[0]->buffers[1];
    assert_memory_equal(values, plain, ROWS * TINY_WIDTH * sizeof *values);
    assert_true(isnan(values[ROWS * TINY_WIDTH]));
    list.release(&list);
}

/* Training on an image, a number and a colour; the last row has no usable image. */
static imgvec_model *make_model(imgvec_context *ctx, imgvec_dataset **ds)
{
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise",
                                     "backbone", tiny_backbone.id, "weights", "random", "dim", "2",
                                     "folds", "2", "rounds", "2", "on_bad", "missing", NULL);
    imgvec_error err;
    imgvec_model *m;
    *ds = make_data(ctx, ROWS, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 1);
    assert_ok(imgvec_dataset_append_bytes(*ds, "image", "no image", 8, &err));
    assert_ok(imgvec_dataset_append_number(*ds, "x", 0.5, &err));
    assert_ok(imgvec_dataset_append_text(*ds, "colour", "red", &err));
    assert_ok(imgvec_dataset_append_number(*ds, "y", 5, &err));
    assert_ok(imgvec_dataset_append_text(*ds, "kind", "low", &err));
    assert_ok(imgvec_dataset_append_number(*ds, "noise", 0, &err));
    assert_ok(imgvec_model_train(ctx, *ds, o, NULL, &m, &err));
    imgvec_options_free(o);
    return m;
}

/* The learner, given the exported matrix, predicts what the model predicts. */
static void check_matrix(const imgvec_model *m, const struct ArrowArray *batch,
                         const float *predicted)
{
    size_t width = (size_t)batch->n_children - 2, rows = (size_t)batch->length;
    float *x = malloc(rows * width * sizeof *x), *out = malloc(rows * sizeof *out);
    imgvec_error err;
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < width; c++)
            x[i * width + c] = ((const float *)batch->children[2 + c]->buffers[1])[i];
    iv_matrix matrix = {.x = x, .rows = rows, .cols = width};
    assert_ok(iv_learner_predict(m->ctx, &m->learner, &matrix, 1, out, &err));
    for (size_t i = 0; i < rows; i++) {
        float value = m->transform.kind == IV_NO_TRANSFORM
                          ? out[i]
                          : (float)iv_transform_invert(&m->transform, out[i]);
        assert_true(value == predicted[i]);
    }
    free(x);
    free(out);
}

/* Column of a name; fails when there is none. */
static const float *column(const struct ArrowSchema *s, const struct ArrowArray *batch,
                           const char *name)
{
    for (int64_t i = 2; i < s->n_children; i++)
        if (strcmp(s->children[i]->name, name) == 0) {
            assert_string_equal(s->children[i]->format, "f");
            return batch->children[i]->buffers[1];
        }
    fail_msg("no column %s", name);
    return NULL;
}

static void test_features(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds;
    imgvec_model *m = make_model(ctx, &ds);
    imgvec_error err;
    float predicted[ROWS + 1];
    int32_t states[ROWS + 1];
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    assert_ok(imgvec_model_predict(m, ds, NULL, predicted, ROWS + 1, NULL, states, &err));
    assert_ok(imgvec_model_export_arrow(m, ds, NULL, &stream, &err));
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    stream.release(&stream);
    assert_int_equal(schema.n_children, m->recipe.width + 2);
    assert_int_equal(batch.n_children, schema.n_children);
    assert_int_equal(batch.length, ROWS + 1);
    assert_string_equal(schema.children[0]->name, "row");
    assert_string_equal(schema.children[1]->name, "status");
    assert_memory_equal(batch.children[1]->buffers[1], states, sizeof states);
    check_matrix(m, &batch, predicted);
    imgvec_model_free(m);
    const float *x = column(&schema, &batch, "x"), *red = column(&schema, &batch, "colour=red");
    int reds = 0;
    for (int64_t i = 0; i <= ROWS; i++) {
        char cell[32];
        assert_ok(imgvec_dataset_cell(ds, 1, i, cell, sizeof cell, NULL, &err));
        assert_true(x[i] == strtof(cell, NULL));
        assert_ok(imgvec_dataset_cell(ds, 2, i, cell, sizeof cell, NULL, &err));
        assert_true(red[i] == (float)(strcmp(cell, "red") == 0));
        reds += red[i] == 1;
    }
    assert_true(reds > 1 && reds < ROWS);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    /* A column that is moved out outlives all others, its name too. */
    struct ArrowSchema name = *schema.children[schema.n_children - 1];
    struct ArrowArray last = *batch.children[schema.n_children - 1];
    schema.children[schema.n_children - 1]->release = NULL;
    batch.children[schema.n_children - 1]->release = NULL;
    schema.release(&schema);
    batch.release(&batch);
    assert_true(strlen(name.name) > 0);
    assert_int_equal(last.length, ROWS + 1);
    name.release(&name);
    last.release(&last);
}

/* No rows are a stream without batches; a column that is absent is named. */
static void test_other_data(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds, *none;
    imgvec_model *m = make_model(ctx, &ds);
    imgvec_error err;
    struct ArrowArrayStream stream = {.release = NULL};
    struct ArrowArray batch;
    assert_ok(imgvec_dataset_new(ctx, &none, &err));
    assert_fails(imgvec_model_export_arrow(m, none, NULL, &stream, &err), IMGVEC_ERR_NOT_FOUND,
                 "absent");
    assert_null(stream.release);
    imgvec_dataset_free(none);
    none = make_data(ctx, 0, WITH_IMAGE | WITH_NUMBER | WITH_COLOUR, 1);
    assert_ok(imgvec_model_export_arrow(m, none, NULL, &stream, &err));
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_null(batch.release);
    stream.release(&stream);
    imgvec_dataset_free(none);
    imgvec_dataset_free(ds);
    imgvec_model_free(m);
    imgvec_context_free(ctx);
}

/* Reads a stream to its end: the rows, or minus an errno code. */
static int64_t drain(struct ArrowArrayStream *stream)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    int64_t rows = 0;
    int code = stream->get_schema(stream, &schema);
    if (code == 0)
        schema.release(&schema);
    while (code == 0 && (code = stream->get_next(stream, &batch)) == 0 && batch.release) {
        assert_int_equal(((const int64_t *)batch.children[0]->buffers[1])[0], rows);
        rows += batch.length;
        batch.release(&batch);
    }
    stream->release(stream);
    return code ? -code : rows;
}

/* Two batches of a list and a plain column. */
static imgvec_status stream_columns(imgvec_context *ctx, void *user, imgvec_error *err)
{
    enum { MANY = 65536 + 3, WIDTH = 2 };
    struct ArrowArrayStream stream;
    iv_arrow_column *columns = iv_arrow_columns_new(ctx, 2, MANY);
    if (!columns)
        return iv_fail_nomem(err);
    columns[2] = (iv_arrow_column){iv_strdup(ctx, "list"), IV_ARROW_F32, WIDTH,
                                   iv_calloc(ctx, (size_t)MANY * WIDTH, sizeof(float))};
    columns[3] = (iv_arrow_column){iv_strdup(ctx, "plain"), IV_ARROW_F32, 0,
                                   iv_calloc(ctx, MANY, sizeof(float))};
    if (!columns[2].name || !columns[2].values || !columns[3].name || !columns[3].values) {
        iv_arrow_columns_free(ctx, columns, 4);
        return iv_fail_nomem(err);
    }
    imgvec_status status = iv_arrow_stream_new(ctx, columns, 4, MANY, &stream, err);
    if (status != IMGVEC_OK)
        return status;
    int64_t rows = drain(&stream);
    assert_true(rows == MANY || rows == -ENOMEM);
    return rows < 0 ? iv_fail_nomem(err) : IMGVEC_OK;
}

typedef struct export_job {
    const imgvec_model *model;
    const imgvec_dataset *ds;
} export_job;

static imgvec_status export_features(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const export_job *j = user;
    struct ArrowArrayStream stream;
    imgvec_status status = imgvec_model_export_arrow(j->model, j->ds, NULL, &stream, err);
    if (status != IMGVEC_OK)
        return status;
    return drain(&stream) < 0 ? iv_fail_nomem(err) : IMGVEC_OK;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    fail_each_allocation(stream_columns, NULL);
    test_heap heap = {0};
    imgvec_context *ctx = test_heap_context(&heap);
    atomic_store(&ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    assert_int_equal(imgvec_context_set_threads(ctx, 1, NULL), IMGVEC_OK);
    imgvec_dataset *ds;
    imgvec_model *m = make_model(ctx, &ds);
    export_job job = {m, ds};
    long tried = fail_each_allocation_in(&heap, ctx, export_features, &job);
    printf("# %ld failed allocations of an export\n", tried);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    assert_int_equal(heap.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_embeddings),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_other_data),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
