#include "net/match.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define NAMED 3 /* culprits of each kind that a text names */
#define PREFIX "module."

/* What does not fit, as text: "2 tensors missing: a, b". */
typedef struct findings {
    iv_text missing, shapes, extra;
    size_t missing_count, shapes_count, extra_count;
} findings;

static void begin(findings *f, imgvec_context *ctx)
{
    *f = (findings){0};
    iv_text_init(&f->missing, ctx);
    iv_text_init(&f->shapes, ctx);
    iv_text_init(&f->extra, ctx);
}

static void end(findings *f)
{
    iv_text_free(&f->missing);
    iv_text_free(&f->shapes);
    iv_text_free(&f->extra);
}

static bool fits(const findings *f)
{
    return f->missing_count + f->shapes_count + f->extra_count == 0;
}

/* Appends the next culprit; NULL once enough are named. */
static iv_text *next(iv_text *t, size_t *count)
{
    size_t at = (*count)++;
    if (at == NAMED)
        iv_text_add(t, ", ...");
    if (at >= NAMED)
        return NULL;
    if (at > 0)
        iv_text_add(t, ", ");
    return t;
}

static iv_tensor *find(const iv_tensors *set, const char *name)
{
    char prefixed[IV_NAME_MAX + sizeof PREFIX];
    iv_tensor *t = iv_tensors_find(set, name);
    if (t)
        return t;
    snprintf(prefixed, sizeof prefixed, PREFIX "%s", name);
    return iv_tensors_find(set, prefixed);
}

/* The same linear map may be stored as [out, in] or as [out, in, 1, 1]. */
static bool same_shape(const iv_tensor *t, const iv_parameter *p)
{
    for (int i = 0; i < t->rank || i < p->rank; i++) {
        int64_t has = i < t->rank ? t->shape[i] : 1, needs = i < p->rank ? p->shape[i] : 1;
        if (has != needs)
            return false;
    }
    return true;
}

size_t iv_weights_lacking(const iv_graph *graph, const iv_tensors *set)
{
    size_t lacking = 0;
    for (size_t i = 0; i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(graph, i, list);
        for (int k = 0; k < count; k++) {
            char name[IV_NAME_MAX];
            iv_parameter_name(&graph->nodes[i], list[k].leaf, name);
            const iv_tensor *t = find(set, name);
            lacking += !t || !same_shape(t, &list[k]);
        }
    }
    return lacking;
}

static bool left_out(const char *name)
{
    static const char *const behind[] = {"fc.",   "classifier.", "last_linear.",
                                         "head.", "conv_head.",  "AuxLogits."};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
        if (strncmp(name, behind[i], strlen(behind[i])) == 0)
            return true;
    return strcmp(dot ? dot + 1 : name, "num_batches_tracked") == 0;
}

static void compare(const iv_graph *graph, const iv_tensors *set, findings *f)
{
    for (size_t i = 0; i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(graph, i, list);
        for (int k = 0; k < count; k++) {
            char name[IV_NAME_MAX], has[96], needs[96];
            iv_parameter_name(&graph->nodes[i], list[k].leaf, name);
            const iv_tensor *t = find(set, name);
            iv_text *text;
            if (!t && (text = next(&f->missing, &f->missing_count))) {
                iv_text_add(text, name);
            } else if (t && !same_shape(t, &list[k]) &&
                       (text = next(&f->shapes, &f->shapes_count))) {
                iv_shape_text(t->rank, t->shape, has, sizeof has);
                iv_shape_text(list[k].rank, list[k].shape, needs, sizeof needs);
                iv_text_addf(text, "%s is %s instead of %s", name, has, needs);
            }
        }
    }
    for (size_t i = 0; i < set->count; i++) {
        const char *name = set->items[i].name, *bare = name;
        iv_parameter slot;
        if (strncmp(name, PREFIX, sizeof PREFIX - 1) == 0)
            bare = name + sizeof PREFIX - 1;
        bool wanted = iv_graph_find(graph, bare, &slot) && find(set, bare) == &set->items[i];
        iv_text *text = wanted || left_out(bare) ? NULL : next(&f->extra, &f->extra_count);
        if (text)
            iv_text_addf(text, "%.*s", (int)iv_utf8_cut(name, strlen(name), 80), name);
    }
}

static imgvec_status recognise_one(const iv_tensors *set, imgvec_context *ctx, const iv_backbone *b,
                                   bool *is_it, imgvec_error *err)
{
    *is_it = false;
    for (int i = 0; i < iv_backbone_definitions(b) && !*is_it; i++) {
        iv_graph *graph = NULL;
        findings f;
        IV_TRY(iv_backbone_build(ctx, b, iv_backbone_definition(b, i), &graph, err));
        if (iv_weights_lacking(graph, set) == 0) {
            begin(&f, ctx);
            compare(graph, set, &f);
            *is_it = fits(&f);
            end(&f);
        }
        iv_graph_free(graph);
    }
    return IMGVEC_OK;
}

/* Another backbone of the table whose tensors these are; NULL when there is none. */
static imgvec_status recognise(const iv_tensors *set, imgvec_context *ctx, const iv_backbone **out,
                               imgvec_error *err)
{
    bool is_it = false;
    *out = NULL;
    for (size_t i = 0; i < iv_backbone_count() && !*out; i++) {
        IV_TRY(recognise_one(set, ctx, iv_backbone_at(i), &is_it, err));
        if (is_it)
            *out = iv_backbone_at(i);
    }
    return IMGVEC_OK;
}

static imgvec_status foreign(const char *label, const char *holds, const char *wanted,
                             imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_DATA,
                   "%s holds weights of %.64s, not of %s: choose backbone %.64s or other weights",
                   label, holds, wanted, holds);
}

static imgvec_status complain(const iv_backbone *backbone, const char *label, const iv_tensors *set,
                              const findings *f, imgvec_error *err)
{
    const iv_backbone *other = NULL;
    imgvec_context *ctx = f->missing.ctx;
    IV_TRY(recognise(set, ctx, &other, err));
    if (other && other != backbone)
        return foreign(label, other->id, backbone->id, err);
    iv_text all;
    iv_text_init(&all, ctx);
    if (f->missing_count)
        iv_text_addf(&all, "; %zu missing: %s", f->missing_count, f->missing.data);
    if (f->shapes_count)
        iv_text_addf(&all, "; %zu of another shape: %s", f->shapes_count, f->shapes.data);
    if (f->extra_count)
        iv_text_addf(&all, "; %zu left over: %s", f->extra_count, f->extra.data);
    bool failed = all.failed || f->missing.failed || f->shapes.failed || f->extra.failed;
    imgvec_status status = failed ? iv_fail_nomem(err)
                                  : iv_fail(err, IMGVEC_ERR_DATA, "%s does not fit backbone %s%s",
                                            label, backbone->id, all.data);
    iv_text_free(&all);
    return status;
}

static imgvec_status move_all(const iv_graph *graph, iv_tensors *set, iv_tensors *out,
                              imgvec_error *err)
{
    /* First everything that can fail, then the exchange of the data. */
    for (size_t i = 0; i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(graph, i, list);
        for (int k = 0; k < count; k++) {
            char name[IV_NAME_MAX];
            iv_tensor *made = NULL;
            iv_parameter_name(&graph->nodes[i], list[k].leaf, name);
            IV_TRY(iv_tensors_add(out, name, list[k].rank, list[k].shape, &made, err));
        }
    }
    for (size_t i = 0; i < out->count; i++) {
        iv_tensor *from = find(set, out->items[i].name);
        float *data = from->data;
        from->data = out->items[i].data;
        out->items[i].data = data;
    }
    return IMGVEC_OK;
}

imgvec_status iv_weights_match(const iv_backbone *backbone, const iv_graph *graph,
                               const char *label, iv_tensors *set, iv_tensors **out,
                               imgvec_error *err)
{
    const char *says = iv_tensors_meta(set, "architecture");
    if (says && strcmp(says, backbone->id) != 0 && iv_backbone_find(says))
        return foreign(label, says, backbone->id, err);
    imgvec_status status = IMGVEC_OK;
    iv_tensors *made = NULL;
    findings f;
    begin(&f, graph->ctx);
    compare(graph, set, &f);
    if (!fits(&f))
        IV_DO(complain(backbone, label, set, &f, err));
    IV_DO(iv_tensors_new(graph->ctx, &made, err));
    IV_DO(move_all(graph, set, made, err));
    *out = made;
    made = NULL;
done:
    iv_tensors_free(made);
    end(&f);
    return status;
}
