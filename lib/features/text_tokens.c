#include "features/text_tokens.h"

#include <stdbool.h>
#include <string.h>

#include <utf8proc.h>

#include "base/error.h"
#include "base/mem.h"

enum { SHORTEST = 3, LONGEST = 4 };

void iv_tokens_init(iv_tokens *t, imgvec_context *ctx)
{
    memset(t, 0, sizeof *t);
    t->ctx = ctx;
}

void iv_tokens_free(iv_tokens *t)
{
    iv_free(t->ctx, t->words);
    iv_free(t->ctx, t->bytes);
    iv_free(t->ctx, t->points);
    iv_tokens_init(t, t->ctx);
}

typedef enum part { PART_NONE, PART_WORD, PART_SYMBOL } part;

static part part_of(int32_t point)
{
    if (point < 0x80) {
        bool word = (point >= 'a' && point <= 'z') || (point >= '0' && point <= '9') ||
                    (point >= 'A' && point <= 'Z');
        return word ? PART_WORD : PART_NONE;
    }
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return PART_WORD;
    case UTF8PROC_CATEGORY_SO:
        return PART_SYMBOL;
    default:
        return PART_NONE;
    }
}

/* Folded code points of the text; *count 0 for what is no UTF-8. */
static imgvec_status fold(iv_tokens *t, const char *text, size_t length, size_t *count,
                          imgvec_error *err)
{
    const utf8proc_option_t how =
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    size_t ascii = 0;
    *count = 0;
    if (iv_reserve(t->ctx, &t->points, &t->points_capacity, length + 1, sizeof *t->points) != 0)
        return iv_fail_nomem(err);
    for (; ascii < length && (text[ascii] & 0x80) == 0; ascii++)
        t->points[ascii] =
            text[ascii] >= 'A' && text[ascii] <= 'Z' ? text[ascii] | 0x20 : text[ascii];
    *count = length;
    if (ascii == length)
        return IMGVEC_OK;
    for (;;) {
        utf8proc_ssize_t n =
            utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, t->points,
                               (utf8proc_ssize_t)t->points_capacity, how);
        *count = n < 0 ? 0 : (size_t)n;
        if (*count <= t->points_capacity)
            break;
        if (iv_reserve(t->ctx, &t->points, &t->points_capacity, *count, sizeof *t->points) != 0)
            return iv_fail_nomem(err);
    }
    utf8proc_ssize_t n = utf8proc_normalize_utf32(t->points, (utf8proc_ssize_t)*count, how);
    *count = n < 0 ? 0 : (size_t)n;
    return IMGVEC_OK;
}

static imgvec_status add_point(iv_tokens *t, int32_t point, imgvec_error *err)
{
    if (iv_reserve(t->ctx, &t->bytes, &t->bytes_capacity, t->length + 5, 1) != 0)
        return iv_fail_nomem(err);
    if (point < 0x80)
        t->bytes[t->length++] = (char)point;
    else
        t->length +=
            (size_t)utf8proc_encode_char(point, (utf8proc_uint8_t *)(t->bytes + t->length));
    return IMGVEC_OK;
}

static imgvec_status end_word(iv_tokens *t, size_t start, imgvec_error *err)
{
    if (iv_reserve(t->ctx, &t->words, &t->capacity, t->count + 1, sizeof *t->words) != 0)
        return iv_fail_nomem(err);
    t->words[t->count++] = (iv_word){start, t->length - start};
    return add_point(t, ' ', err);
}

imgvec_status iv_tokens_read(iv_tokens *t, const char *text, size_t length, imgvec_error *err)
{
    size_t count, points = 0, start = 1; /* points: of the word that is open */
    t->count = t->length = 0;
    IV_TRY(fold(t, text, length, &count, err));
    IV_TRY(add_point(t, ' ', err));
    for (size_t i = 0; i < count; i++) {
        part p = part_of(t->points[i]);
        if (points > 0 && (p != PART_WORD || points == IV_WORD_MAX)) {
            IV_TRY(end_word(t, start, err));
            points = 0;
        }
        if (p == PART_NONE)
            continue;
        if (points == 0)
            start = t->length;
        IV_TRY(add_point(t, t->points[i], err));
        points++;
        if (p == PART_SYMBOL) {
            IV_TRY(end_word(t, start, err));
            points = 0;
        }
    }
    return points > 0 ? end_word(t, start, err) : IMGVEC_OK;
}

iv_grams iv_grams_of(const iv_tokens *t, size_t word)
{
    const char *begin = t->bytes + t->words[word].start - 1;
    return (iv_grams){begin, begin + t->words[word].length + 2, begin, SHORTEST};
}

/* The character after the one at `at`. */
static const char *step(const char *at, const char *end)
{
    at++;
    while (at < end && ((unsigned char)*at & 0xC0) == 0x80)
        at++;
    return at;
}

size_t iv_grams_next(iv_grams *g, const char **gram)
{
    while (g->n <= LONGEST) {
        const char *to = g->at;
        int n = 0;
        for (; n < g->n && to < g->end; n++)
            to = step(to, g->end);
        if (n == g->n) {
            *gram = g->at;
            g->at = step(g->at, g->end);
            return (size_t)(to - *gram);
        }
        g->n++;
        g->at = g->word;
    }
    return 0;
}
