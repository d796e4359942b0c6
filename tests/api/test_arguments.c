/* Every public function that can fail refuses NULL where its contract forbids it, says which
 * argument it was, and leaves the out pointer NULL. */
#include "test.h"

#include <math.h>

#include <imgvec/imgvec.h>

#include "io/json.h"

#define REFUSES(call, what) assert_fails(call, IMGVEC_ERR_INVALID_ARGUMENT, what)

static void test_contexts_and_options(void **state)
{
    (void)state;
    imgvec_context *ctx = NULL;
    imgvec_options *o = NULL;
    imgvec_option_row row = {.size = 0};
    imgvec_error err;
    char *text;
    REFUSES(imgvec_context_new(NULL, &err), "out");
    REFUSES(imgvec_context_new_with(NULL, &ctx, &err), "allocator");
    ctx = test_context();
    REFUSES(imgvec_context_set_log(NULL, 1, NULL, NULL, &err), "ctx");
    REFUSES(imgvec_context_set_log(ctx, 99, NULL, NULL, &err), "level");
    REFUSES(imgvec_context_set_threads(NULL, 1, &err), "ctx");
    REFUSES(imgvec_context_set_device(NULL, "cpu", &err), "ctx");
    REFUSES(imgvec_cancel_new(NULL, &err), "out");
    REFUSES(imgvec_options_new(NULL, IMGVEC_JOB_TRAIN, &o, &err), "ctx");
    REFUSES(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, NULL, &err), "out");
    REFUSES(imgvec_options_new(ctx, 0, &o, &err), "jobs");
    assert_null(o);
    REFUSES(imgvec_options_new(ctx, 1 << 20, &o, &err), "jobs");
    REFUSES(imgvec_options_set_i64(NULL, 1, 1, &err), "opts");
    REFUSES(imgvec_options_set_f64(NULL, 1, 1, &err), "opts");
    REFUSES(imgvec_options_set_text(NULL, 1, "", &err), "opts");
    REFUSES(imgvec_options_set_named(NULL, "a", "b", &err), "opts");
    REFUSES(imgvec_options_set_json(NULL, "{}", &err), "opts");
    REFUSES(imgvec_options_json(NULL, &text, &err), "opts");
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err));
    REFUSES(imgvec_options_set_named(o, NULL, "b", &err), "name");
    REFUSES(imgvec_options_set_named(o, "folds", NULL, &err), "value");
    REFUSES(imgvec_options_set_json(o, NULL, &err), "json");
    REFUSES(imgvec_options_json(o, NULL, &err), "out");
    REFUSES(imgvec_options_set_like(NULL, "a", &err), "opts");
    REFUSES(imgvec_options_set_like(o, NULL, &err), "path");
    assert_fails(imgvec_options_set_like(o, "/no/such/model", &err), IMGVEC_ERR_NOT_FOUND,
                 "/no/such/model");
    REFUSES(imgvec_option_info(0, NULL, &err), "out");
    REFUSES(imgvec_option_info(0, &row, &err), "size");
    imgvec_options_free(o);
    imgvec_options_free(NULL);
    imgvec_text_free(NULL);
    imgvec_context_free(ctx);
}

static void test_datasets(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_dataset *ds;
    imgvec_error err;
    imgvec_column_info info = {.size = sizeof info};
    char *text, cell[4];
    size_t needed;
    REFUSES(imgvec_dataset_open(NULL, "a", NULL, NULL, &ds, &err), "ctx");
    REFUSES(imgvec_dataset_open(ctx, NULL, NULL, NULL, &ds, &err), "path");
    REFUSES(imgvec_dataset_open(ctx, "a", NULL, NULL, NULL, &err), "out");
    REFUSES(imgvec_dataset_new(NULL, &ds, &err), "ctx");
    REFUSES(imgvec_dataset_new(ctx, NULL, &err), "out");
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    REFUSES(imgvec_dataset_set_options(NULL, NULL, &err), "ds");
    assert_ok(imgvec_dataset_set_options(ds, NULL, &err));
    REFUSES(imgvec_dataset_add_column(NULL, "a", 1, &err), "ds");
    REFUSES(imgvec_dataset_add_column(ds, NULL, 1, &err), "name");
    REFUSES(imgvec_dataset_add_column(ds, "", 1, &err), "name");
    REFUSES(imgvec_dataset_add_column(ds, "a", 0, &err), "type");
    assert_ok(imgvec_dataset_add_column(ds, "n", IMGVEC_COLUMN_NUMERIC, &err));
    REFUSES(imgvec_dataset_add_column(ds, "n", IMGVEC_COLUMN_NUMERIC, &err), "n");
    assert_ok(imgvec_dataset_add_column(ds, "i", IMGVEC_COLUMN_IMAGE, &err));
    REFUSES(imgvec_dataset_append_number(NULL, "n", 1, &err), "ds");
    REFUSES(imgvec_dataset_append_number(ds, NULL, 1, &err), "column");
    REFUSES(imgvec_dataset_append_number(ds, "none", 1, &err), "none");
    REFUSES(imgvec_dataset_append_number(ds, "i", 1, &err), "i");
    REFUSES(imgvec_dataset_append_text(NULL, "n", "1", &err), "ds");
    REFUSES(imgvec_dataset_append_bytes(ds, "i", NULL, 5, &err), "bytes");
    struct ArrowArrayStream stream = {.release = NULL};
    REFUSES(imgvec_dataset_add_arrow(NULL, &stream, NULL, NULL, &err), "ds");
    REFUSES(imgvec_dataset_add_arrow(ds, NULL, NULL, NULL, &err), "stream");
    REFUSES(imgvec_dataset_add_arrow(ds, &stream, NULL, NULL, &err), "released");
    REFUSES(imgvec_dataset_append_bytes(ds, "n", "x", 1, &err), "n");
    REFUSES(imgvec_dataset_append_pixels(ds, "i", NULL, 1, 1, 0, IMGVEC_PIXELS_RGB, &err),
            "pixels");
    REFUSES(imgvec_dataset_append_pixels(ds, "i", "abc", 0, 1, 0, IMGVEC_PIXELS_RGB, &err),
            "width");
    REFUSES(imgvec_dataset_append_pixels(ds, "i", "abc", 1, 1, 0, 99, &err), "format");
    assert_ok(imgvec_dataset_append_number(ds, "n", 1234.5, &err));
    assert_ok(imgvec_dataset_append_pixels(ds, "i", "abc", 1, 1, 0, IMGVEC_PIXELS_RGB, &err));
    assert_int_equal(imgvec_dataset_rows(ds), 1);
    assert_int_equal(imgvec_dataset_columns(ds), 2);
    assert_int_equal(imgvec_dataset_rows(NULL), 0);
    assert_int_equal(imgvec_dataset_columns(NULL), 0);
    REFUSES(imgvec_dataset_column(ds, 2, &info, &err), "index");
    REFUSES(imgvec_dataset_column(ds, 0, NULL, &err), "out");
    REFUSES(imgvec_dataset_cell(ds, 0, 1, cell, sizeof cell, &needed, &err), "cell");
    assert_fails(imgvec_dataset_cell(ds, 0, 0, cell, sizeof cell, &needed, &err), IMGVEC_ERR_LIMIT,
                 "");
    assert_int_equal(needed, sizeof "1234.5");
    REFUSES(imgvec_dataset_describe(NULL, NULL, NULL, &text, &err), "ds");
    REFUSES(imgvec_dataset_describe(ds, NULL, NULL, NULL, &err), "out");
    REFUSES(imgvec_dataset_split(ds, NULL, NULL, "b", NULL, NULL, &err), "first_path");
    imgvec_dataset_free(ds);
    imgvec_dataset_free(NULL);
    imgvec_context_free(ctx);
}

static void test_jobs(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_dataset *ds;
    imgvec_model *m;
    imgvec_scorer *scorer;
    imgvec_vectorizer *vz;
    imgvec_error err;
    float value;
    uint8_t member;
    void *bytes;
    size_t size;
    char *text;
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    REFUSES(imgvec_model_train(NULL, ds, NULL, NULL, &m, &err), "ctx");
    REFUSES(imgvec_model_train(ctx, NULL, NULL, NULL, &m, &err), "ds");
    REFUSES(imgvec_model_train(ctx, ds, NULL, NULL, NULL, &err), "out");
    REFUSES(imgvec_model_train(ctx, ds, NULL, NULL, &m, &err), "option target is not set");
    assert_null(m);
    REFUSES(imgvec_model_train_auto(NULL, ds, NULL, NULL, &m, &err), "ctx");
    REFUSES(imgvec_model_train_auto(ctx, NULL, NULL, NULL, &m, &err), "ds");
    REFUSES(imgvec_model_train_auto(ctx, ds, NULL, NULL, NULL, &err), "out");
    REFUSES(imgvec_model_train_auto(ctx, ds, NULL, NULL, &m, &err), "option target is not set");
    assert_null(m);
    REFUSES(imgvec_model_predict(NULL, ds, NULL, &value, 1, NULL, NULL, &err), "model");
    assert_true(isnan(imgvec_model_threshold(NULL)) && imgvec_model_interval_level(NULL) == 0);
    REFUSES(imgvec_model_intervals(NULL, &value, 1, &value, 2, &err), "model");
    REFUSES(imgvec_model_sets(NULL, &value, 1, &member, 1, &err), "model");
    REFUSES(imgvec_model_evaluate(NULL, ds, NULL, &text, &err), "model");
    REFUSES(imgvec_scorer_new(NULL, NULL, &scorer, &err), "model");
    REFUSES(imgvec_scorer_set_number(NULL, "a", 1, &err), "scorer");
    REFUSES(imgvec_scorer_set_text(NULL, "a", "b", &err), "scorer");
    REFUSES(imgvec_scorer_set_bytes(NULL, "a", "b", 1, &err), "scorer");
    REFUSES(imgvec_scorer_set_pixels(NULL, "a", "b", 1, 1, 0, IMGVEC_PIXELS_GRAY, &err), "scorer");
    REFUSES(imgvec_scorer_run(NULL, NULL, &value, 1, NULL, &err), "scorer");
    REFUSES(imgvec_model_save(NULL, "a", &err), "model");
    REFUSES(imgvec_model_open(NULL, "a", NULL, &m, &err), "ctx");
    REFUSES(imgvec_model_open(ctx, NULL, NULL, &m, &err), "path");
    REFUSES(imgvec_model_open(ctx, "a", NULL, NULL, &err), "out");
    REFUSES(imgvec_model_describe_file(NULL, "a", &text, &err), "ctx");
    REFUSES(imgvec_model_describe_file(ctx, NULL, &text, &err), "path");
    REFUSES(imgvec_model_describe_file(ctx, "a", NULL, &err), "out");
    const char *paths[] = {"/no/such/model", NULL};
    REFUSES(imgvec_model_compare_files(NULL, paths, 1, &text, &err), "ctx");
    REFUSES(imgvec_model_compare_files(ctx, NULL, 1, &text, &err), "paths");
    REFUSES(imgvec_model_compare_files(ctx, paths, 0, &text, &err), "count");
    REFUSES(imgvec_model_compare_files(ctx, paths, 2, &text, &err), "path is NULL");
    REFUSES(imgvec_model_compare_files(ctx, paths, 1, NULL, &err), "out");
    assert_fails(imgvec_model_compare_files(ctx, paths, 1, &text, &err), IMGVEC_ERR_NOT_FOUND,
                 "/no/such/model");
    assert_null(text);
    REFUSES(imgvec_model_insights(NULL, &text, &err), "model");
    REFUSES(imgvec_model_insight(NULL, "roc", "json", &text, &size, &err), "model");
    REFUSES(imgvec_report_file(NULL, "a", NULL, "html", &text, &size, &err), "ctx");
    REFUSES(imgvec_report_file(ctx, NULL, NULL, "html", &text, &size, &err), "path");
    REFUSES(imgvec_report_file(ctx, "a", NULL, NULL, &text, &size, &err), "format");
    REFUSES(imgvec_report_file(ctx, "a", NULL, "html", NULL, &size, &err), "out");
    REFUSES(imgvec_report_json(NULL, "{}", NULL, "html", &text, &size, &err), "ctx");
    REFUSES(imgvec_report_json(ctx, NULL, NULL, "html", &text, &size, &err), "info");
    REFUSES(imgvec_report_json(ctx, "{}", NULL, NULL, &text, &size, &err), "format");
    REFUSES(imgvec_report_json(ctx, "{}", NULL, "html", NULL, &size, &err), "out");
    assert_int_equal(imgvec_model_outputs(NULL), 0);
    assert_null(imgvec_model_output_name(NULL, 0));
    assert_string_equal(imgvec_model_info(NULL), "");
    assert_int_equal(imgvec_model_inputs(NULL), 0);
    assert_null(imgvec_model_input_name(NULL, 0));
    REFUSES(imgvec_model_contributions(NULL, ds, NULL, &value, 1, NULL, NULL, &err), "model");
    REFUSES(imgvec_model_saliency(NULL, ds, 0, NULL, 0, 0, &value, 1, 1, &err), "model");
    REFUSES(
        imgvec_model_overlay(NULL, ds, 0, NULL, 0, 0, 64, IMGVEC_PICTURE_PNG, &bytes, &size, &err),
        "model");
    imgvec_bytes_free(NULL);
    imgvec_model_free(NULL);
    imgvec_scorer_free(NULL);
    REFUSES(imgvec_vectorizer_fit(NULL, ds, NULL, NULL, &vz, &err), "ctx");
    REFUSES(imgvec_vectorizer_fit(ctx, NULL, NULL, NULL, &vz, &err), "ds");
    REFUSES(imgvec_vectorizer_fit(ctx, ds, NULL, NULL, NULL, &err), "out");
    struct ArrowArrayStream stream;
    REFUSES(imgvec_vectorizer_export_arrow(NULL, ds, NULL, &stream, &err), "vz");
    REFUSES(imgvec_model_export_arrow(NULL, ds, NULL, &stream, &err), "model");
    REFUSES(imgvec_vectorizer_run(NULL, ds, NULL, &value, 1, NULL, NULL, &err), "vz");
    REFUSES(imgvec_vectorizer_save(NULL, "a", &err), "vz");
    REFUSES(imgvec_vectorizer_open(ctx, NULL, NULL, &vz, &err), "path");
    assert_int_equal(imgvec_vectorizer_width(NULL), 0);
    assert_string_equal(imgvec_vectorizer_info(NULL), "");
    imgvec_vectorizer_free(NULL);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static void test_augmentations(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_dataset *ds;
    imgvec_augmentation_row row = {.size = 0};
    imgvec_augmentation_parameter_row p = {.size = 0};
    imgvec_error err;
    REFUSES(imgvec_augmentation_info(0, NULL, &err), "out");
    REFUSES(imgvec_augmentation_info(0, &row, &err), "size");
    row.size = sizeof row;
    REFUSES(imgvec_augmentation_info(imgvec_augmentation_count(), &row, &err), "index");
    REFUSES(imgvec_augmentation_info(-1, &row, &err), "index");
    assert_ok(imgvec_augmentation_info(0, &row, &err));
    assert_string_equal(row.name, "HorizontalFlip");
    REFUSES(imgvec_augmentation_parameter(0, 0, NULL, &err), "out");
    REFUSES(imgvec_augmentation_parameter(0, 0, &p, &err), "size");
    p.size = sizeof p;
    REFUSES(imgvec_augmentation_parameter(-1, 0, &p, &err), "index");
    REFUSES(imgvec_augmentation_parameter(0, row.parameters, &p, &err), "parameter");
    assert_ok(imgvec_augmentation_parameter(0, row.parameters - 1, &p, &err));
    assert_string_equal(p.name, "p");
    assert_int_equal(p.type, IMGVEC_PARAMETER_NUMBER);
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    REFUSES(imgvec_augment_sheet(NULL, ds, NULL, NULL, "a", &err), "ctx");
    REFUSES(imgvec_augment_sheet(ctx, NULL, NULL, NULL, "a", &err), "ds");
    REFUSES(imgvec_augment_sheet(ctx, ds, NULL, NULL, NULL, &err), "path");
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static void test_backbones_and_versions(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_backbone_row row = {.size = sizeof row};
    imgvec_error err;
    char *path;
    iv_json_document *doc;
    assert_true(imgvec_backbone_count() >= 5);
    for (int32_t i = 0; i < imgvec_backbone_count(); i++) {
        assert_ok(imgvec_backbone_info(i, &row, &err));
        assert_true(row.parameters > 0 && row.width > 0 && row.input_size > 0);
    }
    REFUSES(imgvec_backbone_info(-1, &row, &err), "index");
    REFUSES(imgvec_backbone_info(0, NULL, &err), "out");
    REFUSES(imgvec_backbone_weights(NULL, "resnet18", "", &path, &err), "ctx");
    REFUSES(imgvec_backbone_weights(ctx, NULL, "", &path, &err), "id");
    REFUSES(imgvec_backbone_weights(ctx, "resnet19", "", &path, &err), "resnet19");
    assert_fails(imgvec_backbone_weights(ctx, "resnet18", "/no/such/folder", &path, &err),
                 IMGVEC_ERR_NOT_FOUND, "/no/such/folder");
    assert_null(path);
    double speed = 0;
    imgvec_weights_row published = {.size = sizeof published};
    REFUSES(imgvec_backbone_measure(NULL, "resnet18", NULL, NULL, &speed, &err), "ctx");
    REFUSES(imgvec_backbone_measure(ctx, NULL, NULL, NULL, &speed, &err), "id");
    REFUSES(imgvec_backbone_measure(ctx, "resnet18", NULL, NULL, NULL, &err), "images_per_second");
    REFUSES(imgvec_backbone_measure(ctx, "resnet19", NULL, NULL, &speed, &err), "resnet19");
    assert_true(imgvec_weights_count() >= 100);
    for (int32_t i = 0; i < imgvec_weights_count(); i++) {
        assert_ok(imgvec_weights_info(i, &published, &err));
        assert_true(published.crop > 0 && *published.file && *published.variant);
    }
    REFUSES(imgvec_weights_info(-1, &published, &err), "index");
    REFUSES(imgvec_weights_info(imgvec_weights_count(), &published, &err), "index");
    REFUSES(imgvec_weights_info(0, NULL, &err), "out");
    published.size = 0;
    REFUSES(imgvec_weights_info(0, &published, &err), "size");
    REFUSES(imgvec_weights_list(NULL, "", &path, &err), "ctx");
    REFUSES(imgvec_weights_list(ctx, "", NULL, &err), "out");
    REFUSES(imgvec_weights_verify(NULL, "a", "", NULL, &path, &err), "ctx");
    REFUSES(imgvec_weights_verify(ctx, "a", "", NULL, NULL, &err), "out");
    assert_fails(imgvec_weights_verify(ctx, "/no/such/file.pth", "", NULL, &path, &err),
                 IMGVEC_ERR_NOT_FOUND, "/no/such/file.pth");
    assert_null(path);
    REFUSES(imgvec_weights_fetch(NULL, "a", NULL, NULL, &path, &err), "ctx");
    REFUSES(imgvec_weights_fetch(ctx, NULL, NULL, NULL, &path, &err), "name");
    REFUSES(imgvec_weights_fetch(ctx, "a", NULL, NULL, NULL, &err), "path");
    REFUSES(imgvec_weights_fetch(ctx, "resnet19", NULL, NULL, &path, &err), "resnet19");
    REFUSES(imgvec_weights_inspect(NULL, "a", &path, &err), "ctx");
    REFUSES(imgvec_weights_inspect(ctx, NULL, &path, &err), "path");
    REFUSES(imgvec_weights_inspect(ctx, "a", NULL, &err), "out");

    assert_true(imgvec_version_number() >> 16 == IMGVEC_API_VERSION_MAJOR);
    assert_string_equal(imgvec_version_string(), IMGVEC_VERSION_STRING);
    const char *info = imgvec_build_info();
    assert_ok(iv_json_parse(ctx, info, strlen(info), 0, 0, &doc, &err));
    assert_non_null(iv_json_get(iv_json_root(doc), "image_formats"));
    iv_json_free(doc);
    imgvec_context_free(ctx);
}

/* The out of memory of a context never reaches further than its own calls. */
static void test_every_allocation(void **state)
{
    (void)state;
    imgvec_error err;
    bool done = false;
    long failed = 0;
    for (long n = 2; !done; n++) {
        test_heap heap = {.fail_at = n};
        imgvec_context *ctx = test_heap_context(&heap);
        imgvec_options *o = NULL;
        char *text = NULL;
        imgvec_status status = imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err);
        if (!status)
            status = imgvec_options_set_named(o, "xgb.eta", "0.5", &err);
        if (!status)
            status = imgvec_options_set_json(o, "{\"target\": \"y\", \"folds\": 3}", &err);
        if (!status)
            status = imgvec_options_json(o, &text, &err);
        assert_true(status == IMGVEC_OK || status == IMGVEC_ERR_NO_MEMORY);
        done = status == IMGVEC_OK;
        failed += !done;
        imgvec_text_free(text);
        imgvec_options_free(o);
        imgvec_context_free(ctx);
        assert_int_equal(heap.live, 0);
    }
    printf("# %ld allocations failed in turn\n", failed);
    assert_true(failed > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contexts_and_options),
        cmocka_unit_test(test_datasets),
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_augmentations),
        cmocka_unit_test(test_backbones_and_versions),
        cmocka_unit_test(test_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
