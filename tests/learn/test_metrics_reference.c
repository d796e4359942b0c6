/* Every metric equals scikit-learn's (NumPy's definition where it has none) within 1e-9, on random
 * predictions with ties, without weights, with whole ones and with any: on cases that are kept
 * beside the test and, where python3 has scikit-learn, on fresh ones. */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "learn/metrics.h"

#define ROWS_MAX 1000
#define CLASSES_MAX 4

typedef struct reference {
    FILE *from;
    int32_t k;
    size_t n, names;
    float truth[ROWS_MAX], predictions[ROWS_MAX * CLASSES_MAX];
    double weights[ROWS_MAX];
} reference;

static imgvec_context *ctx;

static double number(FILE *from)
{
    double value = NAN;
    assert_int_equal(fscanf(from, "%lf", &value), 1);
    return value;
}

static void expect_word(FILE *from, const char *word)
{
    char found[64] = "";
    assert_int_equal(fscanf(from, "%63s", found), 1);
    assert_string_equal(found, word);
}

/* false: the file is at its end. */
static bool read_case(reference *r)
{
    char word[64];
    if (fscanf(r->from, "%63s", word) != 1)
        return false;
    assert_string_equal(word, "case");
    r->k = (int32_t)number(r->from);
    r->n = (size_t)number(r->from);
    r->names = (size_t)number(r->from);
    assert_true(r->n <= ROWS_MAX && r->k <= CLASSES_MAX);
    expect_word(r->from, "truth");
    for (size_t i = 0; i < r->n; i++)
        r->truth[i] = (float)number(r->from);
    expect_word(r->from, "predictions");
    for (size_t i = 0; i < r->n * (size_t)r->k; i++)
        r->predictions[i] = (float)number(r->from);
    expect_word(r->from, "weights");
    for (size_t i = 0; i < r->n; i++)
        r->weights[i] = number(r->from);
    return true;
}

static bool all_ones(const reference *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->weights[i] != 1)
            return false;
    return true;
}

static void check_value(const char *name, double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want))))
        fail_msg("%s: %.17g instead of %.17g", name, got, want);
}

static void check_case(reference *r)
{
    iv_task task = r->k == 1 ? IV_TASK_REGRESSION : r->k == 2 ? IV_TASK_BINARY : IV_TASK_MULTICLASS;
    double all[IV_METRIC_MAX], plain[IV_METRIC_MAX], one;
    bool ones = all_ones(r);
    size_t count;
    imgvec_error err;
    iv_metrics_of(task, &count);
    assert_int_equal(r->names, count);
    assert_ok(
        iv_metrics_compute(ctx, task, r->n, r->k, r->predictions, r->truth, r->weights, all, &err));
    assert_ok(
        iv_metrics_compute(ctx, task, r->n, r->k, r->predictions, r->truth, NULL, plain, &err));
    for (size_t i = 0; i < count; i++) {
        char name[64] = "";
        assert_int_equal(fscanf(r->from, "%63s", name), 1);
        double want = number(r->from);
        int at = iv_metric_find(task, name);
        assert_int_equal(at, i);
        check_value(name, all[at], want);
        if (ones)
            check_value(name, plain[at], want);
        assert_ok(
            iv_metric_compute_one(ctx, task, at, r->n, r->k, r->predictions, r->truth, &one, &err));
        assert_true(one == plain[at]);
    }
}

static int check_all(FILE *from)
{
    static reference r;
    int cases = 0;
    r.from = from;
    for (; read_case(&r); cases++)
        check_case(&r);
    return cases;
}

static void path_of(const char *file, char *out, size_t room)
{
    const char *source = getenv("IMGVEC_TEST_SOURCE");
    snprintf(out, room, "%s/tests/learn/%s", source ? source : ".", file);
}

static void test_kept(void **state)
{
    (void)state;
    char path[4096];
    path_of("metrics_reference.txt", path, sizeof path);
    FILE *from = fopen(path, "r");
    if (!from)
        fail_msg("%s cannot be read", path);
    assert_int_equal(check_all(from), 9);
    fclose(from);
}

static void test_fresh(void **state)
{
    (void)state;
    char script[4096], command[8300];
    if (system("/usr/bin/python3 -c 'import sklearn' >/dev/null 2>&1") != 0) {
        print_message(
            "# SKIPPED: no comparison with fresh cases, python3-sklearn is not installed\n");
        skip();
    }
    path_of("metrics_reference.py", script, sizeof script);
    snprintf(command, sizeof command, "/usr/bin/python3 '%s' 11 36 150", script);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    int cases = check_all(from);
    assert_int_equal(pclose(from), 0);
    assert_int_equal(cases, 36);
    print_message("# %d fresh cases equal scikit-learn's\n", cases);
}

static int open_context(void **state)
{
    (void)state;
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    (void)state;
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_fresh),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
