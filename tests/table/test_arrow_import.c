/* Datasets from Arrow streams: the cells of every type, and streams that fail or lie. */
#include "allocations.h"
#include "arrow_producer.h"

#include <math.h>

#define COLUMNS 14

/* ---- three rows of every type, the second missing, behind one that is sliced off ---- */

static const uint8_t valid[] = {0x0b}; /* of rows -1, 0, 1, 2: all but row 1 */
static const int8_t i8[] = {99, -5, 0, 127};
static const uint16_t u16[] = {99, 7, 0, 65535};
static const int64_t i64[] = {99, INT64_MIN, 0, INT64_MAX};
static const uint64_t u64[] = {99, 0, 0, UINT64_MAX};
static const uint16_t f16[] = {0, 0x3e00, 0, 0xc000}; /* 1.5, -2 */
static const float f32[] = {0, 0.1f, 0, -INFINITY};
static const double f64[] = {0, 0.1, 0, NAN};
static const uint8_t bits[] = {0x02};
static const int32_t offsets32[] = {0, 4, 10, 10, 14};
static const int64_t offsets64[] = {0, 4, 10, 10, 14};
static const char text[] = "junkh\xc3\xa4uschen!";
static const int32_t days[] = {0, -1, 0, 11016};
static const int64_t micros[] = {0, -1, 0, INT64_C(951782400500000)};
static const int16_t picks[] = {0, 1, 0, 0};
static const int32_t pick_offsets[] = {0, 3, 8};

static const made_column every[COLUMNS] = {
    {"c", "i8", NULL, 2, 1, 1, {valid, i8}},
    {"S", "u16", NULL, 2, 1, -1, {valid, u16}},
    {"l", "i64", NULL, 2, 1, 1, {valid, i64}},
    {"L", "u64", NULL, 2, 1, 1, {valid, u64}},
    {"e", "f16", NULL, 2, 1, 1, {valid, f16}},
    {"f", "f32", NULL, 2, 1, 1, {valid, f32}},
    {"g", "f64", NULL, 2, 1, 1, {valid, f64}},
    {"b", "bool", NULL, 2, 1, 1, {valid, bits}},
    {"u", "utf8", NULL, 3, 1, 1, {valid, offsets32, text}},
    {"U", "large", NULL, 3, 1, 1, {valid, offsets64, text}},
    {"tdD", "day", NULL, 2, 1, 1, {valid, days}},
    {"tsu:UTC", "time", NULL, 2, 1, 1, {valid, micros}},
    {"s", "pick", "u", 2, 1, 1, {valid, picks}, 2, {NULL, pick_offsets, "redgreen"}},
    {"n", "none", NULL, 0, 0, 3, {NULL}},
};

static const char *const answers[COLUMNS][2] = {
    {"-5", "127"},
    {"7", "65535"},
    {"-9223372036854775808", "9223372036854775807"},
    {"0", "18446744073709551615"},
    {"1.5", "-2"},
    {"0.1", "-inf"},
    {"0.1", ""},
    {"true", "false"},
    {"h\xc3\xa4usc", "hen!"},
    {"h\xc3\xa4usc", "hen!"},
    {"1969-12-31", "2000-02-29"},
    {"1969-12-31T23:59:59.999999Z", "2000-02-29T00:00:00.500000Z"},
    {"green", "red"},
    {"", ""},
};

static void check_every(imgvec_dataset *ds, int batches)
{
    assert_int_equal(iv_dataset_columns(ds), COLUMNS);
    assert_int_equal(iv_dataset_rows(ds), 3 * batches);
    for (int32_t c = 0; c < COLUMNS; c++)
        for (int64_t row = 0; row < 3 * batches; row++) {
            assert_string_equal(iv_dataset_column_name(ds, c), every[c].name);
            char cell[64];
            assert_int_equal(iv_dataset_cell(ds, c, row, cell, sizeof cell, NULL, NULL), IMGVEC_OK);
            const char *want = row % 3 == 1 ? "" : answers[c][row % 3 / 2];
            if (strcmp(cell, want) != 0)
                fail_msg("%s, row %d: \"%s\" instead of \"%s\"", every[c].name, (int)row, cell,
                         want);
            if (!*want)
                assert_true(iv_dataset_missing(ds, c, row));
        }
}

static void test_every_type(void **state)
{
    for (int batches = 0; batches < 4; batches++) {
        imgvec_dataset *ds = fresh(*state);
        producer p = {.columns = every, .count = COLUMNS, .rows = 3, .batches = batches};
        struct ArrowArrayStream stream = stream_of(&p);
        imgvec_error err;
        if (iv_dataset_add_arrow(ds, &stream, NULL, NULL, &err) != IMGVEC_OK)
            fail_msg("%s", err.text);
        assert_null(stream.release);
        assert_int_equal(p.released, 1);
        assert_int_equal(p.live, 0);
        check_every(ds, batches);
        iv_dataset_free(ds);
    }
}

/* The batch's own offset adds to that of its columns. */
static void test_sliced_batch(void **state)
{
    imgvec_dataset *ds = fresh(*state);
    producer p = {.columns = every, .count = 1, .rows = 2, .offset = 1, .batches = 1};
    struct ArrowArrayStream stream = stream_of(&p);
    assert_int_equal(iv_dataset_add_arrow(ds, &stream, NULL, NULL, NULL), IMGVEC_OK);
    assert_true(iv_dataset_missing(ds, 0, 0));
    cell_is(ds, 0, 1, "127");
    iv_dataset_free(ds);
}

static void test_views(void **state)
{
    static const char longer[] = "....a text of more than twelve bytes";
    uint8_t views[3 * 16] = {0};
    int32_t size = 5, rest = 32, at = 4;
    int64_t sizes[1] = {36};
    memcpy(views, &size, 4);
    memcpy(views + 4, "short", 5);
    memcpy(views + 16, &rest, 4);
    memcpy(views + 28, &at, 4);
    const made_column column = {"vu", "v", NULL, 4, 0, 0, {NULL, views, longer, sizes}};
    imgvec_dataset *ds = fresh(*state);
    producer p = {.columns = &column, .count = 1, .rows = 3, .batches = 1};
    struct ArrowArrayStream stream = stream_of(&p);
    imgvec_error err;
    if (iv_dataset_add_arrow(ds, &stream, NULL, NULL, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    cell_is(ds, 0, 0, "short");
    cell_is(ds, 0, 1, longer + 4);
    assert_true(iv_dataset_missing(ds, 0, 2));
    iv_dataset_free(ds);
    for (int bad = 0; bad < 3; bad++) { /* another buffer, past the end, a negative length */
        int32_t value = bad == 0 ? 1 : bad == 1 ? 5 : -1;
        uint8_t copy[sizeof views];
        made_column damaged = column;
        memcpy(copy, views, sizeof views);
        memcpy(copy + (bad == 0 ? 24 : bad == 1 ? 28 : 16), &value, 4);
        damaged.buffers[1] = copy;
        ds = fresh(*state);
        p = (producer){.columns = &damaged, .count = 1, .rows = 3, .batches = 1};
        stream = stream_of(&p);
        assert_int_equal(iv_dataset_add_arrow(ds, &stream, NULL, NULL, &err), IMGVEC_ERR_FORMAT);
        iv_dataset_free(ds);
    }
}

/* The stream fails or lies: the error says what, the dataset is as it was, the stream is still the
 * caller's. */
static void refuses(void **state, producer p, imgvec_status status, const char *words)
{
    imgvec_dataset *ds = fresh(*state);
    imgvec_error err = {0};
    assert_int_equal(iv_dataset_add_column(ds, "mine", IMGVEC_COLUMN_NUMERIC, NULL), IMGVEC_OK);
    struct ArrowArrayStream stream = stream_of(&p);
    imgvec_status got = iv_dataset_add_arrow(ds, &stream, NULL, NULL, &err);
    if (got != status || err.code != status || !strstr(err.text, words))
        fail_msg("%d, \"%s\" does not say \"%s\"", got, err.text, words);
    assert_int_equal(iv_dataset_columns(ds), 1);
    assert_int_equal(p.released, 0);
    assert_int_equal(p.live, 0);
    assert_non_null(stream.release);
    stream.release(&stream);
    assert_int_equal(p.released, 1);
    iv_dataset_free(ds);
}

static producer one(const made_column *column)
{
    return (producer){.columns = column, .count = 1, .rows = 3, .batches = 1};
}

static void test_failures(void **state)
{
    producer p = one(every);
    p.fail_schema = 5;
    refuses(state, p, IMGVEC_ERR_IO, "code 5: the disk is on fire");
    p = one(every);
    p.batches = 2;
    p.fail_batch = 22;
    refuses(state, p, IMGVEC_ERR_IO, "the disk is on fire");
    p = one(every);
    p.format = "i";
    refuses(state, p, IMGVEC_ERR_UNSUPPORTED, "record batches");
    p = one(every);
    p.short_batch = true;
    refuses(state, p, IMGVEC_ERR_FORMAT, "contradicts the schema");
    p = one(every);
    p.rows = -1;
    refuses(state, p, IMGVEC_ERR_FORMAT, "contradicts the schema");
    p = one(every);
    p.count = 1 << 20;
    refuses(state, (producer){.columns = every, .count = -1}, IMGVEC_ERR_FORMAT, "column count");
    made_column c[2] = {every[0], every[0]};
    p = (producer){.columns = c, .count = 2, .rows = 3, .batches = 1};
    refuses(state, p, IMGVEC_ERR_INVALID_ARGUMENT, "i8");
    c[0].name = "mine";
    refuses(state, one(c), IMGVEC_ERR_INVALID_ARGUMENT, "mine");
}

static void test_unsupported(void **state)
{
    static const char *const formats[] = {"+l",   "+w:3", "d:19,10", "ttm",
                                          "w:16", "tiM",  "",        "\xff"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        made_column c = {.format = formats[i], .name = "odd"};
        char words[64];
        snprintf(words, sizeof words, "column odd: the Arrow type of format \"%s\"",
                 formats[i][0] == '\xff' ? "?" : formats[i]);
        refuses(state, one(&c), IMGVEC_ERR_UNSUPPORTED, words);
    }
    made_column c = every[12];
    c.dictionary = "+s";
    refuses(state, one(&c), IMGVEC_ERR_UNSUPPORTED, "\"+s\"");
    c = every[12];
    c.format = "g";
    refuses(state, one(&c), IMGVEC_ERR_UNSUPPORTED, "\"g\"");
}

static void test_lies(void **state)
{
    static const int32_t backwards[] = {0, 4, 3, 5, 6}, negative[] = {-9, -8, 1, 2, 3};
    static const int32_t huge[] = {0, 0, 0x7fffffff, 0x7fffffff, 0x7fffffff};
    static const int64_t far[] = {INT64_MAX, INT64_MAX, 0, 0};
    static const int16_t outside[] = {0, 2, 0, 0}, below[] = {0, -1, 0, 0};
    made_column c = every[8];
    c.buffers[1] = backwards;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "column utf8, row 0: offsets that run backwards");
    c.buffers[1] = negative;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "row 0: offsets");
    c.buffers[1] = huge;
    refuses(state, one(&c), IMGVEC_ERR_LIMIT, "over the limit of 16777216");
    c = every[8];
    c.buffers[2] = "junk\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "not UTF-8");
    c.buffers[2] = NULL;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "not there");
    c = every[0];
    c.buffers[1] = NULL;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "column i8");
    c = every[0];
    c.n_buffers = 3;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "number of buffers");
    c = every[0];
    c.offset = -1;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "length or offset");
    c.offset = INT64_MAX;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "length or offset");
    c = every[0];
    c.null_count = 4;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "count of nulls");
    c = every[0];
    c.buffers[0] = NULL;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "validity");
    c = every[11];
    c.buffers[1] = far;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "years 1 to 9999");
    c = every[12];
    c.buffers[1] = outside;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "outside of its dictionary");
    c.buffers[1] = below;
    refuses(state, one(&c), IMGVEC_ERR_FORMAT, "outside of its dictionary");
}

static imgvec_status fill(imgvec_context *ctx, void *user, imgvec_error *err)
{
    imgvec_dataset *ds = NULL;
    producer p = {.columns = every, .count = COLUMNS, .rows = 3, .batches = 2};
    struct ArrowArrayStream stream = stream_of(&p);
    imgvec_status status = iv_dataset_new(ctx, &ds, err);
    if (status != IMGVEC_OK)
        return status;
    status = iv_dataset_add_arrow(ds, &stream, NULL, NULL, err);
    assert_int_equal(p.live, 0);
    assert_int_equal(p.released, status == IMGVEC_OK);
    iv_dataset_free(ds);
    return status;
}

static void test_out_of_memory(void **state)
{
    fail_each_allocation(fill, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sliced_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_views, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unsupported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_out_of_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
