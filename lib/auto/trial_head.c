#include "auto/trial_head.h"

#include <string.h>

#include "auto/stages.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/json.h"
#include "table/dataset.h"

/* What must be the same for trials of the folder to be of this search. */
static imgvec_status search_digest(const iv_auto_search *s, char out[33], imgvec_error *err)
{
    char data[33];
    IV_TRY(iv_dataset_fingerprint(s->x->ds, data, err));
    char *text = iv_format(s->ctx, "%s|%s|%s|%s|%zu|%llu|%s", data, s->x->target_name,
                           iv_task_name(s->x->target.task), s->x->metric, s->x->cases.count,
                           (unsigned long long)s->space.seed,
                           iv_dataset_column_name(s->x->ds, s->x->inputs.items[s->input].column));
    if (!text)
        return iv_fail_nomem(err);
    iv_digest d = iv_hash(text, strlen(text));
    iv_digest_hex(&d, out);
    iv_free(s->ctx, text);
    return IMGVEC_OK;
}

/* The head of the log: which search it is of, and what was planned. */
imgvec_status iv_trial_head_write(const iv_auto_search *s, char **out, imgvec_error *err)
{
    char digest[33];
    iv_text text;
    iv_json_writer w;
    IV_TRY(search_digest(s, digest, err));
    iv_text_init(&text, s->ctx);
    iv_json_begin(&w, &text, false);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "kind", "trials");
    iv_json_put_i64(&w, "format", 1);
    iv_json_put_text(&w, "search", digest);
    iv_json_put_text(&w, "target", s->x->target_name);
    iv_json_put_text(&w, "task", iv_task_name(s->x->target.task));
    iv_json_put_text(&w, "metric", s->x->metric);
    iv_json_put_i64(&w, "parts", s->parts);
    iv_json_put_bool(&w, "few_epochs", s->space.few_epochs);
    iv_json_put_array(&w, "rungs");
    for (int32_t r = 0; r < s->halving.rungs; r++)
        iv_json_put_i64(&w, NULL, s->halving.epochs[r]);
    iv_json_put_end(&w, ']');
    iv_json_put_array(&w, "backbones");
    for (int32_t i = 0; i < s->space.backbone_count; i++) {
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "id", s->space.backbones[i]);
        iv_json_put_i64(&w, "input_size", s->space.default_size[i]);
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, ']');
    iv_json_put_end(&w, '}');
    *out = iv_text_take(&text);
    return *out ? IMGVEC_OK : iv_fail_nomem(err);
}

static imgvec_status read_rungs(iv_auto_search *s, const iv_json *head, imgvec_error *err)
{
    const iv_json *rungs;
    iv_halving h = {0};
    IV_TRY(iv_json_array(head, "rungs", &rungs, err));
    for (const iv_json *r = rungs->as.first; r; r = r->next) {
        if (r->type != IV_JSON_INT || r->as.integer < 1 || r->as.integer > 10000 ||
            h.rungs == IV_RUNGS_MAX)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "member rungs makes no sense");
        h.epochs[h.rungs++] = (int32_t)r->as.integer;
    }
    if (h.rungs == 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "member rungs is empty");
    s->halving = h;
    return IMGVEC_OK;
}

static imgvec_status read_backbones(iv_auto_search *s, const iv_json *head, imgvec_error *err)
{
    const iv_json *list;
    int32_t n = 0;
    IV_TRY(iv_json_array(head, "backbones", &list, err));
    for (const iv_json *b = list->as.first; b; b = b->next, n++) {
        const char *id;
        int64_t size;
        IV_TRY(iv_json_text(b, "id", &id, err));
        IV_TRY(iv_json_i64(b, "input_size", 8, 1024, &size, err));
        int32_t at = n;
        while (at < s->space.backbone_count && strcmp(s->space.backbones[at], id) != 0)
            at++;
        if (at >= s->space.backbone_count)
            return iv_fail(err, IMGVEC_ERR_NOT_FOUND,
                           "its network %.40s is not among those that may be searched", id);
        iv_auto_swap_backbones(s, n, at);
        s->space.default_size[n] = (int32_t)size;
    }
    if (n == 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "member backbones is empty");
    s->space.backbone_count = n;
    return IMGVEC_OK;
}

imgvec_status iv_trial_head_read(iv_auto_search *s, const char *line, size_t length,
                                 imgvec_error *err)
{
    char digest[33];
    const char *made_for;
    int64_t parts;
    iv_json_document *doc = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(search_digest(s, digest, err));
    IV_TRY(iv_json_parse(s->ctx, line, length, 0, length + 1, &doc, err));
    const iv_json *head = iv_json_root(doc), *few = iv_json_get(head, "few_epochs");
    IV_DO(iv_json_text(head, "search", &made_for, err));
    if (strcmp(made_for, digest) != 0)
        IV_DO(iv_fail(err, IMGVEC_ERR_FORMAT,
                      "its trials are of other data, another target, metric or seed: choose "
                      "another folder, or leave option resume out to start anew"));
    IV_DO(iv_json_i64(head, "parts", 1, IV_AUTO_PARTS_MAX, &parts, err));
    IV_DO(read_rungs(s, head, err));
    IV_DO(read_backbones(s, head, err));
    s->parts = (int32_t)parts;
    s->space.few_epochs = few && few->type == IV_JSON_BOOL && few->as.boolean;
    s->planned = true;
done:
    iv_json_free(doc);
    return status;
}
