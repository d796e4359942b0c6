/* What inspect shows. */
#include "table_support.h"

static const iv_json *item(const iv_json *array, int index)
{
    assert_int_equal(array->type, IV_JSON_ARRAY);
    const iv_json *value = array->as.first;
    for (int i = 0; i < index && value; i++)
        value = value->next;
    assert_non_null(value);
    return value;
}

static void text_is(const iv_json *object, const char *name, const char *text)
{
    const char *value;
    assert_int_equal(iv_json_text(object, name, &value, NULL), IMGVEC_OK);
    assert_string_equal(value, text);
}

static void number_is(const iv_json *object, const char *name, double number)
{
    double value;
    assert_int_equal(iv_json_f64(object, name, &value, NULL), IMGVEC_OK);
    assert_true(value == number);
}

typedef struct seen {
    int problems;
    int64_t rows[8];
} seen;

static void on_problem(void *user, const imgvec_problem *problem)
{
    seen *s = user;
    assert_string_equal(problem->column, "photo");
    s->rows[s->problems++] = problem->row;
}

static imgvec_dataset *table(const place *p)
{
    put_image(p, "1.ppm");
    put_text(p, "2.ppm", "P6\n2 1\n255\nabc");
    put_text(p, "t.csv",
             "photo,area,colour,house_id\n1.ppm,2,red,1\n2.ppm,NA,blue,2\n"
             "1.ppm,4.5,red,3\n3.ppm,1e400,,4\n2.ppm,1,red,5\n");
    return open_data(p, at(p, "t.csv"));
}

static void test_table(void **state)
{
    imgvec_dataset *ds = table(*state);
    imgvec_options *opts = options(*state, "target", "colour");
    iv_json_document *doc = describe(ds, opts);
    const iv_json *root = iv_json_root(doc), *columns = iv_json_get(root, "columns"), *c;
    text_is(root, "path", at(*state, "t.csv"));
    text_is(root, "form", "csv_with_images");
    text_is(root, "evidence", "CSV file t.csv of 4 columns, 1 with image paths");
    number_is(root, "rows", 5);
    assert_int_equal(columns->count, 4);
    c = item(columns, 0);
    text_is(c, "name", "photo");
    text_is(c, "type", "image");
    number_is(c, "missing", 0);
    text_is(c, "reason", "3 of 3 different values end in .ppm");
    assert_int_equal(iv_json_get(c, "examples")->count, 3);
    assert_string_equal(item(iv_json_get(c, "examples"), 1)->as.text, "2.ppm");
    c = item(columns, 1);
    text_is(c, "type", "numeric");
    number_is(c, "missing", 2);
    number_is(c, "min", 1);
    number_is(c, "max", 4.5);
    number_is(c, "mean", 2.5);
    c = item(columns, 2);
    text_is(c, "type", "categorical");
    number_is(c, "distinct", 2);
    text_is(item(iv_json_get(c, "top"), 0), "name", "red");
    number_is(item(iv_json_get(c, "top"), 0), "count", 3);
    c = item(columns, 3);
    text_is(c, "type", "ignored");
    assert_int_equal(iv_json_get(root, "classes")->count, 2);
    text_is(item(iv_json_get(root, "classes"), 0), "name", "blue");
    number_is(item(iv_json_get(root, "classes"), 1), "count", 3);
    c = iv_json_get(root, "images");
    number_is(c, "cells", 5);
    number_is(c, "unusable", 3);
    c = iv_json_get(root, "problems");
    assert_int_equal(c->count, 3);
    number_is(item(c, 0), "row", 1);
    number_is(item(c, 1), "row", 3);
    text_is(item(c, 1), "reason", "no such file");
    text_is(item(c, 1), "path", at(*state, "3.ppm"));
    number_is(item(c, 2), "row", 4);
    assert_int_equal(iv_json_get(root, "unused_images")->type, IV_JSON_NULL);
    iv_json_free(doc);
    iv_options_free(opts);
    iv_dataset_free(ds);
}

static void test_unchecked(void **state)
{
    imgvec_dataset *ds = table(*state);
    imgvec_options *opts = options(*state, "check_images", "0");
    iv_json_document *doc = describe(ds, opts);
    const iv_json *root = iv_json_root(doc);
    number_is(iv_json_get(root, "images"), "cells", 5);
    assert_int_equal(iv_json_get(iv_json_get(root, "images"), "unusable")->type, IV_JSON_NULL);
    assert_int_equal(iv_json_get(root, "problems")->count, 0);
    assert_null(iv_json_get(root, "classes"));
    iv_json_free(doc);
    assert_int_equal(iv_options_set_named(opts, "target", "x", NULL), IMGVEC_OK);
    char *text = NULL;
    imgvec_error err;
    assert_int_equal(iv_dataset_describe(ds, opts, NULL, &text, &err), IMGVEC_ERR_NOT_FOUND);
    assert_null(text);
    iv_options_free(opts);
    iv_dataset_free(ds);
}

static int32_t stop(void *user, const imgvec_progress *now)
{
    (void)user, (void)now;
    return 1;
}

static void test_watch(void **state)
{
    imgvec_dataset *ds = table(*state);
    imgvec_context *ctx = iv_dataset_context(ds);
    char *first = NULL, *second = NULL;
    seen s = {0};
    imgvec_watch watch = {.size = sizeof watch, .user = &s, .problem = on_problem};
    imgvec_options *opts = options(*state, "threads", "1");
    assert_int_equal(iv_dataset_describe(ds, opts, &watch, &first, NULL), IMGVEC_OK);
    assert_int_equal(s.problems, 3);
    assert_int_equal(s.rows[0], 1);
    assert_int_equal(s.rows[2], 4);
    assert_int_equal(iv_options_set_named(opts, "threads", "7", NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_describe(ds, opts, NULL, &second, NULL), IMGVEC_OK);
    assert_string_equal(first, second);
    iv_free(ctx, first);
    iv_free(ctx, second);
    watch.progress = stop;
    first = NULL;
    assert_int_equal(iv_dataset_describe(ds, opts, &watch, &first, NULL), IMGVEC_ERR_CANCELLED);
    assert_null(first);
    iv_options_free(opts);
    iv_dataset_free(ds);
}

static void test_memory(void **state)
{
    const place *p = *state;
    imgvec_dataset *ds;
    assert_int_equal(iv_dataset_new(p->ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_add_column(ds, "photo", IMGVEC_COLUMN_IMAGE, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_bytes(ds, "photo", TINY_IMAGE, strlen(TINY_IMAGE), NULL),
                     IMGVEC_OK);
    assert_int_equal(iv_dataset_append_text(ds, "photo", NULL, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_bytes(ds, "photo", "x", 1, NULL), IMGVEC_OK);
    iv_json_document *doc = describe(ds, NULL);
    const iv_json *root = iv_json_root(doc);
    text_is(root, "form", "memory");
    text_is(root, "path", "");
    number_is(iv_json_get(root, "images"), "cells", 2);
    number_is(iv_json_get(root, "images"), "unusable", 1);
    number_is(item(iv_json_get(root, "problems"), 0), "row", 2);
    text_is(item(iv_json_get(root, "problems"), 0), "path", "");
    iv_json_free(doc);
    iv_dataset_free(ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unchecked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
