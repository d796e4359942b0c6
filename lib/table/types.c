/* Rules, in this order; "values" are the cells that are not missing ("", NA, N/A, NaN, nan,
 * null, NULL, None, none, ?).
 *
 * 1. no value                                              -> ignored
 * 2. of the different values at least 80 % end like an image file, and at most 10 % of the
 *    cells are missing                                     -> image
 * 3. all values are numbers                                -> numeric, but ignored when
 *    - there are two rows or more, all with the same number, or
 *    - all are whole and different, there are two or more and the column is named like an
 *      index (id, index, row, no name, "Unnamed: 0", ..._id, ...Id)
 * 4. two rows or more, all with the same text              -> ignored
 * 5. at most max(20, 5 % of the rows) different values, never more than 1000, and not ten
 *    or more that are all different                        -> categorical
 * 6. all values different, none with a blank inside        -> ignored: an identifier
 * 7. else                                                  -> text
 *
 * A column of two different numbers stays numeric: a learner splits it as well, and a target
 * is judged by its own rules. Why each is so goes into the column's reason. */
#include "table/types.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/image.h"
#include "table/levels.h"

#define IMAGE_SHARE 0.80
#define IMAGE_MISSING 0.10
#define MIN_LEVELS 20
#define MAX_LEVELS 1000
#define LEVEL_SHARE 0.05
#define IDENTIFIER_ROWS 10
#define LOOK_AHEAD 1000 /* values without an image's ending that rule one out */

typedef struct survey {
    int64_t rows, missing, numbers, infinite, whole;
    int64_t first_text; /* row of the first value that is no number, -1 */
    size_t distinct;    /* counted a little past `enough` at least */
    size_t enough;
    int64_t image_like; /* values with an image's ending */
    bool constant, all_different, blanks;
} survey;

/* Ending of an image file's name within the cell, without the dot; NULL when it has none. */
static const char *image_ending(const char *text, size_t length, size_t *ending)
{
    char tail[16];
    size_t n = length < sizeof tail - 1 ? length : sizeof tail - 1;
    memcpy(tail, text + length - n, n);
    tail[n] = '\0';
    const char *dot = strrchr(tail, '.');
    if (!dot || !iv_image_name(tail))
        return NULL;
    *ending = strlen(dot + 1);
    return text + length - *ending;
}

/* One pass over the column for all that needs no memory. */
static imgvec_status look(const iv_column *c, iv_watch *watch, survey *s, imgvec_error *err)
{
    *s = (survey){.rows = c->count, .first_text = -1, .constant = true};
    const char *first = NULL;
    size_t first_length = 0;
    for (int64_t row = 0; row < c->count; row++) {
        size_t length, ending;
        const char *text = iv_cell(c, row, &length);
        if (row % 65536 == 0)
            IV_TRY(iv_watch_check(watch, err));
        if (iv_cell_missing(c, text, length)) {
            s->missing++;
            continue;
        }
        double number;
        if (iv_parse_f64(text, length, &number)) {
            s->numbers++;
            s->infinite += !isfinite(number);
            s->whole += number == floor(number);
        } else {
            if (s->first_text < 0)
                s->first_text = row;
            if (s->image_like > 0 || row < LOOK_AHEAD)
                s->image_like += image_ending(text, length, &ending) != NULL;
            s->blanks |= memchr(text, ' ', length) != NULL;
        }
        if (!first) {
            first = text;
            first_length = length;
        }
        s->constant = s->constant && length == first_length && memcmp(text, first, length) == 0;
    }
    return IMGVEC_OK;
}

/* Counts the different values as far as the rules need it: past `enough` only an identifier
 * has to know whether any value repeats. */
static imgvec_status count_different(const imgvec_dataset *ds, const iv_column *c, iv_watch *watch,
                                     survey *s, imgvec_error *err)
{
    double levels = LEVEL_SHARE * (double)c->count;
    s->enough = levels < MIN_LEVELS   ? MIN_LEVELS
                : levels > MAX_LEVELS ? MAX_LEVELS
                                      : (size_t)levels;
    s->all_different = true;
    iv_distinct set = {.ctx = ds->ctx};
    imgvec_status status = IMGVEC_OK;
    for (int64_t row = 0; row < c->count && status == IMGVEC_OK; row++) {
        size_t length;
        bool fresh = true;
        const char *text = iv_cell(c, row, &length);
        if (row % 65536 == 0)
            status = iv_watch_check(watch, err);
        if (status == IMGVEC_OK && !iv_cell_missing(c, text, length))
            status = iv_distinct_add(&set, iv_text_hash(text, length), &fresh, err);
        s->all_different = s->all_different && fresh;
        if (set.count > s->enough && !s->all_different)
            break;
    }
    s->distinct = set.count;
    iv_distinct_free(&set);
    return status;
}

/* Share of the different values that end like an image file. */
static imgvec_status image_share(const imgvec_dataset *ds, const iv_column *c, int64_t *images,
                                 int64_t *values, char ending[16], imgvec_error *err)
{
    iv_distinct set = {.ctx = ds->ctx};
    imgvec_status status = IMGVEC_OK;
    bool same = true;
    *images = *values = 0;
    ending[0] = '\0';
    for (int64_t row = 0; row < c->count && status == IMGVEC_OK; row++) {
        size_t length, n = 0;
        bool fresh = false;
        const char *text = iv_cell(c, row, &length);
        if (iv_cell_missing(c, text, length))
            continue;
        status = iv_distinct_add(&set, iv_text_hash(text, length), &fresh, err);
        if (status != IMGVEC_OK || !fresh)
            continue;
        const char *found = image_ending(text, length, &n);
        ++*values;
        if (!found)
            continue;
        if (++*images == 1) {
            memcpy(ending, found, n);
            ending[n] = '\0';
        } else {
            same = same && strlen(ending) == n && memcmp(ending, found, n) == 0;
        }
    }
    if (!same)
        ending[0] = '\0';
    iv_distinct_free(&set);
    return status;
}

static bool index_name(const char *name)
{
    static const char *const names[] = {"id",         "index",      "row",    "unnamed",
                                        "unnamed: 0", "row_number", "rownum", "uuid"};
    static const char *const ends[] = {"_id", "-id", " id", ".id"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (iv_equal_nocase(name, names[i]))
            return true;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (n > 3 && iv_equal_nocase(name + n - 3, ends[i]))
            return true;
    return n > 2 && (strcmp(name + n - 2, "Id") == 0 || strcmp(name + n - 2, "ID") == 0) &&
           name[n - 3] >= 'a' && name[n - 3] <= 'z';
}

/* All different and whole, which the first pass does not count for numbers. */
static imgvec_status is_index(const imgvec_dataset *ds, const iv_column *c, const survey *s,
                              bool *out, imgvec_error *err)
{
    *out = false;
    if (!index_name(c->name) || s->whole != s->numbers || s->numbers < 2)
        return IMGVEC_OK;
    iv_distinct set = {.ctx = ds->ctx};
    imgvec_status status = IMGVEC_OK;
    bool fresh = true;
    for (int64_t row = 0; row < c->count && status == IMGVEC_OK && fresh; row++) {
        size_t length;
        const char *text = iv_cell(c, row, &length);
        if (!iv_cell_missing(c, text, length))
            status = iv_distinct_add(&set, iv_text_hash(text, length), &fresh, err);
    }
    iv_distinct_free(&set);
    *out = fresh;
    return status;
}

static imgvec_status set_ignored(const imgvec_dataset *ds, iv_column *c, int32_t natural,
                                 char *reason, imgvec_error *err)
{
    c->natural = natural;
    return iv_column_set(c, ds->ctx, IMGVEC_COLUMN_IGNORED, reason, err);
}

static imgvec_status set_used(const imgvec_dataset *ds, iv_column *c, int32_t type, char *reason,
                              imgvec_error *err)
{
    c->natural = type;
    return iv_column_set(c, ds->ctx, type, reason, err);
}

static imgvec_status decide_numeric(const imgvec_dataset *ds, iv_column *c, const survey *s,
                                    imgvec_error *err)
{
    long long values = (long long)(s->rows - s->missing);
    bool index;
    c->missing += s->infinite;
    if (s->constant && s->missing == 0 && s->rows > 1)
        return set_ignored(
            ds, c, IMGVEC_COLUMN_NUMERIC,
            iv_format(ds->ctx, "constant: all %lld rows hold the same number", values), err);
    IV_TRY(is_index(ds, c, s, &index, err));
    if (index)
        return set_ignored(ds, c, IMGVEC_COLUMN_NUMERIC,
                           iv_format(ds->ctx,
                                     "an index: %lld whole numbers, all different, and the "
                                     "column's name",
                                     values),
                           err);
    return set_used(ds, c, IMGVEC_COLUMN_NUMERIC,
                    s->infinite ? iv_format(ds->ctx,
                                            "all %lld values are numbers; %lld infinite ones count "
                                            "as missing",
                                            values, (long long)s->infinite)
                                : iv_format(ds->ctx, "all %lld values are numbers", values),
                    err);
}

/* Ends a reason with why a column of images or numbers is not taken as such. */
static char *with_hint(const imgvec_dataset *ds, const iv_column *c, const survey *s, char *reason)
{
    int64_t values = s->rows - s->missing;
    char *longer = NULL;
    if (!reason)
        return NULL;
    if (s->numbers * 10 >= values * 9 && s->first_text >= 0) {
        size_t length;
        const char *text = iv_cell(c, s->first_text, &length);
        longer = iv_format(ds->ctx, "%s; %lld are numbers, but not \"%.*s\" in row %lld", reason,
                           (long long)s->numbers, (int)iv_utf8_cut(text, length, 40), text,
                           (long long)s->first_text);
    } else if (s->image_like * 2 >= values) {
        longer = iv_format(ds->ctx,
                           "%s; %lld end like an image file, %lld cells are missing: option "
                           "type=%s=image takes them as images",
                           reason, (long long)s->image_like, (long long)s->missing, c->name);
    } else {
        return reason;
    }
    iv_free(ds->ctx, reason);
    return longer;
}

static imgvec_status decide_text(const imgvec_dataset *ds, iv_column *c, iv_watch *watch, survey *s,
                                 imgvec_error *err)
{
    int64_t values = s->rows - s->missing;
    if (s->constant && s->missing == 0 && s->rows > 1)
        return set_ignored(
            ds, c, IMGVEC_COLUMN_CATEGORICAL,
            iv_format(ds->ctx, "constant: all %lld rows hold the same text", (long long)values),
            err);
    IV_TRY(count_different(ds, c, watch, s, err));
    bool identifier = s->all_different && values >= IDENTIFIER_ROWS;
    if (s->distinct <= s->enough && !identifier)
        return set_used(ds, c, IMGVEC_COLUMN_CATEGORICAL,
                        with_hint(ds, c, s,
                                  iv_format(ds->ctx, "%zu different texts in %lld values",
                                            s->distinct, (long long)values)),
                        err);
    if (identifier && !s->blanks)
        return set_ignored(ds, c, IMGVEC_COLUMN_TEXT,
                           with_hint(ds, c, s,
                                     iv_format(ds->ctx,
                                               "an identifier: %lld texts without blanks, all "
                                               "different",
                                               (long long)values)),
                           err);
    return set_used(
        ds, c, IMGVEC_COLUMN_TEXT,
        with_hint(ds, c, s,
                  s->distinct > s->enough
                      ? iv_format(ds->ctx, "more than %zu different texts in %lld values",
                                  s->enough, (long long)values)
                      : iv_format(ds->ctx, "%lld texts, all different", (long long)values)),
        err);
}

static imgvec_status infer(imgvec_dataset *ds, iv_column *c, iv_watch *watch, imgvec_error *err)
{
    survey s;
    IV_TRY(look(c, watch, &s, err));
    c->missing = s.missing;
    if (s.missing == s.rows)
        return set_ignored(
            ds, c, IMGVEC_COLUMN_TEXT,
            s.rows == 0 ? iv_strdup(ds->ctx, "no rows")
                        : iv_format(ds->ctx, "all %lld cells are missing", (long long)s.rows),
            err);
    if (s.image_like > 0 && (double)s.missing <= IMAGE_MISSING * (double)s.rows) {
        int64_t images, values;
        char ending[16];
        IV_TRY(image_share(ds, c, &images, &values, ending, err));
        if ((double)images >= IMAGE_SHARE * (double)values)
            return set_used(ds, c, IMGVEC_COLUMN_IMAGE,
                            ending[0]
                                ? iv_format(ds->ctx, "%lld of %lld different values end in .%s",
                                            (long long)images, (long long)values, ending)
                                : iv_format(ds->ctx,
                                            "%lld of %lld different values end like an image "
                                            "file",
                                            (long long)images, (long long)values),
                            err);
    }
    if (s.numbers == s.rows - s.missing)
        return decide_numeric(ds, c, &s, err);
    return decide_text(ds, c, watch, &s, err);
}

imgvec_status iv_types_infer(imgvec_dataset *ds, iv_watch *watch, imgvec_error *err)
{
    IV_TRY(iv_watch_begin(watch, ds->count, err, "finding column types"));
    for (size_t i = 0; i < ds->count; i++) {
        if (ds->columns[i].store == IV_STORE_TEXT)
            IV_TRY(infer(ds, &ds->columns[i], watch, err));
        IV_TRY(iv_watch_step(watch, i + 1, err));
    }
    return iv_watch_end(watch, err);
}
