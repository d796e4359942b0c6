/* Checks of markup: tags close in their order, attributes are quoted and given once, pictures have
 * a text, and nothing is asked for outside of the document. */
#ifndef TEST_MARKUP_H
#define TEST_MARKUP_H

#include <ctype.h>

#include "test.h"

enum { MARKUP_DEPTH = 64, MARKUP_NAME = 32 };

static inline const char *markup_name(const char *at, char out[MARKUP_NAME])
{
    size_t n = 0;
    while (isalnum((unsigned char)*at) || *at == '-') {
        assert_true(n + 1 < MARKUP_NAME);
        out[n++] = *at++;
    }
    out[n] = '\0';
    assert_true(n > 0);
    return at;
}

static inline int markup_is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "link") == 0 || strcmp(name, "img") == 0;
}

static inline void markup_check_address(const char *name, const char *value, size_t length)
{
    if (strcmp(name, "src") != 0 && strcmp(name, "href") != 0)
        return;
    if (strncmp(value, "data:", 5) != 0 && value[0] != '#')
        fail_msg("%s leads outside: %.*s", name, (int)(length < 60 ? length : 60), value);
}

/* Attributes up to the end of the tag; *alt: a text that is not empty is there. */
static inline const char *markup_attributes(const char *at, int *alt, int *closed)
{
    char names[24][MARKUP_NAME];
    int count = 0;
    for (;;) {
        while (isspace((unsigned char)*at))
            at++;
        *closed = at[0] == '/' && at[1] == '>';
        if (*closed || *at == '>')
            return at + (*closed ? 2 : 1);
        assert_true(count < 24);
        at = markup_name(at, names[count]);
        assert_true(at[0] == '=' && at[1] == '"');
        const char *value = at + 2, *end = strchr(value, '"');
        assert_non_null(end);
        for (const char *c = value; c < end; c++)
            assert_true(*c != '<');
        for (int i = 0; i < count; i++)
            assert_string_not_equal(names[i], names[count]);
        markup_check_address(names[count], value, (size_t)(end - value));
        if (strcmp(names[count++], "alt") == 0)
            *alt = end > value;
        at = end + 1;
    }
}

/* Returns how many elements `wanted` there are. */
static inline int check_markup(const char *text, const char *wanted)
{
    char open[MARKUP_DEPTH][MARKUP_NAME], name[MARKUP_NAME];
    int depth = 0, found = 0;
    if (strncmp(text, "<!DOCTYPE html>", 15) == 0)
        text += 15;
    for (const char *at = text; *at; at++) {
        if (*at == '>')
            fail_msg("a > of no tag: %.40s", at);
        if (*at == '&')
            assert_true(strncmp(at, "&lt;", 4) == 0 || strncmp(at, "&gt;", 4) == 0 ||
                        strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&quot;", 6) == 0 ||
                        strncmp(at, "&#39;", 5) == 0);
        if (*at != '<')
            continue;
        if (at[1] == '/') {
            at = markup_name(at + 2, name);
            if (depth == 0 || strcmp(open[--depth], name) != 0)
                fail_msg("</%s> does not close the last element", name);
            assert_int_equal(*at, '>');
            continue;
        }
        int alt = 0, closed = 0;
        at = markup_name(at + 1, name);
        at = markup_attributes(at, &alt, &closed) - 1;
        found += strcmp(name, wanted) == 0;
        if (strcmp(name, "img") == 0)
            assert_true(alt);
        if (closed || markup_is_void(name))
            continue;
        assert_true(depth < MARKUP_DEPTH);
        strcpy(open[depth++], name);
        if (strcmp(name, "style") == 0) {
            at = strstr(at, "</style>");
            assert_non_null(at);
            at--;
        }
    }
    assert_int_equal(depth, 0);
    return found;
}

#endif
