/* Members of parsed values, and the writer. */
#include "io/json.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

#define LEVELS ((int)(sizeof((iv_json_writer *)0)->has))

const iv_json *iv_json_get(const iv_json *object, const char *name)
{
    if (!object || object->type != IV_JSON_OBJECT)
        return NULL;
    for (const iv_json *m = object->as.first; m; m = m->next)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

static imgvec_status need(const iv_json *object, const char *name, iv_json_type type,
                          const char *what, const iv_json **out, imgvec_error *err)
{
    *out = iv_json_get(object, name);
    if (!*out)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "JSON: member \"%s\" is missing", name);
    if ((*out)->type != type)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "JSON: member \"%s\" is no %s", name, what);
    return IMGVEC_OK;
}

imgvec_status iv_json_object(const iv_json *object, const char *name, const iv_json **out,
                             imgvec_error *err)
{
    return need(object, name, IV_JSON_OBJECT, "object", out, err);
}

imgvec_status iv_json_array(const iv_json *object, const char *name, const iv_json **out,
                            imgvec_error *err)
{
    return need(object, name, IV_JSON_ARRAY, "array", out, err);
}

imgvec_status iv_json_text(const iv_json *object, const char *name, const char **out,
                           imgvec_error *err)
{
    const iv_json *v;
    IV_TRY(need(object, name, IV_JSON_TEXT, "text", &v, err));
    *out = v->as.text;
    return IMGVEC_OK;
}

imgvec_status iv_json_i64(const iv_json *object, const char *name, int64_t min, int64_t max,
                          int64_t *out, imgvec_error *err)
{
    const iv_json *v;
    IV_TRY(need(object, name, IV_JSON_INT, "whole number", &v, err));
    if (v->as.integer < min || v->as.integer > max)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "JSON: member \"%s\" is %lld, not between %lld and %lld", name,
                       (long long)v->as.integer, (long long)min, (long long)max);
    *out = v->as.integer;
    return IMGVEC_OK;
}

imgvec_status iv_json_f64(const iv_json *object, const char *name, double *out, imgvec_error *err)
{
    const iv_json *v = iv_json_get(object, name);
    if (v && v->type == IV_JSON_INT) {
        *out = (double)v->as.integer;
        return IMGVEC_OK;
    }
    IV_TRY(need(object, name, IV_JSON_DOUBLE, "number", &v, err));
    *out = v->as.number;
    return IMGVEC_OK;
}

void iv_json_begin(iv_json_writer *w, iv_text *out, bool indent)
{
    memset(w, 0, sizeof *w);
    w->out = out;
    w->indent = indent;
}

static void new_line(iv_json_writer *w)
{
    if (!w->indent)
        return;
    iv_text_add(w->out, "\n");
    for (int i = 0; i < w->depth; i++)
        iv_text_add(w->out, "  ");
}

/* Bytes that are no UTF-8, which a path may hold, become U+FFFD. */
static void put_quoted(iv_text *out, const char *text)
{
    const char *end = text + strlen(text), *sound = text + iv_utf8_valid(text, strlen(text));
    iv_text_add(out, "\"");
    for (const char *p = text; p < end;) {
        const char *run = p;
        while (p < sound && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
            p++;
        iv_text_add_n(out, run, (size_t)(p - run));
        if (p == end)
            break;
        if (p == sound) {
            iv_text_add(out, "\xEF\xBF\xBD");
            sound = p + 1 + iv_utf8_valid(p + 1, (size_t)(end - p - 1));
        } else if (*p == '"' || *p == '\\') {
            iv_text_addf(out, "\\%c", *p);
        } else {
            iv_text_addf(out, "\\u%04x", (unsigned char)*p);
        }
        p++;
    }
    iv_text_add(out, "\"");
}

/* What comes before a value: comma, line, name. */
static void begin_value(iv_json_writer *w, const char *name)
{
    if (w->depth > 0 && w->depth < LEVELS) {
        if (w->has[w->depth])
            iv_text_add(w->out, w->indent ? "," : ", ");
        w->has[w->depth] = true;
        new_line(w);
    }
    if (name) {
        put_quoted(w->out, name);
        iv_text_add(w->out, ": ");
    }
}

static void open_level(iv_json_writer *w, const char *name, const char *bracket)
{
    begin_value(w, name);
    iv_text_add(w->out, bracket);
    if (++w->depth < LEVELS)
        w->has[w->depth] = false;
    else
        w->out->failed = true; /* deeper than anything of ours */
}

void iv_json_put_object(iv_json_writer *w, const char *name)
{
    open_level(w, name, "{");
}

void iv_json_put_array(iv_json_writer *w, const char *name)
{
    open_level(w, name, "[");
}

void iv_json_put_end(iv_json_writer *w, char bracket)
{
    bool any = w->depth < LEVELS && w->has[w->depth];
    w->depth--;
    if (any)
        new_line(w);
    iv_text_add_n(w->out, &bracket, 1);
}

void iv_json_put_text(iv_json_writer *w, const char *name, const char *value)
{
    begin_value(w, name);
    put_quoted(w->out, value);
}

void iv_json_put_i64(iv_json_writer *w, const char *name, int64_t value)
{
    begin_value(w, name);
    iv_text_addf(w->out, "%lld", (long long)value);
}

void iv_json_put_f64(iv_json_writer *w, const char *name, double value)
{
    char text[IV_NUMBER_MAX];
    begin_value(w, name);
    iv_format_f64(value, text);
    if (value == 0 && signbit(value)) /* "-0" would be read as an integer, which has no such */
        strcpy(text, "-0.0");
    iv_text_add(w->out, isfinite(value) ? text : "null");
}

void iv_json_put_bool(iv_json_writer *w, const char *name, bool value)
{
    begin_value(w, name);
    iv_text_add(w->out, value ? "true" : "false");
}

void iv_json_put_null(iv_json_writer *w, const char *name)
{
    begin_value(w, name);
    iv_text_add(w->out, "null");
}

void iv_json_put_raw(iv_json_writer *w, const char *name, const char *json)
{
    size_t n = strlen(json);
    while (n && (json[n - 1] == '\n' || json[n - 1] == ' '))
        n--;
    begin_value(w, name);
    if (!w->indent) {
        iv_text_add_n(w->out, json, n);
        return;
    }
    for (size_t at = 0; at < n;) { /* its lines move in with the rest */
        const char *line = memchr(json + at, '\n', n - at);
        size_t length = line ? (size_t)(line - json) - at : n - at;
        iv_text_add_n(w->out, json + at, length);
        at += length;
        if (at < n) {
            new_line(w);
            at++;
        }
    }
}

/* Recursion is at most LEVELS deep: the writer fails there. */
void iv_json_put_value(iv_json_writer *w, const char *name, const iv_json *value)
{
    switch (value->type) {
    case IV_JSON_NULL:
        iv_json_put_null(w, name);
        break;
    case IV_JSON_BOOL:
        iv_json_put_bool(w, name, value->as.boolean);
        break;
    case IV_JSON_INT:
        iv_json_put_i64(w, name, value->as.integer);
        break;
    case IV_JSON_DOUBLE:
        iv_json_put_f64(w, name, value->as.number);
        break;
    case IV_JSON_TEXT:
        iv_json_put_text(w, name, value->as.text);
        break;
    default:
        open_level(w, name, value->type == IV_JSON_OBJECT ? "{" : "[");
        for (const iv_json *m = value->as.first; m && !w->out->failed; m = m->next)
            iv_json_put_value(w, m->name, m);
        iv_json_put_end(w, value->type == IV_JSON_OBJECT ? '}' : ']');
    }
}
