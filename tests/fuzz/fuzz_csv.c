/* The first two bytes choose the delimiter, whether bad records are passed over, and the size of
 * the pieces that the rest is fed in: cells, records and answer are those of the text as a whole.
 * Records that are written anew are read as the same. */
#include "fuzz.h"

#include "base/hash.h"
#include "io/csv.h"
#include "io/csv_head.h"

typedef struct reading {
    iv_hasher *hasher; /* of all cells */
    iv_text *written;  /* NULL: not wanted */
    size_t columns;
    uint64_t records, skipped;
    char delimiter;
} reading;

static imgvec_status on_record(void *user, uint64_t record, uint64_t line, const iv_csv_cell *cells,
                               size_t count, imgvec_error *err)
{
    reading *r = user;
    (void)err;
    fuzz_need(line >= 1 && count >= 1);
    fuzz_need(record == r->records + r->skipped);
    fuzz_need(record == 0 || count == r->columns);
    r->columns = count;
    r->records++;
    for (size_t i = 0; i < count; i++) {
        fuzz_need(iv_utf8_valid(cells[i].text, cells[i].length) == cells[i].length);
        fuzz_need(!memchr(cells[i].text, 0, cells[i].length));
        iv_hasher_add(r->hasher, cells[i].text, cells[i].length);
        iv_hasher_add(r->hasher, "", 1);
        if (r->written) {
            char *cell = strndup(cells[i].text, cells[i].length);
            iv_text_add(r->written, i ? "," : "");
            iv_csv_put(r->written, cell, ',');
            free(cell);
        }
    }
    if (r->written)
        iv_text_add(r->written, "\n");
    return IMGVEC_OK;
}

static imgvec_status on_skipped(void *user, uint64_t record, uint64_t line, const char *why,
                                imgvec_error *err)
{
    reading *r = user;
    (void)err;
    fuzz_need(line >= 1 && record >= 1 && why[0]);
    r->skipped++;
    return IMGVEC_OK;
}

/* piece 0: all at once. */
static imgvec_status read_all(imgvec_context *ctx, const char *text, size_t size, size_t piece,
                              char delimiter, int skip, reading *r, iv_digest *digest,
                              imgvec_error *err)
{
    static const iv_csv_limits limits = {.columns = 200, .cell_bytes = 4096, .line_bytes = 8192};
    iv_csv *csv = NULL;
    r->hasher = iv_hasher_new(ctx);
    imgvec_status status = iv_csv_new(ctx, "input", delimiter, &limits, on_record, r, &csv, err);
    fuzz_need(status == IMGVEC_OK && r->hasher);
    if (skip)
        iv_csv_skip_bad(csv, on_skipped);
    for (size_t at = 0; at < size && status == IMGVEC_OK;) {
        size_t n = piece && piece < size - at ? piece : size - at;
        status = iv_csv_feed(csv, text + at, n, err);
        at += n;
    }
    if (status == IMGVEC_OK)
        status = iv_csv_finish(csv, err);
    fuzz_check_error(status, err);
    r->delimiter = iv_csv_delimiter(csv);
    iv_csv_free(csv);
    *digest = iv_hasher_end(r->hasher);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {0, ',', ';', '\t'};
    if (size < 2)
        return -1;
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0}, err2 = {0};
    iv_digest whole, pieces, again;
    iv_text written;
    char delimiter = delimiters[data[0] & 3];
    int skip = data[0] & 4;
    const char *text = (const char *)data + 2;
    iv_text_init(&written, ctx);
    reading a = {.written = &written}, b = {0}, c = {0};
    imgvec_status status = read_all(ctx, text, size - 2, 0, delimiter, skip, &a, &whole, &err);
    imgvec_status other =
        read_all(ctx, text, size - 2, 1 + data[1], delimiter, skip, &b, &pieces, &err2);
    fuzz_need(status == other && strcmp(err.text, err2.text) == 0);
    fuzz_need(a.records == b.records && a.skipped == b.skipped);
    fuzz_need(memcmp(&whole, &pieces, sizeof whole) == 0);
    /* A lone empty cell is a blank line: who writes a single column quotes it (table/split.c). */
    if (status == IMGVEC_OK && a.columns > 1) {
        status = read_all(ctx, written.data, written.length, 0, ',', 0, &c, &again, &err);
        fuzz_need(status == IMGVEC_ERR_LIMIT || /* quotes take room */
                  (status == IMGVEC_OK && c.records == a.records &&
                   memcmp(&whole, &again, sizeof whole) == 0));
    }
    iv_text_free(&written);
    fuzz_end(ctx);
    return 0;
}
