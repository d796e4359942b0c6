/* Embeddings as an Arrow stream, read as a consumer would: the values are those of a plain run,
 * and what was taken lives on without the handles. */
#include "model_support.h"

#include <imgvec/arrow.h>

#include "model/arrow_export.h"

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

/* Every allocation of a stream and of what it gives may fail; nothing is lost. */
static void test_batches_and_memory(void **state)
{
    enum { MANY = 65536 + 3, WIDTH = 2 };
    for (long k = 1, fails = 1; fails; k++) {
        test_heap heap = {0};
        imgvec_context *ctx = test_heap_context(&heap);
        imgvec_error err;
        struct ArrowArrayStream stream;
        int64_t rows = 0;
        assert_non_null(ctx);
        imgvec_allocator a = {sizeof a, &heap, test_heap_allocate, test_heap_reallocate,
                              test_heap_release};
        float *values = a.allocate(a.user, sizeof(float) * MANY * WIDTH);
        int32_t *states = a.allocate(a.user, sizeof(int32_t) * MANY);
        memset(values, 0, sizeof(float) * MANY * WIDTH);
        memset(states, 0, sizeof(int32_t) * MANY);
        values[65536 * WIDTH] = 7;
        heap.calls = 0;
        heap.fail_at = k;
        int code = iv_arrow_export(ctx, "x", values, states, MANY, WIDTH, &stream, &err);
        bool made = code == IMGVEC_OK;
        struct ArrowSchema schema;
        if (made && (code = stream.get_schema(&stream, &schema)) == 0)
            schema.release(&schema);
        for (bool more = code == 0; more;) {
            struct ArrowArray batch;
            code = stream.get_next(&stream, &batch);
            more = code == 0 && batch.release;
            if (!more)
                break;
            if (rows > 0)
                assert_true(((const float *)batch.children[2]->children[0]->buffers[1])[0] == 7);
            rows += batch.length;
            batch.release(&batch);
        }
        fails = code != 0;
        assert_true(fails || rows == MANY);
        if (made)
            stream.release(&stream);
        imgvec_context_free(ctx);
        assert_int_equal(heap.live, 0);
        assert_true(k < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_embeddings),
        cmocka_unit_test(test_batches_and_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
