/* Where data differ from those that a model was trained on. */
#include "allocations.h"
#include "model_support.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/data_record.h"

/* The record of rows with the columns "a" (numbers), "b" and, when extra is not NULL, that. */
static char *record(imgvec_context *ctx, int rows, double first, int32_t type, const char *extra)
{
    imgvec_dataset *ds;
    imgvec_error err;
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "a", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "b", type, &err));
    if (extra)
        assert_ok(imgvec_dataset_add_column(ds, extra, IMGVEC_COLUMN_TEXT, &err));
    for (int i = 0; i < rows; i++) {
        assert_ok(imgvec_dataset_append_number(ds, "a", i ? i : first, &err));
        assert_ok(imgvec_dataset_append_text(ds, "b", "x", &err));
        if (extra)
            assert_ok(imgvec_dataset_append_text(ds, extra, "y", &err));
    }
    char *text = iv_data_record(ctx, ds);
    assert_non_null(text);
    imgvec_dataset_free(ds);
    return text;
}

static void differs(imgvec_context *ctx, char *is, const char *words)
{
    char *was = record(ctx, 4, 0, IMGVEC_COLUMN_TEXT, NULL), *difference;
    imgvec_error err;
    assert_ok(iv_data_record_compare(ctx, was, is, &difference, &err));
    assert_string_equal(difference, words);
    iv_free(ctx, difference);
    iv_free(ctx, was);
    iv_free(ctx, is);
}

static void test_differences(void **state)
{
    imgvec_context *ctx = test_context();
    differs(ctx, record(ctx, 4, 0, IMGVEC_COLUMN_TEXT, NULL), "");
    differs(ctx, record(ctx, 4, 0, IMGVEC_COLUMN_IGNORED, NULL), ""); /* a view of the same data */
    differs(ctx, record(ctx, 4, 9, IMGVEC_COLUMN_TEXT, NULL), "column a holds other cells");
    differs(ctx, record(ctx, 5, 0, IMGVEC_COLUMN_TEXT, NULL), "5 rows instead of 4");
    differs(ctx, record(ctx, 5, 0, IMGVEC_COLUMN_TEXT, "c"),
            "5 rows instead of 4; column c is new");
    differs(ctx, iv_strdup(ctx, "{\"rows\": 4, \"columns\": []}"),
            "column a is absent; column b is absent");
    differs(ctx,
            iv_strdup(ctx, "{\"rows\": 3, \"columns\": ["
                           "{\"name\": \"c\", \"digest\": \"\"}, {\"name\": \"d\", \"digest\": "
                           "\"\"}, {\"name\": \"e\", \"digest\": \"\"}, {\"name\": \"f\", "
                           "\"digest\": \"\"}]}"),
            "3 rows instead of 4; column a is absent; column b is absent; column c is new; column "
            "d is new; column e is new; and 1 more");
    imgvec_context_free(ctx);
}

static void test_lies(void **state)
{
    static const char *const lies[][2] = {
        {"", "data.json"},
        {"[]", "rows"},
        {"{\"rows\": -1, \"columns\": []}", "rows"},
        {"{\"rows\": 1}", "columns"},
        {"{\"rows\": 1, \"columns\": [{}]}", "name"},
        {"{\"rows\": 1, \"columns\": [{\"name\": \"a\", \"digest\": 1}]}", "digest"},
        {"{\"rows\": 1, \"columns\": [{\"name\": \"a\", \"digest\": \"\"}, "
         "{\"name\": \"a\", \"digest\": \"\"}]}",
         "column a is there twice"},
    };
    imgvec_context *ctx = test_context();
    imgvec_error err;
    char *good = record(ctx, 4, 0, IMGVEC_COLUMN_TEXT, NULL), *out;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        assert_fails(iv_data_record_compare(ctx, lies[i][0], good, &out, &err), IMGVEC_ERR_FORMAT,
                     lies[i][1]);
        assert_fails(iv_data_record_compare(ctx, good, lies[i][0], &out, &err), IMGVEC_ERR_FORMAT,
                     lies[i][1]);
    }
    iv_free(ctx, good);
    imgvec_context_free(ctx);
}

static imgvec_status whole_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    imgvec_dataset *ds = NULL;
    iv_bundle b;
    char *was = NULL, *is = NULL, *out = NULL;
    imgvec_status status = IMGVEC_OK;
    iv_bundle_init(&b, ctx);
    IV_DO(imgvec_dataset_new(ctx, &ds, err));
    IV_DO(imgvec_dataset_add_column(ds, "a", IMGVEC_COLUMN_NUMERIC, err));
    IV_DO(imgvec_dataset_append_number(ds, "a", 1, err));
    was = iv_data_record(ctx, ds);
    if (!was)
        IV_DO(iv_fail_nomem(err));
    IV_DO(iv_data_record_put(&b, was, err));
    IV_DO(iv_data_record_get(&b, &is, err));
    IV_DO(iv_data_record_compare(ctx, was, is, &out, err));
    assert_string_equal(out, "");
done:
    iv_free(ctx, was);
    iv_free(ctx, is);
    iv_free(ctx, out);
    iv_bundle_free(&b);
    imgvec_dataset_free(ds);
    return status;
}

static void test_out_of_memory(void **state)
{
    fail_each_allocation(whole_job, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
