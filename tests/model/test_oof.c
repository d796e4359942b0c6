/* Out-of-fold predictions in a model's file: what the scores came from, to the bit, and nothing
 * that a damaged part could do. */
#include "allocations.h"
#include "model_support.h"

#include "base/error.h"
#include "base/mem.h"
#include "learn/metrics.h"
#include "model/model.h"
#include "model/oof.h"

#define PATH temporary_path()

static imgvec_model *train(imgvec_context *ctx, const imgvec_dataset *ds, const char *target,
                           const char *ignore, const char *holdout)
{
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", target, "ignore", ignore,
                                     "folds", "3", "holdout", holdout, "rounds", "20", NULL);
    imgvec_model *m;
    imgvec_error err;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    imgvec_options_free(o);
    return m;
}

static void assert_same(const iv_oof *a, const iv_oof *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->outputs, b->outputs);
    assert_int_equal(a->held_count, b->held_count);
    assert_memory_equal(a->row, b->row, a->count * sizeof *a->row);
    assert_memory_equal(a->fold, b->fold, a->count * sizeof *a->fold);
    assert_memory_equal(a->truth, b->truth, a->count * sizeof *a->truth);
    assert_memory_equal(a->predictions, b->predictions,
                        a->count * (size_t)a->outputs * sizeof(float));
    for (size_t i = 0; i < a->held_count; i++)
        assert_int_equal(a->held[i], b->held[i]);
}

/* The kept predictions give the reported scores, survive the file twice, and no row is both used
 * and held out. */
static void check(const char *target, const char *ignore, const char *holdout, const char *metric)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    imgvec_dataset *ds = make_data(ctx, 90, WITH_NUMBER | WITH_COLOUR, 3);
    imgvec_model *m = train(ctx, ds, target, ignore, holdout), *n, *again;
    double scores[IV_METRIC_MAX];
    const iv_oof *o = &m->oof;
    assert_int_equal(o->count + o->held_count, 90);
    assert_int_equal(o->held_count, strtod(holdout, NULL) * 90);
    assert_ok(iv_metrics_compute(ctx, m->task, o->count, o->outputs, o->predictions, o->truth, NULL,
                                 scores, &err));
    int at = iv_metric_find(m->task, metric);
    double told = info_number(imgvec_model_info(m), "metrics_pooled", metric);
    assert_true(told != 0 && scores[at] == told);
    int seen[90] = {0}, folds[3] = {0};
    for (size_t i = 0; i < o->count; i++) {
        seen[o->row[i]]++;
        folds[o->fold[i]]++;
    }
    for (size_t i = 0; i < o->held_count; i++)
        seen[o->held[i]]++;
    for (int i = 0; i < 90; i++)
        assert_int_equal(seen[i], 1);
    for (int f = 0; f < 3; f++)
        assert_true(folds[f] >= (int)o->count / 3 - 1);
    assert_ok(imgvec_model_save(m, PATH, &err));
    assert_ok(imgvec_model_open(ctx, PATH, NULL, &n, &err));
    assert_same(o, &n->oof);
    assert_true(n->cost.train_seconds > 0 && n->cost.train_seconds == m->cost.train_seconds);
    assert_string_equal(n->data, m->data);
    assert_ok(imgvec_model_save(n, PATH, &err));
    assert_ok(imgvec_model_open(ctx, PATH, NULL, &again, &err));
    assert_same(o, &again->oof);
    assert_true(again->cost.score_seconds == m->cost.score_seconds);
    assert_string_equal(again->data, m->data);
    unlink(PATH);
    imgvec_model_free(again);
    imgvec_model_free(n);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static void test_regression(void **state)
{
    check("y", "kind,noise", "0", "rmse");
    check("y", "kind,noise", "0.2", "mae");
}

static void test_classes(void **state)
{
    check("colour", "kind,noise", "0", "auc");
    check("kind", "y,noise", "0.2", "log_loss");
}

/* A file of a release that did not keep them yet opens and is saved as it is. */
static void test_absent(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    imgvec_dataset *ds = make_data(ctx, 60, WITH_NUMBER, 3);
    imgvec_model *m = train(ctx, ds, "y", "kind,noise", "0"), *n;
    iv_oof_free(ctx, &m->oof);
    iv_free(ctx, m->data);
    m->data = NULL;
    m->cost.train_seconds = -1;
    for (int i = 0; i < 2; i++) {
        assert_ok(imgvec_model_save(m, PATH, &err));
        assert_ok(imgvec_model_open(ctx, PATH, NULL, &n, &err));
        assert_int_equal(n->oof.count, 0);
        assert_null(n->data);
        assert_true(n->cost.train_seconds < 0);
        imgvec_model_free(m);
        m = n;
    }
    unlink(PATH);
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static int64_t rows[] = {0, 2, 70000, 70001}, held[] = {1, 4};
static int32_t folds[] = {0, 1, 0, 1};
static float truth[] = {0, 1, 2, 1},
             predictions[] = {1, 0, 0, 0.25f, 0.5f, 0.25f, 0, 0, 1, 0, 1, NAN};
static const iv_oof sample = {4, 3, rows, folds, truth, predictions, 2, held};

/* A bundle of the sample's parts, one of them changed. */
static void make_bundle(imgvec_context *ctx, const char *name, int at, int value, iv_bundle *b)
{
    imgvec_error err;
    iv_bundle_init(b, ctx);
    assert_ok(iv_oof_put(b, &sample, &err));
    for (size_t i = 0; name && i < b->count; i++)
        if (strcmp(b->parts[i].name, name) == 0) {
            if (at < 0)
                b->parts[i].size += (size_t)(ptrdiff_t)at;
            else
                ((uint8_t *)b->parts[i].data)[at] = (uint8_t)value;
            return;
        }
    assert_null(name);
}

static void test_lies(void **state)
{
    static const struct {
        const char *part;
        int at, value; /* at < 0: so many bytes fewer */
        const char *words;
    } lies[] = {
        {"oof/rows", -1, 0, "15 bytes for 3 values of 4"},
        {"oof/rows", -4, 0, "oof/folds: 4 bytes for 3"},
        {"oof/rows", -16, 0, "oof/rows is empty"},
        {"oof/rows", 4, 0, "row 1 does not come after"},
        {"oof/folds", -1, 0, "oof/folds: 3 bytes for 4"},
        {"oof/folds", 3, 100, "100 is no fold"},
        {"oof/truth", -4, 0, "oof/truth: 12 bytes"},
        {"oof/truth", 7, 0x40, "value 1 is no target"}, /* 1 becomes 3 and more */
        {"oof/truth", 7, 0xBF, "value 1 is no target"}, /* -1 */
        {"oof/truth", 4, 0x01, "value 1 is no target"}, /* a fraction */
        {"oof/predictions", -12, 0, "oof/predictions: 36 bytes"},
        {"oof/held_out", 4, 1, "row 1 does not come after"},
    };
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_bundle b;
    iv_oof o;
    make_bundle(ctx, NULL, 0, 0, &b);
    assert_ok(iv_oof_get(&b, IV_TASK_MULTICLASS, 3, &o, &err));
    assert_same(&sample, &o);
    iv_oof_free(ctx, &o);
    iv_bundle_free(&b);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        make_bundle(ctx, lies[i].part, lies[i].at, lies[i].value, &b);
        assert_fails(iv_oof_get(&b, IV_TASK_MULTICLASS, 3, &o, &err), IMGVEC_ERR_FORMAT,
                     lies[i].words);
        iv_oof_free(ctx, &o);
        iv_bundle_free(&b);
    }
    make_bundle(ctx, NULL, 0, 0, &b);
    assert_fails(iv_oof_get(&b, IV_TASK_BINARY, 0, &o, &err), IMGVEC_ERR_FORMAT, "no class");
    iv_oof_free(ctx, &o);
    iv_bundle_free(&b);
    /* A part that is not there. */
    make_bundle(ctx, NULL, 0, 0, &b);
    b.parts[0].name[0] = 'x';
    assert_fails(iv_oof_get(&b, IV_TASK_MULTICLASS, 3, &o, &err), IMGVEC_ERR_FORMAT, "is missing");
    iv_oof_free(ctx, &o);
    iv_bundle_free(&b);
    imgvec_context_free(ctx);
}

static imgvec_status put_and_get(imgvec_context *ctx, void *user, imgvec_error *err)
{
    iv_bundle b;
    iv_oof o = {0};
    imgvec_status status = IMGVEC_OK;
    iv_bundle_init(&b, ctx);
    IV_DO(iv_oof_put(&b, &sample, err));
    IV_DO(iv_oof_get(&b, IV_TASK_MULTICLASS, 3, &o, err));
done:
    iv_oof_free(ctx, &o);
    iv_bundle_free(&b);
    return status;
}

static void test_out_of_memory(void **state)
{
    fail_each_allocation(put_and_get, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression),    cmocka_unit_test(test_classes),
        cmocka_unit_test(test_absent),        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
