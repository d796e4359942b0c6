/* Columns of every type without images: what carries the signal is learned, noise is not, and what
 * was learned comes back from the file. No network is needed. */
#include "model_support.h"

#include <stdlib.h>
#include <unistd.h>

#define PATH temporary_path()

enum { ROWS = 1000, LEVELS = 200, WORDS = 120 };

/* Which columns a table has. */
#ifdef __SANITIZE_ADDRESS__
enum { FIRST_NOISE = 6, SIGNALS = 1 }; /* each path once: the rest is statistics */
#else
enum { FIRST_NOISE = 3, SIGNALS = 3 }; /* the first three columns fit nothing */
#endif
enum { NUMBER = 1, FLAG = 2, COLOUR = 4, CODE = 8, DATE = 16, NOTE = 32, ALL = 63 };

static const char *const names[] = {"number", "flag", "colour", "code", "date", "note"};
static const int32_t types[] = {IMGVEC_COLUMN_NUMERIC,     IMGVEC_COLUMN_BOOLEAN,
                                IMGVEC_COLUMN_CATEGORICAL, IMGVEC_COLUMN_CATEGORICAL,
                                IMGVEC_COLUMN_DATE,        IMGVEC_COLUMN_TEXT};

/* Values of one row; which of them follow "hidden" decides the signal. */
typedef struct row {
    double number;
    bool flag;
    int colour, code, month, day, topic;
} row;

static void put_text(iv_random *r, const row *v, char *out)
{
    size_t n = 0;
    for (int w = 0; w < 20; w++) {
        /* One word of ten tells the topic, by one of many words: no direction of a
         * decomposition shows that. */
        int word = w % 10 ? (int)iv_random_below(r, WORDS)
                          : 1000 + 1000 * v->topic + (int)iv_random_below(r, WORDS);
        n += (size_t)sprintf(out + n, "w%c%d ", 'a' + word % 26, word);
    }
}

static void put_row(imgvec_dataset *ds, iv_random *r, int columns, const row *v)
{
    static const char *const colours[] = {"red", "green", "blue", "white"};
    imgvec_error err;
    char text[512];
    if (columns & NUMBER)
        assert_ok(imgvec_dataset_append_number(
            ds, "number", iv_random_below(r, 10) ? v->number : (double)NAN, &err));
    if (columns & FLAG)
        assert_ok(imgvec_dataset_append_text(
            ds, "flag", iv_random_below(r, 10) ? (v->flag ? "yes" : "no") : NULL, &err));
    if (columns & COLOUR)
        assert_ok(imgvec_dataset_append_text(ds, "colour", colours[v->colour], &err));
    if (columns & CODE) {
        sprintf(text, "C%d", v->code);
        assert_ok(imgvec_dataset_append_text(ds, "code", text, &err));
    }
    if (columns & DATE) {
        sprintf(text, "2021-%02d-%02dT%02d:00:00", v->month, v->day, (int)iv_random_below(r, 24));
        assert_ok(imgvec_dataset_append_text(ds, "date", text, &err));
    }
    if (columns & NOTE) {
        put_text(r, v, text);
        assert_ok(imgvec_dataset_append_text(ds, "note", text, &err));
    }
}

static row draw_row(iv_random *r)
{
    return (row){.number = iv_random_normal(r),
                 .flag = iv_random_below(r, 2) == 1,
                 .colour = (int)iv_random_below(r, 4),
                 .code = (int)iv_random_below(r, LEVELS),
                 .month = 1 + (int)iv_random_below(r, 12),
                 .day = 1 + (int)iv_random_below(r, 28),
                 .topic = (int)iv_random_below(r, 2)};
}

/* A table of those columns whose targets "y" and "kind" are `truth` of the row. */
static imgvec_dataset *make(imgvec_context *ctx, int columns, int rows, uint64_t seed,
                            double (*truth)(const row *v, iv_random *r))
{
    imgvec_dataset *ds;
    imgvec_error err;
    iv_random r;
    iv_random_seed(&r, seed, "mixed");
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    for (int c = 0; c < 6; c++)
        if (columns & 1 << c)
            assert_ok(imgvec_dataset_add_column(ds, names[c], types[c], &err));
    assert_ok(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "kind", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < rows; i++) {
        row v = draw_row(&r);
        double y = truth(&v, &r);
        put_row(ds, &r, columns, &v);
        assert_ok(imgvec_dataset_append_number(ds, "y", y, &err));
        assert_ok(imgvec_dataset_append_text(ds, "kind", y > 0 ? "up" : "down", &err));
    }
    return ds;
}

static double pure_noise(const row *v, iv_random *r)
{
    (void)v;
    return iv_random_normal(r);
}

static double by_topic(const row *v, iv_random *r)
{
    return (v->topic ? 1 : -1) + 0.1 * iv_random_normal(r);
}

/* A fixed half of the codes, at random. */
static double by_code(const row *v, iv_random *r)
{
    return ((unsigned)v->code * 2654435761u >> 16 & 1 ? 1 : -1) + 0.1 * iv_random_normal(r);
}

/* Days of the week: 2021-01-01 was a Friday. */
static double by_weekend(const row *v, iv_random *r)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int weekday = (before[v->month - 1] + v->day - 1 + 4) % 7;
    return (weekday >= 4 ? 1 : -1) + 0.1 * iv_random_normal(r);
}

static double train_for(imgvec_context *ctx, imgvec_dataset *ds, const char *target,
                        const char *metric, const char *categorical)
{
    imgvec_error err;
    imgvec_model *m;
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", target, "ignore",
                                     target[0] == 'y' ? "kind" : "y", "categorical", categorical,
                                     "text_dim", "20", "xgb.eta", "0.3", NULL);
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    double value = info_number(imgvec_model_info(m), "metrics", metric);
    imgvec_model_free(m);
    imgvec_options_free(o);
    return value;
}

/* The leak test for each type of column by itself: what was fitted on training rows, the target's
 * means too, may not tell anything of rows that are scored. */
static void test_noise_target(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    for (int c = getenv("IMGVEC_THOROUGH") ? 0 : FIRST_NOISE; c < 7; c++) {
        int columns = c < 6 ? 1 << c : ALL;
        const char *how = columns == COLOUR ? "onehot" : "target";
        imgvec_dataset *ds = make(ctx, columns, ROWS, 10 + (uint64_t)c, pure_noise);
        double r2 = train_for(ctx, ds, "y", "r2", how);
        double auc = train_for(ctx, ds, "kind", "auc", how);
        printf("# noise target, %s: R2 %.3f, AUC %.3f\n", c < 6 ? names[c] : "all columns", r2,
               auc);
        assert_true(r2 <= 0.05);
        assert_true(fabs(auc - 0.5) <= 0.07);
        imgvec_dataset_free(ds);
    }
    imgvec_context_free(ctx);
}

/* One column carries the target, among all the others. */
static void test_signal(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        double (*truth)(const row *, iv_random *);
    } cases[] = {{"note", by_topic}, {"code", by_code}, {"date", by_weekend}};
    imgvec_context *ctx = test_context();
    for (size_t i = 0; i < SIGNALS; i++) {
        imgvec_dataset *ds = make(ctx, ALL, 2 * ROWS, 20 + i, cases[i].truth);
        double auc = train_for(ctx, ds, "kind", "auc", "auto");
        printf("# signal in %s alone: AUC %.3f\n", cases[i].column, auc);
        assert_true(auc >= 0.95);
        imgvec_dataset_free(ds);
    }
    imgvec_context_free(ctx);
}

/* Save and open: the same bits, unseen values and missing cells included; the same training twice:
 * the same file. */
static void test_file(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    imgvec_dataset *ds = make(ctx, ALL, 200, 30, by_topic);
    imgvec_dataset *other = make(ctx, ALL, 50, 31, by_topic);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "kind", "ignore", "y",
                                     "rounds", "20", "folds", "3", "threads", "1", NULL);
    imgvec_model *m, *n, *twin;
    float a[100], b[100];
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &twin, &err));
    assert_string_equal(imgvec_model_info(m), imgvec_model_info(twin));
    assert_ok(imgvec_model_save(m, PATH, &err));
    assert_ok(imgvec_model_open(ctx, PATH, NULL, &n, &err));
    assert_string_equal(imgvec_model_info(n), imgvec_model_info(m));
    assert_ok(imgvec_model_predict(m, other, NULL, a, 100, NULL, NULL, &err));
    assert_ok(imgvec_model_predict(n, other, NULL, b, 100, NULL, NULL, &err));
    assert_memory_equal(a, b, sizeof a);
    assert_ok(imgvec_model_predict(twin, other, NULL, b, 100, NULL, NULL, &err));
    assert_memory_equal(a, b, sizeof a);
    unlink(PATH);
    imgvec_model_free(m);
    imgvec_model_free(n);
    imgvec_model_free(twin);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
    imgvec_context_free(ctx);
}

/* Text where training had numbers, dates or truth values is no bad cell but another schema. */
static void test_schema(void **state)
{
    (void)state;
    static const struct {
        int column;
        const char *text, *error;
    } cases[] = {{0, "tall", "column number, row 0: \"tall\" is no number"},
                 {1, "perhaps", "column flag, row 0: \"perhaps\" is no true or false"},
                 {4, "soon", "column date, row 0: \"soon\" is no date"}};
    imgvec_context *ctx = test_context();
    imgvec_error err;
    imgvec_dataset *ds = make(ctx, NUMBER | FLAG | DATE, 100, 40, by_weekend);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind",
                                     "rounds", "5", "folds", "2", "select_blocks", "0", NULL);
    imgvec_model *m;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        imgvec_dataset *other;
        float p[1];
        assert_ok(imgvec_dataset_new(ctx, &other, &err));
        for (int c = 0; c < 6; c++) {
            bool strange = c == cases[i].column;
            if (!((NUMBER | FLAG | DATE) & 1 << c))
                continue;
            assert_ok(imgvec_dataset_add_column(other, names[c],
                                                strange ? IMGVEC_COLUMN_TEXT : types[c], &err));
            assert_ok(
                imgvec_dataset_append_text(other, names[c], strange ? cases[i].text : NULL, &err));
        }
        assert_fails(imgvec_model_predict(m, other, NULL, p, 1, NULL, NULL, &err), IMGVEC_ERR_DATA,
                     cases[i].error);
        imgvec_dataset_free(other);
    }
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise_target),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
