#include "table/folds.h"

#include "table_support.h"

static imgvec_context *context_of(void **state)
{
    return ((place *)*state)->ctx;
}

static void counts(size_t n, const int32_t *labels, int32_t label, const int32_t *fold, int32_t k,
                   size_t *least, size_t *most)
{
    *least = n;
    *most = 0;
    for (int32_t f = 0; f < k; f++) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            count += fold[i] == f && (!labels || labels[i] == label);
        *least = count < *least ? count : *least;
        *most = count > *most ? count : *most;
    }
}

static void test_stratified(void **state)
{
    enum { N = 103 };
    int32_t labels[N], fold[N], again[N], other[N];
    size_t least, most;
    for (int i = 0; i < N; i++)
        labels[i] = i < 7 ? 40 : i < 30 ? -1 : i < 31 ? 5 : 2;
    for (int32_t k = 2; k <= 10; k++) {
        assert_int_equal(iv_folds_assign(context_of(state), N, labels, NULL, k, 1, fold, NULL),
                         IMGVEC_OK);
        const int32_t classes[] = {40, -1, 5, 2};
        for (int c = 0; c < 4; c++) {
            counts(N, labels, classes[c], fold, k, &least, &most);
            assert_true(most - least <= 1);
        }
        counts(N, NULL, 0, fold, k, &least, &most);
        assert_true(most - least <= 1);
    }
    assert_int_equal(iv_folds_assign(context_of(state), N, labels, NULL, 10, 1, again, NULL),
                     IMGVEC_OK);
    assert_memory_equal(fold, again, sizeof fold);
    assert_int_equal(iv_folds_assign(context_of(state), N, labels, NULL, 10, 2, other, NULL),
                     IMGVEC_OK);
    assert_memory_not_equal(fold, other, sizeof fold);
}

static void test_random(void **state)
{
    enum { N = 1000 };
    int32_t fold[N];
    size_t least, most, changes = 0;
    assert_int_equal(iv_folds_assign(context_of(state), N, NULL, NULL, 5, 1, fold, NULL),
                     IMGVEC_OK);
    counts(N, NULL, 0, fold, 5, &least, &most);
    assert_int_equal(least, 200);
    assert_int_equal(most, 200);
    for (int i = 1; i < N; i++)
        changes += fold[i] != fold[i - 1];
    assert_in_range(changes, 740, 860); /* 4/5 of them, give or take 4.7 deviations */
}

static void test_groups(void **state)
{
    enum { N = 400 };
    int32_t labels[N], groups[N], fold[N];
    size_t least, most;
    for (int i = 0; i < N; i++) {
        groups[i] = i * 7 % 60 * 3 - 50;
        labels[i] = i % 4 == 0;
    }
    for (int with = 0; with < 2; with++) {
        assert_int_equal(
            iv_folds_assign(context_of(state), N, with ? labels : NULL, groups, 5, 3, fold, NULL),
            IMGVEC_OK);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < i; j++)
                if (groups[i] == groups[j])
                    assert_int_equal(fold[i], fold[j]);
        counts(N, NULL, 0, fold, 5, &least, &most);
        assert_true(most - least <= 14); /* two groups of at most seven */
        counts(N, labels, 1, fold, 5, &least, &most);
        if (with)
            assert_true(most - least <= 8);
    }
}

static void test_too_few(void **state)
{
    int32_t fold[10], groups[10] = {1, 1, 1, 2, 2, 2, 2, 2, 2, 2};
    imgvec_error err;
    assert_int_equal(iv_folds_assign(context_of(state), 3, NULL, NULL, 5, 1, fold, &err),
                     IMGVEC_ERR_DATA);
    assert_string_equal(err.text, "3 rows cannot fill 5 folds");
    assert_int_equal(iv_folds_assign(context_of(state), 10, NULL, groups, 3, 1, fold, &err),
                     IMGVEC_ERR_DATA);
    assert_int_equal(iv_folds_assign(context_of(state), 10, NULL, groups, 2, 1, fold, NULL),
                     IMGVEC_OK);
    assert_int_equal(iv_folds_assign(context_of(state), 5, NULL, NULL, 5, 1, fold, NULL),
                     IMGVEC_OK);
    assert_int_equal(iv_split_assign(context_of(state), 1, NULL, NULL, 0.5, 1, fold, &err),
                     IMGVEC_ERR_DATA);
    assert_int_equal(iv_split_assign(context_of(state), 10, NULL, NULL, 0.01, 1, fold, NULL),
                     IMGVEC_OK); /* both parts get a row */
    assert_int_equal(iv_split_assign(context_of(state), 10, NULL, NULL, 0, 1, fold, NULL),
                     IMGVEC_ERR_INVALID_ARGUMENT);
}

static void test_split(void **state)
{
    enum { N = 200 };
    int32_t labels[N], part[N], groups[N];
    size_t in_class[5] = {0}, first[5] = {0}, total = 0;
    for (int i = 0; i < N; i++) {
        labels[i] = i < 1 ? 0 : i < 3 ? 1 : i < 13 ? 2 : i < 90 ? 3 : 4;
        groups[i] = i / 4;
        in_class[labels[i]]++;
    }
    assert_int_equal(iv_split_assign(context_of(state), N, labels, NULL, 0.75, 1, part, NULL),
                     IMGVEC_OK);
    for (int i = 0; i < N; i++) {
        first[labels[i]] += part[i] == 0;
        total += part[i] == 0;
    }
    assert_in_range(total, 149, 151);
    assert_int_equal(first[1], 1);
    for (int c = 2; c < 5; c++)
        assert_in_range(first[c], (size_t)(0.75 * (double)in_class[c]),
                        (size_t)(0.75 * (double)in_class[c]) + 1);
    assert_int_equal(iv_split_assign(context_of(state), N, NULL, NULL, 0.333, 1, part, NULL),
                     IMGVEC_OK);
    total = 0;
    for (int i = 0; i < N; i++)
        total += part[i] == 0;
    assert_int_equal(total, 67);
    assert_int_equal(iv_split_assign(context_of(state), N, labels, groups, 0.6, 1, part, NULL),
                     IMGVEC_OK);
    total = 0;
    for (int i = 0; i < N; i++) {
        total += part[i] == 0;
        assert_int_equal(part[i], part[i / 4 * 4]);
    }
    assert_in_range(total, 112, 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stratified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_few, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_split, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
