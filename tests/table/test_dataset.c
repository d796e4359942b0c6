/* Datasets that a program fills. */
#include <math.h>

#include "allocations.h"
#include "table_support.h"

static imgvec_dataset *fresh(const place *p)
{
    imgvec_dataset *ds;
    assert_int_equal(iv_dataset_new(p->ctx, &ds, NULL), IMGVEC_OK);
    return ds;
}

static void add(imgvec_dataset *ds, const char *name, int32_t type)
{
    assert_int_equal(iv_dataset_add_column(ds, name, type, NULL), IMGVEC_OK);
}

static void test_empty(void **state)
{
    imgvec_dataset *ds = fresh(*state);
    assert_int_equal(iv_dataset_rows(ds), 0);
    assert_int_equal(iv_dataset_columns(ds), 0);
    assert_int_equal(iv_dataset_check(ds, NULL), IMGVEC_OK);
    imgvec_error err;
    assert_int_equal(iv_dataset_no_column(ds, "x", &err), IMGVEC_ERR_NOT_FOUND);
    assert_string_equal(err.text, "no column \"x\": there are no columns");
    iv_dataset_free(ds);
    iv_dataset_free(NULL);
}

static void test_columns(void **state)
{
    imgvec_dataset *ds = fresh(*state);
    imgvec_error err;
    add(ds, "area", IMGVEC_COLUMN_NUMERIC);
    add(ds, "colour", IMGVEC_COLUMN_CATEGORICAL);
    assert_int_equal(iv_dataset_add_column(ds, "area", IMGVEC_COLUMN_TEXT, &err),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_add_column(ds, "", IMGVEC_COLUMN_TEXT, &err),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_add_column(ds, "x", 8, &err), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_add_column(ds, "\xC0\x80", 1, &err), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_columns(ds), 2);
    assert_int_equal(iv_dataset_find(ds, "colour"), 1);
    assert_int_equal(iv_dataset_find(ds, "price"), -1);
    assert_int_equal(iv_dataset_no_column(ds, "price", &err), IMGVEC_ERR_NOT_FOUND);
    assert_string_equal(err.text, "no column \"price\"; there are: area, colour");
    imgvec_column_info info = {.size = sizeof info};
    assert_int_equal(iv_dataset_column_info(ds, 1, &info, NULL), IMGVEC_OK);
    assert_string_equal(info.name, "colour");
    assert_int_equal(info.type, IMGVEC_COLUMN_CATEGORICAL);
    assert_int_equal(iv_dataset_column_info(ds, 2, &info, NULL), IMGVEC_ERR_INVALID_ARGUMENT);
    iv_dataset_free(ds);
}

static void test_cells(void **state)
{
    imgvec_dataset *ds = fresh(*state);
    imgvec_error err;
    char buffer[IV_NUMBER_MAX];
    const char *text;
    size_t length;
    double number;
    add(ds, "area", IMGVEC_COLUMN_NUMERIC);
    add(ds, "colour", IMGVEC_COLUMN_CATEGORICAL);
    assert_int_equal(iv_dataset_append_number(ds, "area", 2.5, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_number(ds, "area", NAN, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_number(ds, "area", INFINITY, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_text(ds, "area", NULL, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_text(ds, "area", "7", &err), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_string_equal(err.text, "column area is of type numeric and takes no text");
    assert_int_equal(iv_dataset_append_text(ds, "colour", "red", NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_text(ds, "colour", NULL, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_number(ds, "colour", 0.1, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_bytes(ds, "colour", "x", 1, &err),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_append_text(ds, "size", "x", &err), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(err.code, IMGVEC_ERR_INVALID_ARGUMENT);

    assert_int_equal(iv_dataset_rows(ds), 4);
    assert_int_equal(iv_dataset_check(ds, &err), IMGVEC_ERR_DATA);
    assert_non_null(strstr(err.text, "column colour has 3 cells where others have 4"));
    assert_int_equal(iv_dataset_append_text(ds, "colour", "NA", NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_check(ds, NULL), IMGVEC_OK);

    assert_int_equal(iv_dataset_number(ds, 0, 0, &number, NULL), IMGVEC_OK);
    assert_true(number == 2.5);
    for (int64_t row = 1; row < 4; row++) {
        assert_true(iv_dataset_missing(ds, 0, row));
        assert_int_equal(iv_dataset_number(ds, 0, row, &number, NULL), IMGVEC_OK);
        assert_true(isnan(number));
        assert_false(iv_dataset_text(ds, 0, row, buffer, &text, &length));
    }
    assert_int_equal(iv_dataset_number(ds, 1, 0, &number, &err), IMGVEC_ERR_DATA);
    assert_string_equal(err.text, "column colour, row 0: \"red\" is no number");
    assert_int_equal(iv_dataset_number(ds, 1, 2, &number, NULL), IMGVEC_OK);
    assert_true(number == 0.1);
    assert_true(iv_dataset_missing(ds, 1, 1));
    assert_false(iv_dataset_missing(ds, 1, 3)); /* what a program says is taken literally */
    assert_true(iv_dataset_text(ds, 0, 0, buffer, &text, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(text, "2.5", 3);

    imgvec_column_info info = {.size = sizeof info};
    assert_int_equal(iv_dataset_column_info(ds, 0, &info, NULL), IMGVEC_OK);
    assert_int_equal(info.missing, 3);
    cell_is(ds, 0, 0, "2.5");
    cell_is(ds, 0, 1, "");
    cell_is(ds, 1, 0, "red");
    cell_is(ds, 1, 2, "0.1");
    char small[3] = "--";
    size_t needed;
    assert_int_equal(iv_dataset_cell(ds, 1, 0, small, 3, &needed, NULL), IMGVEC_ERR_LIMIT);
    assert_string_equal(small, "--");
    assert_int_equal(needed, 4);
    assert_int_equal(iv_dataset_cell(ds, 1, 4, small, 3, NULL, NULL), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_cell(ds, 2, 0, small, 3, NULL, NULL), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_cell(ds, 0, -1, small, 3, NULL, NULL), IMGVEC_ERR_INVALID_ARGUMENT);
    iv_dataset_free(ds);
}

static void image_is(const imgvec_dataset *ds, int64_t row, int32_t width, int32_t height,
                     const char *pixels)
{
    iv_image image;
    imgvec_error err;
    if (iv_dataset_image(ds, 0, row, &image, &err) != IMGVEC_OK)
        fail_msg("row %d: %s", (int)row, err.text);
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    assert_memory_equal(image.pixels, pixels, (size_t)width * (size_t)height * 3);
    iv_image_free(iv_dataset_context(ds), &image);
}

static void test_images(void **state)
{
    const place *p = *state;
    imgvec_dataset *ds = fresh(p);
    imgvec_error err;
    iv_image image;
    put_image(p, "a.ppm");
    add(ds, "photo", IMGVEC_COLUMN_IMAGE);
    assert_int_equal(iv_dataset_append_text(ds, "photo", at(p, "a.ppm"), NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_bytes(ds, "photo", TINY_IMAGE, strlen(TINY_IMAGE), NULL),
                     IMGVEC_OK);
    /* Two rows of two gray pixels, three bytes apart from row to row. */
    assert_int_equal(
        iv_dataset_append_pixels(ds, "photo", "ab-cd", 2, 2, 3, IMGVEC_PIXELS_GRAY, NULL),
        IMGVEC_OK);
    assert_int_equal(
        iv_dataset_append_pixels(ds, "photo", "bgrA", 1, 1, 0, IMGVEC_PIXELS_BGRA, NULL),
        IMGVEC_OK);
    assert_int_equal(iv_dataset_append_text(ds, "photo", NULL, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_text(ds, "photo", at(p, "b.ppm"), NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_bytes(ds, "photo", "nonsense", 8, NULL), IMGVEC_OK);

    image_is(ds, 0, 2, 1, "abcdef");
    image_is(ds, 1, 2, 1, "abcdef");
    image_is(ds, 2, 2, 2, "aaabbbcccddd");
    image_is(ds, 3, 1, 1, "rgb");
    assert_true(iv_dataset_missing(ds, 0, 4));
    assert_int_equal(iv_dataset_image(ds, 0, 4, &image, &err), IMGVEC_ERR_NOT_FOUND);
    assert_int_equal(iv_dataset_image(ds, 0, 5, &image, &err), IMGVEC_ERR_NOT_FOUND);
    assert_string_equal(err.text, "no such file");
    assert_int_equal(iv_dataset_image(ds, 0, 6, &image, &err), IMGVEC_ERR_FORMAT);
    cell_is(ds, 0, 0, at(p, "a.ppm"));
    cell_is(ds, 0, 1, "");
    cell_is(ds, 0, 4, "");
    double number;
    assert_int_equal(iv_dataset_number(ds, 0, 1, &number, &err), IMGVEC_ERR_DATA);

    assert_int_equal(iv_dataset_append_pixels(ds, "photo", "", 0, 1, 0, 1, NULL),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_append_pixels(ds, "photo", "", 1, 65536, 0, 1, NULL),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_append_pixels(ds, "photo", "", 2, 1, 5, 3, NULL),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_append_pixels(ds, "photo", "", 1, 1, 0, 2, NULL),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_rows(ds), 7);
    iv_dataset_free(ds);
}

static void test_fingerprint(void **state)
{
    char first[33], second[33];
    for (int change = 0; change < 5; change++) {
        imgvec_dataset *ds = fresh(*state);
        add(ds, change == 1 ? "b" : "a", IMGVEC_COLUMN_NUMERIC);
        add(ds, "t", change == 2 ? IMGVEC_COLUMN_TEXT : IMGVEC_COLUMN_CATEGORICAL);
        assert_int_equal(
            iv_dataset_append_number(ds, change == 1 ? "b" : "a", change == 3 ? 2 : 1, NULL),
            IMGVEC_OK);
        assert_int_equal(iv_dataset_append_text(ds, "t", change == 4 ? "xy" : "x", NULL),
                         IMGVEC_OK);
        assert_int_equal(iv_dataset_fingerprint(ds, change ? second : first, NULL), IMGVEC_OK);
        assert_int_equal(strlen(change ? second : first), 32);
        if (change == 2) /* a type is a view of the data */
            assert_string_equal(first, second);
        else if (change)
            assert_string_not_equal(first, second);
        iv_dataset_free(ds);
    }
    imgvec_dataset *ds = fresh(*state);
    add(ds, "a", IMGVEC_COLUMN_NUMERIC);
    add(ds, "t", IMGVEC_COLUMN_CATEGORICAL);
    assert_int_equal(iv_dataset_append_number(ds, "a", 1, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_text(ds, "t", "x", NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_fingerprint(ds, second, NULL), IMGVEC_OK);
    assert_string_equal(first, second);
    iv_dataset_free(ds);
}

static imgvec_status fill(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    imgvec_dataset *ds;
    char hex[33], *json = NULL;
    IV_TRY(imgvec_context_set_threads(ctx, 1, err));
    IV_TRY(iv_dataset_new(ctx, &ds, err));
    imgvec_status status;
    IV_DO(iv_dataset_add_column(ds, "a", IMGVEC_COLUMN_NUMERIC, err));
    IV_DO(iv_dataset_add_column(ds, "t", IMGVEC_COLUMN_CATEGORICAL, err));
    IV_DO(iv_dataset_add_column(ds, "i", IMGVEC_COLUMN_IMAGE, err));
    for (int row = 0; row < 20; row++) {
        IV_DO(iv_dataset_append_number(ds, "a", row, err));
        IV_DO(iv_dataset_append_text(ds, "t", row % 2 ? "x" : "y", err));
        IV_DO(iv_dataset_append_bytes(ds, "i", TINY_IMAGE, strlen(TINY_IMAGE), err));
    }
    IV_DO(iv_dataset_describe(ds, NULL, NULL, &json, err));
    IV_DO(iv_dataset_fingerprint(ds, hex, err));
done:
    iv_free(ctx, json);
    iv_dataset_free(ds);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    fail_each_allocation(fill, NULL);
}

/* Images in memory are bound by the limits that hold for files. */
static void test_limits(void **state)
{
    static const char huge[] = "P6 24000 24000 255\n";
    imgvec_dataset *ds = fresh(*state);
    imgvec_error err;
    iv_image image;
    add(ds, "photo", IMGVEC_COLUMN_IMAGE);
    assert_int_equal(iv_dataset_append_bytes(ds, "photo", huge, sizeof huge - 1, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_image(ds, 0, 0, &image, &err), IMGVEC_ERR_LIMIT);
    assert_non_null(strstr(err.text, "max_image_pixels"));
    iv_dataset_free(ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fingerprint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_out_of_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
