/* Cells that name several images, on disk and in archives. */
#include "table/cell_paths.h"

#include "table/cell_images.h"
#include "table_support.h"

/* The paths of a text, as "a|b|c". */
static void paths_are(const imgvec_dataset *ds, const char *text, const char *expected)
{
    char all[512] = "";
    iv_cell_paths paths;
    const char *path;
    size_t length;
    assert_int_equal(iv_cell_paths_begin(ds, text, strlen(text), &paths, NULL), IMGVEC_OK);
    while (iv_cell_paths_next(&paths, &path, &length))
        sprintf(all + strlen(all), "%s%.*s", *all ? "|" : "", (int)length, path);
    assert_string_equal(all, expected);
}

static void test_on_disk(void **state)
{
    const place *p = *state;
    put_image(p, "a.ppm");
    put_image(p, "x;y.ppm");
    put_text(p, "t.csv", "image,n\na.ppm,1\n");
    imgvec_dataset *ds = open_data(p, at(p, "t.csv"));
    paths_are(ds, "a.ppm", "a.ppm");
    paths_are(ds, "a.ppm;b.ppm", "a.ppm|b.ppm");
    paths_are(ds, " a.ppm ; b c.ppm;", "a.ppm|b c.ppm");
    paths_are(ds, ";;", "");
    paths_are(ds, "x;y.ppm", "x;y.ppm");             /* a file of that whole name */
    paths_are(ds, "x;y.ppm;a.ppm", "x|y.ppm|a.ppm"); /* no file of that whole name */
    paths_are(ds, "https://h/a;v=1.jpg", "https://h/a;v=1.jpg");
    paths_are(ds, "https://h/a;v=1.jpg; http://h/b.jpg;c", "https://h/a;v=1.jpg|http://h/b.jpg;c");
    paths_are(ds, "a.ppm;https://h/b.jpg", "a.ppm|https://h/b.jpg");
    iv_dataset_free(ds);
}

static void test_in_archive(void **state)
{
    const place *p = *state;
    const char *const members[] = {"d/t.csv",
                                   "image,n\nimg/a.ppm;img/b.ppm,1\nimg/c;d.ppm,3\n",
                                   "d/img/a.ppm",
                                   TINY_IMAGE,
                                   "d/img/b.ppm",
                                   TINY_IMAGE,
                                   "d/img/c;d.ppm",
                                   TINY_IMAGE,
                                   "d/img/unused.ppm",
                                   TINY_IMAGE,
                                   NULL};
    char expected[1024];
    put_zip(p, "z.zip", members);
    imgvec_dataset *ds = open_data(p, at(p, "z.zip"));
    paths_are(ds, "img/a.ppm;img/b.ppm", "img/a.ppm|img/b.ppm");
    paths_are(ds, "img/c;d.ppm", "img/c;d.ppm");
    snprintf(expected, sizeof expected, "%s!/d/img/a.ppm;%s!/d/img/b.ppm", at(p, "z.zip"),
             at(p, "z.zip"));
    cell_is(ds, 0, 0, expected);
    iv_json_document *doc = describe(ds, NULL);
    assert_int_equal(iv_json_get(iv_json_root(doc), "unused_images")->as.integer, 1);
    assert_int_equal(iv_json_get(iv_json_get(iv_json_root(doc), "images"), "unusable")->as.integer,
                     0);
    iv_json_free(doc);
    iv_dataset_free(ds);
}

/* Each image of a cell is looked at by itself, also where the program wrote the cell. */
static void test_bad_ones_are_named(void **state)
{
    const place *p = *state;
    char cell[1200];
    put_image(p, "a.ppm");
    put_text(p, "bad.ppm", "P6\n9 9\n255\nab");
    imgvec_dataset *ds;
    assert_int_equal(iv_dataset_new(p->ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, NULL), IMGVEC_OK);
    snprintf(cell, sizeof cell, "%s;%s; %s", at(p, "a.ppm"), at(p, "bad.ppm"), at(p, "no.ppm"));
    assert_int_equal(iv_dataset_append_text(ds, "image", cell, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_append_text(ds, "image", ";", NULL), IMGVEC_OK);
    iv_cell_images images;
    iv_image image;
    assert_int_equal(iv_cell_images_begin(ds, 0, 0, &images, NULL), IMGVEC_OK);
    const imgvec_status expected[] = {IMGVEC_OK, IMGVEC_ERR_FORMAT, IMGVEC_ERR_NOT_FOUND};
    for (int i = 0; i < 3; i++) {
        assert_true(iv_cell_images_next(&images));
        assert_int_equal(images.index, i);
        assert_int_equal(iv_cell_images_decode(&images, &image, NULL, NULL), expected[i]);
        if (i == 0)
            iv_image_free(p->ctx, &image);
    }
    assert_false(iv_cell_images_next(&images));
    iv_json_document *doc = describe(ds, NULL);
    const iv_json *problems = iv_json_get(iv_json_root(doc), "problems");
    assert_int_equal(problems->count, 3);
    const iv_json *first = problems->as.first;
    assert_string_equal(iv_json_get(first, "path")->as.text, at(p, "bad.ppm"));
    assert_string_equal(iv_json_get(first->next, "path")->as.text, at(p, "no.ppm"));
    assert_int_equal(iv_json_get(first->next->next, "row")->as.integer, 1);
    iv_json_free(doc);
    iv_dataset_free(ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_on_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_in_archive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_ones_are_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
