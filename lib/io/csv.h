/* CSV, pushed in pieces of any size (RFC 4180 and what people write): comma, semicolon or
 * tab found from the first lines; quoted cells with doubled quotes and newlines; LF, CRLF
 * or CR; one BOM skipped; blank lines skipped; a quote inside an unquoted cell is an
 * ordinary character. Cells are never trimmed. Errors carry line and record. */
#ifndef IV_IO_CSV_H
#define IV_IO_CSV_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "base/text.h"

typedef struct iv_csv_limits { /* 0: no limit */
    uint64_t columns, cell_bytes, line_bytes;
} iv_csv_limits;

typedef struct iv_csv_cell {
    const char *text; /* not closed by NUL */
    size_t length;
} iv_csv_cell;

typedef struct iv_csv iv_csv;

/* One record, the header being record 0; cells are valid during the call. `line` is the
 * line it starts on, from 1. Another value than OK stops the parse and is returned. */
typedef imgvec_status (*iv_csv_record)(void *user, uint64_t record, uint64_t line,
                                       const iv_csv_cell *cells, size_t count, imgvec_error *err);

/* A record that is passed over: the line of what is wrong with it (on which it starts, where it
 * has another number of cells than the header), and what. Another value than OK stops the parse. */
typedef imgvec_status (*iv_csv_skipped)(void *user, uint64_t record, uint64_t line, const char *why,
                                        imgvec_error *err);

/* delimiter 0: found by itself. name is used in error texts (COPIED). Every record must
 * have as many cells as the header; names must be unique (an empty one may occur once). */
imgvec_status iv_csv_new(imgvec_context *ctx, const char *name, char delimiter,
                         const iv_csv_limits *limits, iv_csv_record on_record, void *user,
                         iv_csv **out, imgvec_error *err);
/* Before the first piece: records after the header that have too many or too few cells, text
 * after a closing quote, a NUL or what is not UTF-8 go to on_skipped instead of ending the parse.
 * Limits still hold, and a quote that is never closed is an error: it may have taken any number of
 * good records with it. */
void iv_csv_skip_bad(iv_csv *csv, iv_csv_skipped on_skipped);
imgvec_status iv_csv_feed(iv_csv *csv, const char *data, size_t size, imgvec_error *err);
imgvec_status iv_csv_finish(iv_csv *csv, imgvec_error *err); /* FORMAT when there was no header */
char iv_csv_delimiter(const iv_csv *csv);                    /* 0 before it is known */
void iv_csv_free(iv_csv *csv);                               /* NULL is accepted */

/* Appends a cell to text, quoted where it must be. */
void iv_csv_put(iv_text *out, const char *cell, char delimiter);

#endif
