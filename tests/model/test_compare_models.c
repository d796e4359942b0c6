/* Models side by side: options that differ, paired differences, and why there are none. */
#include "allocations.h"
#include "model_support.h"

#include "base/error.h"
#include "base/mem.h"
#include "io/json.h"
#include "model/model.h"

enum { FILES = 6 };

static char paths[FILES][80];

/* Trains on make_data(rows, seed) with the options and saves at paths[at]. */
static void make_model(int at, int rows, uint64_t seed,
                       imgvec_options *(*options)(imgvec_context *))
{
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, rows, WITH_NUMBER | WITH_COLOUR, seed);
    imgvec_options *o = options(ctx);
    imgvec_model *m;
    imgvec_error err;
    snprintf(paths[at], sizeof paths[at], "/tmp/imgvec-test-%ld-%d.imgvec", (long)getpid(), at);
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    assert_ok(imgvec_model_save(m, paths[at], &err));
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static imgvec_options *plain(imgvec_context *ctx)
{
    return make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise", "folds", "3",
                        "rounds", "20", NULL);
}

static imgvec_options *poorer(imgvec_context *ctx)
{
    return make_options(ctx, IMGVEC_JOB_TRAIN | IMGVEC_JOB_OPEN, "target", "y", "ignore",
                        "kind,noise,x", "folds", "3", "rounds", "20", NULL);
}

static imgvec_options *reseeded(imgvec_context *ctx)
{
    return make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise", "folds", "3",
                        "rounds", "20", "seed", "2", NULL);
}

static imgvec_options *classes(imgvec_context *ctx)
{
    return make_options(ctx, IMGVEC_JOB_TRAIN, "target", "kind", "ignore", "y,noise", "folds", "3",
                        "rounds", "20", NULL);
}

static int make_all(void **state)
{
    make_model(0, 90, 1, plain);
    make_model(1, 90, 1, poorer);
    make_model(2, 90, 1, reseeded);
    make_model(3, 91, 1, plain);
    make_model(4, 90, 1, classes);
    make_model(5, 90, 2, classes);
    return 0;
}

static int drop_all(void **state)
{
    for (int i = 0; i < FILES; i++)
        unlink(paths[i]);
    return 0;
}

/* Compares files of these numbers; the document is freed by its caller. */
static iv_json_document *compare(imgvec_context *ctx, const int *which, size_t count)
{
    const char *list[FILES];
    imgvec_error err;
    iv_json_document *doc;
    char *text;
    for (size_t i = 0; i < count; i++)
        list[i] = paths[which[i]];
    assert_ok(imgvec_model_compare_files(ctx, list, count, &text, &err));
    assert_ok(iv_json_parse(ctx, text, strlen(text), 0, 0, &doc, &err));
    imgvec_text_free(text);
    return doc;
}

static const iv_json *model_at(const iv_json_document *doc, int at)
{
    const iv_json *m = iv_json_get(iv_json_root(doc), "models")->as.first;
    while (at-- > 0)
        m = m->next;
    return m;
}

static double number(const iv_json *object, const char *group, const char *name)
{
    double value = NAN;
    imgvec_error err;
    assert_ok(iv_json_f64(group ? iv_json_get(object, group) : object, name, &value, &err));
    return value;
}

static const char *text(const iv_json *object, const char *name)
{
    const char *value = "";
    imgvec_error err;
    assert_ok(iv_json_text(object, name, &value, &err));
    return value;
}

static void test_paired(void **state)
{
    imgvec_context *ctx = test_context();
    iv_json_document *doc = compare(ctx, (const int[]){0, 1, 0, 2}, 4);
    const iv_json *first = model_at(doc, 0), *second = model_at(doc, 1), *third = model_at(doc, 2);
    assert_string_equal(text(first, "path"), paths[0]);
    assert_int_equal(iv_json_get(first, "paired")->type, IV_JSON_NULL);
    assert_null(iv_json_get(first, "unpaired"));
    assert_true(number(first, NULL, "train_seconds") > 0 && number(first, NULL, "bytes") > 1000);
    assert_true(number(first, NULL, "ms_per_row") > 0);
    assert_int_equal(iv_json_get(first, "ms_per_image")->type, IV_JSON_NULL);

    const iv_json *paired = iv_json_get(second, "paired");
    assert_true(number(paired, NULL, "rows") == 90 && number(paired, NULL, "same_fold") == 90);
    for (int i = 0; i < 2; i++) {
        const char *metric = i ? "r2" : "rmse";
        const iv_json *ci = iv_json_get(iv_json_get(paired, "difference_ci"), metric)->as.first;
        double difference = number(paired, "difference", metric);
        double a = number(first, "metrics_pooled", metric);
        double b = number(second, "metrics_pooled", metric);
        assert_true(fabs(difference - (b - a)) < 1e-9);
        assert_true(ci->as.number < difference && difference < ci->next->as.number);
        assert_string_equal(text(iv_json_get(paired, "verdict"), metric), "worse");
    }
    /* A model against itself, then one of other folds. */
    paired = iv_json_get(third, "paired");
    assert_true(number(paired, "difference", "rmse") == 0);
    assert_string_equal(text(iv_json_get(paired, "verdict"), "rmse"), "unclear");
    paired = iv_json_get(model_at(doc, 3), "paired");
    assert_true(number(paired, NULL, "rows") == 90 && number(paired, NULL, "same_fold") < 60);
    iv_json_free(doc);

    /* The other way round it is better by the same. */
    doc = compare(ctx, (const int[]){1, 0}, 2);
    paired = iv_json_get(model_at(doc, 1), "paired");
    assert_true(number(paired, "difference", "rmse") < 0);
    assert_string_equal(text(iv_json_get(paired, "verdict"), "rmse"), "better");
    assert_string_equal(text(iv_json_get(paired, "verdict"), "r2"), "better");
    iv_json_free(doc);
    imgvec_context_free(ctx);
}

/* An option of another bag's jobs at its default is no difference. */
static void test_options(void **state)
{
    imgvec_context *ctx = test_context();
    iv_json_document *doc = compare(ctx, (const int[]){0, 1, 2}, 3);
    const iv_json *options = iv_json_get(iv_json_root(doc), "options");
    assert_int_equal(options->count, 2);
    const iv_json *o = options->as.first;
    assert_string_equal(text(o, "name"), "ignore");
    const iv_json *value = iv_json_get(o, "values")->as.first;
    assert_string_equal(value->as.text, "kind,noise");
    assert_string_equal(value->next->as.text, "kind,noise,x");
    o = o->next;
    assert_string_equal(text(o, "name"), "seed");
    value = iv_json_get(o, "values")->as.first;
    assert_true(value->as.integer == 1 && value->next->next->as.integer == 2);
    iv_json_free(doc);
    doc = compare(ctx, (const int[]){0}, 1);
    assert_int_equal(iv_json_get(iv_json_root(doc), "options")->count, 0);
    iv_json_free(doc);
    imgvec_context_free(ctx);
}

static void unpaired(imgvec_context *ctx, int a, int b, const char *words)
{
    iv_json_document *doc = compare(ctx, (const int[]){a, b}, 2);
    const iv_json *second = model_at(doc, 1);
    assert_int_equal(iv_json_get(second, "paired")->type, IV_JSON_NULL);
    if (!strstr(text(second, "unpaired"), words))
        fail_msg("\"%s\" is not in \"%s\"", words, text(second, "unpaired"));
    assert_true(iv_json_get(second, "metrics")->count > 3);
    iv_json_free(doc);
}

static void test_unpaired(void **state)
{
    imgvec_context *ctx = test_context();
    unpaired(ctx, 0, 3, "other data than ");
    unpaired(ctx, 0, 3, ": 91 rows instead of 90");
    unpaired(ctx, 0, 4, "its task is binary");
    unpaired(ctx, 4, 5, "column x holds other cells");
    imgvec_context_free(ctx);
}

/* Reads a file, changes the model, writes it to another place. */
static void rewrite(imgvec_context *ctx, int from, int to, void (*change)(imgvec_model *m))
{
    imgvec_model *m;
    imgvec_error err;
    assert_ok(imgvec_model_open(ctx, paths[from], NULL, &m, &err));
    change(m);
    snprintf(paths[to], sizeof paths[to], "/tmp/imgvec-test-%ld-%d.imgvec", (long)getpid(), to);
    assert_ok(imgvec_model_save(m, paths[to], &err));
    imgvec_model_free(m);
}

static void forget(imgvec_model *m)
{
    iv_oof_free(m->ctx, &m->oof);
    m->cost.train_seconds = -1;
}

static void other_rows(imgvec_model *m)
{
    for (size_t i = 0; i < m->oof.count; i++)
        m->oof.row[i] += 1000;
}

static void other_truth(imgvec_model *m)
{
    m->oof.truth[3] += 1;
}

static void test_strange_files(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    char *out;
    rewrite(ctx, 0, 3, forget);
    unpaired(ctx, 0, 3, "does not hold its out-of-fold predictions");
    unpaired(ctx, 3, 0, "does not hold its out-of-fold predictions");
    iv_json_document *doc = compare(ctx, (const int[]){3, 0}, 2);
    assert_int_equal(iv_json_get(model_at(doc, 0), "train_seconds")->type, IV_JSON_NULL);
    iv_json_free(doc);
    rewrite(ctx, 0, 3, other_rows);
    unpaired(ctx, 0, 3, "no rows in common");
    rewrite(ctx, 0, 3, other_truth);
    unpaired(ctx, 0, 3, "other targets");

    static const char *const lies[][2] = {
        {"{\"kind\": \"model\"}", "options"},
        {"{\"options\": {}, \"target\": \"y\", \"task\": \"dance\"}", "dance"},
        {"{\"options\": {}, \"target\": 1, \"task\": \"binary\"}", "target"},
        {"{\"options\": {}, \"target\": \"y\", \"task\": \"binary\"}", "classes"},
        {"{\"options\": {}, \"target\": \"y\", \"task\": \"binary\", \"classes\": [\"a\"]}",
         "1 classes"},
        {"{\"options\": {}, \"target\": \"y\", \"task\": \"binary\", \"classes\": [\"a\", 2]}",
         "class is no text"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        iv_bundle b;
        iv_bundle_init(&b, ctx);
        assert_ok(iv_bundle_write(&b, "model", lies[i][0], "{}", paths[3], &err));
        const char *list[] = {paths[0], paths[3]};
        assert_fails(imgvec_model_compare_files(ctx, list, 2, &out, &err), IMGVEC_ERR_FORMAT,
                     lies[i][1]);
        assert_non_null(strstr(err.text, paths[3]));
        assert_null(out);
    }
    imgvec_context_free(ctx);
}

static imgvec_status whole_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const char *list[] = {paths[0], paths[1], paths[4]};
    char *out;
    imgvec_status status = imgvec_model_compare_files(ctx, list, 3, &out, err);
    imgvec_text_free(out);
    return status;
}

static void test_out_of_memory(void **state)
{
    printf("# %ld failures\n", fail_each_allocation(whole_job, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paired),        cmocka_unit_test(test_options),
        cmocka_unit_test(test_unpaired),      cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_strange_files),
    };
    return cmocka_run_group_tests(tests, make_all, drop_all);
}
