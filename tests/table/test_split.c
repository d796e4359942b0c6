/* Splitting into two CSV files that open again. */
#include "table_support.h"

/* The small images of these tests look the same: what is kept together is test_split_plan's. */
static imgvec_options *apart(const place *p, const char *name, const char *value)
{
    imgvec_options *opts = options(p, name, value);
    assert_int_equal(iv_options_set_named(opts, "duplicates", "off", NULL), IMGVEC_OK);
    return opts;
}

static void split(const imgvec_dataset *ds, const imgvec_options *opts, const char *first,
                  const char *second)
{
    imgvec_error err;
    if (iv_dataset_split(ds, opts, first, second, NULL, NULL, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
}

/* Every image of the column decodes, and its first byte is that of the number beside it. */
static void images_belong(const imgvec_dataset *ds, int32_t image_column, int32_t number_column)
{
    for (int64_t row = 0; row < iv_dataset_rows(ds); row++) {
        iv_image image;
        imgvec_error err;
        double number;
        if (iv_dataset_image(ds, image_column, row, &image, &err) != IMGVEC_OK)
            fail_msg("row %d: %s", (int)row, err.text);
        assert_int_equal(iv_dataset_number(ds, number_column, row, &number, NULL), IMGVEC_OK);
        assert_int_equal(image.pixels[0], (int)number);
        iv_image_free(iv_dataset_context(ds), &image);
    }
}

static void put_numbered(const place *p, const char *name, int number)
{
    char image[] = TINY_IMAGE;
    image[strlen(image) - 6] = (char)number;
    put_text(p, name, image);
}

static void add_row(char *csv, const char *path, int number)
{
    sprintf(csv + strlen(csv), "%s,%d,%s,\"a, \"\"%d\"\"\"\n", path, number,
            number % 4 ? "often" : "rare", number);
}

static void round_trip(const place *p, const char *data, const char *first, const char *second,
                       int64_t rows)
{
    imgvec_dataset *ds = open_data(p, data);
    imgvec_options *opts = apart(p, "target", "class");
    assert_int_equal(iv_options_set_named(opts, "ratio", "0.75", NULL), IMGVEC_OK);
    split(ds, opts, first, second);
    imgvec_dataset *parts[2] = {open_data(p, first), open_data(p, second)};
    assert_int_equal(iv_dataset_rows(ds), rows);
    int seen[128] = {0};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(iv_dataset_rows(parts[i]), i ? rows / 4 : rows * 3 / 4);
        assert_int_equal(iv_dataset_columns(parts[i]), iv_dataset_columns(ds));
        images_belong(parts[i], 0, 1);
        int rare = 0;
        for (int64_t row = 0; row < iv_dataset_rows(parts[i]); row++) {
            double number;
            char buffer[IV_NUMBER_MAX], note[32];
            const char *text;
            size_t length;
            assert_int_equal(iv_dataset_number(parts[i], 1, row, &number, NULL), IMGVEC_OK);
            seen[(int)number]++;
            assert_true(iv_dataset_text(parts[i], 2, row, buffer, &text, &length));
            rare += length == 4;
            sprintf(note, "a, \"%d\"", (int)number);
            cell_is(parts[i], 3, row, note);
        }
        assert_int_equal(rare, i ? rows / 16 : rows * 3 / 16);
        iv_dataset_free(parts[i]);
    }
    for (int n = 1; n <= rows; n++)
        assert_int_equal(seen[n], 1);
    iv_options_free(opts);
    iv_dataset_free(ds);
}

static void test_round_trip_disk(void **state)
{
    const place *p = *state;
    char csv[4096] = "photo,n,class,note\n", name[600];
    for (int n = 1; n <= 32; n++) {
        sprintf(name, "data/img/%d.ppm", n);
        put_numbered(p, name, n);
        if (n % 3 == 0)
            sprintf(name, "%s/data/img/%d.ppm", p->folder, n);
        else
            sprintf(name, n % 3 == 1 ? "img/%d.ppm" : "./img/../img/%d.ppm", n);
        add_row(csv, name, n);
    }
    put_text(p, "data/all.csv", csv);
    put_text(p, "elsewhere/x.txt", "");
    round_trip(p, at(p, "data/all.csv"), at(p, "data/a.csv"), at(p, "elsewhere/b.csv"), 32);
    /* Below the new file's folder: relative, so that both can be moved together. */
    imgvec_error err;
    char *text;
    size_t size;
    assert_int_equal(iv_file_read(p->ctx, at(p, "data/a.csv"), 0, &text, &size, &err), IMGVEC_OK);
    assert_null(strstr(text, p->folder));
    iv_free(p->ctx, text);
}

static void test_round_trip_zip(void **state)
{
    const place *p = *state;
    static char csv[4096], images[32][32], names[32][32];
    const char *members[2 * 33 + 1];
    strcpy(csv, "photo,n,class,note\n");
    size_t count = 0;
    for (int n = 1; n <= 32; n++) {
        sprintf(names[n - 1], "d/%d.ppm", n);
        strcpy(images[n - 1], TINY_IMAGE);
        images[n - 1][strlen(TINY_IMAGE) - 6] = (char)n;
        members[count++] = names[n - 1];
        members[count++] = images[n - 1];
        add_row(csv, names[n - 1] + (n % 2 ? 2 : 0), n); /* below the table, or the root */
    }
    members[count++] = "d/t.csv";
    members[count++] = csv;
    members[count] = NULL;
    put_zip(p, "all.zip", members);
    put_text(p, "elsewhere/x.txt", "");
    round_trip(p, at(p, "all.zip"), at(p, "a.csv"), at(p, "elsewhere/b.csv"), 32);
    /* The parts can be split again. */
    imgvec_dataset *ds = open_data(p, at(p, "a.csv"));
    imgvec_options *opts = apart(p, NULL, NULL);
    split(ds, opts, at(p, "elsewhere/c.csv"), at(p, "elsewhere/d.csv"));
    iv_options_free(opts);
    iv_dataset_free(ds);
    ds = open_data(p, at(p, "elsewhere/c.csv"));
    assert_int_equal(iv_dataset_rows(ds), 18);
    images_belong(ds, 0, 1);
    iv_dataset_free(ds);
}

static void test_class_folders(void **state)
{
    const place *p = *state;
    char name[64];
    for (int n = 0; n < 20; n++) {
        sprintf(name, "x/%s/%d.ppm", n < 16 ? "cat" : "dog", n);
        put_image(p, name);
    }
    imgvec_dataset *ds = open_data(p, at(p, "x"));
    imgvec_options *opts = apart(p, "ratio", "0.5");
    split(ds, opts, at(p, "a.csv"), at(p, "b.csv"));
    for (int i = 0; i < 2; i++) {
        imgvec_dataset *part = open_data(p, at(p, i ? "b.csv" : "a.csv"));
        int dogs = 0;
        assert_int_equal(iv_dataset_rows(part), 10);
        assert_string_equal(iv_dataset_column_name(part, 0), "image");
        assert_int_equal(iv_dataset_column_type(part, 0), IMGVEC_COLUMN_IMAGE);
        for (int64_t row = 0; row < 10; row++) {
            char label[16];
            assert_int_equal(iv_dataset_cell(part, 1, row, label, sizeof label, NULL, NULL),
                             IMGVEC_OK);
            dogs += strcmp(label, "dog") == 0;
        }
        assert_int_equal(dogs, 2);
        iv_dataset_free(part);
    }
    /* Seed and input decide, nothing else. */
    char *texts[3];
    size_t size;
    static const char *const seeds[] = {"1", "1", "2"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(iv_options_set_named(opts, "seed", seeds[i], NULL), IMGVEC_OK);
        split(ds, opts, at(p, "a.csv"), at(p, "b.csv"));
        assert_int_equal(iv_file_read(p->ctx, at(p, "a.csv"), 0, &texts[i], &size, NULL),
                         IMGVEC_OK);
    }
    assert_string_equal(texts[0], texts[1]);
    assert_string_not_equal(texts[0], texts[2]);
    for (int i = 0; i < 3; i++)
        iv_free(p->ctx, texts[i]);
    iv_options_free(opts);
    iv_dataset_free(ds);
    /* A class that a CSV file would turn into missing values is not lost silently. */
    put_image(p, "x/none/1.ppm");
    imgvec_error err;
    ds = open_data(p, at(p, "x"));
    opts = apart(p, NULL, NULL);
    assert_int_equal(iv_dataset_split(ds, opts, at(p, "c.csv"), at(p, "d.csv"), NULL, NULL, &err),
                     IMGVEC_ERR_DATA);
    assert_non_null(strstr(err.text, "\"none\" would be read back"));
    assert_false(iv_is_file(at(p, "c.csv")));
    iv_options_free(opts);
    iv_dataset_free(ds);
}

static void test_errors(void **state)
{
    const place *p = *state;
    imgvec_error err;
    imgvec_dataset *ds;
    put_text(p, "t.csv", "a,b\n1,x\n2,y\n3,\n");
    put_text(p, "one.csv", "v\n1\n\"\"\n3\n");
    ds = open_data(p, at(p, "t.csv"));
    assert_int_equal(iv_dataset_split(ds, NULL, at(p, "a.csv"), at(p, "a.csv"), NULL, NULL, &err),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_dataset_split(ds, NULL, at(p, "a.csv"), at(p, "t.csv"), NULL, NULL, &err),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(
        iv_dataset_split(ds, NULL, at(p, "a.csv"), at(p, "no/b.csv"), NULL, NULL, &err),
        IMGVEC_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "no/b.csv"));
    assert_false(iv_is_file(at(p, "a.csv")));
    imgvec_options *opts = apart(p, "target", "c");
    assert_int_equal(iv_dataset_split(ds, opts, at(p, "a.csv"), at(p, "b.csv"), NULL, NULL, &err),
                     IMGVEC_ERR_NOT_FOUND);
    assert_string_equal(err.text, "option target: no column \"c\"; there are: a, b");
    iv_options_free(opts);
    iv_dataset_free(ds);
    put_text(p, "h.csv", "a,b\n1,x\n");
    ds = open_data(p, at(p, "h.csv"));
    assert_int_equal(iv_dataset_split(ds, NULL, at(p, "a.csv"), at(p, "b.csv"), NULL, NULL, &err),
                     IMGVEC_ERR_DATA);
    iv_dataset_free(ds);

    /* An empty cell of a lone column is a row. */
    ds = open_data(p, at(p, "one.csv"));
    assert_int_equal(iv_dataset_rows(ds), 3);
    split(ds, NULL, at(p, "a.csv"), at(p, "b.csv"));
    iv_dataset_free(ds);
    int64_t rows = 0;
    for (int i = 0; i < 2; i++) {
        ds = open_data(p, at(p, i ? "a.csv" : "b.csv"));
        rows += iv_dataset_rows(ds);
        iv_dataset_free(ds);
    }
    assert_int_equal(rows, 3);

    assert_int_equal(iv_dataset_new(p->ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_add_column(ds, "i", IMGVEC_COLUMN_IMAGE, NULL), IMGVEC_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(iv_dataset_append_bytes(ds, "i", "x", 1, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_split(ds, NULL, at(p, "c.csv"), at(p, "d.csv"), NULL, NULL, &err),
                     IMGVEC_ERR_DATA);
    assert_non_null(strstr(err.text, "column i holds images in memory"));
    iv_dataset_free(ds);

    /* No temporary file is left behind. */
    DIR *folder = opendir(p->folder);
    struct dirent *entry;
    while ((entry = readdir(folder)))
        assert_null(strstr(entry->d_name, "imgvec-tmp"));
    closedir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_round_trip_zip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_class_folders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
