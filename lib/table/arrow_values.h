/* Single values of Arrow arrays. */
#ifndef IV_TABLE_ARROW_VALUES_H
#define IV_TABLE_ARROW_VALUES_H

#include <stdbool.h>

#include <imgvec/arrow.h>

typedef enum iv_arrow_kind {
    IV_ARROW_NULL,
    IV_ARROW_BOOL,
    IV_ARROW_SIGNED,
    IV_ARROW_UNSIGNED,
    IV_ARROW_FLOAT,
    IV_ARROW_DATE,  /* a count of `ticks` a day from 1970 on */
    IV_ARROW_TIME,  /* a count of `ticks` a second from 1970 on */
    IV_ARROW_BYTES, /* behind offsets of `width` bytes */
    IV_ARROW_VIEWS
} iv_arrow_kind;

typedef struct iv_arrow_type {
    iv_arrow_kind kind;
    int width; /* bytes of a value or of an offset */
    int64_t ticks;
    bool binary; /* images, not text */
    bool utc;    /* a time with a zone: its values are UTC */
} iv_arrow_type;

/* false for a format that is not read. */
bool iv_arrow_type_find(const char *format, iv_arrow_type *out);

/* What is wrong with the array on its face, NULL when nothing is. At least `need` values from
 * its offset on must be there. */
const char *iv_arrow_check(const iv_arrow_type *type, const struct ArrowArray *array, int64_t need);

bool iv_arrow_valid(const struct ArrowArray *array, int64_t index);

/* Index of a signed or unsigned type; -1 when it is negative or too large. */
int64_t iv_arrow_index(const iv_arrow_type *type, const struct ArrowArray *array, int64_t index);

#define IV_ARROW_TEXT 64 /* longest text of a number or date */

/* Valid value as text or bytes, in `buffer` or in the array (BORROWED). Returns what is wrong with
 * it, NULL when nothing is. NaN is empty. */
const char *iv_arrow_value(const iv_arrow_type *type, const struct ArrowArray *array, int64_t index,
                           char buffer[IV_ARROW_TEXT], const char **value, size_t *length);

#endif
