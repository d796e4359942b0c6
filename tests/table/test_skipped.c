/* Option on_bad_row: rows passed over are counted, listed, told to the watch, and too many of them
 * stop a training. */
#include "table_support.h"

#include "allocations.h"
#include "table/skipped.h"

typedef struct heard {
    int problems;
    int64_t row;
    char path[256], reason[256];
} heard;

static void on_problem(void *user, const imgvec_problem *p)
{
    heard *h = user;
    h->row = p->row;
    assert_int_equal(p->code, IMGVEC_ERR_FORMAT);
    if (h->problems++ == 0) {
        snprintf(h->path, sizeof h->path, "%s", p->path);
        snprintf(h->reason, sizeof h->reason, "%s", p->reason);
    }
}

/* `good` rows, then `bad` of one cell too few. */
static void put_rows(const place *p, const char *name, int good, int bad)
{
    iv_text text;
    iv_text_init(&text, p->ctx);
    iv_text_add(&text, "a,b\n");
    for (int i = 0; i < good; i++)
        iv_text_addf(&text, "%d,%d\n", i * i % 17, i);
    for (int i = 0; i < bad; i++)
        iv_text_addf(&text, "%d\n", i);
    put_text(p, name, text.data);
    iv_text_free(&text);
}

static void errors_unless_asked_to_skip(void **state)
{
    const place *p = *state;
    put_rows(p, "t.csv", 3, 1);
    fails(p, at(p, "t.csv"), NULL, IMGVEC_ERR_FORMAT, "t.csv, line 5 (record 4): 1 cells");
    imgvec_options *opts = options(p, "on_bad_row", "error");
    fails(p, at(p, "t.csv"), opts, IMGVEC_ERR_FORMAT, "option on_bad_row");
    iv_options_free(opts);
}

static void counts_and_lists(void **state)
{
    const place *p = *state;
    put_text(p, "t.csv", "a,b\n1,2\n3\n4,5,6\n7,8\n");
    imgvec_options *opts = options(p, "on_bad_row", "skip");
    heard h = {0};
    imgvec_watch watch = {.size = sizeof watch, .user = &h, .problem = on_problem};
    imgvec_dataset *ds = NULL;
    imgvec_error err;
    if (iv_dataset_open(p->ctx, at(p, "t.csv"), opts, &watch, &ds, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    assert_int_equal(iv_dataset_rows(ds), 2);
    cell_is(ds, 0, 1, "7");
    assert_int_equal(h.problems, 2);
    assert_int_equal(h.row, -1);
    assert_string_equal(h.path, at(p, "t.csv"));
    assert_string_equal(h.reason, "line 3 (record 2): 1 cells, and the header has 2");
    iv_json_document *doc = describe(ds, NULL);
    const iv_json *skipped = iv_json_get(iv_json_root(doc), "skipped_rows");
    const iv_json *list = iv_json_get(skipped, "list");
    const iv_json *last = list->as.first->next;
    assert_int_equal(iv_json_get(skipped, "count")->as.integer, 2);
    assert_int_equal(list->count, 2);
    assert_int_equal(iv_json_get(last, "line")->as.integer, 4);
    assert_int_equal(iv_json_get(last, "record")->as.integer, 3);
    assert_string_equal(iv_json_get(last, "reason")->as.text, "3 cells, and the header has 2");
    iv_json_free(doc);
    iv_dataset_free(ds);
    iv_options_free(opts);
}

static void in_an_archive(void **state)
{
    const place *p = *state;
    static const char *const members[] = {"d/t.csv", "image,b\na.ppm,1\nb.ppm\n", "d/a.ppm",
                                          TINY_IMAGE, NULL};
    put_zip(p, "a.zip", members);
    imgvec_options *opts = options(p, "on_bad_row", "skip");
    heard h = {0};
    imgvec_watch watch = {.size = sizeof watch, .user = &h, .problem = on_problem};
    imgvec_dataset *ds = NULL;
    assert_int_equal(iv_dataset_open(p->ctx, at(p, "a.zip"), opts, &watch, &ds, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_rows(ds), 1);
    assert_non_null(strstr(h.path, "a.zip!/d/t.csv"));
    iv_dataset_free(ds);
    iv_options_free(opts);
}

/* All are counted, and the list ends after the first thousand. */
static void the_list_is_bounded(void **state)
{
    const place *p = *state;
    for (int more = 0; more < 2; more++) {
        put_rows(p, "t.csv", 2, IV_SKIPPED_LISTED + more);
        imgvec_options *opts = options(p, "on_bad_row", "skip");
        imgvec_dataset *ds = open_with(p, at(p, "t.csv"), opts);
        iv_json_document *doc = describe(ds, NULL);
        const iv_json *skipped = iv_json_get(iv_json_root(doc), "skipped_rows");
        assert_int_equal(iv_json_get(skipped, "count")->as.integer, IV_SKIPPED_LISTED + more);
        assert_int_equal(iv_json_get(skipped, "list")->count, IV_SKIPPED_LISTED);
        iv_json_free(doc);
        iv_dataset_free(ds);
        iv_options_free(opts);
    }
}

static void too_many_are_an_error_of_a_training(void **state)
{
    const place *p = *state;
    imgvec_options *opts = options(p, "on_bad_row", "skip");
    imgvec_error err;
    put_rows(p, "ten.csv", 90, 10);
    put_rows(p, "eleven.csv", 90, 11);
    imgvec_dataset *ds = open_with(p, at(p, "ten.csv"), opts);
    assert_int_equal(iv_dataset_check_skipped(ds, 0.1, &err), IMGVEC_OK);
    assert_int_equal(iv_dataset_check_skipped(ds, 0.09, &err), IMGVEC_ERR_DATA);
    iv_dataset_free(ds);
    ds = open_with(p, at(p, "eleven.csv"), opts);
    assert_int_equal(iv_dataset_check_skipped(ds, 0.1, &err), IMGVEC_ERR_DATA);
    assert_int_equal(err.detail, 92);
    for (int line = 92; line < 102; line++) {
        char words[32];
        snprintf(words, sizeof words, "line %d: 1 cells", line);
        assert_non_null(strstr(err.text, words));
    }
    assert_null(strstr(err.text, "line 102"));
    assert_non_null(strstr(err.text, "11 of 101 rows"));
    assert_non_null(strstr(err.text, "max_bad_fraction allows (10)"));
    iv_dataset_free(ds);
    iv_options_free(opts);
}

static imgvec_status open_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    imgvec_options *opts = NULL;
    imgvec_dataset *ds = NULL;
    IV_TRY(iv_options_new(ctx, IMGVEC_JOB_OPEN, &opts, err));
    imgvec_status status = iv_options_set_named(opts, "on_bad_row", "skip", err);
    if (status == IMGVEC_OK)
        status = iv_dataset_open(ctx, user, opts, NULL, &ds, err);
    iv_dataset_free(ds);
    iv_options_free(opts);
    return status;
}

static void without_memory(void **state)
{
    const place *p = *state;
    put_rows(p, "t.csv", 3, 3);
    char path[512];
    snprintf(path, sizeof path, "%s", at(p, "t.csv"));
    fail_each_allocation(open_job, path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(errors_unless_asked_to_skip),
        TEST(counts_and_lists),
        TEST(in_an_archive),
        TEST(the_list_is_bounded),
        TEST(too_many_are_an_error_of_a_training),
        TEST(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
