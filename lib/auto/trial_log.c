#include "auto/trial_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auto/trial_json.h"
#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/safetensors.h"
#include "table/dataset.h"

#define LOG "trials.jsonl"
#define LOG_MAX (UINT64_C(1) << 30)
#define HEADER_MAX (UINT64_C(16) << 20)

static char *path_of(const iv_auto_search *s, const char *name)
{
    return iv_path_join(s->ctx, s->folder, name);
}

/* What must be the same for trials of the folder to be of this search. */
static imgvec_status search_digest(const iv_auto_search *s, char out[33], imgvec_error *err)
{
    char data[33];
    IV_TRY(iv_dataset_fingerprint(s->x->ds, data, err));
    char *text = iv_format(s->ctx, "%s|%s|%s|%s|%d|%zu|%llu|%s", data, s->x->target_name,
                           iv_task_name(s->x->target.task), s->x->metric, (int)s->parts,
                           s->x->cases.count, (unsigned long long)s->space.seed,
                           iv_dataset_column_name(s->x->ds, s->x->inputs.items[s->input].column));
    if (!text)
        return iv_fail_nomem(err);
    iv_digest d = iv_hash(text, strlen(text));
    iv_digest_hex(&d, out);
    iv_free(s->ctx, text);
    return IMGVEC_OK;
}

/* One line: a JSON object, a tab, its digest. */
static imgvec_status append(const iv_auto_search *s, const char *json, imgvec_error *err)
{
    char hex[33];
    iv_digest d = iv_hash(json, strlen(json));
    iv_digest_hex(&d, hex);
    char *path = path_of(s, LOG), *line = iv_format(s->ctx, "%s\t%s\n", json, hex);
    imgvec_status status = IMGVEC_OK;
    int fd = -1;
    if (!path || !line) {
        status = iv_fail_nomem(err);
        goto done;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    size_t size = strlen(line);
    ssize_t written = fd < 0 ? -1 : write(fd, line, size);
    if (written < 0 || fsync(fd) != 0)
        status = iv_fail_errno(err, errno, "%s", path);
    else if ((size_t)written != size)
        status = iv_fail(err, IMGVEC_ERR_IO, "%s: no room", path);
done:
    if (fd >= 0)
        close(fd);
    iv_free(s->ctx, path);
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

static imgvec_status take_line(iv_auto_search *s, const char *line, size_t length, bool first,
                               const char *digest, imgvec_error *err)
{
    iv_json_document *doc = NULL;
    iv_trial *t = NULL;
    const char *made_for;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_json_parse(s->ctx, line, length, 0, length + 1, &doc, err));
    const iv_json *root = iv_json_root(doc);
    if (first) {
        IV_DO(iv_json_text(root, "search", &made_for, err));
        if (strcmp(made_for, digest) != 0)
            status = iv_fail(err, IMGVEC_ERR_FORMAT,
                             "its trials are of other data, another target, metric or seed: choose "
                             "another folder, or leave option resume out to start anew");
        goto done;
    }
    IV_DO(iv_trial_read(s, root, &t, err));
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

static imgvec_status read_log(iv_auto_search *s, const char *path, const char *digest, bool *there,
                              size_t *sound, imgvec_error *err)
{
    char *text = NULL;
    size_t size;
    imgvec_status status = IMGVEC_OK;
    *there = iv_is_file(path);
    *sound = 0;
    if (!*there)
        return IMGVEC_OK;
    IV_TRY(iv_file_read(s->ctx, path, LOG_MAX, &text, &size, err));
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - text) - at : size - at, json;
        if (!end || !is_whole(text + at, length, &json))
            break; /* cut by whatever ended the search; behind it nothing can be */
        IV_DO(iv_prefix(err, take_line(s, text + at, json, at == 0, digest, err), "%s", path));
        at += length + 1;
        *sound = at;
    }
    *there = *sound > 0;
done:
    iv_free(s->ctx, text);
    return status;
}

/* Files of an earlier search: those of our own names alone. */
static imgvec_status clear(const iv_auto_search *s, imgvec_error *err)
{
    DIR *folder = opendir(s->folder);
    if (!folder)
        return iv_fail_errno(err, errno, "%s", s->folder);
    for (const struct dirent *e; (e = readdir(folder));) {
        const char *ending = iv_path_ending(e->d_name);
        bool ours =
            strcmp(e->d_name, LOG) == 0 ||
            ((strncmp(e->d_name, "trial-", 6) == 0 || strncmp(e->d_name, "training-", 9) == 0) &&
             strcmp(ending, "safetensors") == 0);
        if (ours)
            unlinkat(dirfd(folder), e->d_name, 0);
    }
    closedir(folder);
    return IMGVEC_OK;
}

static imgvec_status write_head(const iv_auto_search *s, const char *digest, imgvec_error *err)
{
    char *head = iv_format(s->ctx, "{\"kind\":\"trials\",\"format\":1,\"search\":\"%s\"}", digest);
    imgvec_status status = head ? append(s, head, err) : iv_fail_nomem(err);
    iv_free(s->ctx, head);
    return status;
}

imgvec_status iv_trial_log_begin(iv_auto_search *s, bool resume, imgvec_error *err)
{
    char digest[33];
    bool there = false;
    size_t sound = 0;
    char *path = NULL;
    imgvec_status status = IMGVEC_OK;
    if (!*s->folder)
        return resume ? iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                                "option resume: name the folder of the search by checkpoint_dir")
                      : IMGVEC_OK;
    if (mkdir(s->folder, 0777) != 0 && errno != EEXIST)
        return iv_fail_errno(err, errno, "%s", s->folder);
    IV_DO(search_digest(s, digest, err));
    path = path_of(s, LOG);
    if (!path)
        IV_DO(iv_fail_nomem(err));
    if (resume)
        IV_DO(read_log(s, path, digest, &there, &sound, err));
    if (there && truncate(path, (off_t)sound) != 0)
        IV_DO(iv_fail_errno(err, errno, "%s", path));
    if (!there) {
        IV_DO(clear(s, err));
        IV_DO(write_head(s, digest, err));
    }
    if (resume)
        iv_log(s->ctx, IMGVEC_LOG_NOTICE, "%zu finished trials were taken from %s", s->count,
               s->folder);
done:
    iv_free(s->ctx, path);
    return status;
}
