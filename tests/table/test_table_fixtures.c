/* Every archive and CSV file of the fixtures through iv_dataset_open and describe, with the
 * answers of index.json and expected.json. */
#include "table_support.h"

static iv_json_document *read_json(const place *p, const char *name)
{
    const char *path = test_fixture(name);
    char *text;
    size_t size;
    imgvec_error err;
    iv_json_document *doc;
    if (!path)
        return NULL;
    if (iv_file_read(p->ctx, path, 0, &text, &size, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    if (iv_json_parse(p->ctx, text, size, 0, 0, &doc, &err) != IMGVEC_OK)
        fail_msg("%s: %s", name, err.text);
    iv_free(p->ctx, text);
    return doc;
}

static const char *text_of(const iv_json *object, const char *name)
{
    const iv_json *value = iv_json_get(object, name);
    return value && value->type == IV_JSON_TEXT ? value->as.text : "";
}

static void number_is(const char *file, const iv_json *expected, const char *name,
                      const iv_json *object, const char *other_name)
{
    const iv_json *wanted = iv_json_get(expected, name), *got = iv_json_get(object, other_name);
    if (!wanted)
        return;
    if (!got || got->type != IV_JSON_INT || got->as.integer != wanted->as.integer)
        fail_msg("%s: %s is %lld, not %lld", file, other_name,
                 got && got->type == IV_JSON_INT ? (long long)got->as.integer : -1LL,
                 (long long)wanted->as.integer);
}

static void check_archive(const char *file, const imgvec_dataset *ds, const iv_json *expected)
{
    iv_json_document *doc = describe(ds, NULL);
    const iv_json *root = iv_json_root(doc), *images = iv_json_get(root, "images");
    bool folders = strcmp(text_of(expected, "layout"), "class_dirs") == 0;
    assert_string_equal(text_of(root, "form"), folders ? "class_folders" : "csv_with_images");
    number_is(file, expected, "bad_images", images, "unusable");
    number_is(file, expected, "rows", root, "rows");
    number_is(file, expected, "unused_images", root, "unused_images");
    number_is(file, expected, "ignored", root, "ignored_files");
    int64_t cells = iv_json_get(images, "cells")->as.integer;
    int64_t unusable = iv_json_get(images, "unusable")->as.integer;
    assert_int_equal(cells - unusable, iv_json_get(expected, "usable_images")->as.integer);
    assert_int_equal(iv_json_get(root, "problems")->count, unusable);
    const iv_json *wanted = iv_json_get(expected, "classes"), *got = iv_json_get(root, "classes");
    if (wanted) {
        assert_int_equal(got->count, wanted->count);
        for (wanted = wanted->as.first, got = got->as.first; wanted;
             wanted = wanted->next, got = got->next)
            assert_string_equal(text_of(got, "name"), wanted->as.text);
    }
    iv_json_free(doc);
}

static void check_csv(const char *file, const imgvec_dataset *ds, const iv_json *expected)
{
    const iv_json *columns = iv_json_get(expected, "columns");
    assert_int_equal(iv_dataset_rows(ds), iv_json_get(expected, "rows")->as.integer);
    if (columns->type == IV_JSON_ARRAY) {
        assert_int_equal(iv_dataset_columns(ds), columns->count);
        int32_t i = 0;
        for (const iv_json *c = columns->as.first; c; c = c->next, i++)
            assert_string_equal(iv_dataset_column_name(ds, i),
                                *c->as.text ? c->as.text : "unnamed");
    } else {
        number_is(file, columns, "count", columns, "count");
        assert_int_equal(iv_dataset_columns(ds), iv_json_get(columns, "count")->as.integer);
        assert_string_equal(iv_dataset_column_name(ds, 0), text_of(columns, "first"));
        assert_string_equal(iv_dataset_column_name(ds, iv_dataset_columns(ds) - 1),
                            text_of(columns, "last"));
    }
    for (const iv_json *c = iv_json_get(expected, "cells")->as.first; c; c = c->next) {
        const iv_json *row = c->as.first, *column = row->next, *wanted = column->next;
        char buffer[IV_NUMBER_MAX];
        const char *text = "";
        size_t length = 0;
        iv_dataset_text(ds, (int32_t)column->as.integer, row->as.integer, buffer, &text, &length);
        if (length != wanted->count || memcmp(text, wanted->as.text, length) != 0)
            fail_msg("%s: cell %d, %d is \"%.*s\"", file, (int)row->as.integer,
                     (int)column->as.integer, (int)length, text);
    }
}

static void error_is_usable(const char *file, imgvec_status status, const imgvec_error *err)
{
    const char *name = strrchr(file, '/') + 1;
    if (status == IMGVEC_ERR_INTERNAL || err->code != status || !strstr(err->text, name))
        fail_msg("%s: status %d, \"%s\"", file, (int)status, err->text);
    assert_int_equal(iv_utf8_valid(err->text, strlen(err->text)), strlen(err->text));
    print_message("# %s: %s\n", file, strstr(err->text, name));
}

static void test_fixtures(void **state)
{
    const place *p = *state;
    iv_json_document *index = read_json(p, "fixtures/index.json");
    iv_json_document *archives = read_json(p, "fixtures/archives/expected.json");
    iv_json_document *csv = read_json(p, "fixtures/csv/expected.json");
    if (!index || !archives || !csv)
        skip();
    int refused = 0, accepted = 0;
    for (const iv_json *f = iv_json_root(index)->as.first; f; f = f->next) {
        const char *file = text_of(f, "path"), *name = strchr(file, '/');
        bool archive = strstr(file, "archives/") == file;
        if (!archive && strstr(file, "csv/") != file)
            continue;
        char relative[256];
        snprintf(relative, sizeof relative, "fixtures/%s", file);
        const char *path = test_fixture(relative);
        assert_non_null(path);
        bool must_fail = strcmp(text_of(f, "expect"), "error") == 0 && !iv_json_get(f, "stage");
        imgvec_dataset *ds = NULL;
        imgvec_error err = {0};
        imgvec_status status = iv_dataset_open(p->ctx, path, NULL, NULL, &ds, &err);
        if (must_fail) {
            if (status == IMGVEC_OK)
                fail_msg("%s was accepted", file);
            error_is_usable(file, status, &err);
            refused++;
            continue;
        }
        if (status != IMGVEC_OK)
            fail_msg("%s: %s", file, err.text);
        const iv_json *expected = iv_json_get(iv_json_root(archive ? archives : csv), name + 1);
        if (expected && archive)
            check_archive(file, ds, expected);
        else if (expected)
            check_csv(file, ds, expected);
        iv_dataset_free(ds);
        accepted++;
    }
    print_message("# %d files refused, %d opened\n", refused, accepted);
    assert_true(refused > 0 && accepted > 0);
    iv_json_free(index);
    iv_json_free(archives);
    iv_json_free(csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fixtures, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
