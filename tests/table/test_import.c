/* Opening folders, archives and CSV files. */
#include "allocations.h"
#include "table_support.h"

static void form_is(const imgvec_dataset *ds, const char *form)
{
    const char *text;
    imgvec_options *opts = NULL;
    assert_int_equal(iv_options_new(iv_dataset_context(ds), IMGVEC_JOB_OPEN, &opts, NULL),
                     IMGVEC_OK);
    assert_int_equal(iv_options_set_named(opts, "check_images", "0", NULL), IMGVEC_OK);
    iv_json_document *doc = describe(ds, opts);
    assert_int_equal(iv_json_text(iv_json_root(doc), "form", &text, NULL), IMGVEC_OK);
    assert_string_equal(text, form);
    iv_json_free(doc);
    iv_options_free(opts);
}

static void image_works(const imgvec_dataset *ds, int32_t column, int64_t row)
{
    iv_image image;
    imgvec_error err;
    if (iv_dataset_image(ds, column, row, &image, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    assert_int_equal(image.width, 2);
    iv_image_free(iv_dataset_context(ds), &image);
}

static void test_class_folders(void **state)
{
    const place *p = *state;
    put_image(p, "top/dog/b.ppm");
    put_image(p, "top/dog/a.ppm");
    put_image(p, "top/cat/small/c.ppm");
    put_image(p, "top/none/d.PPM");
    put_text(p, "top/dog/notes.txt", "x");
    put_text(p, "top/.DS_Store", "x");
    put_image(p, "top/.hidden/e.ppm");
    imgvec_dataset *ds = open_data(p, p->folder);
    form_is(ds, "class_folders");
    assert_true(iv_dataset_has_class_folders(ds));
    assert_int_equal(iv_dataset_rows(ds), 4);
    assert_int_equal(iv_dataset_columns(ds), 2);
    assert_string_equal(iv_dataset_column_name(ds, 0), "image");
    assert_int_equal(iv_dataset_column_type(ds, 0), IMGVEC_COLUMN_IMAGE);
    assert_string_equal(iv_dataset_column_name(ds, 1), "label");
    assert_int_equal(iv_dataset_column_type(ds, 1), IMGVEC_COLUMN_CATEGORICAL);
    static const char *const labels[] = {"cat/small", "dog", "dog", "none"};
    for (int row = 0; row < 4; row++) {
        cell_is(ds, 1, row, labels[row]);
        assert_false(iv_dataset_missing(ds, 1, row));
        image_works(ds, 0, row);
    }
    cell_is(ds, 0, 1, at(p, "top/dog/a.ppm"));
    assert_string_equal(reason_of(ds, 1), "3 folders");
    iv_dataset_free(ds);

    imgvec_options *opts = options(p, "check_images", "1");
    ds = open_data(p, at(p, "top"));
    assert_int_equal(iv_dataset_rows(ds), 4);
    iv_json_document *doc = describe(ds, opts);
    const iv_json *root = iv_json_root(doc);
    int64_t count;
    assert_int_equal(iv_json_i64(root, "ignored_files", 0, 99, &count, NULL), IMGVEC_OK);
    assert_int_equal(count, 2);
    assert_int_equal(iv_json_i64(iv_json_get(root, "other_files"), "count", 0, 99, &count, NULL),
                     IMGVEC_OK);
    assert_int_equal(count, 1);
    iv_json_free(doc);
    iv_options_free(opts);
    iv_dataset_free(ds);

    /* One class alone keeps its name. */
    ds = open_data(p, at(p, "top/cat"));
    cell_is(ds, 1, 0, "small");
    iv_dataset_free(ds);
}

static void test_loose_images(void **state)
{
    const place *p = *state;
    put_image(p, "b.ppm");
    put_image(p, "a.ppm");
    imgvec_dataset *ds = open_data(p, p->folder);
    form_is(ds, "images");
    assert_int_equal(iv_dataset_columns(ds), 1);
    assert_int_equal(iv_dataset_rows(ds), 2);
    cell_is(ds, 0, 0, at(p, "a.ppm"));
    iv_dataset_free(ds);
    ds = open_data(p, at(p, "a.ppm"));
    form_is(ds, "images");
    assert_int_equal(iv_dataset_rows(ds), 1);
    cell_is(ds, 0, 0, at(p, "a.ppm"));
    image_works(ds, 0, 0);
    iv_dataset_free(ds);
    put_image(p, "cat/c.ppm");
    fails(p, p->folder, NULL, IMGVEC_ERR_DATA,
          "2 images (a.ppm first) lie beside the class folders");
}

static void test_links(void **state)
{
    const place *p = *state;
    put_image(p, "data/cat/a.ppm");
    put_image(p, "elsewhere/b.ppm");
    assert_int_equal(symlink("../elsewhere", at(p, "data/dog")), 0);
    assert_int_equal(symlink("..", at(p, "data/cat/loop")), 0);
    imgvec_dataset *ds = open_data(p, at(p, "data"));
    assert_int_equal(iv_dataset_rows(ds), 2);
    cell_is(ds, 1, 1, "dog");
    iv_dataset_free(ds);
}

static void test_zip(void **state)
{
    const place *p = *state;
    put_zip(p, "a.zip",
            (const char *const[]){"x/dog/1.ppm", TINY_IMAGE, "x/cat/2.ppm", TINY_IMAGE,
                                  "__MACOSX/x/cat/._2.ppm", "", "x/read.me", "", NULL});
    imgvec_dataset *ds = open_data(p, at(p, "a.zip"));
    form_is(ds, "class_folders");
    assert_int_equal(iv_dataset_rows(ds), 2);
    cell_is(ds, 1, 0, "cat");
    char member[600];
    snprintf(member, sizeof member, "%s!/x/cat/2.ppm", at(p, "a.zip"));
    cell_is(ds, 0, 0, member);
    image_works(ds, 0, 1);
    iv_dataset_free(ds);

    put_zip(
        p, "b.zip",
        (const char *const[]){"d/data.csv",
                              "pic,n\nimg\\1.ppm,1\n./img/2.ppm,2\n../d/img/1.ppm,3\ntop.ppm,4\n"
                              "img/9.ppm,5\n/etc/passwd.png,6\n",
                              "d/img/1.ppm", TINY_IMAGE, "d/img/2.ppm", TINY_IMAGE, "top.ppm",
                              TINY_IMAGE, "d/img/3.ppm", TINY_IMAGE, NULL});
    ds = open_data(p, at(p, "b.zip"));
    form_is(ds, "csv_with_images");
    assert_int_equal(iv_dataset_rows(ds), 6);
    for (int row = 0; row < 4; row++)
        image_works(ds, 0, row);
    iv_image image;
    imgvec_error err;
    for (int row = 4; row < 6; row++) {
        assert_int_equal(iv_dataset_image(ds, 0, row, &image, &err), IMGVEC_ERR_NOT_FOUND);
        assert_string_equal(err.text, "no such file in the archive");
    }
    snprintf(member, sizeof member, "%s!/d/img/1.ppm", at(p, "b.zip"));
    cell_is(ds, 0, 0, member);
    iv_json_document *doc = describe(ds, NULL);
    const iv_json *root = iv_json_root(doc), *problem;
    int64_t count;
    const char *text;
    assert_int_equal(iv_json_i64(root, "unused_images", 0, 99, &count, NULL), IMGVEC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(iv_json_array(root, "problems", &problem, NULL), IMGVEC_OK);
    assert_int_equal(problem->count, 2);
    assert_int_equal(iv_json_i64(problem->as.first, "row", 4, 4, &count, NULL), IMGVEC_OK);
    assert_int_equal(iv_json_text(problem->as.first, "path", &text, NULL), IMGVEC_OK);
    snprintf(member, sizeof member, "%s!/d/img/9.ppm", at(p, "b.zip"));
    assert_string_equal(text, member);
    iv_json_free(doc);
    iv_dataset_free(ds);
}

static void test_csv(void **state)
{
    const place *p = *state;
    put_image(p, "img/1.ppm");
    put_image(p, "2.ppm");
    put_text(p, "t/data.csv", ",photo,n\n0,../img/1.ppm,7\n1,../2.ppm,8\n2,..\\img\\1.ppm,NA\n");
    imgvec_dataset *ds = open_data(p, at(p, "t/data.csv"));
    form_is(ds, "csv_with_images");
    assert_string_equal(iv_dataset_column_name(ds, 0), "unnamed");
    assert_int_equal(iv_dataset_column_type(ds, 0), IMGVEC_COLUMN_IGNORED);
    assert_int_equal(iv_dataset_column_type(ds, 1), IMGVEC_COLUMN_IMAGE);
    assert_int_equal(iv_dataset_column_type(ds, 2), IMGVEC_COLUMN_NUMERIC);
    for (int row = 0; row < 3; row++)
        image_works(ds, 1, row);
    cell_is(ds, 1, 0, at(p, "t/../img/1.ppm"));
    cell_is(ds, 2, 2, "");
    iv_dataset_free(ds);

    imgvec_options *opts = options(p, "ignore", "photo");
    assert_int_equal(iv_options_set_named(opts, "type", "unnamed=numeric", NULL), IMGVEC_OK);
    ds = open_with(p, at(p, "t/data.csv"), opts);
    form_is(ds, "csv");
    assert_int_equal(iv_dataset_column_type(ds, 0), IMGVEC_COLUMN_NUMERIC);
    assert_int_equal(iv_dataset_column_type(ds, 1), IMGVEC_COLUMN_IGNORED);
    iv_dataset_free(ds);
    iv_options_free(opts);

    put_text(p, "two.csv", "a;unnamed;\n1,5;x;1\n2;y;2\n");
    opts = options(p, "delimiter", "semicolon");
    ds = open_with(p, at(p, "two.csv"), opts);
    assert_int_equal(iv_dataset_columns(ds), 3);
    assert_string_equal(iv_dataset_column_name(ds, 2), "unnamed_2");
    iv_dataset_free(ds);
    iv_options_free(opts);

    /* A target is not left out for being constant. */
    put_text(p, "flat.csv", "a,y\n1,7\n2,7\n");
    ds = open_data(p, at(p, "flat.csv"));
    assert_int_equal(iv_dataset_column_type(ds, 1), IMGVEC_COLUMN_IGNORED);
    iv_dataset_free(ds);
    opts = options(p, "target", "y");
    ds = open_with(p, at(p, "flat.csv"), opts);
    assert_int_equal(iv_dataset_column_type(ds, 1), IMGVEC_COLUMN_NUMERIC);
    iv_dataset_free(ds);
    iv_options_free(opts);
}

static void test_several_csv(void **state)
{
    const place *p = *state;
    put_image(p, "img/1.ppm");
    put_image(p, "img/2.ppm");
    put_text(p, "a.csv", "photo,n\nimg/1.ppm,7\n");
    put_text(p, "sub/b.csv", "photo,n\n../img/1.ppm,7\n../img/2.ppm,7\n");
    fails(p, p->folder, NULL, IMGVEC_ERR_DATA,
          "2 CSV files (a.csv, sub/b.csv); name one with option csv");
    static const char *const names[] = {"a.csv", "sub/b.csv", "b.csv"};
    for (int i = 0; i < 3; i++) {
        imgvec_options *opts = options(p, "csv", names[i]);
        imgvec_dataset *ds = open_with(p, p->folder, opts);
        assert_int_equal(iv_dataset_rows(ds), i ? 2 : 1);
        image_works(ds, 0, 0);
        iv_json_document *doc = describe(ds, NULL);
        int64_t count;
        assert_int_equal(iv_json_i64(iv_json_root(doc), "unused_images", 0, 9, &count, NULL),
                         IMGVEC_OK);
        assert_int_equal(count, i ? 0 : 1);
        iv_json_free(doc);
        iv_dataset_free(ds);
        iv_options_free(opts);
    }
    imgvec_options *opts = options(p, "csv", "c.csv");
    fails(p, p->folder, opts, IMGVEC_ERR_NOT_FOUND,
          "no file \"c.csv\" for option csv; CSV files: a.csv, sub/b.csv");
    iv_options_free(opts);
}

/* Names that end like images are not enough where the files are there to be looked at. */
static void test_sample(void **state)
{
    const place *p = *state;
    imgvec_column_info info = {.size = sizeof info};
    put_text(p, "s/1.jpg", "just words");
    put_text(p, "s/2.jpg", "<html>");
    put_text(p, "s/d.csv", "f,n\n1.jpg,1\n2.jpg,2\n1.jpg,3\n");
    imgvec_dataset *ds = open_data(p, at(p, "s/d.csv"));
    assert_int_equal(iv_dataset_column_info(ds, 0, &info, NULL), IMGVEC_OK);
    assert_int_equal(info.type, IMGVEC_COLUMN_CATEGORICAL);
    assert_non_null(strstr(info.reason, "but of the first 3 files none is an image"));
    iv_dataset_free(ds);
    imgvec_options *opts = options(p, "type", "f=image");
    ds = open_with(p, at(p, "s/d.csv"), opts);
    assert_int_equal(iv_dataset_column_type(ds, 0), IMGVEC_COLUMN_IMAGE);
    iv_dataset_free(ds);
    iv_options_free(opts);
    put_image(p, "s/2.jpg"); /* one of them is enough */
    ds = open_data(p, at(p, "s/d.csv"));
    assert_int_equal(iv_dataset_column_type(ds, 0), IMGVEC_COLUMN_IMAGE);
    iv_dataset_free(ds);
    put_text(p, "s/e.csv", "f,n\n7.jpg,1\n8.jpg,2\n");
    ds = open_data(p, at(p, "s/e.csv"));
    assert_int_equal(iv_dataset_column_info(ds, 0, &info, NULL), IMGVEC_OK);
    assert_int_equal(info.type, IMGVEC_COLUMN_IMAGE);
    assert_non_null(strstr(info.reason, "but of the first 2 files none is there"));
    iv_dataset_free(ds);
    put_zip(p, "s.zip",
            (const char *const[]){"d.csv", "f,n\n1.jpg,1\n2.jpg,2\n", "1.jpg", "words", "2.jpg",
                                  "words", NULL});
    ds = open_data(p, at(p, "s.zip"));
    assert_int_equal(iv_dataset_column_type(ds, 0), IMGVEC_COLUMN_CATEGORICAL);
    iv_dataset_free(ds);
}

static void test_members(void **state)
{
    const place *p = *state;
    char text[2048];
    put_zip(p, "a.zip", (const char *const[]){"c/1.ppm", TINY_IMAGE, NULL});
    snprintf(text, sizeof text, "photo,n\na.zip!/c/1.ppm,1\n%s!/c/1.ppm,2\na.zip!/c/2.ppm,3\n",
             at(p, "a.zip"));
    put_text(p, "m.csv", text);
    imgvec_dataset *ds = open_data(p, at(p, "m.csv"));
    image_works(ds, 0, 0);
    image_works(ds, 0, 1);
    iv_image image;
    imgvec_error err;
    assert_int_equal(iv_dataset_image(ds, 0, 2, &image, &err), IMGVEC_ERR_NOT_FOUND);
    snprintf(text, sizeof text, "%s!/c/1.ppm", at(p, "a.zip"));
    cell_is(ds, 0, 0, text);
    iv_dataset_free(ds);
    put_text(p, "n.csv", "photo,n\nb.zip!/c/1.ppm,1\nb.zip!/c/2.ppm,1\n");
    fails(p, at(p, "n.csv"), NULL, IMGVEC_ERR_NOT_FOUND, "b.zip");
    /* A table in an archive names members of that archive and nothing outside. */
    put_zip(p, "o.zip", (const char *const[]){"t.csv", "photo,n\na.zip!/c/1.ppm,1\n", NULL});
    ds = open_data(p, at(p, "o.zip"));
    assert_int_equal(iv_dataset_image(ds, 0, 0, &image, &err), IMGVEC_ERR_NOT_FOUND);
    iv_dataset_free(ds);
}

static void test_errors(void **state)
{
    const place *p = *state;
    fails(p, at(p, "nowhere"), NULL, IMGVEC_ERR_NOT_FOUND, "nowhere: no such file or folder");
    fails(p, "ftp://example.org/a.zip", NULL, IMGVEC_ERR_UNSUPPORTED, "only http, https and s3");
    fails(p, p->folder, NULL, IMGVEC_ERR_DATA, "the folder is empty");
    put_text(p, "d/a.txt", "x");
    fails(p, at(p, "d"), NULL, IMGVEC_ERR_DATA,
          "no images and no CSV file among the 1 file of the");
    put_zip(p, "empty.zip", (const char *const[]){NULL});
    fails(p, at(p, "empty.zip"), NULL, IMGVEC_ERR_DATA, "the archive is empty");
    put_zip(p, "none.zip", (const char *const[]){"a/b.txt", "x", NULL});
    fails(p, at(p, "none.zip"), NULL, IMGVEC_ERR_DATA, "such as a/b.txt");
    put_zip(p, "sheet.xlsx", (const char *const[]){"[Content_Types].xml", "x", NULL});
    fails(p, at(p, "sheet.xlsx"), NULL, IMGVEC_ERR_FORMAT, "save the sheet as CSV");
    put_text(p, "page.csv", "\xEF\xBB\xBF \n<!DOCTYPE HTML>\n<html>");
    fails(p, at(p, "page.csv"), NULL, IMGVEC_ERR_FORMAT, "a web page, not data");
    put_text(p, "empty.csv", "");
    fails(p, at(p, "empty.csv"), NULL, IMGVEC_ERR_FORMAT, "the file is empty");
    put_text(p, "no.zip", "just text");
    fails(p, at(p, "no.zip"), NULL, IMGVEC_ERR_FORMAT, "no zip archive");
    put_text(p, "t.gz", "\x1F\x8B\x08 xxx");
    fails(p, at(p, "t.gz"), NULL, IMGVEC_ERR_FORMAT, "gzip");
    put_text(p, "ragged.csv", "a,b\n1,2\n3\n");
    fails(p, at(p, "ragged.csv"), NULL, IMGVEC_ERR_FORMAT, "ragged.csv");
    imgvec_options *opts = options(p, "ignore", "z");
    put_text(p, "ok.csv", "a,b\n1,2\n3,4\n");
    fails(p, at(p, "ok.csv"), opts, IMGVEC_ERR_NOT_FOUND, "no column \"z\"; there are: a, b");
    iv_options_free(opts);
    opts = options(p, "max_archive_entries", "2");
    put_image(p, "many/a/1.ppm");
    put_image(p, "many/a/2.ppm");
    put_image(p, "many/a/3.ppm");
    fails(p, at(p, "many"), opts, IMGVEC_ERR_LIMIT, "max_archive_entries");
    iv_options_free(opts);
    put_image(p, "names/a/\xFF.ppm");
    fails(p, at(p, "names"), NULL, IMGVEC_ERR_FORMAT,
          "names/a/\\xff.ppm: the file's name is not UTF-8");
}

typedef struct seen {
    int calls, stop;
} seen;

static int32_t on_progress(void *user, const imgvec_progress *now)
{
    seen *s = user;
    s->calls++;
    assert_true(now->stage[0] != '\0');
    return s->stop;
}

static void test_watch(void **state)
{
    const place *p = *state;
    seen s = {0};
    imgvec_watch watch = {.size = sizeof watch, .user = &s, .progress = on_progress};
    imgvec_dataset *ds = NULL;
    put_text(p, "ok.csv", "a,b\n1,2\n3,4\n");
    assert_int_equal(iv_dataset_open(p->ctx, at(p, "ok.csv"), NULL, &watch, &ds, NULL), IMGVEC_OK);
    assert_true(s.calls >= 2);
    iv_dataset_free(ds);
    ds = NULL;
    s.stop = 1;
    assert_int_equal(iv_dataset_open(p->ctx, at(p, "ok.csv"), NULL, &watch, &ds, NULL),
                     IMGVEC_ERR_CANCELLED);
    assert_null(ds);
}

static void test_fingerprint(void **state)
{
    const place *p = *state;
    char first[33], second[33];
    const char *const members[] = {"c/1.ppm", TINY_IMAGE, "d/2.ppm", TINY_IMAGE, NULL};
    put_zip(p, "a.zip", members);
    put_zip(p, "b.zip", members);
    imgvec_dataset *ds = open_data(p, at(p, "a.zip"));
    assert_int_equal(iv_dataset_fingerprint(ds, first, NULL), IMGVEC_OK);
    iv_dataset_free(ds);
    ds = open_data(p, at(p, "b.zip"));
    assert_int_equal(iv_dataset_fingerprint(ds, second, NULL), IMGVEC_OK);
    iv_dataset_free(ds);
    assert_string_equal(first, second); /* a copy elsewhere is the same data */
}

static imgvec_status open_and_split(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const place *p = user;
    static const char *const names[] = {"f", "a.zip", "b.zip", "m.csv"};
    IV_TRY(imgvec_context_set_threads(ctx, 1, err));
    for (int i = 0; i < 4; i++) {
        imgvec_dataset *ds;
        imgvec_options *opts;
        char *json = NULL, first[512], second[512];
        snprintf(first, sizeof first, "%s/first.csv", p->folder);
        snprintf(second, sizeof second, "%s/second.csv", p->folder);
        IV_TRY(iv_dataset_open(ctx, at(p, names[i]), NULL, NULL, &ds, err));
        imgvec_status status = iv_options_new(ctx, IMGVEC_JOB_SPLIT, &opts, err);
        if (status == IMGVEC_OK) {
            status = iv_options_set_named(opts, "duplicates", "off", err); /* all are equal */
            if (status == IMGVEC_OK)
                status = iv_dataset_describe(ds, NULL, NULL, &json, err);
            if (status == IMGVEC_OK)
                status = iv_dataset_split(ds, opts, first, second, NULL, NULL, err);
            iv_options_free(opts);
        }
        iv_free(ctx, json);
        iv_dataset_free(ds);
        if (status != IMGVEC_OK)
            return status;
    }
    return IMGVEC_OK;
}

static void test_out_of_memory(void **state)
{
    place *p = *state;
    put_image(p, "f/cat/1.ppm");
    put_image(p, "f/cat/2.ppm");
    put_image(p, "f/dog/1.ppm");
    put_image(p, "f/dog/2.ppm");
    put_zip(p, "a.zip",
            (const char *const[]){"x/1.ppm", TINY_IMAGE, "y/2.ppm", TINY_IMAGE, "x/2.ppm",
                                  TINY_IMAGE, "y/1.ppm", TINY_IMAGE, NULL});
    put_zip(p, "b.zip",
            (const char *const[]){"t/t.csv", "photo,n,c\n1.ppm,1,a\n2.ppm,NA,b\n1.ppm,3,a\n",
                                  "t/1.ppm", TINY_IMAGE, "2.ppm", TINY_IMAGE, NULL});
    put_text(p, "m.csv", "photo,id\na.zip!/x/1.ppm,1\na.zip!/x/1.ppm,2\nf\\cat\\1.ppm,4\n");
    fail_each_allocation(open_and_split, p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_class_folders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_loose_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_zip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_csv, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_csv, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sample, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_members, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_watch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fingerprint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_out_of_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
