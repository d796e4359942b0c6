/* Lists of augmentations, from text and back. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "image/augment.h"

/* Part of the text. */
typedef struct span {
    const char *at;
    size_t length;
} span;

/* What an error text shows of a part. */
#define SHOWN(s) (int)((s).length < 60 ? (s).length : 60), (s).at

typedef struct reader {
    const char *text, *at;
    imgvec_error *err;
} reader;

static void blanks(reader *r)
{
    while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
        r->at++;
}

static bool take(reader *r, char c)
{
    blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static imgvec_status expected(reader *r, const char *what)
{
    blanks(r);
    return iv_fail_at(r->err, IMGVEC_ERR_INVALID_ARGUMENT, r->at - r->text,
                      "option augment: %s is expected at character %zu, as in "
                      "HorizontalFlip(p=0.5),Blur",
                      what, (size_t)(r->at - r->text) + 1);
}

static span word(reader *r)
{
    blanks(r);
    span s = {r->at, 0};
    while ((s.at[s.length] >= 'a' && s.at[s.length] <= 'z') ||
           (s.at[s.length] >= 'A' && s.at[s.length] <= 'Z') ||
           (s.at[s.length] >= '0' && s.at[s.length] <= '9') || s.at[s.length] == '_')
        s.length++;
    r->at += s.length;
    return s;
}

static bool same(span s, const char *name)
{
    char copy[64];
    if (s.length >= sizeof copy)
        return false;
    memcpy(copy, s.at, s.length);
    copy[s.length] = '\0';
    return iv_equal_nocase(copy, name);
}

/* One number, closed by a comma or a parenthesis. True and False are 1 and 0. */
static bool number(reader *r, double *out)
{
    blanks(r);
    size_t length = strcspn(r->at, ",()");
    span s = {r->at, length};
    while (s.length && (s.at[s.length - 1] == ' ' || s.at[s.length - 1] == '\t'))
        s.length--;
    if (same(s, "true"))
        *out = 1;
    else if (same(s, "false"))
        *out = 0;
    else if (!iv_parse_f64(s.at, s.length, out))
        return false;
    r->at += length;
    return true;
}

static bool is_whole(iv_augment_kind kind)
{
    return kind == IV_AUGMENT_WHOLE || kind == IV_AUGMENT_BOOL || kind == IV_AUGMENT_WHOLE_ABOVE ||
           kind == IV_AUGMENT_WHOLE_PAIR;
}

static bool takes_two(iv_augment_kind kind)
{
    return kind != IV_AUGMENT_NUMBER && kind != IV_AUGMENT_WHOLE && kind != IV_AUGMENT_BOOL;
}

static iv_augment_value from_one(const iv_augment_param *p, double x)
{
    switch (p->kind) {
    case IV_AUGMENT_RANGE:
        return (iv_augment_value){-fabs(x), fabs(x)};
    case IV_AUGMENT_RANGE_ABOVE:
    case IV_AUGMENT_WHOLE_ABOVE:
        return (iv_augment_value){p->min, x};
    default:
        return (iv_augment_value){x, x};
    }
}

/* A value's text: a number, or two in parentheses. */
static bool read_value(reader *r, const iv_augment_param *p, iv_augment_value *out)
{
    if (!takes_two(p->kind) || !take(r, '(')) {
        double x;
        if (!number(r, &x))
            return false;
        *out = from_one(p, x);
        return true;
    }
    return number(r, &out->low) && take(r, ',') && number(r, &out->high) && take(r, ')');
}

static iv_augment_value fallback(const iv_augment_param *p)
{
    iv_augment_value v = {0, 0};
    reader r = {p->fallback, p->fallback, NULL};
    read_value(&r, p, &v);
    return v;
}

static imgvec_status check(reader *r, const iv_augmentation *a, const iv_augment_param *p,
                           iv_augment_value v)
{
    const double both[2] = {v.low, v.high};
    char low[IV_NUMBER_MAX], high[IV_NUMBER_MAX], is[IV_NUMBER_MAX];
    for (int i = 0; i < 2; i++) {
        iv_format_f64(both[i], is);
        if (!(both[i] >= p->min && both[i] <= p->max)) { /* NaN too */
            iv_format_f64(p->min, low);
            iv_format_f64(p->max, high);
            return iv_fail(r->err, IMGVEC_ERR_INVALID_ARGUMENT,
                           "option augment: %s: %s is %s, not between %s and %s", a->name, p->name,
                           is, low, high);
        }
        if (is_whole(p->kind) && both[i] != floor(both[i]))
            return iv_fail(r->err, IMGVEC_ERR_INVALID_ARGUMENT,
                           "option augment: %s: %s is %s, which is no whole number", a->name,
                           p->name, is);
    }
    if (v.low > v.high && p->kind != IV_AUGMENT_WHOLE_PAIR)
        return iv_fail(r->err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option augment: %s: %s begins above its end", a->name, p->name);
    return IMGVEC_OK;
}

/* Parameters that come as least and largest value. */
static imgvec_status check_pairs(reader *r, const iv_augment_step *step)
{
    static const char *const least[] = {"scale_min", "quality_lower", "unit_size_min"};
    const iv_augmentation *a = step->what;
    for (int i = 0; i + 1 < a->count; i++)
        for (size_t k = 0; k < sizeof least / sizeof *least; k++) {
            double low = step->values[i].low, high = step->values[i + 1].low;
            if (strcmp(a->params[i].name, least[k]) == 0 && low > high && high > 0)
                return iv_fail(r->err, IMGVEC_ERR_INVALID_ARGUMENT,
                               "option augment: %s: %s is above %s", a->name, a->params[i].name,
                               a->params[i + 1].name);
        }
    return IMGVEC_OK;
}

static imgvec_status no_parameter(reader *r, const iv_augmentation *a, span name)
{
    char list[400] = "";
    size_t n = 0;
    for (int i = 0; i < a->count; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", a->params[i].name);
    return iv_fail(r->err, IMGVEC_ERR_INVALID_ARGUMENT,
                   "option augment: %s has no parameter \"%.*s\"; it takes %s", a->name,
                   SHOWN(name), list);
}

static imgvec_status parameter(reader *r, iv_augment_step *step, uint32_t *seen)
{
    const iv_augmentation *a = step->what;
    span name = word(r);
    int i = 0;
    if (name.length == 0)
        return expected(r, "the name of a parameter");
    while (i < a->count && !same(name, a->params[i].name))
        i++;
    if (i == a->count)
        return no_parameter(r, a, name);
    const iv_augment_param *p = &a->params[i];
    if (*seen >> i & 1)
        return iv_fail(r->err, IMGVEC_ERR_INVALID_ARGUMENT, "option augment: %s: %s is given twice",
                       a->name, p->name);
    *seen |= UINT32_C(1) << i;
    if (!take(r, '='))
        return expected(r, "\"=\"");
    blanks(r);
    span value = {r->at, strcspn(r->at, ",)")};
    if (!read_value(r, p, &step->values[i]))
        return iv_fail(r->err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option augment: %s: %s is \"%.*s\", but takes %s such as %s", a->name,
                       p->name, SHOWN(value),
                       takes_two(p->kind) ? "a number or two in parentheses," : "a number,",
                       p->fallback);
    return check(r, a, p, step->values[i]);
}

static imgvec_status no_augmentation(reader *r, span name)
{
    char list[600] = "";
    size_t n = 0;
    for (int32_t i = 0; i < iv_augmentations_count; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "",
                              iv_augmentations[i].name);
    return iv_fail(r->err, IMGVEC_ERR_INVALID_ARGUMENT,
                   "option augment: there is no augmentation \"%.*s\"; there are %s", SHOWN(name),
                   list);
}

static void begin(iv_augment_step *step, const iv_augmentation *a)
{
    step->what = a;
    for (int i = 0; i < a->count; i++)
        step->values[i] = fallback(&a->params[i]);
}

static imgvec_status item(reader *r, iv_augment *out)
{
    span name = word(r);
    if (name.length == 0)
        return expected(r, "the name of an augmentation");
    if (out->count == IV_AUGMENT_STEPS_MAX)
        return iv_fail(r->err, IMGVEC_ERR_LIMIT, "option augment: more than %d augmentations",
                       IV_AUGMENT_STEPS_MAX);
    const iv_augmentation *a = NULL;
    for (int32_t i = 0; i < iv_augmentations_count && !a; i++)
        if (same(name, iv_augmentations[i].name))
            a = &iv_augmentations[i];
    if (!a)
        return no_augmentation(r, name);
    iv_augment_step *step = &out->steps[out->count++];
    begin(step, a);
    if (!take(r, '(') || take(r, ')'))
        return IMGVEC_OK;
    uint32_t seen = 0;
    do
        IV_TRY(parameter(r, step, &seen));
    while (take(r, ','));
    if (!take(r, ')'))
        return expected(r, "\",\" or \")\"");
    return check_pairs(r, step);
}

imgvec_status iv_augment_parse(const char *text, iv_augment *out, imgvec_error *err)
{
    reader r = {text, text, err};
    memset(out, 0, sizeof *out);
    span whole = {text, strlen(text)};
    if (same(whole, "all")) {
        for (int32_t i = 0; i < iv_augmentations_count; i++)
            begin(&out->steps[out->count++], &iv_augmentations[i]);
        return IMGVEC_OK;
    }
    blanks(&r);
    if (!*r.at || same(whole, "none"))
        return IMGVEC_OK;
    do
        IV_TRY(item(&r, out));
    while (take(&r, ','));
    blanks(&r);
    return *r.at ? expected(&r, "\",\"") : IMGVEC_OK;
}

static void write_value(const iv_augment_param *p, iv_augment_value v, iv_text *out)
{
    char low[IV_NUMBER_MAX], high[IV_NUMBER_MAX];
    iv_augment_value one = from_one(p, v.high);
    iv_format_f64(v.low, low);
    iv_format_f64(v.high, high);
    if (one.low == v.low && one.high == v.high)
        iv_text_addf(out, "%s=%s", p->name, high);
    else
        iv_text_addf(out, "%s=(%s, %s)", p->name, low, high);
}

void iv_augment_write(const iv_augment_step *step, bool with_p, iv_text *out)
{
    const iv_augmentation *a = step->what;
    const char *between = "(";
    iv_text_add(out, a->name);
    for (int i = 0; i < a->count - !with_p; i++) {
        iv_augment_value usual = fallback(&a->params[i]);
        if (step->values[i].low == usual.low && step->values[i].high == usual.high)
            continue;
        iv_text_add(out, between);
        write_value(&a->params[i], step->values[i], out);
        between = ", ";
    }
    if (*between == ',')
        iv_text_add(out, ")");
}
