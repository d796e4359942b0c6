/* TF-IDF. The expected weights are those of scikit-learn's TfidfVectorizer(sublinear_tf=True) with
 * token_pattern \w+ and with analyzer char_wb, ngram_range (3, 4), each divided by sqrt(2). */
#include "features/text_tfidf.h"

#include <math.h>

#include <imgvec/imgvec.h>

#include "test.h"

static imgvec_context *ctx;
static imgvec_dataset *ds;
static const int64_t rows[] = {0, 1, 2, 3};

static imgvec_dataset *make(const char *const *texts, size_t count)
{
    imgvec_dataset *out;
    imgvec_error err;
    assert_ok(imgvec_dataset_new(ctx, &out, &err));
    assert_ok(imgvec_dataset_add_column(out, "t", IMGVEC_COLUMN_TEXT, &err));
    for (size_t i = 0; i < count; i++)
        assert_ok(imgvec_dataset_append_text(out, "t", texts[i], &err));
    return out;
}

static float weight(const iv_tfidf *m, const iv_tfidf_row *r, const char *term, bool word)
{
    int64_t at = iv_vocabulary_find(word ? &m->words : &m->grams, term, strlen(term));
    for (size_t i = 0; i < r->count && at >= 0; i++)
        if (r->term[i] == (uint32_t)at + (word ? 0 : m->words.count))
            return r->weight[i];
    return 0;
}

static void check(const iv_tfidf *m, const iv_tfidf_row *r, const char *term, bool word,
                  double expected)
{
    float got = weight(m, r, term, word);
    if (fabs((double)got - expected) > 1e-6)
        fail_msg("\"%s\": %.8f, not %.8f", term, (double)got, expected);
}

static void test_weights(void **state)
{
    (void)state;
    iv_tfidf m;
    iv_tfidf_row r;
    imgvec_error err;
    assert_ok(iv_tfidf_fit(ctx, ds, 0, rows, 4, 1000, 1, &m, &err));
    assert_int_equal(m.words.count, 10);
    assert_int_equal(m.grams.count, 40);
    assert_string_equal(m.words.items[0].name, "sat"); /* in two rows, as "the" */
    assert_string_equal(m.words.items[1].name, "the");
    assert_string_equal(m.words.items[2].name, "and");
    assert_true(fabs((double)m.idf[0] - 1.5108256237659907) < 1e-6);
    assert_true(fabs((double)m.idf[2] - 1.916290731874155) < 1e-6);
    iv_tfidf_row_init(&r, ctx);
    assert_ok(iv_tfidf_apply(&m, "the cat sat on the mat", 22, &r, &err));
    check(&m, &r, "the", true, 0.40606298026184096);
    check(&m, &r, "cat", true, 0.3041905676063303);
    check(&m, &r, "sat", true, 0.23982733747195611);
    check(&m, &r, " th", false, 0.19268177556918825);
    check(&m, &r, "the ", false, 0.19268177556918825);
    check(&m, &r, "cat", false, 0.11380096059071838);
    check(&m, &r, "at ", false, 0.23882409435791688);
    check(&m, &r, "dog", true, 0);
    double squares = 0;
    for (size_t i = 0; i < r.count; i++) {
        squares += (double)r.weight[i] * (double)r.weight[i];
        assert_true(i == 0 || r.term[i] > r.term[i - 1]);
    }
    assert_true(fabs(squares - 1) < 1e-6);
    assert_ok(iv_tfidf_apply(&m, "CATS and Dogs AND", 17, &r, &err));
    check(&m, &r, "cats", true, 0.3205277245872563);
    check(&m, &r, "and", true, 0.5427006131762077);
    assert_ok(iv_tfidf_apply(&m, "unheard", 7, &r, &err));
    assert_int_equal(r.count, 0);
    assert_ok(iv_tfidf_apply(&m, "", 0, &r, &err));
    assert_int_equal(r.count, 0);
    iv_tfidf_row_free(&r);
    iv_tfidf_free(ctx, &m);
}

/* Only the rows given count, terms in too few rows and those past the bound fall away. */
static void test_bounds(void **state)
{
    (void)state;
    iv_tfidf m;
    imgvec_error err;
    assert_ok(iv_tfidf_fit(ctx, ds, 0, rows, 2, 1000, 2, &m, &err));
    assert_int_equal(m.words.count, 2);
    assert_string_equal(m.words.items[0].name, "sat");
    assert_string_equal(m.words.items[1].name, "the");
    assert_int_equal(iv_vocabulary_find(&m.words, "and", 3), -1);
    iv_tfidf_free(ctx, &m);
    assert_ok(iv_tfidf_fit(ctx, ds, 0, rows, 4, 1, 1, &m, &err));
    assert_int_equal(m.words.count, 1);
    assert_int_equal(m.grams.count, 1);
    iv_tfidf_free(ctx, &m);
    /* No term is in two rows: those of one are taken. */
    assert_ok(iv_tfidf_fit(ctx, ds, 0, rows + 2, 2, 1000, 2, &m, &err));
    assert_int_equal(m.words.count, 4);
    iv_tfidf_free(ctx, &m);
}

static void test_nothing(void **state)
{
    (void)state;
    static const char *const empty[] = {NULL, "...", NULL};
    imgvec_dataset *none = make(empty, 3);
    iv_tfidf m;
    imgvec_error err;
    assert_ok(iv_tfidf_fit(ctx, none, 0, rows, 3, 10, 1, &m, &err));
    assert_int_equal(iv_tfidf_terms(&m), 0);
    iv_tfidf_free(ctx, &m);
    imgvec_dataset_free(none);
}

static int open_context(void **state)
{
    (void)state;
    static const char *const texts[] = {"the cat sat on the mat", "The dog sat",
                                        "cats and dogs and", "x"};
    ctx = test_context();
    ds = make(texts, 4);
    return 0;
}

static int close_context(void **state)
{
    (void)state;
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
