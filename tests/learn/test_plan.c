/* Units: what a plan takes or leaves, from tables of few and of many columns. */
#include "allocations.h"

#include <stdio.h>

#include <imgvec/imgvec.h>

#include "learn/plan.h"

static imgvec_context *ctx;

typedef struct columns {
    imgvec_dataset *ds;
    iv_input items[64];
    iv_inputs inputs;
} columns;

/* One letter for each column: i(mage), n(umeric), c(ategorical), t(ext), b(oolean), d(ate). */
static void make(columns *c, const char *types)
{
    imgvec_error err;
    memset(c, 0, sizeof *c);
    assert_ok(imgvec_dataset_new(ctx, &c->ds, &err));
    for (int32_t i = 0; types[i]; i++) {
        char name[8];
        int32_t type = types[i] == 'i'   ? IMGVEC_COLUMN_IMAGE
                       : types[i] == 'n' ? IMGVEC_COLUMN_NUMERIC
                       : types[i] == 'c' ? IMGVEC_COLUMN_CATEGORICAL
                       : types[i] == 't' ? IMGVEC_COLUMN_TEXT
                       : types[i] == 'b' ? IMGVEC_COLUMN_BOOLEAN
                                         : IMGVEC_COLUMN_DATE;
        snprintf(name, sizeof name, "%c%d", types[i], (int)i);
        assert_ok(imgvec_dataset_add_column(c->ds, name, type, &err));
        c->items[i] = (iv_input){.column = i, .type = type};
        c->inputs.count++;
    }
    c->inputs.ds = c->ds;
    c->inputs.items = c->items;
}

/* Units by the names of their first columns and how many there are: "i0 n1x3". */
static void check_units(const char *types, bool together, const char *expected)
{
    columns c;
    iv_units u;
    imgvec_error err;
    char text[256] = "";
    int32_t count[IV_UNITS_MAX] = {0};
    make(&c, types);
    assert_ok(iv_units_make(ctx, &c.inputs, together, &u, &err));
    assert_true(u.count <= IV_UNITS_MAX);
    for (size_t i = 0; i < c.inputs.count; i++) {
        assert_true(u.of[i] < u.count);
        assert_int_equal(u.type[u.of[i]], c.items[i].type);
        count[u.of[i]]++;
    }
    for (size_t i = 0; i < u.count; i++) {
        assert_int_equal(u.columns[i], count[i]);
        assert_true(u.wide[i] == (u.type[i] == IMGVEC_COLUMN_IMAGE));
        snprintf(text + strlen(text), sizeof text - strlen(text), i ? " %s" : "%s", u.name[i]);
        if (count[i] > 1)
            snprintf(text + strlen(text), sizeof text - strlen(text), "x%d", (int)count[i]);
    }
    assert_string_equal(text, expected);
    iv_units_free(ctx, &u);
    imgvec_dataset_free(c.ds);
}

static void test_few(void **state)
{
    check_units("inncc", false, "i0 n1 n2 c3 c4");
    check_units("iinnccn", true, "i0 i1 n2x3 c4x2");
    check_units("n", true, "n0");
    check_units("", false, "");
    check_units("iiiinnnnccccttbd", false, "i0 i1 i2 i3 n4 n5 n6 n7 c8 c9 c10 c11 t12 t13 b14 d15");
}

static void test_many(void **state)
{
    check_units("nnnnnnnnnnnnnnnnn", false, "n0x17");
    check_units("innnnnnnnnnnnnnnncnctbd", false, "i0 n1x17 c17x2 t20 b21 d22");
    check_units("iiiiiiiiiiiinnnnnnctbd", false,
                "i0 i1 i2 i3 i4 i5 i6 i7 i8x4 n12x6 c18 t19 b20 d21");
}

static void test_plans(void **state)
{
    iv_plan a = {.dim = 5}, b = {.dim = 5};
    iv_units u = {.count = 2, .wide = {true, false}};
    assert_true(iv_plan_same(&a, &b));
    a.use[15] = IV_PLAIN;
    assert_false(iv_plan_same(&a, &b));
    assert_false(iv_plan_uses(&a, &u, true));
    a.use[0] = IV_STACKED;
    assert_true(iv_plan_uses(&a, &u, true));
    assert_false(iv_plan_uses(&a, &u, false));
    a.use[1] = IV_PLAIN;
    assert_true(iv_plan_uses(&a, &u, false));
    /* Compared byte by byte: there is no padding. */
    assert_int_equal(sizeof(iv_plan), 3 * sizeof(int32_t) + IV_UNITS_MAX);
}

static imgvec_status job_make(imgvec_context *own, void *user, imgvec_error *err)
{
    iv_units u;
    imgvec_status status = iv_units_make(own, user, false, &u, err);
    iv_units_free(own, &u);
    return status;
}

static void test_memory(void **state)
{
    columns c;
    make(&c, "incc");
    fail_each_allocation(job_make, &c.inputs);
    imgvec_dataset_free(c.ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_memory),
    };
    ctx = test_context();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imgvec_context_free(ctx);
    return failed;
}
