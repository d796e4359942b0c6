/* Strange numbers, one table: each column or target is taken with finite answers, or is an error
 * that names it. */
#include "model_support.h"

#define PATH temporary_path()
enum { ROWS = 40 };

typedef const char *cell_of(int row, char text[32]);

static const char *number(double value, char text[32])
{
    snprintf(text, 32, "%.17g", value);
    return text;
}

static const char *plain(int row, char text[32])
{
    return number(row % 7 + row * 0.25, text);
}

static const char *with_nan(int row, char text[32])
{
    return row % 5 == 2 ? "nan" : plain(row, text);
}

static const char *with_infinity(int row, char text[32])
{
    return row % 9 == 4 ? "inf" : row % 9 == 5 ? "-inf" : plain(row, text);
}

static const char *huge(int row, char text[32])
{
    return number((row % 2 ? 1e300 : -1e300) * (row % 6), text);
}

static const char *tiny(int row, char text[32])
{
    return number(1e-300 * (row % 6), text);
}

static const char *constant(int row, char text[32])
{
    (void)row;
    return number(7, text);
}

static const char *missing(int row, char text[32])
{
    (void)row;
    (void)text;
    return "";
}

static const char *identity(int row, char text[32])
{
    snprintf(text, 32, "id-%05d", row * 7919 % 10007);
    return text;
}

static const char *one_class(int row, char text[32])
{
    (void)row;
    (void)text;
    return "yes";
}

static const char *lonely(int row, char text[32])
{
    (void)text;
    return row == 11 ? "rare" : row % 2 ? "yes" : "no";
}

static const char *one_infinite(int row, char text[32])
{
    return row == 3 ? "inf" : plain(row, text);
}

static const char *one_huge(int row, char text[32])
{
    return row == 3 ? "1e300" : plain(row, text);
}

/* Opened from a CSV file, as people have it. */
static imgvec_dataset *open_rows(imgvec_context *ctx, cell_of *x, cell_of *y, const char *extra)
{
    char path[80], a[32], b[32], c[32];
    imgvec_dataset *ds;
    imgvec_error err;
    snprintf(path, sizeof path, "%s.csv", PATH);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("x,z,y\n", f);
    for (int i = 0; i < ROWS; i++)
        fprintf(f, "%s,%s,%s\n", x(i, a), plain(i * 3 % ROWS, b), y(i, c));
    fputs(extra, f);
    fclose(f);
    assert_ok(imgvec_dataset_open(ctx, path, NULL, NULL, &ds, &err));
    unlink(path);
    return ds;
}

static imgvec_status train(imgvec_context *ctx, const imgvec_dataset *ds, const char *learner,
                           const char *type, imgvec_model **m, imgvec_error *err)
{
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "learner", learner,
                                     "folds", "2", "rounds", "3", "threads", "1", "ablation", "off",
                                     "insights", "0", "select_blocks", "0", NULL);
    imgvec_status status = type ? imgvec_options_set_named(o, "type", type, err) : IMGVEC_OK;
    if (status == IMGVEC_OK)
        status = imgvec_model_train(ctx, ds, o, NULL, m, err);
    imgvec_options_free(o);
    return status;
}

static void test_columns(void **state)
{
    static const struct {
        const char *name, *type;
        cell_of *x;
    } columns[] = {
        {"NaN", "x=numeric", with_nan},        {"infinity", "x=numeric", with_infinity},
        {"1e300", "x=numeric", huge},          {"1e-300", "x=numeric", tiny},
        {"constant", "x=numeric", constant},   {"constant text", NULL, one_class},
        {"all missing", "x=numeric", missing}, {"all missing, of no type", NULL, missing},
        {"ids", "x=categorical", identity},    {"ids, of no type", NULL, identity}};
    static const char *const learners[] = {"linear", "xgboost"};
    imgvec_context *ctx = fake_context();
    (void)state;
    int passed = 0;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        for (int k = 0; k < 2; k++) {
            imgvec_dataset *ds = open_rows(ctx, columns[i].x, plain, "");
            imgvec_error err;
            imgvec_model *m;
            float p[ROWS];
            if (train(ctx, ds, learners[k], columns[i].type, &m, &err) != IMGVEC_OK)
                fail_msg("%s, %s: %s", columns[i].name, learners[k], err.text);
            assert_ok(imgvec_model_predict(m, ds, NULL, p, ROWS, NULL, NULL, &err));
            for (int r = 0; r < ROWS; r++)
                if (!isfinite(p[r]))
                    fail_msg("%s, %s: row %d is %g", columns[i].name, learners[k], r, p[r]);
            imgvec_model_free(m);
            imgvec_dataset_free(ds);
            passed++;
        }
    printf("FIGURE: strange_columns %d\n", passed);
    imgvec_context_free(ctx);
}

static void test_targets(void **state)
{
    static const struct {
        const char *name;
        cell_of *y;
        const char *says;
    } targets[] = {{"constant", constant, "\"7\""},
                   {"one class", one_class, "\"yes\""},
                   {"class of one row", lonely, "\"rare\""},
                   {"all missing", missing, "empty"},
                   {"infinite", one_infinite, "finite"},
                   {"1e300", one_huge, "finite"},
                   {"1e-300", tiny, "one value"}};
    imgvec_context *ctx = fake_context();
    (void)state;
    int refused = 0;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        imgvec_dataset *ds = open_rows(ctx, plain, targets[i].y, "");
        imgvec_error err = {0};
        imgvec_model *m;
        imgvec_status status = train(ctx, ds, "xgboost", NULL, &m, &err);
        if (status != IMGVEC_ERR_DATA || !strstr(err.text, "column y") ||
            !strstr(err.text, targets[i].says))
            fail_msg("%s: status %d, %s", targets[i].name, (int)status, err.text);
        imgvec_dataset_free(ds);
        refused++;
    }
    printf("FIGURE: strange_targets_refused %d\n", refused);
    imgvec_context_free(ctx);
}

static const char *two_classes(int row, char text[32])
{
    (void)text;
    return row % 3 ? "yes" : "no";
}

/* A class that training did not see: predicted as any row, and an error where it is scored. */
static void test_more_classes(void **state)
{
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = open_rows(ctx, plain, two_classes, ""),
                   *more = open_rows(ctx, plain, two_classes, "1,2,maybe\n");
    imgvec_error err;
    imgvec_model *m;
    char *text;
    float p[2 * (ROWS + 1)];
    (void)state;
    assert_ok(train(ctx, ds, "xgboost", NULL, &m, &err));
    assert_ok(imgvec_model_predict(m, more, NULL, p, 2 * (ROWS + 1), NULL, NULL, &err));
    for (int i = 0; i < 2 * (ROWS + 1); i++)
        assert_true(p[i] >= 0 && p[i] <= 1);
    assert_fails(imgvec_model_evaluate(m, more, NULL, &text, &err), IMGVEC_ERR_DATA, "\"maybe\"");
    imgvec_model_free(m);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(more);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_more_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
