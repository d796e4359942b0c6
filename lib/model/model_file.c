/* A model's file: what is written and how it is read back. Reading trusts no number, even
 * under right digests: a hand-edited file is refused or gives finite answers. */
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "features/tuned.h"
#include "io/safetensors.h"
#include "model/data_record.h"
#include "model/model.h"
#include "model/parts.h"

#define RECIPE_PART "recipe.json"
#define TREES_PART "learner/0.json"
#define LINEAR_PART "learner/0.safetensors"

/* Blocks of the recipe, their tensors aside; the target's transform; the learner's kind. */
static char *write_recipe(const imgvec_model *m)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, m->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_array(&w, "blocks");
    for (size_t i = 0; i < m->recipe.count; i++)
        iv_block_write(&m->recipe.blocks[i], &w);
    iv_json_put_end(&w, ']');
    iv_transform_write(&m->transform, &w, "transform");
    iv_json_put_text(&w, "learner", iv_learner_name(m->learner.kind));
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    return iv_text_take(&text);
}

static imgvec_status put_learner(iv_bundle *b, const imgvec_model *m, imgvec_error *err)
{
    size_t size;
    if (m->learner.kind == IV_XGBOOST) {
        char *text;
        IV_TRY(iv_booster_save(m->learner.booster, &text, &size, err));
        return iv_bundle_add(b, TREES_PART, text, size, err);
    }
    iv_tensors *set;
    void *data;
    IV_TRY(iv_learner_to_tensors(m->ctx, &m->learner, &set, err));
    imgvec_status status = iv_safetensors_bytes(m->ctx, set, &data, &size, err);
    iv_tensors_free(set);
    return status == IMGVEC_OK ? iv_bundle_add(b, LINEAR_PART, data, size, err) : status;
}

imgvec_status iv_model_save(const imgvec_model *m, const char *path, imgvec_error *err)
{
    iv_bundle b;
    imgvec_status status = IMGVEC_OK;
    char *recipe = NULL, *engines = NULL;
    iv_bundle_init(&b, m->ctx);
    IV_DO(iv_parts_put_networks(&b, IV_PARTS_NET, &m->nets, err));
    IV_DO(iv_parts_put_networks(&b, IV_PARTS_TUNED, &m->tuned, err));
    for (size_t i = 0; i < m->recipe.count; i++)
        IV_DO(iv_parts_put_block(&b, i, &m->recipe.blocks[i], err));
    recipe = write_recipe(m);
    engines = iv_engines_json(m->ctx, m->executor);
    if (!recipe || !engines) {
        iv_free(m->ctx, recipe);
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(iv_bundle_add(&b, RECIPE_PART, recipe, strlen(recipe), err));
    IV_DO(put_learner(&b, m, err));
    IV_DO(iv_average_put(&b, &m->average, err));
    IV_DO(iv_oof_put(&b, &m->oof, err));
    IV_DO(iv_cost_put(&b, &m->cost, err));
    IV_DO(iv_data_record_put(&b, m->data, err));
    IV_DO(iv_insight_put(&b, &m->insights, err));
    status = iv_bundle_write(&b, "model", m->info, engines, path, err);
done:
    iv_free(m->ctx, engines);
    iv_bundle_free(&b);
    return status;
}

static imgvec_status read_transform(imgvec_model *m, const iv_json *root, imgvec_error *err)
{
    const iv_json *transform;
    const char *learner;
    IV_TRY(iv_json_object(root, "transform", &transform, err));
    IV_TRY(iv_transform_read(transform, &m->transform, err));
    if (m->transform.kind != IV_NO_TRANSFORM && m->task != IV_TASK_REGRESSION)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "a transform of classes");
    IV_TRY(iv_json_text(root, "learner", &learner, err));
    if (iv_learner_from_name(learner, &m->learner.kind) != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "unknown learner %.40s", learner);
    return IMGVEC_OK;
}

static imgvec_status read_recipe(imgvec_model *m, const iv_bundle *b, imgvec_error *err)
{
    const iv_part *part = iv_bundle_find(b, RECIPE_PART);
    if (!part)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s is missing", RECIPE_PART);
    iv_json_document *doc = NULL;
    const iv_json *blocks;
    int64_t width = 0;
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_json_parse(m->ctx, part->data, part->size, 0, part->size, &doc, err));
    IV_DO(iv_json_array(iv_json_root(doc), "blocks", &blocks, err));
    m->recipe.blocks = iv_calloc(m->ctx, blocks->count + 1, sizeof *m->recipe.blocks);
    if (!m->recipe.blocks) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (const iv_json *j = blocks->as.first; j; j = j->next) {
        iv_block *block = &m->recipe.blocks[m->recipe.count];
        IV_DO(iv_parts_get_block(b, m->recipe.count, j, m->nets.width, block, err));
        m->recipe.count++;
        width += block->width;
    }
    if (m->recipe.count == 0 || width < 1 || width > (1 << 24))
        status = iv_fail(err, IMGVEC_ERR_FORMAT, "%lld features in %zu columns", (long long)width,
                         m->recipe.count);
    m->recipe.width = (int32_t)width;
    if (status == IMGVEC_OK)
        status = read_transform(m, iv_json_root(doc), err);
done:
    iv_json_free(doc);
    return iv_prefix(err, status, "part %s", RECIPE_PART);
}

static imgvec_status read_classes(imgvec_model *m, const iv_json *content, imgvec_error *err)
{
    const iv_json *classes;
    m->outputs = 1;
    if (m->task == IV_TASK_REGRESSION)
        return IMGVEC_OK;
    IV_TRY(iv_json_array(content, "classes", &classes, err));
    if (classes->count < 2 || classes->count > IV_CLASSES_MAX ||
        (m->task == IV_TASK_BINARY && classes->count != 2))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%u classes", (unsigned)classes->count);
    m->classes = iv_calloc(m->ctx, classes->count, sizeof *m->classes);
    if (!m->classes)
        return iv_fail_nomem(err);
    for (const iv_json *c = classes->as.first; c; c = c->next) {
        if (c->type != IV_JSON_TEXT)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "a class is no text");
        for (int32_t k = 0; k < m->class_count; k++)
            if (strcmp(m->classes[k], c->as.text) == 0)
                return iv_fail(err, IMGVEC_ERR_FORMAT, "two classes are named %s", c->as.text);
        m->classes[m->class_count] = iv_strdup(m->ctx, c->as.text);
        if (!m->classes[m->class_count++])
            return iv_fail_nomem(err);
    }
    m->outputs = m->class_count;
    return IMGVEC_OK;
}

static imgvec_status read_content(imgvec_model *m, const iv_json *content, imgvec_error *err)
{
    const char *task, *target, *on_bad;
    iv_text text;
    iv_json_writer w;
    IV_TRY(iv_json_text(content, "task", &task, err));
    if (iv_task_from_name(task, &m->task) != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "unknown task %s", task);
    IV_TRY(iv_json_text(content, "target", &target, err));
    IV_TRY(iv_json_text(content, "on_bad", &on_bad, err));
    if (strcmp(on_bad, "drop") != 0 && strcmp(on_bad, "missing") != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "unknown on_bad %s", on_bad);
    IV_TRY(read_classes(m, content, err));
    IV_TRY(iv_decision_read(content, m->task, &m->decision, err));
    m->drop_bad = strcmp(on_bad, "drop") == 0;
    m->target = iv_strdup(m->ctx, target);
    iv_text_init(&text, m->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_value(&w, NULL, content);
    iv_text_add(&text, "\n");
    m->info = iv_text_take(&text);
    return m->target && m->info ? IMGVEC_OK : iv_fail_nomem(err);
}

static imgvec_status read_learner(imgvec_model *m, const iv_bundle *b, imgvec_error *err)
{
    bool trees = m->learner.kind == IV_XGBOOST;
    const char *name = trees ? TREES_PART : LINEAR_PART;
    const iv_part *part = iv_bundle_find(b, name);
    size_t features = (size_t)m->recipe.width;
    if (!part)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s is missing", name);
    if (trees) {
        m->learner = (iv_learner){.kind = IV_XGBOOST,
                                  .task = m->task,
                                  .class_count = m->class_count,
                                  .features = features};
        return iv_prefix(err,
                         iv_booster_load(m->ctx, part->data, part->size, m->task, m->class_count,
                                         features, &m->learner.booster, err),
                         "part %s", name);
    }
    iv_tensors *set;
    IV_TRY(iv_safetensors_parse(m->ctx, name, part->data, part->size, 0, &set, err));
    imgvec_status status =
        iv_learner_from_tensors(m->ctx, set, m->task, m->class_count, features, &m->learner, err);
    iv_tensors_free(set);
    return iv_prefix(err, status, "part %s", name);
}

/* Each block of fine-tuned outputs needs its network, and each network its block. */
static imgvec_status check_tuned(const imgvec_model *m, imgvec_error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < m->recipe.count; i++) {
        const iv_block *b = &m->recipe.blocks[i];
        if (b->kind != &iv_tuned_image_kind)
            continue;
        if (at == m->tuned.count)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "column %.60s: its network is missing",
                           b->column);
        if (iv_network_width(m->tuned.items[at++]) != iv_tuned_outputs(b))
            return iv_fail(err, IMGVEC_ERR_FORMAT, "column %.60s: a network of %d outputs for %d",
                           b->column, (int)iv_network_width(m->tuned.items[at - 1]),
                           (int)iv_tuned_outputs(b));
    }
    return at == m->tuned.count
               ? IMGVEC_OK
               : iv_fail(err, IMGVEC_ERR_FORMAT, "a fine-tuned network that nothing uses");
}

/* Everything after the bytes have proved whole. */
static imgvec_status read_parts(imgvec_model *m, iv_executor_source executors, const iv_bundle *b,
                                const imgvec_options *opts, const iv_json *manifest,
                                imgvec_error *err)
{
    const iv_json *content;
    const char *device = iv_option_device(opts, m->ctx);
    IV_TRY(iv_json_object(manifest, "content", &content, err));
    IV_TRY(read_content(m, content, err));
    if (iv_parts_have_networks(b)) {
        IV_TRY(executors(m->ctx, &m->executor, err));
        const char *precision = iv_option_text(opts, IMGVEC_OPT_PRECISION);
        IV_TRY(
            iv_parts_get_networks(b, IV_PARTS_NET, m->executor, device, precision, &m->nets, err));
        IV_TRY(iv_parts_get_networks(b, IV_PARTS_TUNED, m->executor, device, precision, &m->tuned,
                                     err));
        IV_TRY(iv_networks_widths(m->ctx, &m->nets, &m->widths, err));
    }
    IV_TRY(read_recipe(m, b, err));
    IV_TRY(check_tuned(m, err));
    IV_TRY(read_learner(m, b, err));
    IV_TRY(iv_average_get(b, (size_t)m->recipe.width, &m->average, err));
    IV_TRY(iv_oof_get(b, m->task, m->class_count, &m->oof, err));
    IV_TRY(iv_cost_get(b, &m->cost, err));
    IV_TRY(iv_insight_get(b, &m->insights, err));
    return iv_data_record_get(b, &m->data, err);
}

imgvec_status iv_model_open(imgvec_context *ctx, iv_executor_source executors, const char *path,
                            const imgvec_options *opts, imgvec_model **out, imgvec_error *err)
{
    iv_bundle b;
    iv_json_document *manifest;
    imgvec_model *m = NULL;
    IV_TRY(iv_bundle_read(ctx, path, "model", &b, &manifest, err));
    imgvec_status status = iv_model_new(ctx, opts, &m, err);
    if (status == IMGVEC_OK)
        status = iv_prefix(err, read_parts(m, executors, &b, opts, iv_json_root(manifest), err),
                           "%s", path);
    iv_json_free(manifest);
    iv_bundle_free(&b);
    if (status == IMGVEC_OK)
        *out = m;
    else
        iv_model_free(m);
    return status;
}
