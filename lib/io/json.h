/* JSON: a strict reader for untrusted text and a small writer.
 *
 * Strict: UTF-8, no duplicate names, no NUL escapes, no lone surrogates, nothing after the
 * value, integers exact in 64 bits, depth and size bounded, no recursion. */
#ifndef IV_IO_JSON_H
#define IV_IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/error.h>

#include "base/text.h"

typedef enum iv_json_type {
    IV_JSON_NULL,
    IV_JSON_BOOL,
    IV_JSON_INT,    /* no fraction, no exponent, fits int64_t */
    IV_JSON_DOUBLE, /* any other number; always finite */
    IV_JSON_TEXT,
    IV_JSON_ARRAY,
    IV_JSON_OBJECT
} iv_json_type;

/* A value. Children are a list in document order. Everything lives in the document. */
typedef struct iv_json {
    iv_json_type type;
    uint32_t count;   /* children, or bytes of text */
    const char *name; /* in an object, else NULL */
    union {
        bool boolean;
        int64_t integer;
        double number;
        const char *text; /* closed by NUL, holds no other */
        struct iv_json *first;
    } as;
    struct iv_json *next;
} iv_json;

typedef struct iv_json_document iv_json_document;

/* Parses `size` bytes. max_depth 0 means 64; max_bytes 0 means 16 MiB (LIMIT beyond).
 * FORMAT errors name the byte. out: NEW. */
imgvec_status iv_json_parse(imgvec_context *ctx, const char *text, size_t size, int max_depth,
                            size_t max_bytes, iv_json_document **out, imgvec_error *err);
const iv_json *iv_json_root(const iv_json_document *doc);
void iv_json_free(iv_json_document *doc); /* NULL is accepted */

/* Member by name; NULL when absent or when `object` is NULL or no object. */
const iv_json *iv_json_get(const iv_json *object, const char *name);

/* Member that must be there and of the type: FORMAT names it otherwise. Numbers accept
 * integers; iv_json_i64 also checks min <= value <= max. */
imgvec_status iv_json_object(const iv_json *object, const char *name, const iv_json **out,
                             imgvec_error *err);
imgvec_status iv_json_array(const iv_json *object, const char *name, const iv_json **out,
                            imgvec_error *err);
imgvec_status iv_json_text(const iv_json *object, const char *name, const char **out,
                           imgvec_error *err);
imgvec_status iv_json_i64(const iv_json *object, const char *name, int64_t min, int64_t max,
                          int64_t *out, imgvec_error *err);
imgvec_status iv_json_f64(const iv_json *object, const char *name, double *out, imgvec_error *err);

/* Writer: appends to an iv_text; commas and indentation are its business. name is NULL
 * inside arrays. A number that is not finite is written as null. */
typedef struct iv_json_writer {
    iv_text *out;
    int depth;
    bool indent;  /* two spaces a level; false: one line */
    bool has[64]; /* a member was written at this level */
} iv_json_writer;
void iv_json_begin(iv_json_writer *w, iv_text *out, bool indent);
void iv_json_put_object(iv_json_writer *w, const char *name);
void iv_json_put_array(iv_json_writer *w, const char *name);
void iv_json_put_end(iv_json_writer *w, char bracket); /* '}' or ']' */
void iv_json_put_text(iv_json_writer *w, const char *name, const char *value);
void iv_json_put_i64(iv_json_writer *w, const char *name, int64_t value);
void iv_json_put_f64(iv_json_writer *w, const char *name, double value);
void iv_json_put_bool(iv_json_writer *w, const char *name, bool value);
void iv_json_put_null(iv_json_writer *w, const char *name);
/* A value that is JSON text already, such as another document. */
void iv_json_put_raw(iv_json_writer *w, const char *name, const char *json);
/* Writes a parsed value back. */
void iv_json_put_value(iv_json_writer *w, const char *name, const iv_json *value);

#endif
