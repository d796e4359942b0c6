/* Rows that show the same picture: found, counted, listed. */
#include "table/duplicates.h"

#include "allocations.h"
#include "scene.h"
#include "table_support.h"

static void add_image(imgvec_dataset *ds, const char *column, int seed, int width, int noise)
{
    size_t size;
    if (seed < 0) {
        assert_int_equal(iv_dataset_append_text(ds, column, NULL, NULL), IMGVEC_OK);
        return;
    }
    char *file = scene_file((uint64_t)seed, width, width * 3 / 4, noise, &size);
    assert_int_equal(iv_dataset_append_bytes(ds, column, file, size, NULL), IMGVEC_OK);
    free(file);
}

/* scenes: one for each row, -1 for a missing image; a small width where small says so. */
static imgvec_dataset *table_of(imgvec_context *ctx, const int *scenes, const char *small,
                                const char *labels, size_t rows)
{
    imgvec_dataset *ds;
    assert_int_equal(iv_dataset_new(ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_add_column(ds, "photo", IMGVEC_COLUMN_IMAGE, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_add_column(ds, "label", IMGVEC_COLUMN_CATEGORICAL, NULL),
                     IMGVEC_OK);
    for (size_t i = 0; i < rows; i++) {
        char label[2] = {labels[i], 0};
        bool less = small[i] == 's';
        add_image(ds, "photo", scenes[i], less ? 70 : 120, less ? 4 : 0);
        assert_int_equal(iv_dataset_append_text(ds, "label", label[0] == '.' ? NULL : label, NULL),
                         IMGVEC_OK);
    }
    return ds;
}

static int64_t number(const iv_json *object, const char *name)
{
    const iv_json *n = iv_json_get(object, name);
    assert_non_null(n);
    return n->as.integer;
}

static const iv_json *item(const iv_json *array, int index)
{
    const iv_json *at = array->as.first;
    for (int i = 0; i < index; i++)
        at = at->next;
    return at;
}

/* Rows of one set, as "0 3 5". */
static void rows_are(const iv_json *set, const char *kind, const char *rows)
{
    char all[256] = "";
    assert_string_equal(iv_json_get(set, "kind")->as.text, kind);
    for (const iv_json *r = iv_json_get(set, "rows")->as.first; r; r = r->next)
        sprintf(all + strlen(all), "%s%d", *all ? " " : "", (int)number(r, "row"));
    assert_string_equal(all, rows);
}

static void test_kinds_and_conflicts(void **state)
{
    const place *p = *state;
    /* 0, 3 and 6 have the same bytes; 1 and 4 look the same; 2 and 5 are alone. */
    const int scenes[] = {1, 2, 3, 1, 2, 4, 1, -1};
    imgvec_dataset *ds = table_of(p->ctx, scenes, "bbbbsbbb", "aabbab.a", 8);
    imgvec_options *opts = options(p, "target", "label");
    iv_json_document *doc = describe(ds, opts);
    const iv_json *d = iv_json_get(iv_json_root(doc), "duplicates");
    assert_string_equal(iv_json_get(d, "mode")->as.text, "near");
    assert_int_equal(number(d, "groups"), 2);
    assert_int_equal(number(d, "rows"), 5);
    assert_int_equal(number(d, "exact_groups"), 1);
    assert_int_equal(number(d, "exact_rows"), 3);
    assert_int_equal(number(d, "largest"), 3);
    assert_int_equal(iv_json_get(d, "list")->count, 2);
    rows_are(item(iv_json_get(d, "list"), 0), "exact", "0 3 6");
    rows_are(item(iv_json_get(d, "list"), 1), "near", "1 4");
    /* 1 and 4 are both "a"; 0 and 3 differ, 6 has no target. */
    assert_int_equal(number(d, "conflict_groups"), 1);
    assert_int_equal(number(d, "conflict_rows"), 3);
    rows_are(item(iv_json_get(d, "conflicts"), 0), "exact", "0 3 6");
    iv_json_free(doc);

    assert_int_equal(iv_options_set_named(opts, "duplicates", "exact", NULL), IMGVEC_OK);
    doc = describe(ds, opts);
    d = iv_json_get(iv_json_root(doc), "duplicates");
    assert_int_equal(number(d, "groups"), 1);
    assert_int_equal(number(d, "rows"), 3);
    iv_json_free(doc);

    assert_int_equal(iv_options_set_named(opts, "duplicates", "off", NULL), IMGVEC_OK);
    doc = describe(ds, opts);
    assert_int_equal(iv_json_get(iv_json_root(doc), "duplicates")->type, IV_JSON_NULL);
    iv_json_free(doc);
    iv_options_free(opts);
    iv_dataset_free(ds);
}

/* Prints of two columns: scenes[column][row]. */
static void find(imgvec_context *ctx, const int *first, const int *second, size_t rows,
                 int64_t most_rows, iv_duplicates *out)
{
    iv_prints prints;
    iv_watch watch;
    imgvec_error err;
    assert_ok(iv_watch_init(&watch, NULL, &err));
    iv_prints_init(ctx, true, &prints);
    /* Backwards: the order in which threads deliver must not matter. */
    for (size_t row = rows; row-- > 0;)
        for (int32_t c = 2; c-- > 0;) {
            int seed = c ? second[row] : first[row];
            iv_image image = {32, 24, malloc(32 * 24 * 3)};
            size_t print;
            draw_scene((uint64_t)(seed < 0 ? 0 : seed), 32, 24, 0, image.pixels);
            iv_digest digest = iv_hash(image.pixels, 32 * 24 * 3);
            if (seed >= 0) {
                assert_ok(iv_prints_add(&prints, &image, &digest, &print, &err));
                assert_ok(iv_prints_use(&prints, (int64_t)row, c, 0, print, &err));
            }
            free(image.pixels);
        }
    const iv_duplicate_rule rule = {IV_DUPLICATES_NEAR, 24, most_rows};
    assert_ok(iv_duplicates_find(&prints, (int64_t)rows, &rule, &watch, out, &err));
    iv_prints_free(&prints);
}

/* One image in any column ties, across columns too; a placeholder does not. */
static void test_columns_and_placeholders(void **state)
{
    const place *p = *state;
    const int first[] = {1, 2, 3, 4, 9, 9, 9, 9};
    const int second[] = {5, 6, 1, 7, 8, 5, 10, -1};
    iv_duplicates d;
    find(p->ctx, first, second, 8, 3, &d);
    const int32_t expected[] = {0, 1, 0, 3, 4, 0, 6, 7};
    assert_memory_equal(d.group, expected, sizeof expected);
    assert_int_equal(d.common_count, 1);
    assert_int_equal(d.common[0].row, 4);
    assert_int_equal(d.common[0].rows, 4);
    assert_int_equal(d.groups, 1);
    assert_int_equal(d.rows, 3);
    iv_duplicates_free(&d);

    find(p->ctx, first, second, 8, 4, &d); /* on the other side of the limit */
    const int32_t all[] = {0, 1, 0, 3, 0, 0, 0, 0};
    assert_memory_equal(d.group, all, sizeof all);
    assert_int_equal(d.common_count, 0);
    /* Equal in every column: none but each row with itself. */
    for (int32_t row = 0; row < 8; row++)
        assert_int_equal(d.same_look[row], row);
    iv_duplicates_free(&d);

    find(p->ctx, first, second, 8, 0, &d);
    assert_memory_equal(d.group, all, sizeof all);
    iv_duplicates_free(&d);
}

static void test_rule(void **state)
{
    const place *p = *state;
    imgvec_options *opts = options(p, "duplicate_distance", "7");
    iv_duplicate_rule rule = iv_duplicate_rule_of(opts, 10000, false);
    assert_int_equal(rule.mode, IV_DUPLICATES_NEAR);
    assert_int_equal(rule.distance, 7);
    assert_int_equal(rule.most_rows, 500);
    assert_int_equal(iv_duplicate_rule_of(opts, 100, false).most_rows, 20);
    assert_int_equal(iv_duplicate_rule_of(opts, 10000, true).most_rows, 0);
    assert_int_equal(iv_duplicate_rule_of(NULL, 5, true).distance, 24);
    iv_options_free(opts);
}

static void test_threads(void **state)
{
    const place *p = *state;
    enum { N = 60 };
    int scenes[N];
    char small[N + 1] = "", labels[N + 1] = "", *text[2] = {NULL, NULL};
    for (int i = 0; i < N; i++) {
        scenes[i] = i * 7 % 23;
        small[i] = i % 3 ? 'b' : 's';
        labels[i] = (char)('a' + i % 2);
    }
    imgvec_dataset *ds = table_of(p->ctx, scenes, small, labels, N);
    imgvec_options *opts = options(p, "target", "label");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(iv_options_set_named(opts, "threads", i ? "7" : "1", NULL), IMGVEC_OK);
        assert_int_equal(iv_dataset_describe(ds, opts, NULL, &text[i], NULL), IMGVEC_OK);
    }
    assert_string_equal(text[0], text[1]);
    assert_non_null(strstr(text[0], "\"groups\": 23"));
    iv_free(p->ctx, text[0]);
    iv_free(p->ctx, text[1]);
    iv_options_free(opts);
    iv_dataset_free(ds);
}

static imgvec_status describe_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const place *p = user;
    imgvec_dataset *ds = NULL;
    imgvec_options *opts = NULL;
    char *text = NULL;
    imgvec_status status;
    IV_DO(iv_options_new(ctx, IMGVEC_JOB_OPEN, &opts, err));
    IV_DO(iv_options_set_named(opts, "target", "n", err));
    IV_DO(iv_options_set_named(opts, "threads", "1", err));
    IV_DO(iv_dataset_open(ctx, at(p, "t.csv"), opts, NULL, &ds, err));
    IV_DO(iv_dataset_describe(ds, opts, NULL, &text, err));
done:
    iv_free(ctx, text);
    iv_dataset_free(ds);
    iv_options_free(opts);
    return status;
}

static void test_without_memory(void **state)
{
    place *p = *state;
    for (int i = 0; i < 3; i++) {
        size_t size;
        char name[16];
        char *file = scene_file(i ? 1 : 0, 20 + i, 15, 0, &size);
        sprintf(name, "%d.ppm", i);
        put_file(p, name, file, size);
        free(file);
    }
    put_text(p, "t.csv", "image,n\n0.ppm;1.ppm,1\n1.ppm,2\n2.ppm,3\n1.ppm,4\nno.ppm,5\n");
    fail_each_allocation(describe_job, p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kinds_and_conflicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_columns_and_placeholders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rule, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
