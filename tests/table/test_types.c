/* Column types: what inference says, and why. */
#include "table/types.h"

#include "table_support.h"

#define MAX_ROWS 4000

/* A one-column table of the cells that `cell` gives, typed. */
static imgvec_dataset *typed(const place *p, const char *name, int64_t rows,
                             void (*cell)(int64_t row, char *out))
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
    assert_int_equal(iv_types_infer(ds, &watch, NULL), IMGVEC_OK);
    return ds;
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
    expect(state, "c", 400, late_text, IMGVEC_COLUMN_TEXT, 0,
           "more than 20 different texts in 400 values");
    expect(state, "c", 30, sentence, IMGVEC_COLUMN_TEXT, 0,
           "more than 20 different texts in 30 values");
    expect(state, "c", 15, sentence, IMGVEC_COLUMN_TEXT, 0, "15 texts, all different");
}

static void test_images(void **state)
{
    expect(state, "photo", 100, picture, IMGVEC_COLUMN_IMAGE, 5,
           "50 of 50 different values end in .jpg");
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
         "option type: \"number\" is no type; take numeric, categorical, image, text or "
         "ignored"}};
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
        cmocka_unit_test_setup_teardown(test_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_apply, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
