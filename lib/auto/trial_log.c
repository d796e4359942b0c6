#include "auto/trial_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auto/trial_head.h"
#include "auto/trial_json.h"
#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/safetensors.h"

#define LOG "trials.jsonl"
#define LOG_MAX (UINT64_C(1) << 30)
#define HEADER_MAX (UINT64_C(16) << 20)

static char *path_of(const iv_auto_search *s, const char *name)
{
    return iv_path_join(s->ctx, s->folder, name);
}

/* One line: a JSON object, a tab, its digest; all of it or nothing. */
static imgvec_status append(const iv_auto_search *s, const char *json, imgvec_error *err)
{
    char hex[33];
    iv_digest d = iv_hash(json, strlen(json));
    iv_digest_hex(&d, hex);
    char *line = iv_format(s->ctx, "%s\t%s\n", json, hex);
    if (!line)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    size_t size = strlen(line);
    off_t before = lseek(s->log, 0, SEEK_END);
    ssize_t written = before < 0 ? -1 : write(s->log, line, size);
    if (written < 0 || ((size_t)written == size && fsync(s->log) != 0))
        status = iv_fail_errno(err, errno, "%s/" LOG, s->folder);
    else if ((size_t)written != size)
        status = iv_fail(err, IMGVEC_ERR_IO, "%s/" LOG ": no room", s->folder);
    if (status != IMGVEC_OK && before >= 0 && ftruncate(s->log, before) != 0)
        iv_fail(err, IMGVEC_ERR_IO, "%s/" LOG ": a part of a line is left", s->folder);
    iv_free(s->ctx, line);
    return status;
}

static void file_name(const iv_trial *t, int32_t part, char out[64])
{
    if (part < 0)
        snprintf(out, 64, "trial-%d-answers.safetensors", (int)t->id);
    else
        snprintf(out, 64, "trial-%d-%d.safetensors", (int)t->id, (int)part);
}

static imgvec_status put_file(const iv_auto_search *s, const iv_tensors *set, const char *name,
                              imgvec_error *err)
{
    void *data;
    size_t size;
    char *path = path_of(s, name);
    if (!path)
        return iv_fail_nomem(err);
    imgvec_status status = iv_safetensors_bytes(s->ctx, set, &data, &size, err);
    if (status == IMGVEC_OK) {
        status = iv_file_write(s->ctx, path, data, size, err);
        iv_free(s->ctx, data);
    }
    iv_free(s->ctx, path);
    return status;
}

static imgvec_status set_number(iv_tensors *set, const char *name, double value, imgvec_error *err)
{
    char text[IV_NUMBER_MAX];
    iv_format_f64(value, text);
    return iv_tensors_set_meta(set, name, text, err);
}

static imgvec_status put_networks(const iv_auto_search *s, const iv_trial *t, imgvec_error *err)
{
    char name[64];
    for (int32_t p = 0; p < t->parts; p++) {
        iv_tensors *set = t->members[p].tensors;
        file_name(t, p, name);
        IV_TRY(set_number(set, "target_centre", t->members[p].centre, err));
        IV_TRY(set_number(set, "target_scale", t->members[p].scale, err));
        IV_TRY(iv_tensors_set_meta(set, "soup", t->members[p].soup ? "true" : "false", err));
        IV_TRY(put_file(s, set, name, err));
    }
    return IMGVEC_OK;
}

/* The answers for the rows that were told of, in their order: safetensors hold no NaN. */
static imgvec_status put_answers(const iv_auto_search *s, const iv_trial *t, imgvec_error *err)
{
    size_t k = (size_t)iv_auto_search_outputs(s), n = 0;
    char name[64];
    iv_tensors *set;
    float *told = iv_alloc_n(s->ctx, s->x->cases.count + 1, k * sizeof *told);
    if (!told)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < s->x->cases.count; i++)
        if (!isnan(t->values[i * k]))
            memcpy(told + n++ * k, t->values + i * k, k * sizeof *told);
    const int64_t shape[2] = {(int64_t)n, (int64_t)k};
    imgvec_status status = iv_tensors_new(s->ctx, &set, err);
    if (status == IMGVEC_OK) {
        status = iv_tensors_put(set, "answers", 2, shape, told, err);
        file_name(t, -1, name);
        if (status == IMGVEC_OK)
            status = put_file(s, set, name, err);
        iv_tensors_free(set);
    }
    iv_free(s->ctx, told);
    return status;
}

imgvec_status iv_trial_log_add(const iv_auto_search *s, const iv_trial *t, imgvec_error *err)
{
    iv_text text;
    iv_json_writer w;
    if (!*s->folder)
        return IMGVEC_OK;
    if (t->state == IV_TRIAL_DONE) {
        IV_TRY(put_networks(s, t, err));
        IV_TRY(put_answers(s, t, err));
    }
    iv_text_init(&text, s->ctx);
    iv_json_begin(&w, &text, false);
    iv_json_put_object(&w, NULL);
    iv_trial_write(s, t, &w);
    iv_json_put_end(&w, '}');
    imgvec_status status = text.failed ? iv_fail_nomem(err) : append(s, text.data, err);
    iv_text_free(&text);
    return iv_prefix(err, status, "keeping a trial");
}

void iv_trial_drop(const iv_auto_search *s, iv_trial *t)
{
    char name[64];
    for (int32_t p = 0; t->members && p < t->parts; p++) {
        iv_tensors_free(t->members[p].tensors);
        t->members[p].tensors = NULL;
    }
    for (int32_t p = -1; *s->folder && p < t->parts; p++) {
        file_name(t, p, name);
        char *path = path_of(s, name);
        if (path)
            unlink(path);
        iv_free(s->ctx, path);
    }
}

static imgvec_status open_set(const iv_auto_search *s, const char *name, iv_tensors **out)
{
    imgvec_error err;
    char *path = path_of(s, name);
    imgvec_status status =
        path ? iv_safetensors_open(s->ctx, path, HEADER_MAX, out, &err) : IMGVEC_ERR_NO_MEMORY;
    iv_free(s->ctx, path);
    return status;
}

static bool get_number(const iv_tensors *set, const char *name, double *out)
{
    const char *text = iv_tensors_meta(set, name);
    return text && iv_parse_f64(text, strlen(text), out) && isfinite(*out);
}

static bool get_network(const iv_auto_search *s, const iv_trial *t, int32_t part, iv_member *m)
{
    char name[64];
    const char *soup;
    file_name(t, part, name);
    if (open_set(s, name, &m->tensors) != IMGVEC_OK)
        return false;
    soup = iv_tensors_meta(m->tensors, "soup");
    m->soup = soup && strcmp(soup, "true") == 0;
    return get_number(m->tensors, "target_centre", &m->centre) &&
           get_number(m->tensors, "target_scale", &m->scale) && m->scale > 0;
}

/* Answers to their rows: the usable ones of the trial's parts. */
static bool get_answers(const iv_auto_search *s, iv_trial *t)
{
    char name[64];
    iv_tensors *set = NULL;
    size_t k = (size_t)iv_auto_search_outputs(s), at = 0;
    const int32_t *status = s->x->inputs.items[s->input].status;
    file_name(t, -1, name);
    if (open_set(s, name, &set) != IMGVEC_OK)
        return false;
    const iv_tensor *a = iv_tensors_find(set, "answers");
    bool sound = a && a->rank == 2 && a->shape[1] == (int64_t)k;
    for (size_t i = 0; sound && i < s->x->cases.count; i++) {
        bool told = s->part_of[i] >= 0 && s->part_of[i] < t->parts &&
                    status[s->x->cases.row[i]] == IMGVEC_OK;
        for (size_t c = 0; c < k; c++)
            t->values[i * k + c] = told && at < (size_t)a->shape[0] ? a->data[at * k + c] : NAN;
        at += told;
    }
    sound = sound && at == (size_t)a->shape[0];
    iv_tensors_free(set);
    return sound;
}

/* Networks and answers of a trial that was read; one of which some are gone has none. */
static imgvec_status complete(const iv_auto_search *s, iv_trial *t, imgvec_error *err)
{
    size_t k = (size_t)iv_auto_search_outputs(s);
    if (t->state != IV_TRIAL_DONE)
        return IMGVEC_OK;
    t->members = iv_calloc(s->ctx, (size_t)s->parts + 1, sizeof *t->members);
    t->values = iv_alloc_n(s->ctx, s->x->cases.count + 1, k * sizeof *t->values);
    if (!t->members || !t->values)
        return iv_fail_nomem(err);
    bool whole = get_answers(s, t);
    for (int32_t p = 0; whole && p < t->parts; p++)
        whole = get_network(s, t, p, &t->members[p]);
    if (!whole) {
        iv_free(s->ctx, t->values);
        t->values = NULL;
    }
    return IMGVEC_OK;
}

static imgvec_status take_line(iv_auto_search *s, const char *line, size_t length,
                               imgvec_error *err)
{
    iv_json_document *doc = NULL;
    iv_trial *t = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_json_parse(s->ctx, line, length, 0, length + 1, &doc, err));
    IV_DO(iv_trial_read(s, iv_json_root(doc), &t, err));
    for (size_t i = 0; i < s->count; i++)
        if (s->trials[i]->id == t->id)
            IV_DO(iv_fail(err, IMGVEC_ERR_FORMAT, "two trials are number %d", (int)t->id));
    if (t->rung >= s->halving.rungs)
        t->rung = s->halving.rungs - 1;
    IV_DO(complete(s, t, err));
    if (iv_reserve(s->ctx, &s->trials, &s->capacity, s->count + 1, sizeof *s->trials) != 0)
        IV_DO(iv_fail_nomem(err));
    s->trials[s->count++] = t;
    t = NULL;
done:
    iv_trial_free(s->ctx, t, s->parts);
    iv_json_free(doc);
    return status;
}

/* Whether the line ends with the digest of what is before it. */
static bool is_whole(const char *line, size_t length, size_t *json)
{
    iv_digest said, is;
    char hex[33];
    if (length < 34 || line[length - 33] != '\t')
        return false;
    memcpy(hex, line + length - 32, 32);
    hex[32] = '\0';
    *json = length - 33;
    is = iv_hash(line, *json);
    return iv_digest_parse(hex, &said) && memcmp(&said, &is, sizeof is) == 0;
}

/* The next whole line; false at the end, or at one that was cut by whatever ended the search. */
static bool next_line(const char *text, size_t size, size_t *at, const char **line, size_t *json)
{
    const char *end = *at < size ? memchr(text + *at, '\n', size - *at) : NULL;
    if (!end || !is_whole(text + *at, (size_t)(end - text) - *at, json))
        return false;
    *line = text + *at;
    *at = (size_t)(end - text) + 1;
    return true;
}

static imgvec_status read_log(const iv_auto_search *s, char **text, size_t *size, imgvec_error *err)
{
    char *path = path_of(s, LOG);
    imgvec_status status =
        path ? iv_file_read(s->ctx, path, LOG_MAX, text, size, err) : iv_fail_nomem(err);
    iv_free(s->ctx, path);
    return status;
}

/* Files of an earlier search: where its log is, those of our own names alone. */
static imgvec_status clear(const iv_auto_search *s, imgvec_error *err)
{
    DIR *folder = opendir(s->folder);
    int removed = 0;
    if (!folder)
        return iv_fail_errno(err, errno, "%s", s->folder);
    for (const struct dirent *e; (e = readdir(folder));) {
        bool ours =
            (strncmp(e->d_name, "trial-", 6) == 0 || strncmp(e->d_name, "training-", 9) == 0) &&
            strcmp(iv_path_ending(e->d_name), "safetensors") == 0;
        removed += ours && unlinkat(dirfd(folder), e->d_name, 0) == 0;
    }
    closedir(folder);
    if (removed)
        iv_log(s->ctx, IMGVEC_LOG_NOTICE,
               "%d files of an earlier search in %s were removed: option resume would have gone on "
               "with it",
               removed, s->folder);
    return IMGVEC_OK;
}

imgvec_status iv_trial_log_open(iv_auto_search *s, bool resume, imgvec_error *err)
{
    char *text = NULL;
    const char *line;
    size_t size, at = 0, json;
    imgvec_status status = IMGVEC_OK;
    if (!*s->folder)
        return resume ? iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                                "option resume: name the folder of the search by checkpoint_dir")
                      : IMGVEC_OK;
    if (mkdir(s->folder, 0777) != 0 && errno != EEXIST)
        return iv_fail_errno(err, errno, "%s", s->folder);
    char *path = path_of(s, LOG);
    if (!path)
        return iv_fail_nomem(err);
    s->log = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->log < 0)
        IV_DO(iv_fail_errno(err, errno, "%s", path));
    if (flock(s->log, LOCK_EX | LOCK_NB) != 0)
        IV_DO(iv_fail(err, IMGVEC_ERR_IO, "%s: another search is using this folder", path));
    if (!resume)
        goto done;
    IV_DO(read_log(s, &text, &size, err));
    if (next_line(text, size, &at, &line, &json))
        status = iv_prefix(err, iv_trial_head_read(s, line, json, err), "%s", path);
done:
    iv_free(s->ctx, path);
    iv_free(s->ctx, text);
    return status;
}

/* The trials behind the head. */
static imgvec_status read_trials(iv_auto_search *s, size_t *sound, imgvec_error *err)
{
    char *text = NULL;
    const char *line;
    size_t size, at = 0, json;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(read_log(s, &text, &size, err));
    next_line(text, size, &at, &line, &json);
    for (*sound = at; next_line(text, size, &at, &line, &json); *sound = at)
        IV_DO(iv_prefix(err, take_line(s, line, json, err), "%s/" LOG, s->folder));
done:
    iv_free(s->ctx, text);
    return status;
}

imgvec_status iv_trial_log_begin(iv_auto_search *s, imgvec_error *err)
{
    size_t sound = 0;
    if (!*s->folder)
        return IMGVEC_OK;
    if (s->planned)
        IV_TRY(read_trials(s, &sound, err));
    else
        IV_TRY(clear(s, err));
    if (ftruncate(s->log, (off_t)sound) != 0)
        return iv_fail_errno(err, errno, "%s/" LOG, s->folder);
    if (!s->planned) {
        char *head;
        IV_TRY(iv_trial_head_write(s, &head, err));
        imgvec_status status = append(s, head, err);
        iv_free(s->ctx, head);
        return status;
    }
    iv_log(s->ctx, IMGVEC_LOG_NOTICE, "%zu finished trials were taken from %s", s->count,
           s->folder);
    return IMGVEC_OK;
}

void iv_trial_log_close(iv_auto_search *s)
{
    if (s->log >= 0)
        close(s->log);
    s->log = -1;
}
