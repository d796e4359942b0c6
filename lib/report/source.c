#include "report/source.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/bundle.h"

#define LOG_NAME "trials.jsonl"
#define JSON_MAX (16 << 20)
#define DEPTH_MAX 32 /* as of reports */

void iv_report_source_close(iv_report_source *s)
{
    if (!s->ctx)
        return;
    iv_report_close(&s->report);
    iv_free(s->ctx, s->info);
    iv_oof_free(s->ctx, &s->oof);
    iv_insight_free(s->ctx, &s->data);
    memset(s, 0, sizeof *s);
}

imgvec_status iv_report_of_model(const imgvec_model *model, iv_report_source *out,
                                 imgvec_error *err)
{
    *out = (iv_report_source){.ctx = model->ctx};
    return iv_report_open(model->ctx, model->info, &model->oof, &model->insights, &out->report,
                          err);
}

imgvec_status iv_report_of_json(imgvec_context *ctx, const char *info, iv_report_source *out,
                                imgvec_error *err)
{
    *out = (iv_report_source){.ctx = ctx};
    if (strlen(info) > JSON_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "JSON: %zu bytes, more than the limit of %d",
                       strlen(info), JSON_MAX);
    out->info = iv_strdup(ctx, info);
    return out->info ? iv_report_open(ctx, out->info, NULL, NULL, &out->report, err)
                     : iv_fail_nomem(err);
}

/* ---- model files ---- */

static imgvec_status read_bundle(iv_report_source *s, const iv_bundle *b, const iv_json *manifest,
                                 imgvec_error *err)
{
    const iv_json *content, *classes;
    const char *task;
    iv_task known;
    iv_text text;
    iv_json_writer w;
    int32_t class_count = 0;
    IV_TRY(iv_json_object(manifest, "content", &content, err));
    IV_TRY(iv_json_text(content, "task", &task, err));
    if (iv_task_from_name(task, &known) != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "unknown task %.40s", task);
    if (known != IV_TASK_REGRESSION) {
        IV_TRY(iv_json_array(content, "classes", &classes, err));
        class_count = classes->count <= IV_CLASSES_MAX ? (int32_t)classes->count : 0;
    }
    iv_text_init(&text, s->ctx);
    iv_json_begin(&w, &text, false);
    iv_json_put_value(&w, NULL, content);
    s->info = iv_text_take(&text);
    if (!s->info)
        return iv_fail_nomem(err);
    IV_TRY(iv_oof_get(b, known, class_count, &s->oof, err));
    IV_TRY(iv_insight_get(b, &s->data, err));
    return iv_report_open(s->ctx, s->info, &s->oof, &s->data, &s->report, err);
}

static imgvec_status read_model(iv_report_source *s, const char *path, imgvec_error *err)
{
    iv_bundle b;
    iv_json_document *manifest;
    IV_TRY(iv_bundle_read(s->ctx, path, "model", &b, &manifest, err));
    imgvec_status status =
        iv_prefix(err, read_bundle(s, &b, iv_json_root(manifest), err), "%s", path);
    iv_json_free(manifest);
    iv_bundle_free(&b);
    return status;
}

/* ---- logs ---- */

/* One line of a log: a trial, or members that stand beside the trials. */
static void put_line(const iv_json *line, bool trials, iv_json_writer *w)
{
    bool is_trial = iv_json_get(line, "id") != NULL;
    if (line->type != IV_JSON_OBJECT || is_trial != trials)
        return;
    if (trials) {
        iv_json_put_value(w, NULL, line);
        return;
    }
    for (const iv_json *m = line->as.first; m; m = m->next)
        if (strcmp(m->name, "trials") != 0 && strcmp(m->name, "kind") != 0 &&
            strcmp(m->name, "format") != 0) /* of the log, not of the search */
            iv_json_put_value(w, m->name, m);
}

/* How much of a line is JSON: a digest may stand behind its last tab. */
static size_t json_of(const char *line, size_t length)
{
    for (size_t i = length; i > 0; i--)
        if (line[i - 1] == '\t')
            return i - 1;
    return length;
}

/* Goes through the lines; the last one, when it is cut off, being written right now, is passed
 * over. */
static imgvec_status each_line(iv_report_source *s, const char *text, size_t size, bool trials,
                               iv_json_writer *w, size_t *found, imgvec_error *err)
{
    size_t number = 0;
    for (const char *end = text + size; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        iv_json_document *doc = NULL;
        imgvec_error why;
        imgvec_status status =
            iv_json_parse(s->ctx, text, json_of(text, length), DEPTH_MAX, JSON_MAX, &doc, &why);
        number++;
        if (status == IMGVEC_ERR_NO_MEMORY)
            return iv_fail_nomem(err);
        if (status != IMGVEC_OK && newline)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "%sline %zu: %s",
                           number == 1 ? "neither a model nor JSON nor a log of trials: " : "",
                           number, why.text);
        if (status == IMGVEC_OK) {
            put_line(iv_json_root(doc), trials, w);
            ++*found;
            if (!trials) { /* the first line alone stands beside the trials */
                iv_json_free(doc);
                return IMGVEC_OK;
            }
        }
        iv_json_free(doc);
        text += length + 1;
    }
    return IMGVEC_OK;
}

/* The JSON that a search would have, as far as its log goes. */
static imgvec_status read_log(iv_report_source *s, const char *text, size_t size, imgvec_error *err)
{
    iv_text info;
    iv_json_writer w;
    size_t found = 0;
    iv_text_init(&info, s->ctx);
    iv_json_begin(&w, &info, false);
    iv_json_put_object(&w, NULL);
    iv_json_put_object(&w, "auto");
    imgvec_status status = each_line(s, text, size, false, &w, &found, err);
    iv_json_put_array(&w, "trials");
    if (status == IMGVEC_OK)
        status = each_line(s, text, size, true, &w, &found, err);
    iv_json_put_end(&w, ']');
    iv_json_put_end(&w, '}');
    iv_json_put_end(&w, '}');
    char *made = iv_text_take(&info);
    if (status == IMGVEC_OK && !made)
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK && found == 0)
        status = iv_fail(err, IMGVEC_ERR_FORMAT,
                         "neither a model nor JSON: no line of it is a JSON object");
    s->info = made;
    return status == IMGVEC_OK ? iv_report_open(s->ctx, s->info, NULL, NULL, &s->report, err)
                               : status;
}

static imgvec_status read_text(iv_report_source *s, const char *path, imgvec_error *err)
{
    char *text;
    size_t size;
    iv_json_document *doc = NULL;
    IV_TRY(iv_file_read(s->ctx, path, JSON_MAX, &text, &size, err));
    imgvec_status status = iv_json_parse(s->ctx, text, size, DEPTH_MAX, JSON_MAX, &doc, err);
    bool whole = status == IMGVEC_OK && !iv_json_get(iv_json_root(doc), "id");
    iv_json_free(doc);
    if (whole) {
        s->info = text;
        status = iv_report_open(s->ctx, text, NULL, NULL, &s->report, err);
    } else {
        if (status != IMGVEC_ERR_NO_MEMORY)
            status = read_log(s, text, size, err);
        iv_free(s->ctx, text);
    }
    return iv_prefix(err, status, "%s", path);
}

/* Whether the file begins like a zip archive, as a model does. */
static imgvec_status is_archive(imgvec_context *ctx, const char *path, bool *out, imgvec_error *err)
{
    iv_source file;
    char first[2] = {0};
    IV_TRY(iv_source_open(ctx, path, &file, err));
    imgvec_status status =
        file.size < sizeof first ? IMGVEC_OK : iv_source_read(&file, 0, first, sizeof first, err);
    iv_source_close(ctx, &file);
    *out = first[0] == 'P' && first[1] == 'K';
    return status;
}

imgvec_status iv_report_of_file(imgvec_context *ctx, const char *path, iv_report_source *out,
                                imgvec_error *err)
{
    bool archive = false;
    *out = (iv_report_source){.ctx = ctx};
    if (iv_is_folder(path)) {
        char *log = iv_path_join(ctx, path, LOG_NAME);
        imgvec_status status = log ? read_text(out, log, err) : iv_fail_nomem(err);
        iv_free(ctx, log);
        return status;
    }
    IV_TRY(is_archive(ctx, path, &archive, err));
    return archive ? read_model(out, path, err) : read_text(out, path, err);
}
