/* What is collected for the report: which rows, their pictures, neighbours from other folds, the
 * map, and that nothing of it can stop a training. */
#include "allocations.h"
#include "model_support.h"

#include <stdlib.h>

#include "base/mem.h"
#include "image/image.h"
#include "io/json.h"
#include "model/insight_data.h"
#include "model/insight_map.h"
#include "model/model.h"

enum { ROWS = 40, WIDTH = 3 };

typedef struct collection {
    imgvec_context *ctx;
    imgvec_dataset *ds;
    int64_t row[ROWS];
    float truth[ROWS], predictions[2 * ROWS], features[WIDTH * ROWS];
    int32_t fold[ROWS], status[ROWS];
    iv_insight_input in;
} collection;

/* Rows 0 to 9 are wrong, the first the most; features lie on a line, by row. */
static void set_up(collection *c, imgvec_context *ctx)
{
    memset(c, 0, sizeof *c);
    c->ctx = ctx;
    c->ds = make_data(ctx, ROWS, WITH_IMAGE, 1);
    for (int i = 0; i < ROWS; i++) {
        c->row[i] = i;
        c->truth[i] = (float)(i % 2);
        float right = i < 10 ? 0.01f * (float)(i + 1) : 0.9f;
        c->predictions[2 * i + i % 2] = right;
        c->predictions[2 * i + 1 - i % 2] = 1 - right;
        c->features[WIDTH * i] = 1;
        c->features[WIDTH * i + 1] = 0.1f * (float)i;
        c->fold[i] = i % 4 / 2; /* rows 0 1 | 2 3 | 4 5 ... */
    }
    c->in = (iv_insight_input){.ds = c->ds,
                               .column = 0,
                               .seed = 1,
                               .task = IV_TASK_BINARY,
                               .outputs = 2,
                               .scored = {ROWS, c->row, c->truth},
                               .predictions = c->predictions,
                               .fold = c->fold,
                               .augment = "HorizontalFlip(p=1)",
                               .features = c->features,
                               .status = c->status,
                               .width = WIDTH};
}

static void tear_down(collection *c)
{
    imgvec_dataset_free(c->ds);
}

static imgvec_status collect(collection *c, iv_insight_data *out, imgvec_error *err)
{
    iv_watch watch;
    imgvec_status status = iv_watch_init(&watch, NULL, err);
    return status == IMGVEC_OK ? iv_insight_collect(c->ctx, &c->in, &watch, out, err) : status;
}

static iv_json_document *index_of(imgvec_context *ctx, const iv_insight_data *d)
{
    imgvec_error err;
    iv_json_document *doc;
    const iv_part *part = iv_insight_find(d, IV_INSIGHT_INDEX);
    assert_non_null(part);
    assert_ok(iv_json_parse(ctx, part->data, part->size, 0, 0, &doc, &err));
    return doc;
}

static int64_t row_of(const iv_json *j)
{
    const iv_json *row = j->type == IV_JSON_INT ? j : iv_json_get(j, "row");
    assert_true(row && row->type == IV_JSON_INT);
    return row->as.integer;
}

static bool has_picture(const iv_insight_data *d, int64_t row, const char *version)
{
    char name[64];
    snprintf(name, sizeof name, "insights/row_%lld%s.jpg", (long long)row, version);
    const iv_part *part = iv_insight_find(d, name);
    return part && strcmp(iv_image_format(part->data, part->size), "JPEG") == 0;
}

static void test_what_is_collected(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    collection c;
    iv_insight_data d;
    imgvec_error err;
    set_up(&c, ctx);
    assert_ok(collect(&c, &d, &err));
    iv_json_document *doc = index_of(ctx, &d);
    const iv_json *root = iv_json_root(doc), *samples = iv_json_get(root, "samples");
    int of_class[2] = {0};
    assert_int_equal(samples->count, 12);
    for (const iv_json *s = samples->as.first; s; s = s->next) {
        of_class[row_of(s) % 2]++;
        assert_true(has_picture(&d, row_of(s), "") && has_picture(&d, row_of(s), "_1") &&
                    has_picture(&d, row_of(s), "_3") && !has_picture(&d, row_of(s), "_4"));
    }
    assert_int_equal(of_class[0], 6); /* by turns */
    int64_t expected = 0;
    for (const iv_json *e = iv_json_get(root, "errors")->as.first; e; e = e->next, expected++) {
        assert_int_equal(row_of(e), expected);
        assert_true(has_picture(&d, expected, ""));
        const iv_json *nearest = iv_json_get(e, "nearest");
        assert_int_equal(nearest->count, 3);
        double last = 2;
        for (const iv_json *n = nearest->as.first; n; n = n->next) {
            double similarity = iv_json_get(n, "similarity")->as.number;
            assert_int_not_equal(c.fold[row_of(n)], c.fold[expected]);
            assert_true(similarity <= last && similarity > 0.5);
            assert_true(has_picture(&d, row_of(n), ""));
            last = similarity;
        }
    }
    assert_int_equal(expected, 10);
    const iv_json *points = iv_json_get(iv_json_get(root, "map"), "points");
    assert_int_equal(points->count, ROWS);
    for (const iv_json *p = points->as.first; p; p = p->next) {
        const iv_json *x = iv_json_get(p, "x");
        double at = x->type == IV_JSON_INT ? (double)x->as.integer : x->as.number;
        /* On a line by row, either way round. */
        assert_true(fabs(fabs(at) - fabs((double)row_of(p) - (ROWS - 1) / 2.0) / 19.5) < 2e-3);
    }
    iv_json_free(doc);
    iv_insight_free(ctx, &d);
    tear_down(&c);
    imgvec_context_free(ctx);
}

/* Images that cannot be read, features that are not there, no images at all. */
static void test_what_is_missing(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    collection c;
    iv_insight_data d;
    imgvec_error err;
    set_up(&c, ctx);
    imgvec_dataset *bad;
    assert_ok(imgvec_dataset_new(ctx, &bad, &err));
    assert_ok(imgvec_dataset_add_column(bad, "image", IMGVEC_COLUMN_IMAGE, &err));
    for (int i = 0; i < ROWS; i++)
        assert_ok(imgvec_dataset_append_bytes(bad, "image", "none", 4, &err));
    c.in.ds = bad;
    for (int i = 0; i < ROWS; i++)
        c.status[i] = IMGVEC_ERR_FORMAT;
    assert_ok(collect(&c, &d, &err));
    assert_int_equal(d.count, 1); /* the index */
    iv_json_document *doc = index_of(ctx, &d);
    assert_int_equal(iv_json_get(iv_json_root(doc), "samples")->count, 0);
    assert_null(iv_json_get(iv_json_root(doc), "map"));
    iv_json_free(doc);
    iv_insight_free(ctx, &d);
    c.in.column = -1;
    assert_ok(collect(&c, &d, &err));
    assert_int_equal(d.count, 0);
    imgvec_dataset_free(bad);
    tear_down(&c);
    imgvec_context_free(ctx);
}

/* Without folds: neighbours come from the rows that were learned from. */
static void test_validation_rows(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    collection c;
    iv_insight_data d;
    imgvec_error err;
    set_up(&c, ctx);
    c.in.fold = NULL;
    c.in.scored.count = 20;
    c.in.learned = (iv_insight_rows){20, c.row + 20, c.truth + 20};
    assert_ok(collect(&c, &d, &err));
    iv_json_document *doc = index_of(ctx, &d);
    for (const iv_json *e = iv_json_get(iv_json_root(doc), "errors")->as.first; e; e = e->next)
        for (const iv_json *n = iv_json_get(e, "nearest")->as.first; n; n = n->next)
            assert_true(row_of(n) >= 20);
    iv_json_free(doc);
    iv_insight_free(ctx, &d);
    tear_down(&c);
    imgvec_context_free(ctx);
}

/* Points of known variances along two directions of five, others far weaker. */
static void test_map(void **state)
{
    (void)state;
    enum { N = 200, W = 5 };
    imgvec_context *ctx = test_context();
    imgvec_error err;
    float values[N * W], flat[2 * N];
    int64_t rows[N];
    double variance[2], a[N], b[N], sums[4] = {0};
    iv_random r;
    iv_random_seed(&r, 3, "map");
    for (int i = 0; i < N; i++) {
        a[i] = 3 * iv_random_normal(&r);
        b[i] = iv_random_normal(&r);
        rows[i] = N - 1 - i;
        float *v = values + W * rows[i];
        v[0] = (float)(10 + 0.6 * a[i]);
        v[1] = (float)(0.8 * a[i]);
        v[2] = (float)b[i];
        v[3] = (float)(0.01 * iv_random_normal(&r));
        v[4] = 7;
    }
    const iv_feature_rows features = {values, W};
    assert_ok(iv_insight_flatten(ctx, &features, rows, N, 1, flat, variance, &err));
    double mean = 0;
    for (int i = 0; i < N; i++)
        mean += a[i] / N;
    for (int i = 0; i < N; i++) {
        a[i] -= mean;
        sums[0] += a[i] * (double)flat[2 * i];
        sums[1] += a[i] * a[i];
        sums[2] += (double)flat[2 * i] * (double)flat[2 * i];
        sums[3] += b[i] * (double)flat[2 * i + 1];
    }
    assert_true(fabs(sums[0]) / sqrt(sums[1] * sums[2]) > 0.999);
    assert_true(fabs(sums[3]) > 0.9 * N * 0.8);
    assert_true(variance[0] > 0.85 && variance[1] > 0.05 && variance[0] + variance[1] > 0.999 &&
                variance[0] + variance[1] < 1 + 1e-6);
    for (int i = 0; i < N; i++)
        rows[i] = 5; /* rows that do not differ */
    assert_ok(iv_insight_flatten(ctx, &features, rows, N, 1, flat, variance, &err));
    assert_true(variance[0] == 0 && flat[0] == 0);
    imgvec_context_free(ctx);
}

/* A model keeps them in its file, unless it was told not to. */
static void test_option(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_data(ctx, 60, WITH_IMAGE, 1);
    for (int on = 0; on < 2; on++) {
        imgvec_options *o =
            make_options(ctx, IMGVEC_JOB_TRAIN, "target", "kind", "ignore", "y,noise", "backbone",
                         tiny_backbone.id, "weights", "random", "dim", "4", "folds", "3",
                         "insights", on ? "1" : "0", NULL);
        imgvec_model *m, *n;
        imgvec_error err;
        assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
        assert_int_equal(m->insights.count > 12, on);
        assert_ok(imgvec_model_save(m, temporary_path(), &err));
        assert_ok(imgvec_model_open(ctx, temporary_path(), NULL, &n, &err));
        assert_int_equal(n->insights.count, m->insights.count);
        for (size_t i = 0; i < n->insights.count; i++) {
            assert_string_equal(n->insights.parts[i].name, m->insights.parts[i].name);
            assert_int_equal(n->insights.parts[i].size, m->insights.parts[i].size);
            assert_memory_equal(n->insights.parts[i].data, m->insights.parts[i].data,
                                m->insights.parts[i].size);
        }
        imgvec_model_free(m);
        imgvec_model_free(n);
        imgvec_options_free(o);
        unlink(temporary_path());
    }
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static imgvec_status collect_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    collection *c = user;
    iv_insight_data d;
    imgvec_status status = collect(c, &d, err);
    if (status == IMGVEC_OK)
        iv_insight_free(ctx, &d);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    test_heap heap = {0};
    imgvec_context *ctx = test_heap_context(&heap);
    collection c;
    set_up(&c, ctx);
    c.in.scored.count = 6;
    fail_each_allocation_in(&heap, ctx, collect_job, &c);
    tear_down(&c);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_collected),
        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_validation_rows),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_option),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
