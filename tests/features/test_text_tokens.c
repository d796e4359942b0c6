/* Words and n-grams. What NFKC with case folding makes of a text is Unicode's: the expected words
 * were taken from Python's unicodedata.normalize("NFKC", ...).casefold(). */
#include "features/text_tokens.h"

#include "shared_context.h"
#include "test.h"

/* The words of a text, joined with "|". */
static const char *words(const char *text, size_t length)
{
    static char out[1024];
    iv_tokens t;
    size_t n = 0;
    iv_tokens_init(&t, ctx);
    assert_int_equal(iv_tokens_read(&t, text, length, NULL), IMGVEC_OK);
    out[0] = '\0';
    for (size_t i = 0; i < t.count; i++) {
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i ? "|" : "",
                              (int)t.words[i].length, t.bytes + t.words[i].start);
        assert_int_equal(t.bytes[t.words[i].start - 1], ' ');
        assert_int_equal(t.bytes[t.words[i].start + t.words[i].length], ' ');
    }
    iv_tokens_free(&t);
    return out;
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", ""},
        {" .,;!? \n", ""},
        {"The cat, the MAT", "the|cat|the|mat"},
        {"3 bed-rooms (85m2)", "3|bed|rooms|85m2"},
        {"Stra\xc3\x9f"
         "e \xc3\x84rger",
         "strasse|\xc3\xa4rger"},
        {"cafe\xcc\x81 caf\xc3\xa9", "caf\xc3\xa9|caf\xc3\xa9"}, /* composed alike */
        {"\xef\xbc\xa1\xef\xbc\xa2\xef\xbc\x91", "ab1"},         /* full width */
        {"\xef\xac\x81ne x\xc2\xb2", "fine|x2"},                 /* ligature, square */
        {"\xd0\x94\xd0\xbe\xd0\xbc \xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82",
         "\xd0\xb4\xd0\xbe\xd0\xbc|\xcf\x83\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x83"},
        {"good \xf0\x9f\x98\x80\xf0\x9f\x98\x80 day", "good|\xf0\x9f\x98\x80|\xf0\x9f\x98\x80|day"},
        {"\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4"}, /* the variation selector is ignored */
        {"bad \xff utf8", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = words(cases[i].text, strlen(cases[i].text));
        if (strcmp(got, cases[i].words) != 0)
            fail_msg("\"%s\": %s", cases[i].text, got);
    }
    assert_string_equal(words("a\0b", 3), "a|b");
}

/* A run of letters without end is parted, so that no text makes an endless word. */
static void test_long_run(void **state)
{
    (void)state;
    char text[3 * 2 * IV_WORD_MAX];
    memset(text, 'a', sizeof text);
    iv_tokens t;
    iv_tokens_init(&t, ctx);
    assert_int_equal(iv_tokens_read(&t, text, sizeof text, NULL), IMGVEC_OK);
    assert_int_equal(t.count, 6);
    assert_int_equal(t.words[0].length, IV_WORD_MAX);
    /* The same run of letters of two bytes each. */
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    assert_int_equal(iv_tokens_read(&t, text, sizeof text, NULL), IMGVEC_OK);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.words[2].length, 2 * IV_WORD_MAX);
    iv_tokens_free(&t);
}

/* The Hangul and Arabic presentation forms that become many letters fit too. */
static void test_growth(void **state)
{
    (void)state;
    char text[3 * 100];
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "\xef\xb7\xba", 3); /* U+FDFA: 18 characters in four words */
    iv_tokens t;
    iv_tokens_init(&t, ctx);
    assert_int_equal(iv_tokens_read(&t, text, sizeof text, NULL), IMGVEC_OK);
    assert_int_equal(t.count, 301); /* the last word of one and the first of the next are one */
    iv_tokens_free(&t);
}

static void test_grams(void **state)
{
    (void)state;
    iv_tokens t;
    const char *gram;
    size_t length, n = 0;
    char out[256] = "";
    iv_tokens_init(&t, ctx);
    const char *text = "a k\xc3\xa4se";
    assert_int_equal(iv_tokens_read(&t, text, strlen(text), NULL), IMGVEC_OK);
    for (size_t w = 0; w < t.count; w++) {
        iv_grams g = iv_grams_of(&t, w);
        while ((length = iv_grams_next(&g, &gram)) > 0)
            n += (size_t)snprintf(out + n, sizeof out - n, "|%.*s", (int)length, gram);
    }
    assert_string_equal(out, "| a | k\xc3\xa4|k\xc3\xa4s|\xc3\xa4se|se | k\xc3\xa4s|k\xc3\xa4se|"
                             "\xc3\xa4se ");
    iv_tokens_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_long_run),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_grams),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
