/* The same training again with one thing changed: options, seed and folds of a model's file. */
#include "allocations.h"
#include "model_support.h"

#include "base/bag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "model/bundle.h"
#include "model/model.h"

#define PATH temporary_path()

/* Everything that the library said. */
static char said[4096];

static void listen(void *user, int32_t level, const char *text)
{
    size_t used = strlen(said);
    snprintf(said + used, sizeof said - used, "%s\n", text);
}

static imgvec_context *listened(void)
{
    imgvec_context *ctx = fake_context();
    imgvec_error err;
    said[0] = '\0';
    assert_ok(imgvec_context_set_log(ctx, IMGVEC_LOG_NOTICE, listen, NULL, &err));
    return ctx;
}

static imgvec_model *train(imgvec_context *ctx, const imgvec_dataset *ds, imgvec_options *o)
{
    imgvec_model *m;
    imgvec_error err;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    imgvec_options_free(o);
    return m;
}

/* Trains and saves at PATH. */
static imgvec_model *train_first(imgvec_context *ctx, const imgvec_dataset *ds, imgvec_options *o)
{
    imgvec_error err;
    imgvec_model *m = train(ctx, ds, o);
    assert_ok(imgvec_model_save(m, PATH, &err));
    return m;
}

/* Trains with o, made like the model at PATH. */
static imgvec_model *train_like(imgvec_context *ctx, const imgvec_dataset *ds, imgvec_options *o)
{
    imgvec_error err;
    assert_ok(imgvec_options_set_like(o, PATH, &err));
    return train(ctx, ds, o);
}

static int fold_of(const imgvec_model *m, int64_t row)
{
    for (size_t i = 0; i < m->oof.count; i++)
        if (m->oof.row[i] == row)
            return m->oof.fold[i];
    return -1;
}

static size_t same_folds(const imgvec_model *a, const imgvec_model *b)
{
    size_t same = 0;
    for (size_t i = 0; i < a->oof.count; i++)
        same += fold_of(b, a->oof.row[i]) == a->oof.fold[i];
    return same;
}

static imgvec_options *usual(imgvec_context *ctx)
{
    return make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise", "backbone",
                        tiny_backbone.id, "weights", "random", "dim", "2", "folds", "3", "rounds",
                        "8", "seed", "7", "holdout", "0.2", "xgb.max_depth", "3", NULL);
}

/* Nothing changed: the same model to the bit. */
static void test_nothing_changed(void **state)
{
    imgvec_context *ctx = listened();
    imgvec_dataset *ds = make_data(ctx, 90, WITH_IMAGE | WITH_NUMBER, 1);
    imgvec_model *a = train_first(ctx, ds, usual(ctx));
    imgvec_model *b = train_like(ctx, ds, make_options(ctx, IMGVEC_JOB_TRAIN, NULL));
    assert_string_equal(imgvec_model_info(a), imgvec_model_info(b));
    assert_memory_equal(a->oof.predictions, b->oof.predictions, a->oof.count * sizeof(float));
    assert_non_null(strstr(said, "folds as in"));
    assert_non_null(strstr(said, ": 90 rows"));
    imgvec_model_free(b);
    /* With other columns the folds and the held-out rows stay, though the images tied some. */
    b = train_like(ctx, ds,
                   make_options(ctx, IMGVEC_JOB_TRAIN, "ignore", "kind,noise,image", NULL));
    assert_int_equal(same_folds(a, b), a->oof.count);
    assert_int_equal(a->oof.held_count, 18);
    assert_int_equal(b->oof.held_count, 18);
    assert_memory_equal(a->oof.held, b->oof.held, 18 * sizeof *a->oof.held);
    imgvec_model_free(a);
    imgvec_model_free(b);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    unlink(PATH);
}

/* What the caller sets wins, before or after; what the bag is not for is left alone. */
static void test_options(void **state)
{
    imgvec_context *ctx = listened();
    imgvec_error err;
    imgvec_dataset *ds = make_data(ctx, 60, WITH_NUMBER, 1);
    imgvec_model_free(train_first(ctx, ds, usual(ctx)));
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "dim", "4", "xgb.max_depth", "5",
                                     "xgb.eta", "0.5", "rounds", "600", NULL);
    assert_ok(imgvec_options_set_like(o, PATH, &err));
    assert_ok(imgvec_options_set_named(o, "folds", "4", &err));
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_DIM), "4");
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_TARGET), "y");
    assert_int_equal(iv_option_i64(o, IMGVEC_OPT_SEED), 7);
    assert_int_equal(iv_option_i64(o, IMGVEC_OPT_FOLDS), 4);
    assert_int_equal(iv_option_i64(o, IMGVEC_OPT_ROUNDS), 600); /* set, if to its default */
    assert_true(iv_option_f64(o, IMGVEC_OPT_HOLDOUT) == 0.2);
    const char *name, *value;
    assert_true(iv_option_xgb(o, 0, &name, &value) && strcmp(value, "5") == 0);
    assert_true(iv_option_xgb(o, 1, &name, &value) && strcmp(value, "0.5") == 0);
    assert_false(iv_option_xgb(o, 2, &name, &value));
    imgvec_options_free(o);
    o = make_options(ctx, IMGVEC_JOB_OPEN, NULL);
    assert_ok(imgvec_options_set_like(o, PATH, &err));
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_IGNORE), "kind,noise");
    assert_null(iv_options_known_folds(o));
    imgvec_options_free(o);
    /* Setting options by JSON afterwards keeps the folds. */
    o = make_options(ctx, IMGVEC_JOB_TRAIN, NULL);
    assert_ok(imgvec_options_set_like(o, PATH, &err));
    assert_ok(imgvec_options_set_json(o, "{\"rounds\": 9}", &err));
    assert_int_equal(iv_options_known_folds(o)->count, 60);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    unlink(PATH);
}

/* Networks: those that auto took; a checkpoint goes with its network. */
static void test_networks(void **state)
{
    static const char content[] =
        "{\"kind\": \"model\", \"task\": \"regression\", \"target\": \"y\", \"backbones\": "
        "[{\"id\": \"resnet18\"}, {\"id\": \"resnet34\"}], \"options\": {\"backbone\": \"auto\", "
        "\"weights\": \"mine.pth\", \"fold_column\": \"\", \"holdout\": 0, \"folds\": 5}}";
    imgvec_context *ctx = listened();
    imgvec_error err;
    iv_bundle b;
    iv_bundle_init(&b, ctx);
    assert_ok(iv_bundle_write(&b, "model", content, "{}", PATH, &err));
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, NULL);
    assert_ok(imgvec_options_set_like(o, PATH, &err));
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_BACKBONE), "resnet18,resnet34");
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_WEIGHTS), "mine.pth");
    assert_non_null(strstr(said, "does not hold its folds"));
    imgvec_options_free(o);
    o = make_options(ctx, IMGVEC_JOB_TRAIN, "backbone", "resnet50", NULL);
    assert_ok(imgvec_options_set_like(o, PATH, &err));
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_BACKBONE), "resnet50");
    assert_string_equal(iv_option_text(o, IMGVEC_OPT_WEIGHTS), "");
    imgvec_options_free(o);
    imgvec_context_free(ctx);
    unlink(PATH);
}

/* Folds that do not fit are made anew, and it is said why. */
static void test_other_folds(void **state)
{
    static const struct {
        const char *option, *value, *words;
        int rows;
    } cases[] = {
        {"folds", "4", "since option folds is 4 and was 3", 60},
        {"holdout", "0.1", "since option holdout is 0.1 and was 0.2", 60},
        {"target", "x", "since the target is x and was y", 60},
        {"fold_column", "kind", "since option fold_column is \"kind\" and was \"\"", 60},
        {"rounds", "9", "since the data are not the same: 61 rows instead of 60", 61},
    };
    imgvec_context *ctx = listened();
    imgvec_dataset *ds = make_data(ctx, 60, WITH_NUMBER | WITH_COLOUR, 1);
    imgvec_model_free(train_first(ctx, ds, usual(ctx)));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        imgvec_dataset *other = make_data(ctx, cases[i].rows, WITH_NUMBER | WITH_COLOUR, 1);
        imgvec_options *o =
            make_options(ctx, IMGVEC_JOB_TRAIN, cases[i].option, cases[i].value, NULL);
        said[0] = '\0';
        if (strcmp(cases[i].option, "fold_column") == 0) { /* two values for three folds */
            imgvec_model *m;
            imgvec_error err;
            assert_ok(imgvec_options_set_like(o, PATH, &err));
            assert_fails(imgvec_model_train(ctx, other, o, NULL, &m, &err), IMGVEC_ERR_DATA,
                         "fold_column");
            imgvec_options_free(o);
        } else {
            imgvec_model_free(train_like(ctx, other, o));
        }
        if (!strstr(said, cases[i].words))
            fail_msg("\"%s\" is not said, but: %s", cases[i].words, said);
        assert_null(strstr(said, "folds as in"));
        imgvec_dataset_free(other);
    }
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    unlink(PATH);
}

/* Rows in pairs of the same image; every tenth image is damaged where `bad` is set. */
static imgvec_dataset *pairs(imgvec_context *ctx, bool bad)
{
    imgvec_dataset *ds;
    imgvec_error err;
    iv_random r;
    uint8_t pixels[16 * 16 * 3];
    iv_random_seed(&r, 3, "pairs");
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    assert_ok(imgvec_dataset_add_column(ds, "x", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "kind", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < 60; i++) {
        if (i % 2 == 0)
            for (size_t p = 0; p < sizeof pixels; p++)
                pixels[p] = (uint8_t)iv_random_below(&r, 256);
        if (bad && i % 10 == 0)
            assert_ok(imgvec_dataset_append_bytes(ds, "image", "bad", 3, &err));
        else
            assert_ok(imgvec_dataset_append_pixels(ds, "image", pixels, 16, 16, 0,
                                                   IMGVEC_PIXELS_RGB, &err));
        assert_ok(imgvec_dataset_append_number(ds, "x", iv_random_unit(&r), &err));
        assert_ok(imgvec_dataset_append_text(ds, "kind", i % 4 < 2 ? "a" : "b", &err));
    }
    return ds;
}

static imgvec_options *pair_options(imgvec_context *ctx, const char *ignore, const char *on_bad)
{
    return make_options(ctx, IMGVEC_JOB_TRAIN, "target", "kind", "ignore", ignore, "backbone",
                        tiny_backbone.id, "weights", "random", "dim", "2", "folds", "3", "rounds",
                        "4", "on_bad", on_bad, "max_bad_fraction", "0.2", NULL);
}

/* Folds of a model that did not look at the images part some pairs; with the images they must not.
 */
static void test_pairs_stay_together(void **state)
{
    imgvec_context *ctx = listened();
    imgvec_dataset *ds = pairs(ctx, false);
    imgvec_model *a = train_first(ctx, ds, pair_options(ctx, "image", "auto"));
    size_t parted = 0, kept = 0;
    for (int i = 0; i < 60; i += 2)
        parted += fold_of(a, i) != fold_of(a, i + 1);
    assert_true(parted > 0);
    said[0] = '\0';
    imgvec_model *b = train_like(ctx, ds, make_options(ctx, IMGVEC_JOB_TRAIN, "ignore", "", NULL));
    for (int i = 0; i < 60; i += 2) {
        assert_int_equal(fold_of(b, i), fold_of(b, i + 1));
        kept += fold_of(b, i) == fold_of(a, i) || fold_of(b, i) == fold_of(a, i + 1);
    }
    assert_int_equal(kept, 30);
    assert_int_equal(same_folds(a, b), 60 - parted);
    char words[64];
    snprintf(words, sizeof words, "%zu rows are in another fold than there", parted);
    assert_non_null(strstr(said, words));
    imgvec_model_free(a);
    imgvec_model_free(b);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    unlink(PATH);
}

/* Rows that the model could not use join the folds. */
static void test_added_rows(void **state)
{
    imgvec_context *ctx = listened();
    imgvec_dataset *ds = pairs(ctx, true);
    imgvec_model *a = train_first(ctx, ds, pair_options(ctx, "", "drop"));
    assert_int_equal(a->oof.count, 54);
    said[0] = '\0';
    imgvec_model *b =
        train_like(ctx, ds, make_options(ctx, IMGVEC_JOB_TRAIN, "ignore", "image", NULL));
    assert_int_equal(b->oof.count, 60);
    assert_int_equal(same_folds(a, b), 54);
    assert_non_null(strstr(said, "6 rows were not used there"));
    imgvec_model_free(a);
    imgvec_model_free(b);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    unlink(PATH);
}

static void test_lies(void **state)
{
#define START "{\"kind\": \"model\", \"task\": \"regression\", \"target\": \"y\", "
    static const struct {
        const char *kind, *content, *words;
        int32_t status;
    } files[] = {
        {"vectorizer", "{}", "holds a vectorizer", IMGVEC_ERR_FORMAT},
        {"model", "{\"kind\": \"model\"}", "options", IMGVEC_ERR_FORMAT},
        {"model", START "\"options\": {\"folds\": 0}}", "folds", IMGVEC_ERR_FORMAT},
        {"model", START "\"options\": {\"folds\": []}}", "folds", IMGVEC_ERR_FORMAT},
        {"model", START "\"options\": {\"warp\": 1}}", "no option warp", IMGVEC_ERR_UNSUPPORTED},
        {"model", START "\"options\": {\"backbone\": \"auto\"}}", "backbones", IMGVEC_ERR_FORMAT},
        {"model", "{\"kind\": \"model\", \"task\": \"dance\", \"options\": {}}", "dance",
         IMGVEC_ERR_FORMAT},
        {"model", "{\"kind\": \"model\", \"task\": \"binary\", \"options\": {}}", "classes",
         IMGVEC_ERR_FORMAT},
    };
    imgvec_context *ctx = listened();
    imgvec_error err;
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "rounds", "9", NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        iv_bundle b;
        iv_bundle_init(&b, ctx);
        assert_ok(iv_bundle_write(&b, files[i].kind, files[i].content, "{}", PATH, &err));
        assert_fails(imgvec_options_set_like(o, PATH, &err), files[i].status, files[i].words);
        assert_non_null(strstr(err.text, PATH));
        assert_int_equal(iv_option_i64(o, IMGVEC_OPT_FOLDS), 5); /* nothing was set */
    }
    imgvec_options_free(o);
    unlink(PATH);
    imgvec_context_free(ctx);
}

static imgvec_status set_like(imgvec_context *ctx, void *user, imgvec_error *err)
{
    imgvec_options *o = NULL;
    imgvec_status status = imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, err);
    if (status == IMGVEC_OK)
        status = imgvec_options_set_like(o, PATH, err);
    imgvec_options_free(o);
    return status;
}

static imgvec_status train_again(imgvec_context *ctx, imgvec_error *err)
{
    imgvec_options *o = NULL;
    imgvec_dataset *ds = NULL;
    imgvec_model *m = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_DO(imgvec_dataset_new(ctx, &ds, err));
    IV_DO(imgvec_dataset_add_column(ds, "x", IMGVEC_COLUMN_NUMERIC, err));
    IV_DO(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, err));
    for (int i = 0; i < 24; i++) {
        IV_DO(imgvec_dataset_append_number(ds, "x", i, err));
        IV_DO(imgvec_dataset_append_number(ds, "y", 2 * i + 0.5, err));
    }
    IV_DO(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, err));
    if (access(PATH, F_OK) == 0)
        IV_DO(imgvec_options_set_like(o, PATH, err));
    else
        IV_DO(imgvec_options_set_json(o,
                                      "{\"target\": \"y\", \"folds\": 2, \"rounds\": 2, "
                                      "\"threads\": 1, \"learner\": \"xgboost\", "
                                      "\"target_transform\": \"none\", \"select_blocks\": false, "
                                      "\"ablation\": \"off\", \"early_stopping_rounds\": 0}",
                                      err));
    IV_DO(imgvec_model_train(ctx, ds, o, NULL, &m, err));
    if (access(PATH, F_OK) != 0)
        status = imgvec_model_save(m, PATH, err);
done:
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    return status;
}

static void test_out_of_memory(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    assert_ok(train_again(ctx, &err));
    imgvec_context_free(ctx);
    fail_each_allocation(set_like, NULL);
    long tried = 0;
    imgvec_status status = IMGVEC_ERR_NO_MEMORY;
    for (long n = 2; status != IMGVEC_OK; n++, tried++) {
        test_heap heap = {.fail_at = n};
        ctx = test_heap_context(&heap);
        status = train_again(ctx, &err);
        imgvec_context_free(ctx);
        if (heap.live != 0 || (status != IMGVEC_OK && status != IMGVEC_ERR_NO_MEMORY))
            fail_msg("allocation %ld: status %d, %ld blocks left", n, (int)status, (long)heap.live);
    }
    printf("# %ld failures\n", tried);
    assert_true(tried > 100);
    unlink(PATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_changed),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_other_folds),
        cmocka_unit_test(test_pairs_stay_together),
        cmocka_unit_test(test_added_rows),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
