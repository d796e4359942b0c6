/* What a model costs: measured where it is trained, kept in its file. */
#include "model_support.h"

#include "model/cost.h"
#include "model/model.h"

static iv_cost cost_of(int columns, const char *ignore)
{
    imgvec_context *ctx = fake_context();
    imgvec_error err;
    imgvec_dataset *ds = make_data(ctx, 90, columns, 3);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", ignore,
                                     "backbone", tiny_backbone.id, "weights", "random", "folds",
                                     "2", "rounds", "5", "select_blocks", "0", NULL);
    imgvec_model *m;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    iv_cost cost = m->cost;
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    return cost;
}

static void test_measured(void **state)
{
    iv_cost cost = cost_of(WITH_IMAGE | WITH_NUMBER, "kind,noise");
    assert_true(cost.train_seconds > 0 && cost.score_seconds > 0);
    assert_true(cost.score_seconds < cost.train_seconds);
    assert_int_equal(cost.rows, 64);
    assert_int_equal(cost.images, 64);
    assert_int_equal(cost_of(WITH_NUMBER, "kind,noise").images, 0);
}

static void test_file(void **state)
{
    static const char *const lies[] = {
        "",
        "{\"train_seconds\": 1}",
        "{\"train_seconds\": -1, \"scored_rows\": 1, \"scored_images\": 1, \"score_seconds\": 1}",
        "{\"train_seconds\": 1, \"scored_rows\": -1, \"scored_images\": 1, \"score_seconds\": 1}",
        "{\"train_seconds\": 1, \"scored_rows\": 1, \"scored_images\": 1, \"score_seconds\": -1}",
    };
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_bundle b;
    iv_cost is = {.train_seconds = 12.25, .rows = 64, .images = 128, .score_seconds = 0.5}, got;
    iv_bundle_init(&b, ctx);
    assert_ok(iv_cost_put(&b, &is, &err));
    assert_ok(iv_cost_get(&b, &got, &err));
    assert_memory_equal(&is, &got, sizeof is);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        iv_part whole = b.parts[0];
        b.parts[0].data = (char *)(uintptr_t)lies[i];
        b.parts[0].size = strlen(lies[i]);
        assert_fails(iv_cost_get(&b, &got, &err), IMGVEC_ERR_FORMAT, "cost.json");
        b.parts[0] = whole;
    }
    iv_bundle_free(&b);
    assert_ok(iv_cost_get(&b, &got, &err)); /* an older file */
    assert_true(got.train_seconds < 0);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measured),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
