#include "table/survey.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/image.h"
#include "io/http.h"
#include "table/boolean.h"
#include "table/levels.h"

#define MIN_LEVELS 20
#define LOOK_AHEAD 1000 /* values without an image's ending that rule one out */

void iv_type_rules_read(iv_type_rules *r, const imgvec_options *opts)
{
    *r = (iv_type_rules){.max_missing_images = iv_option_f64(opts, IMGVEC_OPT_MAX_MISSING_IMAGES),
                         .min_image_endings = iv_option_f64(opts, IMGVEC_OPT_MIN_IMAGE_ENDINGS),
                         .image_endings = iv_option_text(opts, IMGVEC_OPT_IMAGE_ENDINGS),
                         .category_share = iv_option_f64(opts, IMGVEC_OPT_CATEGORY_SHARE),
                         .code_share = iv_option_f64(opts, IMGVEC_OPT_CODE_SHARE),
                         .id_share = iv_option_f64(opts, IMGVEC_OPT_ID_SHARE),
                         .category_levels = (size_t)iv_option_i64(opts, IMGVEC_OPT_CATEGORY_LEVELS),
                         .date_order =
                             iv_date_order_from(iv_option_text(opts, IMGVEC_OPT_DATE_ORDER))};
}

static bool is_listed(const char *list, const char *ending)
{
    const char *item;
    size_t length;
    while (iv_list_next(&list, &item, &length)) {
        char copy[16] = "";
        if (length > 0 && *item == '.')
            item++, length--;
        if (length >= sizeof copy)
            continue;
        memcpy(copy, item, length);
        if (iv_equal_nocase(copy, ending))
            return true;
    }
    return false;
}

/* Ending of an image file's name within the cell, without the dot; NULL when it has none. */
static const char *name_ending(const iv_type_rules *r, const char *text, size_t length,
                               size_t *ending)
{
    char tail[16];
    size_t n = length < sizeof tail - 1 ? length : sizeof tail - 1;
    memcpy(tail, text + length - n, n);
    tail[n] = '\0';
    const char *dot = strrchr(tail, '.');
    if (!dot || !(*r->image_endings ? is_listed(r->image_endings, dot + 1) : iv_image_name(tail)))
        return NULL;
    *ending = strlen(dot + 1);
    return text + length - *ending;
}

/* The same for a cell, which may be a URL with a query behind the name. */
static const char *image_ending(const iv_type_rules *r, const char *text, size_t length,
                                size_t *ending)
{
    const char *query = iv_http_is_url(text, length) ? memchr(text, '?', length) : NULL;
    const char *found = query ? name_ending(r, text, (size_t)(query - text), ending) : NULL;
    return found ? found : name_ending(r, text, length, ending);
}

static void look_at_date(const iv_type_rules *r, const char *text, size_t length, int64_t row,
                         iv_survey *s)
{
    iv_date date;
    bool can[3] = {false};
    for (int order = IV_DATE_DMY; order <= IV_DATE_MDY; order++) {
        if (r->date_order != IV_DATE_UNKNOWN && (int)r->date_order != order)
            continue;
        can[order] = iv_date_parse(text, length, (iv_date_order)order, &date);
        if (!can[order])
            continue;
        if (!date.needs_order) { /* either order reads it */
            can[IV_DATE_DMY] = can[IV_DATE_MDY] = true;
            break;
        }
        s->dmy_mdy = true;
    }
    if (can[IV_DATE_DMY] != can[IV_DATE_MDY] && s->order_row < 0)
        s->order_row = row;
    for (int order = IV_DATE_DMY; order <= IV_DATE_MDY; order++)
        s->order_can_be[order] = s->order_can_be[order] && can[order];
    s->dates = s->order_can_be[IV_DATE_DMY] || s->order_can_be[IV_DATE_MDY];
    s->dates_before += s->dates;
    if (!s->dates)
        s->no_date_row = row;
}

static void look_at_boolean(const char *text, size_t length, bool first, iv_survey *s)
{
    bool value = false;
    int pair = iv_boolean_word(text, length, &value);
    if (first)
        s->booleans = pair;
    else if (pair != s->booleans)
        s->booleans = 0;
    if (s->booleans)
        s->words[value] = true;
}

static bool is_code(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || (text[i] & 0x80))
            return false;
    return true;
}

static void look_at_text(const iv_type_rules *r, const char *text, size_t length, int64_t row,
                         iv_survey *s)
{
    size_t ending;
    bool first = s->first_text < 0;
    if (first)
        s->first_text = row;
    if (s->image_like > 0 || row < LOOK_AHEAD)
        s->image_like += image_ending(r, text, length, &ending) != NULL;
    if (s->dates)
        look_at_date(r, text, length, row, s);
    if (first || s->booleans)
        look_at_boolean(text, length, first, s);
    s->codes = s->codes && is_code(text, length);
}

imgvec_status iv_survey_look(const iv_column *c, const iv_type_rules *r, iv_watch *watch,
                             iv_survey *s, imgvec_error *err)
{
    *s = (iv_survey){.rows = c->count,
                     .first_text = -1,
                     .order_row = -1,
                     .no_date_row = -1,
                     .order_can_be = {false, true, true},
                     .constant = true,
                     .codes = true,
                     .dates = true};
    const char *first = NULL;
    size_t first_length = 0;
    for (int64_t row = 0; row < c->count; row++) {
        size_t length;
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
            look_at_text(r, text, length, row, s);
        }
        if (!first) {
            first = text;
            first_length = length;
        }
        s->constant = s->constant && length == first_length && memcmp(text, first, length) == 0;
    }
    if (s->numbers > 0) {
        s->dates = false;
        s->booleans = 0;
    }
    return IMGVEC_OK;
}

imgvec_status iv_survey_different(const imgvec_dataset *ds, const iv_column *c,
                                  const iv_type_rules *r, iv_watch *watch, iv_survey *s,
                                  imgvec_error *err)
{
    double levels = r->category_share * (double)c->count;
    s->enough = levels < MIN_LEVELS                   ? MIN_LEVELS
                : levels > (double)r->category_levels ? r->category_levels
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
        if (set.count > s->enough && !s->all_different && !s->codes)
            break;
    }
    s->distinct = set.count;
    iv_distinct_free(&set);
    return status;
}

imgvec_status iv_survey_images(const imgvec_dataset *ds, const iv_column *c, const iv_type_rules *r,
                               int64_t *images, int64_t *values, char ending[16], imgvec_error *err)
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
        const char *found = image_ending(r, text, length, &n);
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
