/* What the columns of an Arrow stream are taken for: by their values, their Arrow type and options.
 */
#include "arrow_producer.h"

#include "table/date.h"

/* Types by inference, by a dictionary, by option, and images. */
static void test_types(void **state)
{
    enum { N = 30 };
    const place *p0 = *state;
    static char words[N * 8];
    static int32_t ends[N + 1], image_ends[N + 1], picked[N];
    static double numbers[N];
    static char images[N * 16];
    for (int i = 0; i < N; i++) {
        char word[9];
        snprintf(word, sizeof word, "word %03d", i);
        memcpy(words + 8 * i, word, 8);
        ends[i + 1] = 8 * (i + 1);
        picked[i] = i;
        numbers[i] = i * 1.5;
        memcpy(images + i * 16, "P6 1 1 255 abc", 14);
        image_ends[i] = 14 * i;
    }
    for (int i = 0; i < N; i++)
        memcpy(images + 14 * i, "P6 1 1 255 abc", 14);
    image_ends[N] = 14 * N;
    const made_column columns[] = {
        {"u", "text", NULL, 3, 0, 0, {NULL, ends, words}},
        {"i", "pick", "u", 2, 0, 0, {NULL, picked}, N, {NULL, ends, words}},
        {"g", "number", NULL, 2, 0, 0, {NULL, numbers}},
        {"z", "photo", NULL, 3, 0, 0, {NULL, image_ends, images}},
        {"g", "level", NULL, 2, 0, 0, {NULL, numbers}},
    };
    const int32_t types[] = {IMGVEC_COLUMN_TEXT, IMGVEC_COLUMN_CATEGORICAL, IMGVEC_COLUMN_NUMERIC,
                             IMGVEC_COLUMN_IMAGE, IMGVEC_COLUMN_CATEGORICAL};
    imgvec_dataset *ds = fresh(p0);
    imgvec_options *opts = options(p0, "type", "level=categorical");
    producer p = {.columns = columns, .count = 5, .rows = N, .batches = 1};
    struct ArrowArrayStream stream = stream_of(&p);
    imgvec_error err;
    if (iv_dataset_add_arrow(ds, &stream, opts, NULL, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    for (int32_t c = 0; c < 5; c++)
        assert_int_equal(iv_dataset_column_type(ds, c), types[c]);
    iv_image image;
    assert_int_equal(iv_dataset_image(ds, 3, N - 1, &image, &err), IMGVEC_OK);
    assert_memory_equal(image.pixels, "abc", 3);
    iv_image_free(p0->ctx, &image);
    iv_dataset_free(ds);
    iv_options_free(opts);
}

/* The only column of a stream, of `rows` rows, with options of OPEN as name and value. */
static imgvec_dataset *read_one(const place *p0, const made_column *column, int64_t rows,
                                const char *option, const char *value)
{
    imgvec_dataset *ds = fresh(p0);
    imgvec_options *opts = option ? options(p0, option, value) : NULL;
    producer p = {.columns = column, .count = 1, .rows = rows, .batches = 1};
    struct ArrowArrayStream stream = stream_of(&p);
    imgvec_error err;
    if (iv_dataset_add_arrow(ds, &stream, opts, NULL, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    iv_options_free(opts);
    return ds;
}

static void type_is(const place *p, const made_column *column, int64_t rows, int32_t type)
{
    imgvec_dataset *ds = read_one(p, column, rows, NULL, NULL);
    if (iv_dataset_column_type(ds, 0) != type)
        fail_msg("%s: %s", column->name, iv_dataset_type_name(iv_dataset_column_type(ds, 0)));
    iv_dataset_free(ds);
}

/* bool is boolean with both values, with one beside nulls and in a single row; one value in every
 * row is constant and says nothing. */
static void test_bool(void **state)
{
    static const uint8_t both[] = {0x05}, ones[] = {0xff}, valid[] = {0x05};
    static const int8_t picks[] = {1, 0, 1, 0};
    made_column c = {"b", "both", NULL, 2, 0, 0, {NULL, both}};
    type_is(*state, &c, 4, IMGVEC_COLUMN_BOOLEAN);
    c = (made_column){"b", "ones and nulls", NULL, 2, 0, 2, {valid, ones}};
    type_is(*state, &c, 4, IMGVEC_COLUMN_BOOLEAN);
    c = (made_column){"b", "single", NULL, 2, 0, 0, {NULL, ones}};
    type_is(*state, &c, 1, IMGVEC_COLUMN_BOOLEAN);
    type_is(*state, &c, 4, IMGVEC_COLUMN_IGNORED);
    imgvec_dataset *ds = read_one(*state, &c, 4, "type", "single=boolean");
    assert_int_equal(iv_dataset_column_type(ds, 0), IMGVEC_COLUMN_BOOLEAN);
    cell_is(ds, 0, 3, "true");
    iv_dataset_free(ds);
    /* Integers of 0 and 1 are numbers, as in a CSV file. */
    c = (made_column){"c", "int8", NULL, 2, 0, 0, {NULL, picks}};
    type_is(*state, &c, 4, IMGVEC_COLUMN_NUMERIC);
}

/* Every unit of dates and times is a date column, before 1970 and with fractions and zones too. */
static void test_dates(void **state)
{
    static const int32_t days[] = {-719162, 0, 11016}; /* the year 1 */
    static const int64_t millis[] = {-86400000, 0, 951782400000};
    static const int64_t seconds[] = {-1, 0, 253402300799};
    static const int64_t nanos[] = {-1, 0, INT64_C(951782400500000001)};
    static const uint8_t valid[] = {0x05};
    static const struct {
        const char *format;
        const void *values;
        const char *first, *last;
    } units[] = {
        {"tdD", days, "0001-01-01", "2000-02-29"},
        {"tdm", millis, "1969-12-31", "2000-02-29"},
        {"tss:", seconds, "1969-12-31T23:59:59", "9999-12-31T23:59:59"},
        {"tsm:Europe/Berlin", millis, "1969-12-31T00:00:00Z", "2000-02-29T00:00:00Z"},
        {"tsn:", nanos, "1969-12-31T23:59:59.999999999", "2000-02-29T00:00:00.500000001"},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (int nulls = 0; nulls < 2; nulls++) {
            made_column c = {units[i].format,
                             units[i].format,
                             NULL,
                             2,
                             0,
                             nulls,
                             {nulls ? valid : NULL, units[i].values}};
            imgvec_dataset *ds = read_one(*state, &c, 3, NULL, NULL);
            iv_date date;
            char cell[64];
            if (iv_dataset_column_type(ds, 0) != IMGVEC_COLUMN_DATE)
                fail_msg("%s is no date", c.name);
            cell_is(ds, 0, 0, units[i].first);
            cell_is(ds, 0, 2, units[i].last);
            assert_int_equal(iv_dataset_cell(ds, 0, 2, cell, sizeof cell, NULL, NULL), IMGVEC_OK);
            assert_true(iv_date_parse(cell, strlen(cell), IV_DATE_UNKNOWN, &date));
            assert_int_equal(date.has_time, units[i].format[1] == 's');
            assert_int_equal(iv_dataset_missing(ds, 0, 1), nulls);
            iv_dataset_free(ds);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bool, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dates, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
