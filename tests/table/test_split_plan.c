/* Splits by group, by time and with duplicates kept on one side, and what is reported. */
#include "table/split_plan.h"

#include "allocations.h"
#include "scene.h"
#include "table_support.h"

/* Which part each row's number "n" ended in. */
static void parts_of(const place *p, int part[], size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        part[i] = -1;
    for (int which = 0; which < 2; which++) {
        imgvec_dataset *ds = open_data(p, at(p, which ? "b.csv" : "a.csv"));
        int32_t column = iv_dataset_find(ds, "n");
        for (int64_t row = 0; row < iv_dataset_rows(ds); row++) {
            double n;
            assert_int_equal(iv_dataset_number(ds, column, row, &n, NULL), IMGVEC_OK);
            assert_true(n >= 0 && n < (double)rows && part[(int)n] < 0);
            part[(int)n] = which;
        }
        iv_dataset_free(ds);
    }
    for (size_t i = 0; i < rows; i++)
        assert_true(part[i] >= 0);
}

/* Splits t.csv; options as name, value, ..., NULL. report may be NULL. */
static imgvec_status split(const place *p, iv_json_document **report, imgvec_error *err, ...)
{
    imgvec_options *opts = options(p, NULL, NULL);
    va_list args;
    char *text = NULL;
    va_start(args, err);
    for (const char *name; (name = va_arg(args, const char *));)
        assert_int_equal(iv_options_set_named(opts, name, va_arg(args, const char *), NULL),
                         IMGVEC_OK);
    va_end(args);
    imgvec_dataset *ds = open_with(p, at(p, "t.csv"), opts);
    imgvec_status status = iv_dataset_split(ds, opts, at(p, "a.csv"), at(p, "b.csv"), NULL,
                                            report ? &text : NULL, err);
    if (status == IMGVEC_OK && report)
        assert_int_equal(iv_json_parse(p->ctx, text, strlen(text), 0, 0, report, NULL), IMGVEC_OK);
    iv_free(p->ctx, text);
    iv_dataset_free(ds);
    iv_options_free(opts);
    return status;
}

#define SPLITS(report, ...)                                                                        \
    do {                                                                                           \
        if (split(p, report, &err, __VA_ARGS__, NULL) != IMGVEC_OK)                                \
            fail_msg("%s", err.text);                                                              \
    } while (0)

#define REFUSES(code_, words, ...)                                                                 \
    do {                                                                                           \
        assert_int_equal(split(p, NULL, &err, __VA_ARGS__, NULL), code_);                          \
        if (!strstr(err.text, words))                                                              \
            fail_msg("%s", err.text);                                                              \
    } while (0)

static int64_t number(const iv_json *object, const char *name)
{
    assert_non_null(iv_json_get(object, name));
    return iv_json_get(object, name)->as.integer;
}

static void test_groups(void **state)
{
    const place *p = *state;
    imgvec_error err;
    enum { N = 120 };
    int part[N];
    char csv[8192] = "n,who,kind\n";
    for (int i = 0; i < N; i++)
        sprintf(csv + strlen(csv), "%d,p%d,%s\n", i, i * 7 % 31, i % 3 ? "x" : "y");
    put_text(p, "t.csv", csv);
    iv_json_document *report;
    SPLITS(&report, "group", "who", "target", "kind");
    parts_of(p, part, N);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < i; k++)
            if (i * 7 % 31 == k * 7 % 31)
                assert_int_equal(part[i], part[k]);
    const iv_json *root = iv_json_root(report), *train = iv_json_get(root, "train"),
                  *test = iv_json_get(root, "test");
    assert_string_equal(iv_json_get(root, "by")->as.text, "random");
    assert_string_equal(iv_json_get(root, "group")->as.text, "who");
    assert_int_equal(number(root, "rows"), N);
    assert_int_equal(number(train, "rows") + number(test, "rows"), N);
    assert_true(number(train, "rows") >= 86 && number(train, "rows") <= 94);
    assert_int_equal(number(train, "groups") + number(test, "groups"), 31);
    int64_t sum = 0;
    for (const iv_json *c = iv_json_get(test, "classes")->as.first; c; c = c->next)
        sum += number(c, "rows");
    assert_int_equal(iv_json_get(test, "classes")->count, 2);
    assert_int_equal(sum, number(test, "rows"));
    iv_json_free(report);
    REFUSES(IMGVEC_ERR_NOT_FOUND, "option group: no column \"whom\"", "group", "whom");
    REFUSES(IMGVEC_ERR_INVALID_ARGUMENT, "is the target", "group", "kind", "target", "kind");
    put_text(p, "t.csv", "n,who\n0,a\n1,\n2,b\n3,a\n");
    REFUSES(IMGVEC_ERR_DATA, "row 1 has no value", "group", "who");
    put_text(p, "t.csv", "n,who\n0,a\n1,a\n2,a\n3,a\n");
    REFUSES(IMGVEC_ERR_DATA, "stay together", "group", "who");
}

/* cells: "n,when" lines in any order; expected: part of row n. */
static void by_time(const place *p, const char *cells, const char *expected)
{
    imgvec_error err;
    char csv[1024];
    int part[32];
    snprintf(csv, sizeof csv, "n,when\n%s", cells);
    put_text(p, "t.csv", csv);
    SPLITS(NULL, "time", "when", "ratio", "0.5");
    parts_of(p, part, strlen(expected));
    for (size_t i = 0; expected[i]; i++)
        if (part[i] != expected[i] - '0')
            fail_msg("%s: row %d is in part %d", cells, (int)i, part[i]);
}

static void test_time(void **state)
{
    const place *p = *state;
    imgvec_error err;
    by_time(p, "0,40\n1,3\n2,100\n3,-2.5\n", "1010");
    by_time(p, "0,2024-03-01\n1,2023-12-31\n2,2024-03-02\n3,2024-02-28\n", "1010");
    by_time(p, "0,3 March 2024\n1,31 Dec 2023\n2,4 May 2024\n3,28 Feb 2024\n", "1010");
    by_time(p,
            "0,2024-03-01T23:30+02:00\n1,2024-03-01T20:00Z\n2,2024-03-01T22:00Z\n"
            "3,2024-03-01T21:40Z\n",
            "0011");
    /* Rows of one time stay together, where that comes nearest to the ratio. */
    by_time(p, "0,1\n1,2\n2,2\n3,2\n4,3\n5,3\n", "000011");
    by_time(p, "0,1\n1,1\n2,2\n3,2\n4,2\n5,2\n", "001111");
    put_text(p, "t.csv", "n,when\n0,1\n1,\n2,3\n3,4\n");
    REFUSES(IMGVEC_ERR_DATA, "row 1 has no value", "time", "when");
    put_text(p, "t.csv", "n,when,k\n0,7,a\n1,7,a\n2,7,b\n3,7,b\n");
    REFUSES(IMGVEC_ERR_DATA, "without rows", "time", "when", "type", "when=numeric");
    put_text(p, "t.csv", "n,when\n0,2024-03-01\n1,soon\n2,2024-03-02\n3,2024-03-05\n");
    REFUSES(IMGVEC_ERR_DATA, "soon", "time", "when");
    REFUSES(IMGVEC_ERR_NOT_FOUND, "option time: no column \"then\"", "time", "then");
}

/* A group on both sides of the boundary is late as a whole. */
static void test_time_and_group(void **state)
{
    const place *p = *state;
    imgvec_error err;
    int part[6];
    iv_json_document *report;
    put_text(p, "t.csv", "n,when,who\n0,1,a\n1,2,b\n2,3,c\n3,4,d\n4,5,b\n5,6,e\n");
    SPLITS(&report, "time", "when", "ratio", "0.66", "group", "who");
    parts_of(p, part, 6);
    const int expected[] = {0, 1, 0, 0, 1, 1};
    assert_memory_equal(part, expected, sizeof expected);
    assert_int_equal(number(iv_json_root(report), "moved_to_test"), 1);
    iv_json_free(report);
    put_text(p, "t.csv", "n,when,who\n0,1,a\n1,2,b\n2,3,a\n3,4,b\n");
    REFUSES(IMGVEC_ERR_DATA, "a group with a later one", "time", "when", "group", "who", "ratio",
            "0.5");
}

/* Twelve pictures, each twice, once smaller: a pair is never parted. Cells of several images keep
 * theirs, and what cannot be read stays in its part and is counted. */
static void test_duplicates(void **state)
{
    const place *p = *state;
    imgvec_error err;
    enum { N = 25 };
    int part[N];
    char csv[4096] = "n,image\n";
    for (int i = 0; i < 24; i++) {
        size_t size;
        char name[32];
        char *file = scene_file((uint64_t)(i / 2), i % 2 ? 90 : 64, i % 2 ? 68 : 48, i % 2, &size);
        sprintf(name, "pic/%d.ppm", i);
        put_file(p, name, file, size);
        free(file);
        sprintf(csv + strlen(csv), "%d,%s%s\n", i, name, i == 5 ? ";pic/no.ppm" : "");
    }
    put_text(p, "pic/bad.ppm", "P6\n9 9\n255\nab");
    strcat(csv, "24,pic/bad.ppm\n");
    put_text(p, "t.csv", csv);
    iv_json_document *report;
    for (int seed = 1; seed <= 5; seed++) {
        char text[8];
        sprintf(text, "%d", seed);
        SPLITS(&report, "seed", text, "ratio", "0.5", "type", "image=image,n=numeric");
        parts_of(p, part, N);
        for (int i = 0; i < 24; i += 2)
            assert_int_equal(part[i], part[i + 1]);
        const iv_json *root = iv_json_root(report);
        assert_int_equal(number(root, "bad_images"), 2);
        assert_int_equal(number(iv_json_get(root, "duplicates"), "groups"), 12);
        assert_int_equal(number(iv_json_get(root, "train"), "groups") +
                             number(iv_json_get(root, "test"), "groups"),
                         13);
        iv_json_free(report);
    }
    /* Both paths of row 5 lead to the same places from the new file. */
    imgvec_dataset *ds = open_data(p, at(p, part[5] ? "b.csv" : "a.csv"));
    char expected[1100];
    snprintf(expected, sizeof expected, "%s;%s", at(p, "pic/5.ppm"), at(p, "pic/no.ppm"));
    int found = 0;
    for (int64_t row = 0; row < iv_dataset_rows(ds); row++) {
        double n;
        assert_int_equal(iv_dataset_number(ds, 0, row, &n, NULL), IMGVEC_OK);
        if (n == 5) {
            cell_is(ds, 1, row, expected);
            found++;
        }
    }
    assert_int_equal(found, 1);
    iv_dataset_free(ds);
    SPLITS(&report, "duplicates", "off", "ratio", "0.5");
    assert_int_equal(iv_json_get(iv_json_root(report), "duplicates")->type, IV_JSON_NULL);
    assert_int_equal(iv_json_get(iv_json_root(report), "bad_images")->type, IV_JSON_NULL);
    iv_json_free(report);
}

static imgvec_status split_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const place *p = user;
    imgvec_dataset *ds = NULL;
    imgvec_options *opts = NULL;
    char *text = NULL;
    imgvec_status status;
    IV_DO(iv_options_new(ctx, IMGVEC_JOB_OPEN | IMGVEC_JOB_SPLIT, &opts, err));
    IV_DO(iv_options_set_named(opts, "target", "kind", err));
    IV_DO(iv_options_set_named(opts, "group", "who", err));
    IV_DO(iv_options_set_named(opts, "time", "when", err));
    IV_DO(iv_options_set_named(opts, "threads", "1", err));
    IV_DO(iv_dataset_open(ctx, at(p, "t.csv"), opts, NULL, &ds, err));
    IV_DO(iv_dataset_split(ds, opts, at(p, "a.csv"), at(p, "b.csv"), NULL, &text, err));
done:
    iv_free(ctx, text);
    iv_dataset_free(ds);
    iv_options_free(opts);
    return status;
}

static void test_without_memory(void **state)
{
    place *p = *state;
    for (uint64_t i = 0; i < 3; i++) {
        size_t size;
        char name[16], *file = scene_file(i / 2, 20 + (int)i, 15, 0, &size);
        sprintf(name, "%d.ppm", (int)i);
        put_file(p, name, file, size);
        free(file);
    }
    put_text(p, "t.csv",
             "image,when,who,kind\n0.ppm,2024-03-01,a,x\n1.ppm,2024-03-02,b,x\n"
             "2.ppm,2024-03-03,c,y\n0.ppm,2024-03-04,d,y\n2.ppm,2024-03-05,e,x\n");
    fail_each_allocation(split_job, p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_and_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_duplicates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
