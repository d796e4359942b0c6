#include "io_test.h"

#include "io/zip_reader.h"
#include "io/zip_writer.h"

static imgvec_context *ctx;
static imgvec_error err;

typedef struct sink {
    iv_text text;
    int calls, fail_at;
} sink;

static imgvec_status take(void *user, const void *data, size_t size, imgvec_error *e)
{
    sink *s = user;
    if (++s->calls == s->fail_at) {
        e->code = IMGVEC_ERR_IO;
        return IMGVEC_ERR_IO;
    }
    iv_text_add_n(&s->text, data, size);
    return s->text.failed ? (e->code = IMGVEC_ERR_NO_MEMORY) : IMGVEC_OK;
}

static const char *const names[] = {"a", "folder/model.json", "\xC3\xA9/\xE2\x82\xAC", "empty",
                                    "big"};
enum { MEMBERS = 5 };

static const void *content(size_t i, size_t *size)
{
    static char big[100000];
    static const char *const texts[] = {"x", "{\"json\": true}", "utf-8", ""};
    for (size_t k = 0; i == 4 && k < sizeof big; k++)
        big[k] = (char)(k * k >> 5);
    *size = i == 4 ? sizeof big : strlen(texts[i]);
    return i == 4 ? big : texts[i];
}

static imgvec_status write_all(imgvec_context *c, sink *s, imgvec_error *e)
{
    iv_zip_writer *w;
    imgvec_status status = iv_zip_writer_new(c, take, s, &w, e);
    if (status != IMGVEC_OK)
        return status;
    for (size_t i = 0; i < MEMBERS && status == IMGVEC_OK; i++) {
        size_t size;
        const void *data = content(i, &size);
        status = iv_zip_writer_add(w, names[i], data, size, e);
    }
    if (status == IMGVEC_OK)
        status = iv_zip_writer_finish(w, e);
    if (status == IMGVEC_OK)
        assert_int_equal(iv_zip_writer_position(w), s->text.length);
    iv_zip_writer_free(w);
    return status;
}

static void the_reader_reads_it_back(void **state)
{
    (void)state;
    sink s = {0}, again = {0};
    iv_zip *z;
    iv_text_init(&s.text, ctx);
    iv_text_init(&again.text, ctx);
    assert_ok(write_all(ctx, &s, &err));
    assert_ok(write_all(ctx, &again, &err));
    assert_int_equal(s.text.length, again.text.length);
    assert_memory_equal(s.text.data, again.text.data, s.text.length);
    assert_ok(iv_zip_open(ctx, write_temporary(s.text.data, s.text.length), NULL, &z, &err));
    assert_int_equal(iv_zip_count(z), MEMBERS);
    for (size_t i = 0; i < MEMBERS; i++) {
        const iv_zip_entry *e = iv_zip_entry_at(z, i);
        size_t size, wanted;
        void *data;
        assert_string_equal(e->name, names[i]);
        assert_int_equal(e->data_offset % 64, 0);
        assert_int_equal(e->method, 0);
        assert_int_equal(iv_zip_find(z, names[i]), i);
        assert_ok(iv_zip_read(z, i, 0, &data, &size, &err));
        const void *expected = content(i, &wanted);
        assert_int_equal(size, wanted);
        assert_memory_equal(data, expected, size);
        iv_free(ctx, data);
    }
    iv_zip_close(z);
    iv_text_free(&s.text);
    iv_text_free(&again.text);
}

static void an_empty_archive(void **state)
{
    (void)state;
    sink s = {0};
    iv_zip_writer *w;
    iv_zip *z;
    iv_text_init(&s.text, ctx);
    assert_ok(iv_zip_writer_new(ctx, take, &s, &w, &err));
    assert_ok(iv_zip_writer_finish(w, &err));
    assert_int_equal(s.text.length, 22);
    assert_ok(iv_zip_open(ctx, write_temporary(s.text.data, 22), NULL, &z, &err));
    iv_zip_close(z);
    iv_zip_writer_free(w);
    iv_zip_writer_free(NULL);
    iv_text_free(&s.text);
}

static void refuses(void **state)
{
    (void)state;
    sink s = {0};
    iv_zip_writer *w;
    char longest[1026];
    memset(longest, 'n', sizeof longest);
    longest[1025] = '\0';
    iv_text_init(&s.text, ctx);
    assert_ok(iv_zip_writer_new(ctx, take, &s, &w, &err));
    assert_int_equal(iv_zip_writer_add(w, "", "x", 1, &err), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_zip_writer_add(w, longest, "x", 1, &err), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_zip_writer_add(w, "a", "x", UINT32_MAX, &err), IMGVEC_ERR_LIMIT);
    assert_int_equal(s.calls, 0);
    longest[1024] = '\0';
    assert_ok(iv_zip_writer_add(w, longest, "x", 1, &err));
    iv_zip_writer_free(w);
    iv_text_free(&s.text);
}

static void a_failing_sink_ends_it(void **state)
{
    (void)state;
    for (int k = 1;; k++) {
        sink s = {.fail_at = k};
        iv_text_init(&s.text, ctx);
        imgvec_status status = write_all(ctx, &s, &err);
        iv_text_free(&s.text);
        if (s.calls < k) {
            assert_int_equal(status, IMGVEC_OK);
            assert_true(k > 2 * MEMBERS);
            break;
        }
        assert_int_equal(status, IMGVEC_ERR_IO);
        assert_int_equal(s.calls, k);
    }
}

static imgvec_status write_job(imgvec_context *c, void *user, imgvec_error *e)
{
    (void)user;
    sink s = {0};
    iv_text_init(&s.text, c);
    imgvec_status status = write_all(c, &s, e);
    iv_text_free(&s.text);
    return status;
}

static void allocation_failures(void **state)
{
    (void)state;
    printf("# %ld allocations failed\n", fail_each_allocation(write_job, NULL));
}

static int setup(void **state)
{
    (void)state;
    ctx = test_context();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(write_temporary("", 0));
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reader_reads_it_back),
        cmocka_unit_test(an_empty_archive),
        cmocka_unit_test(refuses),
        cmocka_unit_test(a_failing_sink_ends_it),
        cmocka_unit_test(allocation_failures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
