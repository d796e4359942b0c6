/* Reports of whole models: each insight in each format, its numbers against those of the model, the
 * page as markup. */
#include "../model/model_support.h"
#include "markup.h"

#include <stdlib.h>

#include <imgvec/report.h>

#include "allocations.h"
#include "base/mem.h"
#include "fake_trainer.h"
#include "image/image.h"
#include "io/json.h"
#include "model/model.h"
#include "report/page.h"
#include "report/report.h"

#define PATH temporary_path()

static imgvec_model *train(imgvec_context *ctx, const imgvec_dataset *ds, const char *target,
                           const char *ignore, const char *tune)
{
    imgvec_error err;
    imgvec_model *m;
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_TRAIN, "target", target, "ignore", ignore, "folds", "3",
                     "rounds", "10", "backbone", tiny_backbone.id, "weights", "random", "dim", "4",
                     "fine_tune", tune, "epochs", "3", "train_batch_size", "8", "lr", "0.1",
                     "augment", "HorizontalFlip", "threads", "1", NULL);
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    imgvec_options_free(o);
    return m;
}

static imgvec_context *training_context(void)
{
    imgvec_context *ctx = fake_context();
    atomic_store(&ctx->executor, fake_training_executor());
    fake_training = (fake_training_hooks){0};
    return ctx;
}

static iv_json_document *parse(imgvec_context *ctx, const char *text)
{
    iv_json_document *doc;
    imgvec_error err;
    assert_ok(iv_json_parse(ctx, text, strlen(text), 0, 0, &doc, &err));
    return doc;
}

static iv_json_document *insight(imgvec_context *ctx, const imgvec_model *m, const char *name)
{
    char *text;
    size_t size;
    imgvec_error err;
    assert_ok(imgvec_model_insight(m, name, "json", &text, &size, &err));
    assert_int_equal(strlen(text), size);
    iv_json_document *doc = parse(ctx, text);
    imgvec_text_free(text);
    assert_string_equal(iv_report_text(iv_json_root(doc), "name"), name);
    return doc;
}

static const iv_json *at(const iv_json *array, size_t index)
{
    const iv_json *item = array->as.first;
    while (item && index--)
        item = item->next;
    assert_non_null(item);
    return item;
}

static double item_number(const iv_json *array, size_t index)
{
    const iv_json *item = at(array, index);
    return item->type == IV_JSON_INT ? (double)item->as.integer : item->as.number;
}

/* Every insight that is listed can be had in every format; returns the list as "a b c ". */
static char *check_formats(imgvec_context *ctx, const imgvec_model *m)
{
    static char names[512];
    char *list, *bytes;
    size_t size;
    imgvec_error err;
    assert_ok(imgvec_model_insights(m, &list, &err));
    iv_json_document *doc = parse(ctx, list);
    names[0] = '\0';
    for (const iv_json *i = iv_json_root(doc)->as.first; i; i = i->next) {
        const char *name = iv_report_text(i, "name");
        iv_image image;
        strcat(strcat(names, name), " ");
        iv_json_free(insight(ctx, m, name));
        assert_ok(imgvec_model_insight(m, name, "svg", &bytes, &size, &err));
        assert_true(strncmp(bytes, "<svg ", 5) == 0 && strlen(bytes) == size);
        assert_true(check_markup(bytes, "text") > 0);
        imgvec_text_free(bytes);
        assert_ok(imgvec_model_insight(m, name, "png", &bytes, &size, &err));
        assert_ok(iv_image_decode(ctx, bytes, size, NULL, IV_IMAGE_UPRIGHT, &image, &err));
        long inked = 0;
        for (size_t k = 0; k < (size_t)image.width * (size_t)image.height * 3; k++)
            inked += image.pixels[k] < 200;
        assert_true(image.width >= 200 && inked > 200);
        iv_image_free(ctx, &image);
        imgvec_text_free(bytes);
    }
    iv_json_free(doc);
    imgvec_text_free(list);
    return names;
}

/* The page; *images: pictures on it. */
static void check_page(const imgvec_model *m, int *images)
{
    char *page;
    size_t size;
    imgvec_error err;
    assert_ok(imgvec_model_insight(m, NULL, "html", &page, &size, &err));
    assert_true(size < 5u << 20);
    *images = check_markup(page, "img");
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "http:"));
    assert_null(strstr(page, "https:"));
    assert_null(strstr(page, "@import"));
    assert_null(strstr(page, "url("));
    assert_non_null(strstr(page, "prefers-color-scheme:dark"));
    assert_non_null(strstr(page, "@media print"));
    assert_true(check_markup(page, "h1") == 1 && check_markup(page, "title") == 1);
    imgvec_text_free(page);
}

static void test_binary(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_dataset *ds = make_data(ctx, 120, WITH_NUMBER | WITH_COLOUR, 3);
    imgvec_model *m = train(ctx, ds, "kind", "y", "off");
    const char *info = imgvec_model_info(m);
    const iv_oof *o = &m->oof;
    int images;
    assert_string_equal(check_formats(ctx, m),
                        "scores hyperparameters confusion thresholds roc pr calibration "
                        "importance errors quality ");
    check_page(m, &images);
    assert_int_equal(images, 0);

    iv_json_document *doc = insight(ctx, m, "roc");
    const iv_json *root = iv_json_root(doc);
    double auc = info_number(info, "metrics_pooled", "auc");
    assert_true(iv_report_number(root, "auc") == auc);
    const iv_json *curve = at(iv_json_get(root, "curves"), 0);
    assert_true(fabs(iv_report_number(curve, "auc") - auc) < 1e-12);
    assert_string_equal(iv_report_text(curve, "class"), "low");
    assert_int_equal(iv_json_get(curve, "true_positive_rate")->count,
                     iv_json_get(curve, "threshold")->count);
    iv_json_free(doc);

    /* Thresholds, counted here once more. */
    doc = insight(ctx, m, "thresholds");
    const iv_json *list = iv_json_get(iv_json_root(doc), "thresholds");
    assert_int_equal(list->count, 19);
    for (size_t t = 0; t < list->count; t++) {
        const iv_json *row = at(list, t);
        double threshold = iv_report_number(row, "threshold");
        int tp = 0, fp = 0, fn = 0, tn = 0;
        for (size_t i = 0; i < o->count; i++) {
            bool said = (double)o->predictions[2 * i + 1] >= threshold, is = o->truth[i] == 1;
            *(said ? is ? &tp : &fp : is ? &fn : &tn) += 1;
        }
        assert_true(iv_report_number(row, "tp") == tp && iv_report_number(row, "fp") == fp);
        assert_true(iv_report_number(row, "fn") == fn && iv_report_number(row, "tn") == tn);
        if (tp + fp)
            assert_true(iv_report_number(row, "precision") == (double)tp / (tp + fp));
        assert_true(iv_report_number(row, "recall") == (double)tp / (tp + fn));
    }
    iv_json_free(doc);

    doc = insight(ctx, m, "calibration");
    double error = 0, rows = 0;
    list = iv_json_get(iv_json_root(doc), "bins");
    assert_int_equal(list->count, 15);
    for (size_t b = 0; b < 15; b++) {
        double n = iv_report_number(at(list, b), "rows");
        rows += n;
        if (n > 0)
            error += n / (double)o->count *
                     fabs(iv_report_number(at(list, b), "predicted") -
                          iv_report_number(at(list, b), "observed"));
    }
    assert_true(rows == (double)o->count);
    assert_true(fabs(error - iv_report_number(iv_json_root(doc), "ece")) < 1e-12);
    iv_json_free(doc);

    doc = insight(ctx, m, "errors");
    list = iv_json_get(iv_json_root(doc), "errors");
    double last = 0;
    for (const iv_json *e = list->as.first; e; e = e->next) {
        double p = iv_report_number(e, "probability_of_truth");
        assert_true(p >= last && p <= 0.5); /* the worst first */
        assert_string_not_equal(iv_report_text(e, "truth"), iv_report_text(e, "prediction"));
        last = p;
    }
    iv_json_free(doc);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static void test_regression(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_dataset *ds = make_data(ctx, 120, WITH_NUMBER | WITH_COLOUR, 3);
    imgvec_model *m = train(ctx, ds, "y", "kind", "off"), *n;
    imgvec_error err;
    char *again, *first;
    int images;
    assert_string_equal(check_formats(ctx, m),
                        "scores hyperparameters predicted_actual residuals importance errors "
                        "quality ");
    check_page(m, &images);
    iv_json_document *doc = insight(ctx, m, "residuals");
    const iv_json *points = iv_json_get(iv_json_root(doc), "points");
    assert_int_equal(points->count, m->oof.count);
    double sum = 0;
    for (const iv_json *p = points->as.first; p; p = p->next)
        sum += iv_report_number(p, "residual") * iv_report_number(p, "residual");
    double rmse = info_number(imgvec_model_info(m), "metrics_pooled", "rmse");
    assert_true(fabs(sqrt(sum / (double)m->oof.count) - rmse) < 1e-9 * rmse);
    iv_json_free(doc);
    /* The file says the same, opened or not. */
    assert_ok(imgvec_model_insight(m, NULL, "json", &first, NULL, &err));
    assert_ok(imgvec_model_save(m, PATH, &err));
    assert_ok(imgvec_report_file(ctx, PATH, NULL, "json", &again, NULL, &err));
    assert_string_equal(first, again);
    imgvec_text_free(again);
    assert_ok(imgvec_model_open(ctx, PATH, NULL, &n, &err));
    assert_ok(imgvec_model_insight(n, NULL, "json", &again, NULL, &err));
    assert_string_equal(first, again);
    imgvec_text_free(again);
    imgvec_text_free(first);
    imgvec_model_free(n);
    unlink(PATH);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static void test_images(void **state)
{
    (void)state;
    imgvec_context *ctx = training_context();
    imgvec_dataset *ds = make_data(ctx, 90, WITH_IMAGE, 1);
    imgvec_model *m = train(ctx, ds, "noise", "y,kind", "on");
    int images;
    char *names = check_formats(ctx, m);
    assert_non_null(strstr(names, "curves "));
    assert_non_null(strstr(names, "errors nearest samples augmented map quality "));
    check_page(m, &images);
    assert_true(images >= 24 + 12 * 4 + 12 + 12 * 4); /* errors, nearest, samples, augmented */
    iv_json_document *doc = insight(ctx, m, "map");
    const iv_json *points = iv_json_get(iv_json_root(doc), "points");
    assert_int_equal(points->count, 90);
    for (const iv_json *p = points->as.first; p; p = p->next)
        assert_true(fabs(iv_report_number(p, "x")) <= 1 && fabs(iv_report_number(p, "y")) <= 1);
    assert_true(item_number(iv_json_get(iv_json_root(doc), "variance"), 0) >=
                item_number(iv_json_get(iv_json_root(doc), "variance"), 1));
    iv_json_free(doc);
    doc = insight(ctx, m, "curves");
    const iv_json *network = at(iv_json_get(iv_json_root(doc), "networks"), 0);
    assert_int_equal(iv_json_get(network, "train_loss")->count, 3);
    iv_json_free(doc);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static void test_wrong_questions(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_dataset *ds = make_data(ctx, 60, WITH_NUMBER, 3);
    imgvec_model *m = train(ctx, ds, "y", "kind", "off");
    imgvec_error err;
    char *out;
    assert_fails(imgvec_model_insight(m, "shoe", "json", &out, NULL, &err), IMGVEC_ERR_NOT_FOUND,
                 "no insight \"shoe\"");
    assert_null(out);
    assert_fails(imgvec_model_insight(m, "roc", "json", &out, NULL, &err), IMGVEC_ERR_NOT_FOUND,
                 "nothing to show as roc");
    assert_fails(imgvec_model_insight(m, "scores", "pdf", &out, NULL, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "json, svg and png");
    assert_fails(imgvec_model_insight(m, NULL, "png", &out, NULL, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "html, json and list");
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* Samples of an index: the same ones, or large ones. Returns the pictures of their gallery. */
static int pictures_of(imgvec_context *ctx, int rows, int repeats, size_t size)
{
    iv_insight_data data = {0};
    iv_report report;
    imgvec_error err;
    iv_text text;
    char *out, name[64];
    size_t length;
    iv_text_init(&text, ctx);
    iv_text_add(&text, "{\"rows\": [");
    for (int i = 0; i < rows; i++)
        iv_text_addf(&text,
                     "%s{\"row\": %d, \"path\": \"p\", \"truth\": 1, \"width\": 9, \"height\": 9}",
                     i ? "," : "", i);
    iv_text_add(&text, "], \"samples\": [");
    for (int i = 0; i < rows * repeats; i++)
        iv_text_addf(&text, "%s%d", i ? "," : "", i / repeats);
    iv_text_add(&text, "], \"augmented\": 1}");
    length = text.length;
    assert_ok(iv_insight_add(ctx, &data, IV_INSIGHT_INDEX, iv_text_take(&text), length, &err));
    for (int i = 0; i < rows; i++) {
        uint8_t *jpeg = iv_zalloc(ctx, size);
        memcpy(jpeg, "\xff\xd8\xff\xe0", 4);
        snprintf(name, sizeof name, IV_INSIGHT_FOLDER "row_%d.jpg", i);
        assert_ok(iv_insight_add(ctx, &data, name, jpeg, size, &err));
    }
    assert_ok(iv_report_open(ctx, "{\"task\": \"regression\"}", NULL, &data, &report, &err));
    assert_ok(iv_report_insight(&report, NULL, "html", &out, &length, &err));
    int images = check_markup(out, "img");
    iv_free(ctx, out);
    assert_ok(iv_report_insight(&report, "samples", "json", &out, &length, &err));
    iv_json_document *doc = parse(ctx, out);
    assert_in_range(iv_json_get(iv_json_root(doc), "samples")->count, 1, rows < 24 ? rows : 24);
    iv_json_free(doc);
    iv_free(ctx, out);
    iv_report_close(&report);
    iv_insight_free(ctx, &data);
    return images;
}

static void test_hostile_samples(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    assert_int_equal(pictures_of(ctx, 2, 12, 100), 2);
    assert_int_equal(pictures_of(ctx, 500, 1, 100), 24);
    assert_int_equal(pictures_of(ctx, 12, 1, 1000000), 4); /* of 1 MB each */
    imgvec_context_free(ctx);
}

/* Names that are markup do not become it. */
static void test_hostile_names(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    imgvec_dataset *ds;
    char *page;
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "x\"><script>", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "a & <b>", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < 80; i++) {
        assert_ok(imgvec_dataset_append_number(ds, "x\"><script>", i % 7 + i % 2, &err));
        assert_ok(imgvec_dataset_append_text(ds, "a & <b>",
                                             i % 2 ? "<img src='http://x'>" : "\"quoted\"", &err));
    }
    imgvec_model *m = train(ctx, ds, "a & <b>", "", "off");
    assert_ok(imgvec_model_insight(m, NULL, "html", &page, NULL, &err));
    assert_int_equal(check_markup(page, "img") + check_markup(page, "script"), 0);
    assert_non_null(strstr(page, "a &amp; &lt;b&gt;"));
    imgvec_text_free(page);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* ---- allocations ---- */

static imgvec_status page_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    char *out;
    imgvec_status status = imgvec_report_json(ctx, user, NULL, "html", &out, NULL, err);
    if (status == IMGVEC_OK)
        imgvec_text_free(out);
    return status;
}

static imgvec_status svg_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    char *out;
    imgvec_status status = imgvec_report_json(ctx, user, "importance", "svg", &out, NULL, err);
    if (status == IMGVEC_OK)
        imgvec_text_free(out);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    static char info[] =
        "{\"task\": \"binary\", \"target\": \"t\", \"classes\": [\"a\", \"b\"], \"metric\": "
        "\"auc\","
        "\"confusion\": [[3, 1], [0, 2]], \"rows\": {\"total\": 6, \"used\": 6},"
        "\"metrics_pooled\": {\"auc\": 0.9}, \"importance\": [{\"name\": \"x\", \"share\": 1}],"
        "\"auto\": {\"metric\": \"auc\", \"trials\": [{\"id\": 0, \"score\": 0.8, \"seconds\": 3,"
        "\"curve\": [{\"epoch\": 1, \"train_loss\": 1, \"valid_loss\": 2, \"score\": 0.8}]}]}}";
    fail_each_allocation(page_job, info);
    fail_each_allocation(svg_job, info);
}

static imgvec_status file_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    char *out;
    imgvec_status status = imgvec_report_file(ctx, user, NULL, "html", &out, NULL, err);
    if (status == IMGVEC_OK)
        imgvec_text_free(out);
    return status;
}

static void test_allocations_of_a_file(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_dataset *ds = make_data(ctx, 30, WITH_NUMBER, 3);
    imgvec_model *m = train(ctx, ds, "kind", "y", "off");
    imgvec_error err;
    assert_ok(imgvec_model_save(m, PATH, &err));
    fail_each_allocation(file_job, (void *)PATH);
    unlink(PATH);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary),        cmocka_unit_test(test_regression),
        cmocka_unit_test(test_images),        cmocka_unit_test(test_wrong_questions),
        cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_hostile_samples),
        cmocka_unit_test(test_allocations),   cmocka_unit_test(test_allocations_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
