#include "io_test.h"

#include "io/csv.h"

static imgvec_context *ctx;
static imgvec_error err;
static const size_t pieces[] = {1, 2, 7, 4096, SIZE_MAX};
enum { PIECES = sizeof pieces / sizeof *pieces };

/* All cells of a parse, one after the other. */
typedef struct table {
    imgvec_context *ctx;
    char **cells;
    size_t count, capacity, columns;
    uint64_t records, stop_at, last_line;
} table;

static imgvec_status keep(void *user, uint64_t record, uint64_t line, const iv_csv_cell *cells,
                          size_t count, imgvec_error *e)
{
    table *t = user;
    assert_int_equal(record, t->records);
    assert_true(line > t->last_line);
    t->last_line = line;
    if (t->stop_at && record == t->stop_at)
        return IMGVEC_ERR_CANCELLED;
    if (record == 0)
        t->columns = count;
    assert_int_equal(count, t->columns);
    if (iv_reserve(t->ctx, &t->cells, &t->capacity, t->count + count, sizeof *t->cells) != 0) {
        e->code = IMGVEC_ERR_NO_MEMORY;
        return IMGVEC_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        char *text = iv_strndup(t->ctx, cells[i].text, cells[i].length);
        if (!text) {
            e->code = IMGVEC_ERR_NO_MEMORY;
            return IMGVEC_ERR_NO_MEMORY;
        }
        t->cells[t->count++] = text;
    }
    t->records++;
    return IMGVEC_OK;
}

static void clear(table *t)
{
    for (size_t i = 0; i < t->count; i++)
        iv_free(t->ctx, t->cells[i]);
    iv_free(t->ctx, t->cells);
    memset(t, 0, sizeof *t);
}

/* Each piece is a block of exactly its size, so that a read past its end shows itself. */
static imgvec_status parse(imgvec_context *c, const char *data, size_t size, size_t piece,
                           char delimiter, const iv_csv_limits *limits, table *t, char *found,
                           imgvec_error *e)
{
    iv_csv *csv;
    t->ctx = c;
    imgvec_status status = iv_csv_new(c, "t.csv", delimiter, limits, keep, t, &csv, e);
    if (status != IMGVEC_OK)
        return status;
    for (size_t at = 0; at < size && status == IMGVEC_OK;) {
        size_t n = size - at < piece ? size - at : piece;
        char *copy = malloc(n);
        memcpy(copy, data + at, n);
        status = iv_csv_feed(csv, copy, n, e);
        free(copy);
        at += n;
    }
    if (status == IMGVEC_OK)
        status = iv_csv_finish(csv, e);
    if (found)
        *found = iv_csv_delimiter(csv);
    iv_csv_free(csv);
    return status;
}

/* The text parses to these cells (joined by '|', records by '/') at every piece size. */
static void assert_cells_n(const char *text, size_t size, const char *expected)
{
    for (int i = 0; i < PIECES; i++) {
        table t = {0};
        imgvec_status status = parse(ctx, text, size, pieces[i], 0, NULL, &t, NULL, &err);
        if (status != IMGVEC_OK)
            fail_msg("%s: %s", text, err.text);
        char joined[512] = "";
        for (size_t k = 0; k < t.count; k++) {
            strcat(joined, t.cells[k]);
            strcat(joined, k + 1 == t.count ? "" : (k + 1) % t.columns ? "|" : "/");
        }
        assert_string_equal(joined, expected);
        clear(&t);
    }
}

#define CELLS(text, expected) assert_cells_n(text, sizeof(text) - 1, expected)

/* The text is refused at every piece size, with line and record in the text. */
static void assert_refused_n(const char *text, size_t size, imgvec_status code, int line,
                             const char *part)
{
    for (int i = 0; i < PIECES; i++) {
        char where[32];
        table t = {0};
        snprintf(where, sizeof where, "line %d", line);
        imgvec_status status = parse(ctx, text, size, pieces[i], 0, NULL, &t, NULL, &err);
        if (status != code || !strstr(err.text, part) || err.detail != line ||
            (strcmp(part, "empty") != 0 && !strstr(err.text, where)) || !strstr(err.text, "t.csv"))
            fail_msg("%s: status %d, detail %d, \"%s\"", text, (int)status, (int)err.detail,
                     err.text);
        clear(&t);
    }
}

#define REFUSED(text, line, part)                                                                  \
    assert_refused_n(text, sizeof(text) - 1, IMGVEC_ERR_FORMAT, line, part)

static void reads_cells(void **state)
{
    (void)state;
    CELLS("a,b\n1,2\n", "a|b/1|2");
    CELLS("a,b\n1,2", "a|b/1|2");
    CELLS("a,b\r\n1,2\r\n", "a|b/1|2");
    CELLS("a,b\r1,2\r", "a|b/1|2");
    CELLS("\xEF\xBB\xBF"
          "a,b\n1,2\n",
          "a|b/1|2");
    CELLS("\n\r\n\na,b\n\n1,2\r\n\r\n\n3,4\n\n", "a|b/1|2/3|4");
    CELLS("a,b\n,\n\"\",\"\"\n", "a|b/|/|");
    CELLS("a\n\"\"\n\n1\n", "a//1"); /* a quoted nothing is a record, a blank line is none */
    CELLS("a,b\n\"x, \"\"y\"\"\",\"l1\nl2\"\n", "a|b/x, \"y\"|l1\nl2");
    CELLS("a,b\n\"l1\r\nl2\",\"l1\rl2\"\r\n", "a|b/l1\r\nl2|l1\rl2");
    CELLS("a,b\n 1 ,\t2\n", "a|b/ 1 |\t2");
    CELLS("a,b\n5\" x,c\"d\"\n", "a|b/5\" x|c\"d\"");
    CELLS("a,b\n x\"y,\"\"\"\"\n", "a|b/ x\"y|\"");
    CELLS("a,b\n1,\"2\"", "a|b/1|2");
    CELLS("\"a\",\"b\"\n1,2", "a|b/1|2");
    CELLS("\xC3\xA9,\xF0\x9F\x98\x80\n1,\xE2\x82\xAC", "\xC3\xA9|\xF0\x9F\x98\x80/1|\xE2\x82\xAC");
    CELLS("a", "a");
    CELLS(",b\n1,2", "|b/1|2");
}

static void finds_the_delimiter(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char delimiter;
        size_t columns;
    } cases[] = {{"a;b;c\n1,5;2,5;3\n", ';', 3},    {"a\tb\n1,2\t3;4\n", '\t', 2},
                 {"a,b;c,d\n1,2,3\n", ',', 3},      {"\"x;y;z\",b\n1,2\n", ',', 2},
                 {"\n\r\n\n\na;b\n1;2\n", ';', 2},  {"\"a;1\"\tb\n1\t2\n", '\t', 2},
                 {"\xEF\xBB\xBFq;b\r1;2\r", ';', 2}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int i = 0; i < PIECES; i++) {
            table t = {0};
            char found;
            assert_ok(parse(ctx, cases[k].text, strlen(cases[k].text), pieces[i], 0, NULL, &t,
                            &found, &err));
            assert_int_equal(found, cases[k].delimiter);
            assert_int_equal(t.columns, cases[k].columns);
            clear(&t);
        }
    table t = {0};
    assert_ok(parse(ctx, "a,b;c\n1;2\n", 10, 3, ';', NULL, &t, NULL, &err));
    assert_string_equal(t.cells[0], "a,b");
    clear(&t);
}

static void refuses(void **state)
{
    (void)state;
    REFUSED("", 1, "empty");
    REFUSED("\n\r\n", 1, "empty");
    REFUSED("\xEF\xBB\xBF", 1, "empty");
    REFUSED("a,b\n1,2\n3\n", 3, "1 cells");
    REFUSED("a,b\n1,2\n3\n", 3, "record 2");
    REFUSED("a,b\n\n1,2\n\n3,4,5\n", 5, "3 cells, and the header has 2");
    REFUSED("a,b\n\"x\ny\",2\n3\n", 4, "1 cells");
    REFUSED("a,b\n\"x\ry\",2\n3\n", 4, "1 cells");
    REFUSED("a,b\n\"x\r\ny\",2\r\n3\r\n", 4, "1 cells");
    REFUSED("a,b\n1,2\n\"x\"y,2\n", 3, "closing quote");
    REFUSED("a,b\n\"x\ny\" ,2\n", 3, "closing quote");
    REFUSED("a,b\n1,2\n3,\"x\n\n\n", 3, "never closed");
    REFUSED("a,b\n1,\"2\n3\",4,\"x\n\n", 3, "never closed");
    REFUSED("a,b,a\n1,2,3\n", 1, "\"a\"");
    REFUSED("a,b,a\n1,2,3\n", 1, "columns 1 and 3");
    REFUSED("\n\na,,\n1,2,3\n", 3, "columns 2 and 3");
    REFUSED("a,b\n1,\xE9\n", 2, "UTF-8");
    REFUSED("a,b\n1,\xC3", 2, "UTF-8");
    REFUSED("a,b\n\"x\ny\xFF\",2\n", 3, "UTF-8");
    REFUSED("a,b\n\"x\ry\r\nz\xFF\",2\n", 4, "UTF-8");
    REFUSED("a\xED\xA0\x80,b\n", 1, "UTF-8");
    REFUSED("a,b\n1,\0\n", 2, "NUL");
    REFUSED("a,b\n1,\"\n\0\"\n", 3, "NUL");
    REFUSED("\xFF\xFE"
            "a\0,\0",
            1, "UTF-16");
    REFUSED("\xFE\xFF\0a\0,", 1, "UTF-16");
    REFUSED("a\0,\0b\0\n\0", 1, "NUL");
    REFUSED("<!DOCTYPE html>\n<p>", 1, "web page");
    REFUSED("\xEF\xBB\xBF \r\n<HTML><body>", 1, "web page");
}

static void limits_hold_on_both_sides(void **state)
{
    (void)state;
    static const struct {
        iv_csv_limits fits, over;
        const char *text;
    } cases[] = {{{.columns = 3}, {.columns = 2}, "a,b,c\n1,2,3\n"},
                 {{.cell_bytes = 5}, {.cell_bytes = 4}, "a,b\n12345,2\n"},
                 {{.cell_bytes = 5}, {.cell_bytes = 4}, "a,b\n\"1\n34\"\"\",2\n"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int i = 0; i < PIECES; i++) {
            table t = {0};
            size_t n = strlen(cases[k].text);
            assert_ok(parse(ctx, cases[k].text, n, pieces[i], 0, &cases[k].fits, &t, NULL, &err));
            clear(&t);
            assert_int_equal(
                parse(ctx, cases[k].text, n, pieces[i], 0, &cases[k].over, &t, NULL, &err),
                IMGVEC_ERR_LIMIT);
            clear(&t);
        }
    /* An unclosed quote ends at the limit of a cell, not at the end of the file. */
    size_t n = 1 << 20;
    char *text = malloc(n);
    memset(text, 'x', n);
    memcpy(text, "a,b\n1,\"", 7);
    const iv_csv_limits cell = {.cell_bytes = 1000}, line = {.line_bytes = 1000};
    for (int i = 0; i < PIECES; i++) {
        table t = {0};
        assert_fails(parse(ctx, text, n, pieces[i], 0, &cell, &t, NULL, &err), IMGVEC_ERR_LIMIT,
                     "quote");
        assert_int_equal(err.detail, 2);
        clear(&t);
        assert_fails(parse(ctx, text, n, pieces[i], 0, &line, &t, NULL, &err), IMGVEC_ERR_LIMIT,
                     "line 2");
        clear(&t);
    }
    free(text);
}

static void the_callback_stops_the_parse(void **state)
{
    (void)state;
    for (int i = 0; i < PIECES; i++) {
        table t = {.stop_at = 2};
        assert_int_equal(parse(ctx, "a\n1\n2\n3\n", 8, pieces[i], 0, NULL, &t, NULL, &err),
                         IMGVEC_ERR_CANCELLED);
        assert_int_equal(t.records, 2);
        clear(&t);
    }
}

/* Larger than what is kept back to find the delimiter, fed in every way. */
static void long_input_is_the_same_in_pieces(void **state)
{
    (void)state;
    iv_text text;
    iv_text_init(&text, ctx);
    iv_text_add(&text, "id;value;note\r\n");
    for (int i = 0; i < 9000; i++)
        iv_text_addf(&text, "%d;%d.25;\"n\xC3\xA9 \"\"%d\"\"\r\n;\"\r\n", i, i * 7, i);
    for (int p = 0; p < PIECES; p++) {
        table t = {0};
        assert_ok(parse(ctx, text.data, text.length, pieces[p], 0, NULL, &t, NULL, &err));
        assert_int_equal(t.records, 9001);
        assert_string_equal(t.cells[3 * 9000], "8999");
        assert_string_equal(t.cells[3 * 9000 + 2], "n\xC3\xA9 \"8999\"\r\n;");
        assert_int_equal(t.last_line, 2 + 2 * 8999);
        clear(&t);
    }
    iv_text_free(&text);
}

static void writes_cells(void **state)
{
    (void)state;
    static const struct {
        const char *cell, *text;
    } cases[] = {{"a", "a"},
                 {"", ""},
                 {"a,b", "\"a,b\""},
                 {"a;b", "a;b"},
                 {"a\"b", "\"a\"\"b\""},
                 {"l\nl", "\"l\nl\""},
                 {"\r", "\"\r\""},
                 {"\xC3\xA9", "\xC3\xA9"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_text t;
        iv_text_init(&t, ctx);
        iv_csv_put(&t, cases[i].cell, ',');
        assert_string_equal(t.length ? t.data : "", cases[i].text);
        iv_text_free(&t);
    }
    iv_text t; /* and back */
    iv_text_init(&t, ctx);
    static const char *const back[] = {"x", "a,\"b\"\r\n;", "\"", " s ", "5\"", "y"};
    for (int i = 0; i < 6; i++) {
        iv_csv_put(&t, back[i], ',');
        iv_text_add(&t, i % 2 ? "\n" : ",");
    }
    table got = {0};
    assert_ok(parse(ctx, t.data, t.length, 5, ',', NULL, &got, NULL, &err));
    assert_int_equal(got.count, 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(got.cells[i], back[i]);
    clear(&got);
    iv_text_free(&t);
}

static imgvec_status parse_job(imgvec_context *c, void *user, imgvec_error *e)
{
    const iv_text *text = user;
    table t = {0};
    imgvec_status status = parse(c, text->data, text->length, 1000, 0, NULL, &t, NULL, e);
    t.ctx = c;
    clear(&t);
    return status;
}

static void allocation_failures(void **state)
{
    (void)state;
    iv_text text;
    iv_text_init(&text, ctx);
    for (int i = 0; i < 60; i++)
        iv_text_addf(&text, "%sn%d", i ? "," : "", i);
    iv_text_add(&text, "\n");
    for (int i = 0; i < 60; i++)
        iv_text_addf(&text, "%s\"some quoted text\n%d\"", i ? "," : "", i);
    printf("# %ld allocations failed\n", fail_each_allocation(parse_job, &text));
    iv_text_free(&text);
}

static char *load(const char *path, size_t *size)
{
    char *data;
    assert_ok(iv_file_read(ctx, path, 0, &data, size, &err));
    return data;
}

static void compare(const char *name, const iv_json *expected, const table *t, char delimiter)
{
    const iv_json *d = iv_json_get(expected, "delimiter"), *columns, *cells;
    int64_t rows;
    if (d->type == IV_JSON_TEXT)
        assert_int_equal(delimiter, d->as.text[0]);
    columns = iv_json_get(expected, "columns");
    if (columns->type == IV_JSON_ARRAY) {
        size_t k = 0;
        assert_int_equal(t->columns, columns->count);
        for (const iv_json *c = columns->as.first; c; c = c->next)
            assert_string_equal(t->cells[k++], c->as.text);
    } else {
        int64_t count;
        const char *last;
        assert_ok(iv_json_i64(columns, "count", 1, 1 << 20, &count, &err));
        assert_int_equal(t->columns, count);
        assert_ok(iv_json_text(columns, "last", &last, &err));
        assert_string_equal(t->cells[count - 1], last);
    }
    assert_ok(iv_json_i64(expected, "rows", 0, INT64_MAX, &rows, &err));
    assert_int_equal(t->records, rows + 1);
    assert_ok(iv_json_array(expected, "cells", &cells, &err));
    for (const iv_json *c = cells->as.first; c; c = c->next) {
        const iv_json *row = c->as.first, *column = row->next, *text = column->next;
        size_t at = (size_t)(row->as.integer + 1) * t->columns + (size_t)column->as.integer;
        if (strcmp(t->cells[at], text->as.text) != 0)
            fail_msg("%s: cell %zu is \"%s\", not \"%s\"", name, at, t->cells[at], text->as.text);
    }
}

/* The line in an index note such as "line 3 has 3 cells of 2". */
static int line_in(const char *note)
{
    const char *at = strstr(note, "line ");
    return at ? atoi(at + 5) : 0;
}

static void check_fixture(imgvec_context *c, const char *name, const char *path, int accept,
                          const char *note)
{
    size_t size;
    char *data = load(path, &size);
    iv_json_document *doc = fixture_json(ctx, "fixtures/csv/expected.json");
    for (int i = 0; i < PIECES; i++) {
        table t = {0};
        char delimiter;
        imgvec_status status = parse(c, data, size, pieces[i], 0, NULL, &t, &delimiter, &err);
        if ((status == IMGVEC_OK) != accept)
            fail_msg("%s (%s): %s", name, note, status == IMGVEC_OK ? "accepted" : err.text);
        if (i == 0)
            printf("# %s: %s\n", name, status == IMGVEC_OK ? "read" : err.text);
        const iv_json *expected = iv_json_get(iv_json_root(doc), name);
        if (accept && expected)
            compare(name, expected, &t, delimiter);
        if (!accept && line_in(note))
            assert_int_equal(err.detail, line_in(note));
        if (strcmp(name, "bad_is_html.csv") == 0)
            assert_non_null(strstr(err.text, "web page"));
        clear(&t);
    }
    iv_json_free(doc);
    iv_free(ctx, data);
}

static void fixtures(void **state)
{
    (void)state;
    printf("# %d CSV files\n", each_fixture(ctx, "csv", "", check_fixture));
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
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_cells),
        cmocka_unit_test(finds_the_delimiter),
        cmocka_unit_test(refuses),
        cmocka_unit_test(limits_hold_on_both_sides),
        cmocka_unit_test(the_callback_stops_the_parse),
        cmocka_unit_test(long_input_is_the_same_in_pieces),
        cmocka_unit_test(writes_cells),
        cmocka_unit_test(allocation_failures),
        cmocka_unit_test(fixtures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
