#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <imgvec/imgvec.h>

#include "features/tabular.h"
#include "features/vocabulary.h"

static imgvec_context *ctx;

/* Columns "colour" (one letter a row, '.' missing) and "area". */
static imgvec_dataset *make(const char *colours, const double *areas)
{
    imgvec_dataset *ds;
    assert_int_equal(imgvec_dataset_new(ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(imgvec_dataset_add_column(ds, "colour", IMGVEC_COLUMN_CATEGORICAL, NULL), 0);
    assert_int_equal(imgvec_dataset_add_column(ds, "area", IMGVEC_COLUMN_NUMERIC, NULL), 0);
    for (size_t i = 0; colours[i]; i++) {
        char cell[2] = {colours[i], 0};
        assert_int_equal(
            imgvec_dataset_append_text(ds, "colour", colours[i] == '.' ? NULL : cell, NULL), 0);
        assert_int_equal(
            imgvec_dataset_append_number(ds, "area", areas ? areas[i] : (double)i, NULL), 0);
    }
    return ds;
}

static const int64_t rows[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static void test_numeric(void **state)
{
    const double areas[] = {1, NAN, INFINITY, 1e39, -2.5};
    imgvec_dataset *ds = make("aaaaa", areas);
    iv_encoder e;
    assert_int_equal(iv_encoder_fit(ctx, ds, 1, IMGVEC_COLUMN_NUMERIC, rows, 5, 50, &e, NULL),
                     IMGVEC_OK);
    assert_int_equal(iv_encoder_width(&e), 1);
    float out[10];
    for (int i = 0; i < 10; i++)
        out[i] = 77;
    assert_int_equal(iv_encoder_apply(&e, ds, 1, rows, 5, out, 2, NULL, NULL), IMGVEC_OK);
    assert_true(out[0] == 1 && out[8] == -2.5f && out[1] == 77);
    for (int i = 1; i < 4; i++)
        assert_true(isnan(out[2 * i]));
    iv_text name;
    iv_text_init(&name, ctx);
    iv_encoder_feature_name(&e, 0, &name);
    assert_string_equal(name.data, "area");
    iv_text_free(&name);
    iv_encoder_free(ctx, &e);
    imgvec_dataset_free(ds);
}

/* Levels are those of the rows given to fit, the most frequent first, ties by bytes. */
static void test_levels(void **state)
{
    imgvec_dataset *ds = make("bbacc.dzzz", NULL);
    iv_encoder e;
    int64_t unseen = 5;
    float out[10 * 4];
    assert_int_equal(iv_encoder_fit(ctx, ds, 0, IMGVEC_COLUMN_CATEGORICAL, rows, 7, 3, &e, NULL),
                     IMGVEC_OK);
    assert_int_equal(e.level_count, 3);
    assert_int_equal(iv_encoder_width(&e), 3);
    assert_string_equal(e.levels[0], "b");
    assert_string_equal(e.levels[1], "c");
    assert_string_equal(e.levels[2], "a");
    assert_int_equal(iv_encoder_apply(&e, ds, 0, rows, 10, out, 4, &unseen, NULL), IMGVEC_OK);
    assert_int_equal(unseen, 5 + 4); /* d fell to max_categories, z is in no training row */
    assert_true(out[0] == 1 && out[1] == 0 && out[2] == 0);
    assert_true(out[2 * 4] == 0 && out[2 * 4 + 2] == 1);
    assert_true(out[3 * 4 + 1] == 1);
    for (int j = 0; j < 3; j++) {
        assert_true(isnan(out[5 * 4 + j]));
        assert_true(out[6 * 4 + j] == 0 && out[9 * 4 + j] == 0);
    }
    iv_text name;
    iv_text_init(&name, ctx);
    iv_encoder_feature_name(&e, 1, &name);
    assert_string_equal(name.data, "colour=c");
    iv_text_free(&name);
    iv_encoder_free(ctx, &e);
    imgvec_dataset_free(ds);
}

static void test_all_missing(void **state)
{
    imgvec_dataset *ds = make("...", NULL);
    iv_encoder e;
    float out[1] = {3};
    assert_int_equal(iv_encoder_fit(ctx, ds, 0, IMGVEC_COLUMN_CATEGORICAL, rows, 3, 3, &e, NULL),
                     IMGVEC_OK);
    assert_int_equal(iv_encoder_width(&e), 0);
    assert_int_equal(iv_encoder_apply(&e, ds, 0, rows, 3, out, 0, NULL, NULL), IMGVEC_OK);
    assert_true(out[0] == 3);
    iv_encoder_free(ctx, &e);
    assert_int_equal(iv_encoder_fit(ctx, ds, 0, IMGVEC_COLUMN_IMAGE, rows, 3, 3, &e, NULL),
                     IMGVEC_ERR_INTERNAL);
    imgvec_dataset_free(ds);
}

static imgvec_status read_back(const char *json, iv_encoder *out, imgvec_error *err)
{
    iv_json_document *doc;
    assert_int_equal(iv_json_parse(ctx, json, strlen(json), 0, 0, &doc, err), IMGVEC_OK);
    imgvec_status status = iv_encoder_read(ctx, iv_json_root(doc), out, err);
    iv_json_free(doc);
    return status;
}

static void test_json(void **state)
{
    imgvec_dataset *ds = make("\"\\abb", NULL);
    iv_encoder e, back;
    imgvec_error err;
    for (int32_t column = 0; column < 2; column++) {
        int32_t type = column == 0 ? IMGVEC_COLUMN_CATEGORICAL : IMGVEC_COLUMN_NUMERIC;
        assert_int_equal(iv_encoder_fit(ctx, ds, column, type, rows, 5, 9, &e, NULL), IMGVEC_OK);
        iv_text text;
        iv_json_writer w;
        iv_text_init(&text, ctx);
        iv_json_begin(&w, &text, true);
        iv_encoder_write(&e, &w, NULL);
        if (read_back(text.data, &back, &err) != IMGVEC_OK)
            fail_msg("%s in %s", err.text, text.data);
        assert_int_equal(back.type, e.type);
        assert_string_equal(back.column, e.column);
        assert_int_equal(back.level_count, e.level_count);
        for (int32_t i = 0; i < e.level_count; i++)
            assert_string_equal(back.levels[i], e.levels[i]);
        iv_text_free(&text);
        iv_encoder_free(ctx, &e);
        iv_encoder_free(ctx, &back);
    }
    imgvec_dataset_free(ds);
    static const char *const bad[] = {
        "{\"column\":\"a\",\"type\":\"image\"}",
        "{\"column\":\"a\",\"type\":\"categorical\"}",
        "{\"column\":\"a\",\"type\":\"categorical\",\"levels\":[\"x\",\"x\"]}",
        "{\"column\":\"a\",\"type\":\"categorical\",\"levels\":[\"x\",1]}",
        "{\"column\":1,\"type\":\"numeric\"}",
        "{\"type\":\"numeric\"}",
        "[]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(read_back(bad[i], &back, &err), IMGVEC_ERR_FORMAT);
}

static int by_count(const iv_term *a, const iv_term *b)
{
    return (a->count > b->count) - (a->count < b->count);
}

static void test_vocabulary(void **state)
{
    iv_vocabulary v;
    iv_vocabulary_init(&v, ctx);
    assert_int_equal(iv_vocabulary_find(&v, "a", 1), -1);
    for (int i = 0; i < 3000; i++) {
        char text[16];
        size_t index, length = (size_t)sprintf(text, "w%d", i * 7 % 1000);
        assert_int_equal(iv_vocabulary_add(&v, text, length, i, &index, NULL), IMGVEC_OK);
        assert_int_equal(index, i % 1000);
    }
    assert_int_equal(v.count, 1000);
    assert_int_equal(v.items[10].count, 3);
    assert_int_equal(v.items[10].first, 10);
    assert_int_equal(iv_vocabulary_find(&v, "w70", 3), 10);
    assert_int_equal(iv_vocabulary_find(&v, "w70", 2), 1); /* "w7" */
    for (size_t i = 0; i < v.count; i++)
        v.items[i].count = (int64_t)(i * 37 % 1000);
    iv_vocabulary_sort(v.items, v.count, by_count);
    for (size_t i = 0; i < v.count; i++)
        assert_int_equal(v.items[i].count, i);
    iv_vocabulary_free(&v);
    assert_true(iv_compare_bytes("ab", 2, "abc", 3) < 0 && iv_compare_bytes("b", 1, "abc", 3) > 0);
}

static int open_context(void **state)
{
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numeric),     cmocka_unit_test(test_levels),
        cmocka_unit_test(test_all_missing), cmocka_unit_test(test_json),
        cmocka_unit_test(test_vocabulary),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
