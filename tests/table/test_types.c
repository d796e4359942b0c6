/* Column types: what inference says, and why. */
#include "table/types.h"

#include "table_support.h"

#define MAX_ROWS 4000

/* A one-column table of the cells that `cell` gives, typed. */
static imgvec_dataset *typed_by(const place *p, const char *name, int64_t rows,
                                void (*cell)(int64_t row, char *out), const imgvec_options *opts)
{
    imgvec_dataset *ds;
    iv_watch watch;
    char text[64];
    assert_int_equal(iv_dataset_new(p->ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(
        iv_column_add(ds, name, strlen(name), IMGVEC_COLUMN_TEXT, IV_STORE_TEXT, "", NULL),
        IMGVEC_OK);
    for (int64_t row = 0; row < rows; row++) {
        cell(row, text);
        assert_int_equal(iv_cell_add(ds->ctx, &ds->columns[0], text, strlen(text), NULL),
                         IMGVEC_OK);
    }
    assert_int_equal(iv_watch_init(&watch, NULL, NULL), IMGVEC_OK);
    assert_int_equal(iv_types_infer(ds, opts, &watch, NULL), IMGVEC_OK);
    return ds;
}

static imgvec_dataset *typed(const place *p, const char *name, int64_t rows,
                             void (*cell)(int64_t row, char *out))
{
    return typed_by(p, name, rows, cell, NULL);
}

static void expect(void **state, const char *name, int64_t rows, void (*cell)(int64_t, char *),
                   int32_t type, int64_t missing, const char *reason)
{
    imgvec_dataset *ds = typed(*state, name, rows, cell);
    imgvec_column_info info = {.size = sizeof info};
    assert_int_equal(iv_dataset_column_info(ds, 0, &info, NULL), IMGVEC_OK);
    if (info.type != type || info.missing != missing || strcmp(info.reason, reason) != 0)
        fail_msg("type %d, missing %d, \"%s\"", (int)info.type, (int)info.missing, info.reason);
    iv_dataset_free(ds);
}

static void number(int64_t row, char *out)
{
    sprintf(out, "%g", 0.5 * (double)(row % 7));
}

static void number_with_gaps(int64_t row, char *out)
{
    static const char *const tokens[] = {"",     "NA",   "N/A",  "NaN",  "nan",
                                         "null", "NULL", "None", "none", "?"};
    if (row < 10)
        strcpy(out, tokens[row]);
    else if (row == 10)
        strcpy(out, "inf");
    else
        number(row, out);
}

static void one_word(int64_t row, char *out)
{
    if (row == 17)
        strcpy(out, "tall");
    else
        sprintf(out, "%d", (int)row % 19);
}

static void two_values(int64_t row, char *out)
{
    sprintf(out, "%d", (int)row % 2);
}

static void counting(int64_t row, char *out)
{
    sprintf(out, "%d", (int)row);
}

static void constant_number(int64_t row, char *out)
{
    (void)row;
    strcpy(out, "7");
}

static void constant_text(int64_t row, char *out)
{
    (void)row;
    strcpy(out, "yes");
}

static void constant_with_gap(int64_t row, char *out)
{
    strcpy(out, row == 3 ? "" : "yes");
}

static void nothing(int64_t row, char *out)
{
    strcpy(out, row % 2 ? "" : "NA");
}

static void colour(int64_t row, char *out)
{
    static const char *const names[] = {"red", "green", "blue"};
    strcpy(out, names[row % 3]);
}

static void late_text(int64_t row, char *out) /* numbers first: they count as levels too */
{
    if (row < 300)
        sprintf(out, "%d", (int)row);
    else
        strcpy(out, "x");
}

static void hundred(int64_t row, char *out)
{
    sprintf(out, "level %d", (int)(row % 100));
}

static void token(int64_t row, char *out)
{
    sprintf(out, "user-%d", (int)row);
}

static void sentence(int64_t row, char *out)
{
    sprintf(out, "photo of house %d", (int)row);
}

static void picture(int64_t row, char *out)
{
    if (row % 20 == 5)
        strcpy(out, "");
    else
        sprintf(out, "img/%d.jpg", (int)row / 2);
}

static void linked_picture(int64_t row, char *out)
{
    sprintf(out, "https://h/%d.jpg?w=300&v=1.5", (int)row);
}

static void mixed_picture(int64_t row, char *out)
{
    sprintf(out, row % 10 == 0 ? "%d" : row % 2 ? "%d.JPG" : "%d.png", (int)row);
}

static void few_pictures(int64_t row, char *out)
{
    if (row % 5 == 0)
        strcpy(out, "");
    else
        sprintf(out, "img/%d.jpg", (int)row);
}

static void test_numeric(void **state)
{
    expect(state, "v", 30, number, IMGVEC_COLUMN_NUMERIC, 0, "all 30 values are numbers");
    expect(state, "v", 40, number_with_gaps, IMGVEC_COLUMN_NUMERIC, 11,
           "all 30 values are numbers; 1 infinite ones count as missing");
    expect(state, "v", 30, two_values, IMGVEC_COLUMN_NUMERIC, 0, "all 30 values are numbers");
    expect(state, "v", 30, counting, IMGVEC_COLUMN_NUMERIC, 0, "all 30 values are numbers");
    expect(state, "v", 1, constant_number, IMGVEC_COLUMN_NUMERIC, 0, "all 1 values are numbers");
    expect(state, "v", 100, one_word, IMGVEC_COLUMN_CATEGORICAL, 0,
           "20 different texts in 100 values; 99 are numbers, but not \"tall\" in row 17");
}

static void test_ignored(void **state)
{
    expect(state, "y", 30, constant_number, IMGVEC_COLUMN_IGNORED, 0,
           "constant: all 30 rows hold the same number");
    expect(state, "y", 30, constant_text, IMGVEC_COLUMN_IGNORED, 0,
           "constant: all 30 rows hold the same text");
    expect(state, "y", 4, nothing, IMGVEC_COLUMN_IGNORED, 4, "all 4 cells are missing");
    expect(state, "y", 0, nothing, IMGVEC_COLUMN_IGNORED, 0, "no rows");
    static const char *const names[] = {"id",  "Id",       "index",   "unnamed", "Unnamed: 0",
                                        "row", "house_id", "houseId", "user ID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect(state, names[i], 30, counting, IMGVEC_COLUMN_IGNORED, 0,
               "an index: 30 whole numbers, all different, and the column's name");
    expect(state, "valid", 30, counting, IMGVEC_COLUMN_NUMERIC, 0, "all 30 values are numbers");
    expect(state, "id", 30, two_values, IMGVEC_COLUMN_NUMERIC, 0, "all 30 values are numbers");
    expect(state, "user", 30, token, IMGVEC_COLUMN_IGNORED, 0,
           "an identifier: 30 texts without blanks, all different");
}

static void test_texts(void **state)
{
    expect(state, "c", 30, colour, IMGVEC_COLUMN_CATEGORICAL, 0, "3 different texts in 30 values");
    expect(state, "c", 30, constant_with_gap, IMGVEC_COLUMN_CATEGORICAL, 1,
           "1 different texts in 29 values");
    expect(state, "c", 3, token, IMGVEC_COLUMN_CATEGORICAL, 0, "3 different texts in 3 values");
    expect(state, "c", 2000, hundred, IMGVEC_COLUMN_CATEGORICAL, 0,
           "100 different texts in 2000 values");
    expect(state, "c", 1000, hundred, IMGVEC_COLUMN_TEXT, 0,
           "more than 50 different texts in 1000 values");
    expect(state, "c", 400, late_text, IMGVEC_COLUMN_TEXT, 0, "301 different texts in 400 values");
    expect(state, "c", 30, sentence, IMGVEC_COLUMN_TEXT, 0,
           "more than 20 different texts in 30 values");
    expect(state, "c", 15, sentence, IMGVEC_COLUMN_TEXT, 0, "15 texts, all different");
}

static void yes_or_no(int64_t row, char *out)
{
    strcpy(out, row == 4 ? "NA" : row % 3 ? "Yes" : "no");
}

static void mixed_truth(int64_t row, char *out)
{
    strcpy(out, row % 2 ? "yes" : "false");
}

static void only_yes(int64_t row, char *out)
{
    strcpy(out, row % 2 ? "yes" : "");
}

static void flag(int64_t row, char *out)
{
    strcpy(out, row % 2 ? "T" : "f");
}

static void test_booleans(void **state)
{
    expect(state, "b", 30, yes_or_no, IMGVEC_COLUMN_BOOLEAN, 1, "all 29 values are yes or no");
    expect(state, "b", 30, flag, IMGVEC_COLUMN_BOOLEAN, 0, "all 30 values are t or f");
    expect(state, "b", 30, mixed_truth, IMGVEC_COLUMN_CATEGORICAL, 0,
           "2 different texts in 30 values");
    expect(state, "b", 30, only_yes, IMGVEC_COLUMN_CATEGORICAL, 15,
           "1 different texts in 15 values");
}

static void iso_day(int64_t row, char *out)
{
    if (row == 3)
        strcpy(out, "");
    else
        sprintf(out, "2020-%02d-%02d", (int)row % 12 + 1, (int)row % 28 + 1);
}

static void moment(int64_t row, char *out)
{
    sprintf(out, "2014%02d%02dT000000", (int)row % 12 + 1, (int)row % 28 + 1);
}

static void either_order(int64_t row, char *out)
{
    sprintf(out, "%d/%d/2020", (int)row % 12 + 1, (int)row % 7 + 1);
}

static void day_first(int64_t row, char *out)
{
    if (row == 17)
        strcpy(out, "31/12/2020");
    else
        either_order(row, out);
}

static void month_first(int64_t row, char *out)
{
    sprintf(out, "%d/%d/2020", (int)row % 12 + 1, (int)row % 28 + 1);
}

static void both_orders(int64_t row, char *out)
{
    strcpy(out, row % 2 ? "31/12/2020" : "12/31/2020");
}

static void mostly_days(int64_t row, char *out)
{
    if (row == 20)
        strcpy(out, "soon");
    else
        iso_day(row, out);
}

static void test_dates(void **state)
{
    expect(state, "d", 30, iso_day, IMGVEC_COLUMN_DATE, 1, "all 29 values are dates");
    expect(state, "d", 30, moment, IMGVEC_COLUMN_DATE, 0, "all 30 values are dates");
    expect(state, "d", 30, either_order, IMGVEC_COLUMN_DATE, 0,
           "all 30 values are dates; they do not tell whether day or month comes first, and the "
           "day is taken: option date_order decides");
    expect(state, "d", 30, day_first, IMGVEC_COLUMN_DATE, 0,
           "all 30 values are dates, the day first as \"31/12/2020\" in row 17 shows");
    expect(state, "d", 30, month_first, IMGVEC_COLUMN_DATE, 0,
           "all 30 values are dates, the month first as \"1/13/2020\" in row 12 shows");
    expect(state, "d", 30, both_orders, IMGVEC_COLUMN_CATEGORICAL, 0,
           "2 different texts in 30 values");
    expect(state, "d", 30, mostly_days, IMGVEC_COLUMN_IGNORED, 1,
           "an identifier: 29 texts without blanks, all different; the first 19 are dates, but not "
           "\"soon\" in row 20");
}

/* Words without blanks that repeat are categories, however many there are. */
static void post_code(int64_t row, char *out)
{
    sprintf(out, "C%d", (int)(row * 7 % 400));
}

static void nearly_unique(int64_t row, char *out)
{
    sprintf(out, "user-%d", row == 50 ? 49 : (int)row);
}

static void repeated_ids(int64_t row, char *out)
{
    sprintf(out, "user-%d", (int)(row * 3 / 4));
}

static void chinese(int64_t row, char *out)
{
    sprintf(out, "\xe6\x88\xbf\xe5\xad\x90%d", (int)row);
}

static void test_codes(void **state)
{
    expect(state, "c", 1000, post_code, IMGVEC_COLUMN_CATEGORICAL, 0,
           "400 different texts without blanks in 1000 values");
    expect(state, "c", 100, nearly_unique, IMGVEC_COLUMN_IGNORED, 0,
           "an identifier: 100 texts without blanks, 99 of them different");
    expect(state, "c", 100, repeated_ids, IMGVEC_COLUMN_TEXT, 0,
           "75 different texts in 100 values");
    expect(state, "c", 100, chinese, IMGVEC_COLUMN_TEXT, 0,
           "more than 20 different texts in 100 values");
}

/* Each threshold is an option. */
static void test_thresholds(void **state)
{
    static const struct {
        const char *option, *value;
        int64_t rows;
        void (*cell)(int64_t, char *);
        int32_t type;
    } cases[] = {
        {"max_missing_images", "0.2", 100, few_pictures, IMGVEC_COLUMN_IMAGE},
        {"max_missing_images", "0.04", 100, picture, IMGVEC_COLUMN_TEXT},
        {"min_image_endings", "0.95", 100, mixed_picture, IMGVEC_COLUMN_IGNORED},
        {"image_endings", "png,jpeg", 100, picture, IMGVEC_COLUMN_TEXT},
        {"image_endings", ".jpg", 100, picture, IMGVEC_COLUMN_IMAGE},
        {"category_share", "0.2", 1000, hundred, IMGVEC_COLUMN_CATEGORICAL},
        {"category_levels", "50", 2000, hundred, IMGVEC_COLUMN_TEXT},
        {"code_share", "0.3", 1000, post_code, IMGVEC_COLUMN_TEXT},
        {"id_share", "1", 100, nearly_unique, IMGVEC_COLUMN_TEXT},
        {"date_order", "mdy", 30, day_first, IMGVEC_COLUMN_IGNORED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const place *p = *state;
        imgvec_options *opts = options(p, cases[i].option, cases[i].value);
        imgvec_dataset *ds = typed_by(p, "c", cases[i].rows, cases[i].cell, opts);
        if (iv_dataset_column_type(ds, 0) != cases[i].type)
            fail_msg("%s=%s: %s", cases[i].option, cases[i].value, ds->columns[0].reason);
        iv_options_free(opts);
        iv_dataset_free(ds);
    }
}

static void test_images(void **state)
{
    expect(state, "photo", 100, picture, IMGVEC_COLUMN_IMAGE, 5,
           "50 of 50 different values end in .jpg");
    expect(state, "photo", 100, linked_picture, IMGVEC_COLUMN_IMAGE, 0,
           "100 of 100 different values end in .jpg");
    expect(state, "photo", 100, mixed_picture, IMGVEC_COLUMN_IMAGE, 0,
           "90 of 100 different values end like an image file");
    expect(state, "photo", 100, few_pictures, IMGVEC_COLUMN_IGNORED, 20,
           "an identifier: 80 texts without blanks, all different; 80 end like an image file, 20 "
           "cells are missing: option type=photo=image takes them as images");
}

static void test_options(void **state)
{
    const place *p = *state;
    imgvec_dataset *ds = typed(p, "y", 30, constant_text);
    imgvec_error err;
    imgvec_options *opts = options(p, "target", "y");
    assert_int_equal(iv_dataset_effective_type(ds, NULL, 0), IMGVEC_COLUMN_IGNORED);
    assert_int_equal(iv_dataset_effective_type(ds, opts, 0), IMGVEC_COLUMN_CATEGORICAL);
    assert_int_equal(iv_dataset_check_types(ds, NULL, NULL), IMGVEC_OK);
    iv_options_free(opts);

    opts = options(p, "type", "y=text, y = image");
    assert_int_equal(iv_dataset_check_types(ds, opts, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_effective_type(ds, opts, 0), IMGVEC_COLUMN_IMAGE);
    assert_int_equal(iv_options_set_named(opts, "ignore", "y", NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_effective_type(ds, opts, 0), IMGVEC_COLUMN_IGNORED);
    iv_options_free(opts);

    static const struct {
        const char *option, *value;
        imgvec_status status;
        const char *text;
    } bad[] = {
        {"ignore", "y,z", IMGVEC_ERR_NOT_FOUND, "option ignore: no column \"z\"; there are: y"},
        {"type", "z=text", IMGVEC_ERR_NOT_FOUND, "option type: no column \"z\"; there are: y"},
        {"type", "y", IMGVEC_ERR_INVALID_ARGUMENT,
         "option type: \"y\" is not of the form column=type"},
        {"type", "y=number", IMGVEC_ERR_INVALID_ARGUMENT,
         "option type: \"number\" is no type; take numeric, categorical, boolean, date, "
         "image, text or ignored"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        opts = options(p, bad[i].option, bad[i].value);
        assert_int_equal(iv_dataset_check_types(ds, opts, &err), bad[i].status);
        assert_string_equal(err.text, bad[i].text);
        iv_options_free(opts);
    }
    assert_int_equal(iv_dataset_add_column(ds, "n", IMGVEC_COLUMN_NUMERIC, NULL), IMGVEC_OK);
    opts = options(p, "type", "n=image");
    assert_int_equal(iv_dataset_check_types(ds, opts, &err), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_string_equal(err.text,
                        "option type: column n holds numbers and cannot be taken as image");
    iv_options_free(opts);
    iv_dataset_free(ds);
}

static void test_apply(void **state)
{
    const place *p = *state;
    imgvec_dataset *ds = typed(p, "v", 40, number_with_gaps);
    imgvec_options *opts = options(p, "type", "v=categorical");
    assert_int_equal(iv_types_apply(ds, opts, NULL), IMGVEC_OK);
    imgvec_column_info info = {.size = sizeof info};
    assert_int_equal(iv_dataset_column_info(ds, 0, &info, NULL), IMGVEC_OK);
    assert_int_equal(info.type, IMGVEC_COLUMN_CATEGORICAL);
    assert_int_equal(info.missing, 10); /* "inf" is a text like another now */
    assert_string_equal(info.reason, "by option type");
    iv_options_free(opts);
    iv_dataset_free(ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_numeric, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_booleans, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_codes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_thresholds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_apply, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
