/* Rules, in this order; "values" are the cells that are not missing ("", NA, N/A, NaN, nan,
 * null, NULL, None, none, ?). The thresholds are options; these are their defaults.
 *
 *  1. no value                                             -> ignored
 *  2. of the different values at least 80 % end like an image file, at most 10 % of the cells are
 *     missing, and of the first files that are there one is an image -> image
 *  3. all values are numbers                               -> numeric, but ignored when
 *     - there are two rows or more, all with the same number, or
 *     - all are whole and different, there are two or more and the column is named like an
 *       index (id, index, row, no name, "Unnamed: 0", ..._id, ...Id)
 *  4. two rows or more, all with the same text             -> ignored
 *  5. all values are of one pair true/false, yes/no, t/f, y/n, and both are there -> boolean
 *  6. all values are dates, in one order of day and month  -> date
 *  7. at most max(20, 5 % of the rows) different values, never more than 1000, and not ten
 *     or more that are all different                       -> categorical
 *  8. ten codes or more (no blank, ASCII), 95 % of them different -> ignored: an identifier
 *  9. codes, at most 50 % of them different                -> categorical
 * 10. else                                                 -> text
 *
 * A column of two different numbers, 0 and 1 too, stays numeric: a learner splits it as well, and
 * a target is judged by its own rules. Why each is so goes into the column's reason. */
#include "table/types.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "table/levels.h"
#include "table/survey.h"

#define IDENTIFIER_ROWS 10
#define DATES_HINTED 10 /* in a row */

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
static imgvec_status is_index(const imgvec_dataset *ds, const iv_column *c, const iv_survey *s,
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

static imgvec_status decide_numeric(const imgvec_dataset *ds, iv_column *c, const iv_survey *s,
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

/* Ends a reason with why a column of images, numbers or dates is not taken as such. */
static char *with_hint(const imgvec_dataset *ds, const iv_column *c, const iv_survey *s,
                       char *reason)
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
    } else if (s->dates_before >= DATES_HINTED && s->no_date_row >= 0) {
        size_t length;
        const char *text = iv_cell(c, s->no_date_row, &length);
        longer = iv_format(ds->ctx, "%s; the first %lld are dates, but not \"%.*s\" in row %lld",
                           reason, (long long)s->dates_before, (int)iv_utf8_cut(text, length, 40),
                           text, (long long)s->no_date_row);
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

static imgvec_status set_boolean(const imgvec_dataset *ds, iv_column *c, const iv_survey *s,
                                 imgvec_error *err)
{
    static const char *const pairs[] = {"", "true or false", "yes or no", "t or f", "y or n"};
    return set_used(ds, c, IMGVEC_COLUMN_BOOLEAN,
                    iv_format(ds->ctx, "all %lld values are %s", (long long)(s->rows - s->missing),
                              pairs[s->booleans]),
                    err);
}

static imgvec_status set_date(const imgvec_dataset *ds, iv_column *c, const iv_type_rules *r,
                              const iv_survey *s, imgvec_error *err)
{
    long long values = (long long)(s->rows - s->missing);
    bool dmy = s->order_can_be[IV_DATE_DMY];
    const char *first = dmy ? "the day" : "the month";
    char *reason = NULL;
    c->date_order = dmy ? IV_DATE_DMY : IV_DATE_MDY;
    if (!s->dmy_mdy) {
        reason = iv_format(ds->ctx, "all %lld values are dates", values);
    } else if (r->date_order != IV_DATE_UNKNOWN) {
        reason = iv_format(ds->ctx, "all %lld values are dates, %s first by option date_order",
                           values, first);
    } else if (s->order_row >= 0) {
        size_t length;
        const char *text = iv_cell(c, s->order_row, &length);
        reason = iv_format(
            ds->ctx, "all %lld values are dates, %s first as \"%.*s\" in row %lld shows", values,
            first, (int)iv_utf8_cut(text, length, 40), text, (long long)s->order_row);
    } else {
        reason = iv_format(ds->ctx,
                           "all %lld values are dates; they do not tell whether day or month comes "
                           "first, and the day is taken: option date_order decides",
                           values);
    }
    return set_used(ds, c, IMGVEC_COLUMN_DATE, reason, err);
}

static imgvec_status set_identifier(const imgvec_dataset *ds, iv_column *c, const iv_survey *s,
                                    imgvec_error *err)
{
    long long values = (long long)(s->rows - s->missing);
    char *reason =
        s->all_different
            ? iv_format(ds->ctx, "an identifier: %lld texts without blanks, all different", values)
            : iv_format(ds->ctx, "an identifier: %lld texts without blanks, %zu of them different",
                        values, s->distinct);
    return set_ignored(ds, c, IMGVEC_COLUMN_TEXT, with_hint(ds, c, s, reason), err);
}

static imgvec_status decide_text(const imgvec_dataset *ds, iv_column *c, const iv_type_rules *r,
                                 iv_watch *watch, iv_survey *s, imgvec_error *err)
{
    int64_t values = s->rows - s->missing;
    if (s->constant && s->missing == 0 && s->rows > 1)
        return set_ignored(
            ds, c, IMGVEC_COLUMN_CATEGORICAL,
            iv_format(ds->ctx, "constant: all %lld rows hold the same text", (long long)values),
            err);
    if (s->booleans && s->words[0] && s->words[1])
        return set_boolean(ds, c, s, err);
    if (s->dates)
        return set_date(ds, c, r, s, err);
    IV_TRY(iv_survey_different(ds, c, r, watch, s, err));
    bool many = values >= IDENTIFIER_ROWS;
    if (s->distinct <= s->enough && !(many && s->all_different))
        return set_used(ds, c, IMGVEC_COLUMN_CATEGORICAL,
                        with_hint(ds, c, s,
                                  iv_format(ds->ctx, "%zu different texts in %lld values",
                                            s->distinct, (long long)values)),
                        err);
    if (many && s->codes && (double)s->distinct >= r->id_share * (double)values)
        return set_identifier(ds, c, s, err);
    if (s->codes && (double)s->distinct <= r->code_share * (double)values)
        return set_used(
            ds, c, IMGVEC_COLUMN_CATEGORICAL,
            with_hint(ds, c, s,
                      iv_format(ds->ctx, "%zu different texts without blanks in %lld values",
                                s->distinct, (long long)values)),
            err);
    char *reason = s->codes ? iv_format(ds->ctx, "%zu different texts in %lld values", s->distinct,
                                        (long long)values)
                   : s->distinct > s->enough
                       ? iv_format(ds->ctx, "more than %zu different texts in %lld values",
                                   s->enough, (long long)values)
                       : iv_format(ds->ctx, "%lld texts, all different", (long long)values);
    return set_used(ds, c, IMGVEC_COLUMN_TEXT, with_hint(ds, c, s, reason), err);
}

static imgvec_status set_image(const imgvec_dataset *ds, iv_column *c, const iv_type_rules *r,
                               bool *is, imgvec_error *err)
{
    int64_t images, values;
    char ending[16];
    IV_TRY(iv_survey_images(ds, c, r, &images, &values, ending, err));
    *is = (double)images >= r->min_image_endings * (double)values;
    if (!*is)
        return IMGVEC_OK;
    return set_used(ds, c, IMGVEC_COLUMN_IMAGE,
                    ending[0]
                        ? iv_format(ds->ctx, "%lld of %lld different values end in .%s",
                                    (long long)images, (long long)values, ending)
                        : iv_format(ds->ctx, "%lld of %lld different values end like an image file",
                                    (long long)images, (long long)values),
                    err);
}

/* images: whether the column may be one of images. */
static imgvec_status infer(imgvec_dataset *ds, iv_column *c, const iv_type_rules *r, bool images,
                           iv_watch *watch, imgvec_error *err)
{
    iv_survey s;
    IV_TRY(iv_survey_look(c, r, watch, &s, err));
    c->missing = s.missing;
    if (s.missing == s.rows)
        return set_ignored(
            ds, c, IMGVEC_COLUMN_TEXT,
            s.rows == 0 ? iv_strdup(ds->ctx, "no rows")
                        : iv_format(ds->ctx, "all %lld cells are missing", (long long)s.rows),
            err);
    if (images && s.image_like > 0 && (double)s.missing <= r->max_missing_images * (double)s.rows) {
        bool is;
        IV_TRY(set_image(ds, c, r, &is, err));
        if (is)
            return IMGVEC_OK;
    }
    if (s.numbers == s.rows - s.missing)
        return decide_numeric(ds, c, &s, err);
    return decide_text(ds, c, r, watch, &s, err);
}

imgvec_status iv_types_infer(imgvec_dataset *ds, const imgvec_options *opts, iv_watch *watch,
                             imgvec_error *err)
{
    iv_type_rules rules;
    iv_type_rules_read(&rules, opts);
    IV_TRY(iv_watch_begin(watch, ds->count, err, "finding column types"));
    for (size_t i = 0; i < ds->count; i++) {
        if (ds->columns[i].store == IV_STORE_TEXT)
            IV_TRY(infer(ds, &ds->columns[i], &rules, true, watch, err));
        IV_TRY(iv_watch_step(watch, i + 1, err));
    }
    return iv_watch_end(watch, err);
}

imgvec_status iv_types_no_images(imgvec_dataset *ds, int32_t column, const imgvec_options *opts,
                                 iv_watch *watch, imgvec_error *err)
{
    iv_type_rules rules;
    iv_type_rules_read(&rules, opts);
    return infer(ds, &ds->columns[column], &rules, false, watch, err);
}
