/* Bad records of a CSV file passed over: each is named, and the others are read. */
#include "io_test.h"

#include "allocations.h"
#include "base/error.h"
#include "io/csv.h"

static const size_t pieces[] = {1, 2, 7, 4096};
enum { PIECES = sizeof pieces / sizeof *pieces };

/* What a parse gave: "1.0 2.1!line: why|3.2" - records by number and cells, bad ones with "!". */
typedef struct trace {
    char text[1024];
} trace;

static void say(trace *t, const char *text, size_t length)
{
    size_t used = strlen(t->text);
    assert_true(used + length < sizeof t->text);
    memcpy(t->text + used, text, length);
    t->text[used + length] = '\0';
}

static imgvec_status on_record(void *user, uint64_t record, uint64_t line, const iv_csv_cell *cells,
                               size_t count, imgvec_error *err)
{
    char head[32];
    (void)line, (void)err;
    say(user, head, (size_t)snprintf(head, sizeof head, "[%d", (int)record));
    for (size_t i = 0; i < count; i++) {
        say(user, " ", 1);
        say(user, cells[i].text, cells[i].length);
    }
    say(user, "]", 1);
    return IMGVEC_OK;
}

static imgvec_status on_skipped(void *user, uint64_t record, uint64_t line, const char *why,
                                imgvec_error *err)
{
    char text[256];
    (void)err;
    say(user, text,
        (size_t)snprintf(text, sizeof text, "[%d line %d: %.14s]", (int)record, (int)line, why));
    return IMGVEC_OK;
}

static imgvec_status parse(imgvec_context *ctx, const char *data, size_t size, size_t piece,
                           const iv_csv_limits *limits, iv_csv_skipped skipped, trace *t,
                           imgvec_error *err)
{
    iv_csv *csv;
    IV_TRY(iv_csv_new(ctx, "t.csv", ',', limits, on_record, t, &csv, err));
    iv_csv_skip_bad(csv, skipped);
    imgvec_status status = IMGVEC_OK;
    for (size_t at = 0; at < size && status == IMGVEC_OK; at += piece)
        status = iv_csv_feed(csv, data + at, size - at < piece ? size - at : piece, err);
    if (status == IMGVEC_OK)
        status = iv_csv_finish(csv, err);
    iv_csv_free(csv);
    return status;
}

static void gives_n(const char *data, size_t size, const char *expected)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    for (int i = 0; i < PIECES; i++) {
        trace t = {""};
        assert_ok(parse(ctx, data, size, pieces[i], NULL, on_skipped, &t, &err));
        assert_string_equal(t.text, expected);
    }
    imgvec_context_free(ctx);
}

#define GIVES(data, expected) gives_n(data, sizeof(data) - 1, expected)

static void names_each_bad_record(void **state)
{
    (void)state;
    GIVES("a,b\n1,2\n3\n4,5\n", "[0 a b][1 1 2][2 line 3: 1 cells, and t][3 4 5]");
    GIVES("a,b\n1,2,3\r\n4,5", "[0 a b][1 line 2: 3 cells, and t][2 4 5]");
    GIVES("a,b\n1,2\n3", "[0 a b][1 1 2][2 line 3: 1 cells, and t]");
    GIVES("a,b\n1,\xE9\n4,5\n", "[0 a b][1 line 2: byte 0xe9 at c][2 4 5]");
    GIVES("a,b\n\"x\ny\xFF\",2\n4,5\n", "[0 a b][1 line 3: byte 0xff at c][2 4 5]");
    GIVES("a,b\n\"x\"y,2\n4,5\n", "[0 a b][1 line 2: text after a c][2 4 5]");
    GIVES("a,b\n\"x\"y \"z\nw\",2\n",
          "[0 a b][1 line 2: text after a c][2 w\" 2]"); /* quotes count no more in that record */
    GIVES("a,b\n1,\0\n4,5\n", "[0 a b][1 line 2: a NUL byte; th][2 4 5]");
    GIVES("a,b\n\0\n4,5\n", "[0 a b][1 line 2: a NUL byte; th][2 4 5]");
    GIVES("a,b\n\"1\n\0\n3\",2\n4,5\n", "[0 a b][1 line 3: a NUL byte; th][2 4 5]");
}

static void only_the_first_fault_of_a_record_is_named(void **state)
{
    (void)state;
    GIVES("a,b\n\"x\"y,\xFF,\0\n4,5\n", "[0 a b][1 line 2: text after a c][2 4 5]");
}

static void sound_files_are_read_as_ever(void **state)
{
    (void)state;
    GIVES("a,b\n\n\"x\ny\",\"\"\"\"\n,\n", "[0 a b][1 x\ny \"][2  ]");
}

static void refuses_n(const char *data, const iv_csv_limits *limits, imgvec_status code,
                      const char *words)
{
    imgvec_context *ctx = test_context();
    for (int i = 0; i < PIECES; i++) {
        trace t = {""};
        imgvec_error err;
        assert_fails(parse(ctx, data, strlen(data), pieces[i], limits, on_skipped, &t, &err), code,
                     words);
    }
    imgvec_context_free(ctx);
}

static void what_is_never_skipped(void **state)
{
    (void)state;
    const iv_csv_limits cell = {.cell_bytes = 4}, line = {.line_bytes = 8},
                        columns = {.columns = 2};
    refuses_n("a,\xFF\n1,2\n", NULL, IMGVEC_ERR_FORMAT, "line 1 (record 0)");
    refuses_n("a,a\n1,2\n", NULL, IMGVEC_ERR_FORMAT, "both named");
    refuses_n("", NULL, IMGVEC_ERR_FORMAT, "no header");
    refuses_n("a,b\n1,\"2\n3,4\n", NULL, IMGVEC_ERR_FORMAT, "line 2 (record 1): a quote is never");
    refuses_n("a,b\n1,23456\n", &cell, IMGVEC_ERR_LIMIT, "max_csv_cell");
    refuses_n("a,b\n1234,56789\n", &line, IMGVEC_ERR_LIMIT, "max_csv_line");
    refuses_n("a,b\n1,2,3\n", &columns, IMGVEC_ERR_LIMIT, "max_csv_columns");
}

static void an_error_tells_of_the_option(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    trace t = {""};
    assert_fails(parse(ctx, "a,b\n1\n", 6, 4096, NULL, NULL, &t, &err), IMGVEC_ERR_FORMAT,
                 "1 cells, and the header has 2; option on_bad_row skips such rows");
    assert_int_equal(err.detail, 2);
    imgvec_context_free(ctx);
}

static imgvec_status job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    static const char data[] = "a,b\n1\n\"x\"y,2\n3,4\n";
    (void)user;
    trace t = {""};
    return parse(ctx, data, sizeof data - 1, 7, NULL, on_skipped, &t, err);
}

static void without_memory(void **state)
{
    (void)state;
    fail_each_allocation(job, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_each_bad_record),
        cmocka_unit_test(only_the_first_fault_of_a_record_is_named),
        cmocka_unit_test(sound_files_are_read_as_ever),
        cmocka_unit_test(what_is_never_skipped),
        cmocka_unit_test(an_error_tells_of_the_option),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
