#include "io_test.h"

#include <float.h>
#include <locale.h>
#include <math.h>

static imgvec_context *ctx;
static imgvec_error err;

static imgvec_status parse_n(const char *text, size_t size, iv_json_document **doc)
{
    /* An exact copy without a NUL behind it, so that a read past the end shows itself. */
    char *copy = malloc(size ? size : 1);
    memcpy(copy, text, size);
    *doc = NULL;
    imgvec_status status = iv_json_parse(ctx, copy, size, 0, 0, doc, &err);
    free(copy);
    return status;
}

static iv_json_document *sound(const char *text)
{
    iv_json_document *doc;
    if (parse_n(text, strlen(text), &doc) != IMGVEC_OK)
        fail_msg("%s: %s", text, err.text);
    return doc;
}

static void reads_values(void **state)
{
    (void)state;
    iv_json_document *doc = sound(" { \"a\" : [ 1 , -2.5e3, \"x\\ny\" , true,false , null, {} , [] "
                                  "] , \"b\":{\"c\":\"\"} } ");
    const iv_json *root = iv_json_root(doc), *a = iv_json_get(root, "a"), *v = a->as.first;
    assert_int_equal(root->type, IV_JSON_OBJECT);
    assert_int_equal(root->count, 2);
    assert_int_equal(a->count, 8);
    assert_true(v->type == IV_JSON_INT && v->as.integer == 1 && !v->name);
    v = v->next;
    assert_true(v->type == IV_JSON_DOUBLE && v->as.number == -2500);
    v = v->next;
    assert_string_equal(v->as.text, "x\ny");
    assert_int_equal(v->count, 3);
    v = v->next;
    assert_true(v->type == IV_JSON_BOOL && v->as.boolean);
    v = v->next;
    assert_true(v->type == IV_JSON_BOOL && !v->as.boolean);
    v = v->next;
    assert_int_equal(v->type, IV_JSON_NULL);
    v = v->next;
    assert_true(v->type == IV_JSON_OBJECT && v->count == 0 && !v->as.first);
    v = v->next;
    assert_true(v->type == IV_JSON_ARRAY && v->count == 0 && !v->next);
    const char *text;
    assert_ok(iv_json_text(iv_json_get(root, "b"), "c", &text, &err));
    assert_string_equal(text, "");
    assert_null(iv_json_get(root, "z"));
    assert_null(iv_json_get(NULL, "z"));
    assert_null(iv_json_get(a, "z"));
    iv_json_free(doc);
    iv_json_free(NULL);
}

static void numbers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } ints[] = {{"0", 0},
                {"-0", 0},
                {"9007199254740993", 9007199254740993},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    static const struct {
        const char *text;
        double value;
    } doubles[] = {{"9223372036854775808", 9223372036854775808.0},
                   {"1e0", 1},
                   {"0.1", 0.1},
                   {"1E-7", 1e-7},
                   {"1.7976931348623157e308", DBL_MAX},
                   {"1e-400", 0},
                   {"4.9406564584124654e-324", 4.9406564584124654e-324},
                   {"0.1234567890123456789", 0.1234567890123456789},
                   {"1.17549435E-38", 1.17549435e-38},
                   {"123456789012345678e-5", 1234567890123.45678},
                   {"9007199254740993e3", 9007199254740993e3},
                   {"1e23", 1e23},
                   {"0e999999999999", 0},
                   {"2.2250738585072011e-308", 2.2250738585072011e-308}};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        iv_json_document *doc = sound(ints[i].text);
        assert_int_equal(iv_json_root(doc)->type, IV_JSON_INT);
        assert_true(iv_json_root(doc)->as.integer == ints[i].value);
        iv_json_free(doc);
    }
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        iv_json_document *doc = sound(doubles[i].text);
        assert_int_equal(iv_json_root(doc)->type, IV_JSON_DOUBLE);
        if (iv_json_root(doc)->as.number != doubles[i].value)
            fail_msg("%s read as %.17g", doubles[i].text, iv_json_root(doc)->as.number);
        iv_json_free(doc);
    }
}

static void text_is_unescaped(void **state)
{
    (void)state;
    iv_json_document *doc = sound("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", "
                                  "\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\", \"\xC3\xA9\x7F\"]");
    const iv_json *v = iv_json_root(doc)->as.first;
    assert_string_equal(v->as.text, "\"\\/\b\f\n\r\t");
    v = v->next;
    assert_string_equal(v->as.text, "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_int_equal(v->count, 10);
    assert_string_equal(v->next->as.text, "\xC3\xA9\x7F");
    iv_json_free(doc);
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{\"a\" 1}",
                                      "{1:1}",
                                      "[1}",
                                      "{\"a\":1]",
                                      "1 2",
                                      "{} x",
                                      "tru",
                                      "True",
                                      "nul",
                                      "nan",
                                      "NaN",
                                      "inf",
                                      "-",
                                      "+1",
                                      "01",
                                      "-01",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x10",
                                      "1_0",
                                      "1e400",
                                      "-1e400",
                                      "\"",
                                      "\"a",
                                      "\"\\",
                                      "\"\\\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\\u0000\"",
                                      "\"\\ud800\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800",
                                      "\"\n\"",
                                      "\"\x01\"",
                                      "\"\xC0\x80\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"\xFF\"",
                                      "\"\xC3\"",
                                      "\xEF\xBB\xBF{}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":1,\"\\u0061\":2}",
                                      "[1,2,/*c*/3]",
                                      "['a']",
                                      "[1]\x0B"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        iv_json_document *doc;
        if (parse_n(bad[i], strlen(bad[i]), &doc) != IMGVEC_ERR_FORMAT || doc)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, IMGVEC_ERR_FORMAT);
        assert_non_null(strstr(err.text, "JSON"));
    }
    iv_json_document *doc;
    assert_int_equal(parse_n("[1]\0", 4, &doc), IMGVEC_ERR_FORMAT);
    assert_int_equal(parse_n("\"a\0b\"", 5, &doc), IMGVEC_ERR_FORMAT);
    assert_fails(parse_n("[1, 2, x]", 9, &doc), IMGVEC_ERR_FORMAT, "byte 7");
    assert_int_equal(err.detail, 7);
    assert_fails(parse_n("{\"name\":1,\"name\":2}", 19, &doc), IMGVEC_ERR_FORMAT, "\"name\"");
}

/* Every prefix of a document is refused, and none reads past its end. */
static void refuses_prefixes(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,-2.5e-3,\"x\\u00e9\\ud83d\\ude00\",true,null,{\"b\":[[]]}"
                               "],\"c\":\"\xE2\x82\xAC\"}";
    for (size_t n = 0; n < sizeof text - 1; n++) {
        iv_json_document *doc;
        assert_int_equal(parse_n(text, n, &doc), IMGVEC_ERR_FORMAT);
    }
    iv_json_free(sound(text));
}

static void bounds_depth_and_size(void **state)
{
    (void)state;
    char text[200];
    iv_json_document *doc;
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_ok(parse_n(text + 1, 128, &doc)); /* 64 levels */
    iv_json_free(doc);
    assert_int_equal(parse_n(text, 130, &doc), IMGVEC_ERR_FORMAT);
    assert_ok(iv_json_parse(ctx, text, 130, 65, 0, &doc, &err));
    iv_json_free(doc);
    assert_ok(iv_json_parse(ctx, "[12]", 4, 0, 4, &doc, &err));
    iv_json_free(doc);
    assert_int_equal(iv_json_parse(ctx, "[123]", 5, 0, 4, &doc, &err), IMGVEC_ERR_LIMIT);
    size_t deep = 200000;
    char *many = malloc(deep);
    memset(many, '[', deep);
    assert_int_equal(parse_n(many, deep, &doc), IMGVEC_ERR_FORMAT);
    for (size_t i = 0; i + 5 <= deep; i += 5)
        memcpy(many + i, "{\"a\":", 5);
    assert_int_equal(parse_n(many, deep, &doc), IMGVEC_ERR_FORMAT);
    free(many);
}

/* A large object takes time in proportion, and its one repeated name is found. */
static void finds_a_repeated_name_among_many(void **state)
{
    (void)state;
    iv_text t;
    iv_json_document *doc;
    iv_text_init(&t, ctx);
    iv_text_add(&t, "{");
    for (int i = 0; i < 200000; i++)
        iv_text_addf(&t, "\"n%d\":0,", i);
    size_t n = t.length;
    iv_text_add(&t, "\"end\":1}");
    assert_ok(parse_n(t.data, t.length, &doc));
    assert_int_equal(iv_json_root(doc)->count, 200001);
    int64_t end;
    assert_ok(iv_json_i64(iv_json_root(doc), "end", 0, 1, &end, &err));
    iv_json_free(doc);
    t.length = n;
    iv_text_add(&t, "\"n777\":1}");
    assert_fails(parse_n(t.data, t.length, &doc), IMGVEC_ERR_FORMAT, "\"n777\"");
    iv_text_free(&t);
}

static void members_are_checked(void **state)
{
    (void)state;
    iv_json_document *doc = sound("{\"i\":7,\"d\":0.5,\"t\":\"x\",\"o\":{},\"a\":[]}");
    const iv_json *root = iv_json_root(doc), *v;
    const char *text;
    int64_t i;
    double d;
    assert_ok(iv_json_i64(root, "i", 0, 7, &i, &err));
    assert_int_equal(i, 7);
    assert_ok(iv_json_f64(root, "i", &d, &err));
    assert_true(d == 7);
    assert_ok(iv_json_f64(root, "d", &d, &err));
    assert_true(d == 0.5);
    assert_ok(iv_json_object(root, "o", &v, &err));
    assert_ok(iv_json_array(root, "a", &v, &err));
    assert_ok(iv_json_text(root, "t", &text, &err));
    assert_fails(iv_json_i64(root, "i", 8, 9, &i, &err), IMGVEC_ERR_FORMAT, "\"i\"");
    assert_fails(iv_json_i64(root, "d", 0, 9, &i, &err), IMGVEC_ERR_FORMAT, "\"d\"");
    assert_fails(iv_json_f64(root, "t", &d, &err), IMGVEC_ERR_FORMAT, "\"t\"");
    assert_fails(iv_json_text(root, "i", &text, &err), IMGVEC_ERR_FORMAT, "\"i\"");
    assert_fails(iv_json_object(root, "a", &v, &err), IMGVEC_ERR_FORMAT, "\"a\"");
    assert_fails(iv_json_array(root, "o", &v, &err), IMGVEC_ERR_FORMAT, "\"o\"");
    assert_fails(iv_json_array(root, "none", &v, &err), IMGVEC_ERR_FORMAT, "\"none\"");
    assert_fails(iv_json_array(NULL, "none", &v, &err), IMGVEC_ERR_FORMAT, "\"none\"");
    iv_json_free(doc);
}

static void write_sample(iv_json_writer *w)
{
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "te\"xt", "a\\b\n\x01\xC3\xA9");
    iv_json_put_i64(w, "int", INT64_MIN);
    iv_json_put_f64(w, "f", 0.1);
    iv_json_put_f64(w, "nan", NAN);
    iv_json_put_bool(w, "yes", true);
    iv_json_put_null(w, "no");
    iv_json_put_array(w, "list");
    iv_json_put_i64(w, NULL, 1);
    iv_json_put_object(w, NULL);
    iv_json_put_end(w, '}');
    iv_json_put_end(w, ']');
    iv_json_put_raw(w, "raw", "{\"x\": [1, 2]}\n");
    iv_json_put_end(w, '}');
}

static void writes(void **state)
{
    (void)state;
    iv_text t, again;
    iv_json_writer w;
    iv_text_init(&t, ctx);
    iv_json_begin(&w, &t, false);
    write_sample(&w);
    assert_string_equal(
        t.data, "{\"te\\\"xt\": \"a\\\\b\\u000a\\u0001\xC3\xA9\", \"int\": -9223372036854775808, "
                "\"f\": 0.1, \"nan\": null, \"yes\": true, \"no\": null, \"list\": [1, {}], "
                "\"raw\": {\"x\": [1, 2]}}");
    iv_json_document *doc = sound(t.data);
    iv_text_init(&again, ctx);
    iv_json_begin(&w, &again, false);
    iv_json_put_value(&w, NULL, iv_json_root(doc));
    assert_string_equal(again.data, t.data);
    iv_text_free(&again);
    iv_json_free(doc);
    iv_text_free(&t);
    iv_json_begin(&w, &t, true);
    write_sample(&w);
    assert_non_null(strstr(t.data, "{\n  \"te"));
    assert_non_null(strstr(t.data, "\"list\": [\n    1,\n    {}\n  ]"));
    iv_json_free(sound(t.data));
    iv_text_free(&t);
}

static void writes_any_bytes_as_utf8(void **state)
{
    (void)state;
    iv_text t;
    iv_json_writer w;
    iv_text_init(&t, ctx);
    iv_json_begin(&w, &t, false);
    iv_json_put_text(&w, NULL, "a\xFF\xFE\xC3\xA9\xE2\x82");
    assert_string_equal(t.data, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"");
    iv_text_free(&t);
}

/* Deeper than the writer holds: a failure that is seen at the end, not a wrong text. */
static void writer_depth_is_bounded(void **state)
{
    (void)state;
    iv_text t;
    iv_json_writer w;
    for (int depth = 60; depth < 90; depth++) {
        iv_text_init(&t, ctx);
        iv_json_begin(&w, &t, true);
        for (int i = 0; i < depth; i++)
            iv_json_put_array(&w, NULL);
        iv_json_put_i64(&w, NULL, 1);
        for (int i = 0; i < depth; i++)
            iv_json_put_end(&w, ']');
        assert_int_equal(w.depth, 0);
        char *text = iv_text_take(&t);
        assert_true((text != NULL) == (depth < 64));
        iv_free(ctx, text);
    }
}

static void locale_does_not_matter(void **state)
{
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE"))
        printf("# SKIPPED: no locale with a decimal comma\n");
    iv_json_document *doc = sound("[1.5, 1.25e-10]");
    assert_true(iv_json_root(doc)->as.first->as.number == 1.5);
    assert_true(iv_json_root(doc)->as.first->next->as.number == 1.25e-10);
    iv_text t;
    iv_json_writer w;
    iv_text_init(&t, ctx);
    iv_json_begin(&w, &t, false);
    iv_json_put_value(&w, NULL, iv_json_root(doc));
    assert_string_equal(t.data, "[1.5, 1.25e-10]");
    iv_text_free(&t);
    iv_json_free(doc);
    setlocale(LC_ALL, "C");
}

static void zero_keeps_its_sign(void **state)
{
    (void)state;
    iv_json_document *doc = sound("[-0.0, -0, 0.0]");
    iv_text t;
    iv_json_writer w;
    iv_text_init(&t, ctx);
    iv_json_begin(&w, &t, false);
    iv_json_put_value(&w, NULL, iv_json_root(doc));
    assert_string_equal(t.data, "[-0.0, 0, 0]"); /* -0 is an integer */
    iv_text_free(&t);
    iv_json_free(doc);
}

static imgvec_status parse_job(imgvec_context *c, void *user, imgvec_error *e)
{
    iv_json_document *doc = NULL;
    const iv_text *t = user;
    imgvec_status status = iv_json_parse(c, t->data, t->length, 0, 0, &doc, e);
    assert_true((doc != NULL) == (status == IMGVEC_OK));
    iv_json_free(doc);
    return status;
}

static void allocation_failures(void **state)
{
    (void)state;
    iv_text t;
    iv_text_init(&t, ctx);
    iv_text_add(&t, "{\"deep\":[[[{\"x\":[]}]]],\"list\":[");
    for (int i = 0; i < 9000; i++)
        iv_text_addf(&t, "%d.5,", i);
    iv_text_add(&t, "\"end\"],\"names\":{");
    for (int i = 0; i < 100; i++)
        iv_text_addf(&t, "\"n%d\":\"v\",", i);
    iv_text_add(&t, "\"z\":0}}");
    printf("# %ld allocations failed\n", fail_each_allocation(parse_job, &t));
    iv_text_free(&t);
}

static int setup(void **state)
{
    (void)state;
    ctx = test_context();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(text_is_unescaped),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(refuses_prefixes),
        cmocka_unit_test(bounds_depth_and_size),
        cmocka_unit_test(finds_a_repeated_name_among_many),
        cmocka_unit_test(members_are_checked),
        cmocka_unit_test(writes),
        cmocka_unit_test(writes_any_bytes_as_utf8),
        cmocka_unit_test(writer_depth_is_bounded),
        cmocka_unit_test(locale_does_not_matter),
        cmocka_unit_test(zero_keeps_its_sign),
        cmocka_unit_test(allocation_failures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
