#include "io/csv.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/csv_head.h"
#include "io/names.h"

#define DETECT_BYTES ((size_t)64 << 10) /* enough of a header to find the delimiter in */

/* Where the parser stands inside a record. */
typedef enum state {
    CELL_START,  /* nothing of the cell yet */
    PLAIN,       /* in a cell without quotes */
    QUOTED,      /* between quotes */
    QUOTE_CLOSED /* after a quote that may be the closing one */
} state;

struct iv_csv {
    imgvec_context *ctx;
    char *name;
    char delimiter; /* 0: not known yet */
    iv_csv_limits limits;
    iv_csv_record on_record;
    iv_csv_skipped on_skipped; /* NULL: a bad record is an error */
    void *user;

    char *head; /* the first bytes, until the delimiter is known */
    size_t head_size, head_capacity;

    state state;
    bool after_cr;    /* a LF now belongs to the line end before */
    bool quoted_cell; /* the record holds a quoted cell, so it is not blank */
    uint64_t line, record_line, quote_line, record;
    uint64_t record_bytes;

    char *text; /* the record's cells, each closed by NUL */
    size_t size, capacity;
    size_t *starts;
    size_t start_count, start_capacity;
    size_t cell_begin;
    iv_csv_cell *cells;
    size_t cell_capacity;
    size_t columns;             /* of the header; 0 before it */
    unsigned char special[256]; /* bytes that end a run of a plain cell */

    bool bad; /* the record is to be skipped, for what is said here */
    uint64_t bad_line;
    char why[160];
};

imgvec_status iv_csv_new(imgvec_context *ctx, const char *name, char delimiter,
                         const iv_csv_limits *limits, iv_csv_record on_record, void *user,
                         iv_csv **out, imgvec_error *err)
{
    iv_csv *c = iv_zalloc(ctx, sizeof *c);
    if (!c)
        return iv_fail_nomem(err);
    c->ctx = ctx;
    c->delimiter = delimiter;
    if (limits)
        c->limits = *limits;
    c->on_record = on_record;
    c->user = user;
    c->line = c->record_line = 1;
    c->name = iv_strdup(ctx, name);
    if (!c->name) {
        iv_csv_free(c);
        return iv_fail_nomem(err);
    }
    *out = c;
    return IMGVEC_OK;
}

void iv_csv_free(iv_csv *c)
{
    if (!c)
        return;
    iv_free(c->ctx, c->name);
    iv_free(c->ctx, c->head);
    iv_free(c->ctx, c->text);
    iv_free(c->ctx, c->starts);
    iv_free(c->ctx, c->cells);
    iv_free(c->ctx, c);
}

char iv_csv_delimiter(const iv_csv *c)
{
    return c->delimiter;
}

void iv_csv_skip_bad(iv_csv *c, iv_csv_skipped on_skipped)
{
    c->on_skipped = on_skipped;
}

/* As iv_reserve, without a call where there is room, which is nearly always. */
static inline bool room(iv_csv *c, void *array, size_t *capacity, size_t need, size_t size)
{
    return need <= *capacity || iv_reserve(c->ctx, array, capacity, need, size) == 0;
}

#define AT(c) (c)->name, (unsigned long long)(c)->record_line, (unsigned long long)(c)->record

/* Something is wrong with the record on that line: an error, or remembered until its end. The
 * header is never skipped. */
static imgvec_status bad_record(iv_csv *c, uint64_t line, imgvec_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static imgvec_status bad_record(iv_csv *c, uint64_t line, imgvec_error *err, const char *fmt, ...)
{
    if (c->bad)
        return IMGVEC_OK;
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->why, sizeof c->why, fmt, args);
    va_end(args);
    if (!c->on_skipped || c->record == 0)
        return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)line,
                          "%s, line %llu (record %llu): %s%s", c->name, (unsigned long long)line,
                          (unsigned long long)c->record, c->why,
                          c->record ? "; option on_bad_row skips such rows" : "");
    c->bad = true;
    c->bad_line = line;
    return IMGVEC_OK;
}

static imgvec_status add_bytes(iv_csv *c, const char *data, size_t n, imgvec_error *err)
{
    size_t cell = c->size + n - c->cell_begin;
    if (c->limits.cell_bytes && cell > c->limits.cell_bytes)
        return iv_fail_at(err, IMGVEC_ERR_LIMIT, (int64_t)c->record_line,
                          "%s, line %llu (record %llu): a cell of more than %llu bytes (option "
                          "max_csv_cell); is a quote unclosed?",
                          AT(c), (unsigned long long)c->limits.cell_bytes);
    if (c->limits.line_bytes && c->size + n > c->limits.line_bytes)
        return iv_fail_at(err, IMGVEC_ERR_LIMIT, (int64_t)c->record_line,
                          "%s, line %llu (record %llu): a record of more than %llu bytes (option "
                          "max_csv_line); is a quote unclosed?",
                          AT(c), (unsigned long long)c->limits.line_bytes);
    if (!room(c, &c->text, &c->capacity, c->size + n, 1))
        return iv_fail_nomem(err);
    if (n) /* an empty cell may be the first, before there is any text */
        memcpy(c->text + c->size, data, n);
    c->size += n;
    return IMGVEC_OK;
}

static imgvec_status end_cell(iv_csv *c, imgvec_error *err)
{
    if (c->limits.columns && c->start_count >= c->limits.columns)
        return iv_fail_at(err, IMGVEC_ERR_LIMIT, (int64_t)c->record_line,
                          "%s, line %llu (record %llu): more than %llu cells (option "
                          "max_csv_columns)",
                          AT(c), (unsigned long long)c->limits.columns);
    if (!room(c, &c->starts, &c->start_capacity, c->start_count + 1, sizeof *c->starts))
        return iv_fail_nomem(err);
    c->starts[c->start_count++] = c->cell_begin;
    if (!room(c, &c->text, &c->capacity, c->size + 1, 1))
        return iv_fail_nomem(err);
    c->text[c->size++] = '\0';
    c->cell_begin = c->size;
    c->state = CELL_START;
    return IMGVEC_OK;
}

static imgvec_status check_utf8(iv_csv *c, imgvec_error *err)
{
    size_t sound = iv_utf8_valid(c->text, c->size);
    if (sound == c->size)
        return IMGVEC_OK;
    uint64_t line = c->record_line, column = 1;
    for (size_t i = 0; i < sound; i++, column++)
        if (c->text[i] == '\n' ? i == 0 || c->text[i - 1] != '\r' : c->text[i] == '\r') {
            line++;
            column = 0;
        }
    return bad_record(c, line, err,
                      "byte 0x%02x at column %llu is not UTF-8; convert the file, for example with "
                      "iconv -f latin1 -t utf-8",
                      (unsigned char)c->text[sound], (unsigned long long)column);
}

/* Two columns of one name could not be told apart. */
static imgvec_status check_header(iv_csv *c, imgvec_error *err)
{
    iv_names names = {0};
    size_t other;
    imgvec_status status = IMGVEC_OK;
    const char **list = iv_alloc_n(c->ctx, c->start_count, sizeof *list);
    if (!list)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < c->start_count && status == IMGVEC_OK; i++) {
        list[i] = c->text + c->starts[i];
        int added = iv_names_add(c->ctx, &names, (iv_name_list){list, sizeof *list}, i, &other);
        if (added == IV_NAME_NO_MEMORY)
            status = iv_fail_nomem(err);
        else if (added == IV_NAME_TWICE)
            status =
                iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)c->record_line,
                           "%s, line %llu (record 0): columns %zu and %zu are both named "
                           "\"%.100s\"",
                           c->name, (unsigned long long)c->record_line, other + 1, i + 1, list[i]);
    }
    iv_names_clear(c->ctx, &names);
    iv_free(c->ctx, list);
    c->columns = c->start_count;
    return status;
}

static void next_record(iv_csv *c)
{
    c->size = c->cell_begin = c->start_count = 0;
    c->quoted_cell = c->bad = false;
    c->record_line = c->line;
    c->state = CELL_START;
}

static imgvec_status end_record(iv_csv *c, imgvec_error *err)
{
    if (c->start_count == 0 && c->size == 0 && !c->quoted_cell && !c->bad) { /* a blank line */
        next_record(c);
        return IMGVEC_OK;
    }
    IV_TRY(end_cell(c, err));
    IV_TRY(check_utf8(c, err));
    size_t count = c->start_count;
    if (c->columns == 0)
        IV_TRY(check_header(c, err));
    if (count != c->columns)
        IV_TRY(bad_record(c, c->record_line, err, "%zu cells, and the header has %zu", count,
                          c->columns));
    if (c->bad) {
        IV_TRY(c->on_skipped(c->user, c->record++, c->bad_line, c->why, err));
        next_record(c);
        return IMGVEC_OK;
    }
    if (iv_reserve(c->ctx, &c->cells, &c->cell_capacity, count, sizeof *c->cells) != 0)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? c->starts[i + 1] : c->size;
        c->cells[i] = (iv_csv_cell){c->text + c->starts[i], end - c->starts[i] - 1};
    }
    IV_TRY(c->on_record(c->user, c->record, c->record_line, c->cells, count, err));
    c->record++;
    next_record(c);
    return IMGVEC_OK;
}

static imgvec_status nul_byte(iv_csv *c, imgvec_error *err)
{
    return bad_record(c, c->line, err, "a NUL byte; the file is no UTF-8 text");
}

/* A line end of any kind, outside quotes. */
static imgvec_status line_end(iv_csv *c, char byte, imgvec_error *err)
{
    c->after_cr = byte == '\r';
    c->line++;
    return end_record(c, err);
}

/* Bytes between quotes up to the next quote. */
static imgvec_status quoted_run(iv_csv *c, const char **data, const char *end, imgvec_error *err)
{
    const char *p = *data, *quote = memchr(p, '"', (size_t)(end - p));
    const char *stop = quote ? quote : end;
    for (const char *q = p; q < stop; q++) {
        if (*q == '\n' && !c->after_cr)
            c->line++;
        else if (*q == '\r')
            c->line++;
        else if (*q == '\0')
            IV_TRY(nul_byte(c, err));
        c->after_cr = *q == '\r';
    }
    IV_TRY(add_bytes(c, p, (size_t)(stop - p), err));
    *data = stop;
    if (quote) {
        c->after_cr = false;
        c->state = QUOTE_CLOSED;
        (*data)++;
    }
    return IMGVEC_OK;
}

/* The byte after a quote inside a quoted cell decides what that quote was. */
static imgvec_status after_quote(iv_csv *c, const char **data, imgvec_error *err)
{
    char byte = **data;
    if (byte == '"') {
        c->state = QUOTED;
        (*data)++;
        return add_bytes(c, "\"", 1, err);
    }
    if (byte == c->delimiter) {
        (*data)++;
        return end_cell(c, err);
    }
    if (byte == '\n' || byte == '\r') {
        (*data)++;
        return line_end(c, byte, err);
    }
    c->state = PLAIN;
    return bad_record(c, c->line, err, "text after a closing quote");
}

static imgvec_status plain_run(iv_csv *c, const char **data, const char *end, imgvec_error *err)
{
    const char *p = *data;
    while (p < end && !c->special[(unsigned char)*p])
        p++;
    if (p > *data) {
        IV_TRY(add_bytes(c, *data, (size_t)(p - *data), err));
        c->state = PLAIN;
    }
    *data = p;
    if (p == end)
        return IMGVEC_OK;
    (*data)++;
    if (*p == c->delimiter)
        return end_cell(c, err);
    if (*p == '\n' || *p == '\r')
        return line_end(c, *p, err);
    c->state = PLAIN;
    return nul_byte(c, err);
}

static imgvec_status parse(iv_csv *c, const char *data, size_t size, imgvec_error *err)
{
    const char *end = size ? data + size : data; /* nothing may be NULL */
    while (data < end) {
        if (c->state == QUOTED) {
            IV_TRY(quoted_run(c, &data, end, err));
        } else if (c->state == QUOTE_CLOSED) {
            IV_TRY(after_quote(c, &data, err));
        } else if (c->after_cr && *data == '\n') {
            c->after_cr = false;
            data++;
        } else if (c->state == CELL_START && *data == '"') {
            c->after_cr = false;
            c->quoted_cell = true;
            c->quote_line = c->line;
            c->state = QUOTED;
            data++;
        } else {
            c->after_cr = false;
            IV_TRY(plain_run(c, &data, end, err));
        }
    }
    return IMGVEC_OK;
}

/* Begins to parse: BOM, delimiter, then what was kept back. */
static imgvec_status begin(iv_csv *c, imgvec_error *err)
{
    const char *p = c->head;
    size_t n = c->head_size;
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        p += 3, n -= 3;
    IV_TRY(iv_csv_check_start(c->name, p, n, err));
    if (!c->delimiter)
        c->delimiter = iv_csv_find_delimiter(p, n);
    c->special[(unsigned char)c->delimiter] = c->special['\n'] = c->special['\r'] = 1;
    c->special[0] = 1;
    return parse(c, p, n, err);
}

imgvec_status iv_csv_feed(iv_csv *c, const char *data, size_t size, imgvec_error *err)
{
    if (c->special['\n'])
        return parse(c, data, size, err);
    size_t n = DETECT_BYTES - c->head_size < size ? DETECT_BYTES - c->head_size : size;
    if (iv_reserve(c->ctx, &c->head, &c->head_capacity, c->head_size + n, 1) != 0)
        return iv_fail_nomem(err);
    if (n)
        memcpy(c->head + c->head_size, data, n);
    c->head_size += n;
    if (c->head_size < DETECT_BYTES)
        return IMGVEC_OK;
    IV_TRY(begin(c, err));
    return parse(c, data + n, size - n, err);
}

imgvec_status iv_csv_finish(iv_csv *c, imgvec_error *err)
{
    if (!c->special['\n'])
        IV_TRY(begin(c, err));
    if (c->state == QUOTED)
        return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)c->quote_line,
                          "%s, line %llu (record %llu): a quote is never closed", c->name,
                          (unsigned long long)c->quote_line, (unsigned long long)c->record);
    IV_TRY(end_record(c, err)); /* a last line without its end */
    if (c->columns == 0)
        return iv_fail_at(err, IMGVEC_ERR_FORMAT, 1, "%s: empty: there is no header line", c->name);
    return IMGVEC_OK;
}

void iv_csv_put(iv_text *out, const char *cell, char delimiter)
{
    const char stops[] = {delimiter, '"', '\n', '\r', '\0'};
    size_t n = strlen(cell);
    bool blank_ends = n && (cell[0] == ' ' || cell[n - 1] == ' ');
    bool marked = strncmp(cell, "\xEF\xBB\xBF", 3) == 0; /* would be lost at a file's start */
    if (cell[strcspn(cell, stops)] == '\0' && !blank_ends && !marked) {
        iv_text_add_n(out, cell, n);
        return;
    }
    iv_text_add(out, "\"");
    for (const char *p = cell; *p; p++)
        iv_text_add_n(out, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
    iv_text_add(out, "\"");
}
