/* Text: growing strings, UTF-8, numbers that no locale changes. */
#ifndef IV_BASE_TEXT_H
#define IV_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>

/* A growing string, always closed by NUL. The first failed allocation is remembered in
 * `failed` and later calls do nothing, so that it is checked once at the end. */
typedef struct iv_text {
    imgvec_context *ctx;
    char *data; /* NULL until something is added */
    size_t length, capacity;
    bool failed;
} iv_text;

void iv_text_init(iv_text *t, imgvec_context *ctx);
void iv_text_add(iv_text *t, const char *text);
void iv_text_add_n(iv_text *t, const char *text, size_t length);
void iv_text_addf(iv_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *iv_text_take(iv_text *t); /* NEW, "" when empty; NULL when something failed */
void iv_text_free(iv_text *t);

/* Bytes of the first sound UTF-8 prefix: `length` when all is sound (no overlong forms,
 * no surrogates, nothing past U+10FFFF). NUL bytes are sound. */
size_t iv_utf8_valid(const char *text, size_t length);

/* Largest cut <= limit that does not fall inside a character. */
size_t iv_utf8_cut(const char *text, size_t length, size_t limit);

/* Whole text as a number, blanks around it allowed; decimal point, exponent, "inf" and
 * "nan" as in C, whatever the locale. false when it is no number. A value past double's
 * range gives an infinity, below it zero, and true. */
bool iv_parse_f64(const char *text, size_t length, double *out);
bool iv_parse_i64(const char *text, size_t length, int64_t *out);

/* Shortest decimal text that reads back as the same double ("nan", "inf", "-inf"). */
#define IV_NUMBER_MAX 32
void iv_format_f64(double value, char out[IV_NUMBER_MAX]);
/* The same for float, with the fewest digits that read back as the same float. */
void iv_format_f32(float value, char out[IV_NUMBER_MAX]);

/* Next item of a comma list, blanks trimmed: false at the end. */
bool iv_list_next(const char **list, const char **item, size_t *length);

/* Text equal without regard to ASCII case. */
bool iv_equal_nocase(const char *a, const char *b);

#endif
