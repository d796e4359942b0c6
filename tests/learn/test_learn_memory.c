/* Every allocation of the learner fails once, and from one on: a NO_MEMORY status, no leak. */
#include "allocations.h"

#include <stdlib.h>

#include <imgvec/imgvec.h>

#include "base/mem.h"
#include "features/block.h"
#include "learn/assess.h"
#include "learn/metrics.h"
#include "learn/target.h"
#include "learn_data.h"

static test_heap heap;
static imgvec_context *context;
static learn_data data;
static char *model;
static size_t model_size;

static imgvec_status job_train(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    iv_matrix m = learn_data_matrix(&data);
    iv_booster_request request = {IV_TASK_MULTICLASS, 3, NULL, "auto", 1, 2, 1};
    iv_booster *b;
    char *text;
    size_t size;
    imgvec_status status = iv_booster_train(ctx, &request, &m, &m, NULL, NULL, NULL, &b, err);
    if (status != IMGVEC_OK)
        return status;
    status = iv_booster_save(b, &text, &size, err);
    if (status == IMGVEC_OK)
        iv_free(ctx, text);
    iv_booster_free(b);
    return status;
}

static imgvec_status job_load(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    iv_booster *b;
    imgvec_status status =
        iv_booster_load(ctx, model, model_size, IV_TASK_MULTICLASS, 3, 4, &b, err);
    if (status == IMGVEC_OK)
        iv_booster_free(b);
    return status;
}

static imgvec_status job_bootstrap(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    double low[IV_METRIC_MAX], high[IV_METRIC_MAX];
    float p[60 * 3];
    for (int i = 0; i < 180; i++)
        p[i] = 1 / 3.0f;
    return iv_metrics_bootstrap(ctx, IV_TASK_MULTICLASS, 60, 3, p, data.y, 5, 1, low, high, err);
}

static imgvec_status job_bootstrap_number(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    double low[IV_METRIC_MAX], high[IV_METRIC_MAX];
    float p[60];
    for (int i = 0; i < 60; i++)
        p[i] = (float)(i % 7);
    return iv_metrics_bootstrap(ctx, IV_TASK_REGRESSION, 60, 1, p, data.y, 5, 1, low, high, err);
}

static imgvec_status job_assess(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    iv_assessment a;
    float p[60 * 2], y[60];
    for (int i = 0; i < 60; i++) {
        p[2 * i] = (float)(1 + i % 7) / 8;
        p[2 * i + 1] = 1 - p[2 * i];
        y[i] = (float)(i % 2);
    }
    return iv_assess(ctx, NULL, "auc", IV_TASK_BINARY, 60, 2, p, y, NULL, NULL, 0, &a, err);
}

static imgvec_dataset *table;

static imgvec_status job_target(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    iv_target t;
    imgvec_status status = iv_target_read(ctx, table, NULL, 0, &t, err);
    if (status == IMGVEC_OK)
        iv_target_free(ctx, &t);
    return status;
}

static imgvec_status job_block(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    int64_t rows[60];
    float out[60 * 3];
    iv_block b;
    for (int i = 0; i < 60; i++)
        rows[i] = i;
    iv_input input = {.column = 0, .type = IMGVEC_COLUMN_CATEGORICAL};
    iv_inputs inputs = {.ds = table, .items = &input, .count = 1};
    const iv_training t = {.rows = rows, .count = 60};
    imgvec_status status = iv_block_fit(ctx, &inputs, &input, &t, &b, err);
    if (status != IMGVEC_OK)
        return status;
    status = iv_block_apply(&b, &inputs, &input, rows, 60, out, 3, NULL, err);
    iv_block_free(ctx, &b);
    return status;
}

static void loop(test_job job)
{
    long failed = fail_each_allocation_in(&heap, context, job, NULL);
    printf("# %ld allocations failed\n", failed);
}

static void test_train(void **state)
{
    loop(job_train);
}

static void test_load(void **state)
{
    loop(job_load);
}

static void test_bootstrap(void **state)
{
    loop(job_bootstrap);
    loop(job_bootstrap_number);
}

static void test_assess(void **state)
{
    loop(job_assess);
}

static void test_target(void **state)
{
    loop(job_target);
}

static void test_block(void **state)
{
    loop(job_block);
}

static int open_all(void **state)
{
    context = test_heap_context(&heap);
    if (!context || imgvec_dataset_new(context, &table, NULL) != IMGVEC_OK ||
        imgvec_dataset_add_column(table, "y", IMGVEC_COLUMN_CATEGORICAL, NULL) != IMGVEC_OK)
        return 1;
    for (int i = 0; i < 60; i++) {
        char cell[2] = {(char)('a' + i % 3), 0};
        if (imgvec_dataset_append_text(table, "y", cell, NULL) != IMGVEC_OK)
            return 1;
    }
    data = learn_data_make(IV_TASK_MULTICLASS, 3, 60, 4, 1);
    iv_matrix m = learn_data_matrix(&data);
    iv_booster_request request = {IV_TASK_MULTICLASS, 3, NULL, "auto", 1, 2, 0};
    iv_booster *b;
    if (iv_booster_train(context, &request, &m, NULL, NULL, NULL, NULL, &b, NULL) != IMGVEC_OK ||
        iv_booster_save(b, &model, &model_size, NULL) != IMGVEC_OK)
        return 1;
    iv_booster_free(b);
    return 0;
}

static int close_all(void **state)
{
    iv_free(context, model);
    learn_data_free(&data);
    imgvec_dataset_free(table);
    imgvec_context_free(context);
    return heap.live != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train),     cmocka_unit_test(test_load),
        cmocka_unit_test(test_bootstrap), cmocka_unit_test(test_assess),
        cmocka_unit_test(test_target),    cmocka_unit_test(test_block),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
