#include "learn/tree_check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/json.h"
#include "learn/booster.h"
#include "learn/booster_params.h"

/* XGBoost's marks: the root's parent, and the split index of a pruned node. */
#define NO_PARENT INT32_MAX
#define PRUNED INT32_MAX

#define NEWEST_LAYOUT 3 /* major version of XGBoost that this file was written for */

typedef struct check {
    imgvec_context *ctx;
    iv_task task;
    int64_t groups; /* trees of one round and one parallel tree */
    int64_t features;
    int64_t trees;
    double *reach; /* for each group: largest sum of leaf values */
    /* One tree. */
    int64_t nodes;
    int32_t *left, *right, *parent, *split, *type, *depth;
    float *condition, *cover;
    iv_tree_facts facts; /* so far */
    void *memory;
    size_t capacity;
} check;

static imgvec_status bad(imgvec_error *err, const char *what)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "%s", what);
}

/* XGBoost writes its parameters as text. */
static imgvec_status param(const iv_json *object, const char *name, int64_t min, int64_t max,
                           int64_t *out, imgvec_error *err)
{
    const char *text;
    IV_TRY(iv_json_text(object, name, &text, err));
    if (!iv_parse_i64(text, strlen(text), out) || *out < min || *out > max)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s is \"%.40s\", not between %lld and %lld", name,
                       text, (long long)min, (long long)max);
    return IMGVEC_OK;
}

static imgvec_status array_of(const iv_json *object, const char *name, int64_t count,
                              const iv_json **out, imgvec_error *err)
{
    IV_TRY(iv_json_array(object, name, out, err));
    if ((int64_t)(*out)->count != count)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s has %u values instead of %lld", name,
                       (*out)->count, (long long)count);
    return IMGVEC_OK;
}

static imgvec_status integers(const iv_json *object, const char *name, int64_t count, int64_t min,
                              int64_t max, int32_t *out, imgvec_error *err)
{
    const iv_json *array;
    IV_TRY(array_of(object, name, count, &array, err));
    size_t i = 0;
    for (const iv_json *v = array->as.first; v; v = v->next, i++) {
        int64_t value = v->type == IV_JSON_BOOL ? v->as.boolean : v->as.integer;
        if ((v->type != IV_JSON_INT && v->type != IV_JSON_BOOL) || value < min || value > max)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "%s[%zu] is no number between %lld and %lld",
                           name, i, (long long)min, (long long)max);
        if (out)
            out[i] = (int32_t)value;
    }
    return IMGVEC_OK;
}

static imgvec_status numbers(const iv_json *object, const char *name, int64_t count, float *out,
                             imgvec_error *err)
{
    const iv_json *array;
    IV_TRY(array_of(object, name, count, &array, err));
    size_t i = 0;
    for (const iv_json *v = array->as.first; v; v = v->next, i++) {
        double value = v->type == IV_JSON_INT ? (double)v->as.integer : v->as.number;
        if ((v->type != IV_JSON_INT && v->type != IV_JSON_DOUBLE) || !(fabs(value) <= FLT_MAX))
            return iv_fail(err, IMGVEC_ERR_FORMAT, "%s[%zu] is no finite number", name, i);
        if (out)
            out[i] = (float)value;
    }
    return IMGVEC_OK;
}

static imgvec_status empty_if_there(const iv_json *object, const char *name, imgvec_error *err)
{
    const iv_json *v = iv_json_get(object, name);
    if (v && (v->type != IV_JSON_ARRAY || v->count != 0))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s is not empty", name);
    return IMGVEC_OK;
}

/* Tables of categories (XGBoost 3.1): we hand it numbers only. */
static imgvec_status no_categories(const iv_json *object, imgvec_error *err)
{
    const iv_json *cats = iv_json_get(object, "cats");
    if (!cats)
        return IMGVEC_OK;
    if (cats->type != IV_JSON_OBJECT)
        return bad(err, "cats is no object");
    for (const iv_json *v = cats->as.first; v; v = v->next)
        IV_TRY(empty_if_there(cats, v->name, err));
    return IMGVEC_OK;
}

/* Room for the arrays of one tree; they share one block that grows. */
static imgvec_status reserve_nodes(check *c, int64_t nodes, imgvec_error *err)
{
    size_t n = (size_t)nodes;
    if (n > c->capacity) {
        iv_free(c->ctx, c->memory);
        c->capacity = 0;
        c->memory = iv_alloc_n(c->ctx, n, 6 * sizeof(int32_t) + 2 * sizeof(float));
        if (!c->memory)
            return iv_fail_nomem(err);
        c->capacity = n;
    }
    int32_t *at = c->memory;
    c->nodes = nodes;
    c->left = at;
    c->right = at + n;
    c->parent = at + 2 * n;
    c->split = at + 3 * n;
    c->type = at + 4 * n;
    c->depth = at + 5 * n;
    c->condition = (float *)(at + 6 * n);
    c->cover = c->condition + n;
    return IMGVEC_OK;
}

static imgvec_status read_tree(check *c, const iv_json *tree, int64_t id, int64_t *pruned,
                               imgvec_error *err)
{
    const iv_json *params;
    const iv_json *first;
    int64_t value, nodes;
    if (tree->type != IV_JSON_OBJECT)
        return bad(err, "is no object");
    IV_TRY(iv_json_i64(tree, "id", id, id, &value, err));
    IV_TRY(iv_json_object(tree, "tree_param", &params, err));
    IV_TRY(iv_json_array(tree, "left_children", &first, err));
    IV_TRY(param(params, "num_nodes", 1, INT32_MAX - 1, &nodes, err));
    if (nodes != (int64_t)first->count)
        return bad(err, "num_nodes is not the length of left_children");
    IV_TRY(param(params, "num_feature", c->features, c->features, &value, err));
    IV_TRY(param(params, "num_deleted", 0, nodes - 1, pruned, err));
    IV_TRY(param(params, "size_leaf_vector", 0, 1, &value, err));
    IV_TRY(reserve_nodes(c, nodes, err));
    IV_TRY(integers(tree, "left_children", nodes, -1, nodes - 1, c->left, err));
    IV_TRY(integers(tree, "right_children", nodes, -1, nodes - 1, c->right, err));
    IV_TRY(integers(tree, "parents", nodes, 0, INT32_MAX, c->parent, err));
    IV_TRY(integers(tree, "split_indices", nodes, 0, INT32_MAX, c->split, err));
    IV_TRY(integers(tree, "split_type", nodes, 0, 0, c->type, err));
    IV_TRY(integers(tree, "default_left", nodes, 0, 1, NULL, err));
    IV_TRY(numbers(tree, "split_conditions", nodes, c->condition, err));
    IV_TRY(numbers(tree, "base_weights", nodes, NULL, err));
    IV_TRY(numbers(tree, "loss_changes", nodes, NULL, err));
    IV_TRY(numbers(tree, "sum_hessian", nodes, c->cover, err));
    IV_TRY(empty_if_there(tree, "categories", err));
    IV_TRY(empty_if_there(tree, "categories_nodes", err));
    IV_TRY(empty_if_there(tree, "categories_segments", err));
    return empty_if_there(tree, "categories_sizes", err);
}

/* A child has a larger number than its parent, so that every walk ends, and each node is the
 * child of the one node that it names as its parent. */
static imgvec_status check_node(const check *c, int64_t i, imgvec_error *err)
{
    int32_t l = c->left[i], r = c->right[i], p = c->parent[i];
    if (i == 0 ? p != NO_PARENT : p >= i || (c->left[p] != i && c->right[p] != i))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "node %lld has a wrong parent", (long long)i);
    if (i > 0 && c->split[p] == PRUNED)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "node %lld hangs on a pruned node", (long long)i);
    if (l == -1 && r == -1)
        return IMGVEC_OK;
    if (l <= i || r <= i || l == r)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "node %lld has wrong children %d and %d",
                       (long long)i, (int)l, (int)r);
    if (c->parent[l] != i || c->parent[r] != i || c->split[l] == PRUNED || c->split[r] == PRUNED)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "node %lld has children that are not its own",
                       (long long)i);
    if (c->split[i] >= c->features)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "node %lld splits on feature %d of %lld",
                       (long long)i, (int)c->split[i], (long long)c->features);
    return IMGVEC_OK;
}

/* Of a node that passed, after its parent. */
static void note_facts(check *c, int64_t i)
{
    c->depth[i] = i == 0 ? 0 : c->depth[c->parent[i]] + 1;
    if (c->depth[i] > c->facts.depth)
        c->facts.depth = c->depth[i];
    c->facts.covered = c->facts.covered && c->cover[i] > 0;
}

static imgvec_status check_tree(check *c, const iv_json *tree, int64_t id, int32_t group,
                                imgvec_error *err)
{
    int64_t pruned, found = 0;
    double largest = 0;
    IV_TRY(read_tree(c, tree, id, &pruned, err));
    for (int64_t i = 0; i < c->nodes; i++) {
        if (i > 0 && c->split[i] == PRUNED) {
            found++;
            continue;
        }
        IV_TRY(check_node(c, i, err));
        note_facts(c, i);
        if (c->left[i] == -1)
            largest = fmax(largest, fabs((double)c->condition[i]));
    }
    if (found != pruned)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "num_deleted is %lld, not %lld", (long long)pruned,
                       (long long)found);
    c->reach[group] += largest;
    return IMGVEC_OK;
}

static imgvec_status check_rounds(const check *c, const iv_json *model, imgvec_error *err)
{
    const iv_json *indptr = iv_json_get(model, "iteration_indptr"); /* since 2.0 */
    if (!indptr)
        return IMGVEC_OK;
    int64_t last = 0;
    if (indptr->type != IV_JSON_ARRAY || indptr->count < 1)
        return bad(err, "iteration_indptr is no list");
    for (const iv_json *v = indptr->as.first; v; v = v->next) {
        bool start = v == indptr->as.first;
        if (v->type != IV_JSON_INT || v->as.integer < last || v->as.integer > c->trees ||
            (start && v->as.integer != 0) || (!start && v->as.integer == last))
            return bad(err, "iteration_indptr does not rise from 0 to the number of trees");
        last = v->as.integer;
    }
    return last == c->trees ? IMGVEC_OK : bad(err, "iteration_indptr does not end with the trees");
}

static imgvec_status check_trees(check *c, const iv_json *model, imgvec_error *err)
{
    const iv_json *params, *info, *trees;
    int64_t parallel, value;
    IV_TRY(iv_json_object(model, "gbtree_model_param", &params, err));
    IV_TRY(param(params, "num_trees", 1, INT32_MAX, &c->trees, err));
    IV_TRY(param(params, "num_parallel_tree", 1, c->trees, &parallel, err));
    if (iv_json_get(params, "size_leaf_vector"))
        IV_TRY(param(params, "size_leaf_vector", 0, 1, &value, err));
    if (parallel > c->trees / c->groups || c->trees % (parallel * c->groups) != 0)
        return bad(err, "num_trees is no whole number of rounds");
    IV_TRY(array_of(model, "trees", c->trees, &trees, err));
    IV_TRY(integers(model, "tree_info", c->trees, 0, c->groups - 1, NULL, err));
    IV_TRY(iv_json_array(model, "tree_info", &info, err));
    IV_TRY(check_rounds(c, model, err));
    IV_TRY(no_categories(model, err));
    int64_t id = 0;
    const iv_json *group = info->as.first;
    for (const iv_json *tree = trees->as.first; tree; tree = tree->next, id++) {
        if (group->type != IV_JSON_INT)
            return bad(err, "tree_info is no list of integers");
        IV_TRY(iv_prefix(err, check_tree(c, tree, id, (int32_t)group->as.integer, err), "tree %lld",
                         (long long)id));
        group = group->next;
    }
    return IMGVEC_OK;
}

/* "5E-1", or "[5E-1]" since XGBoost 3.1. */
static imgvec_status check_base_score(const check *c, const iv_json *params, double *out,
                                      imgvec_error *err)
{
    const char *text;
    IV_TRY(iv_json_text(params, "base_score", &text, err));
    size_t length = strlen(text);
    if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (!iv_parse_f64(text, length, out) || !(fabs(*out) <= FLT_MAX))
        return bad(err, "base_score is no finite number");
    if (c->task == IV_TASK_BINARY && !(*out > 0 && *out < 1))
        return bad(err, "base_score is no probability");
    return IMGVEC_OK;
}

static imgvec_status check_version(const iv_json *root, imgvec_error *err)
{
    int32_t version[3];
    int32_t newest = (int32_t)strtol(iv_booster_version(), NULL, 10);
    if (newest < NEWEST_LAYOUT)
        newest = NEWEST_LAYOUT;
    IV_TRY(integers(root, "version", 3, 0, INT32_MAX, version, err));
    if (version[0] < 1)
        return bad(err, "version is older than XGBoost 1.0");
    if (version[0] > newest)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "made by XGBoost %d.%d.%d; this library reads up to version %d",
                       (int)version[0], (int)version[1], (int)version[2], (int)newest);
    return IMGVEC_OK;
}

static imgvec_status check_learner(const check *c, const iv_json *learner, double *base_score,
                                   imgvec_error *err)
{
    const iv_json *params, *objective, *softmax;
    const char *name;
    int64_t value;
    bool multi = c->task == IV_TASK_MULTICLASS;
    IV_TRY(iv_json_object(learner, "learner_model_param", &params, err));
    IV_TRY(param(params, "num_feature", c->features, c->features, &value, err));
    IV_TRY(param(params, "num_class", multi ? c->groups : 0, multi ? c->groups : 1, &value, err));
    if (iv_json_get(params, "num_target"))
        IV_TRY(param(params, "num_target", 1, 1, &value, err));
    IV_TRY(check_base_score(c, params, base_score, err));
    IV_TRY(iv_json_object(learner, "objective", &objective, err));
    IV_TRY(iv_json_text(objective, "name", &name, err));
    if (strcmp(name, iv_booster_objective(c->task)) != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "objective %.40s instead of %s", name,
                       iv_booster_objective(c->task));
    if (multi) {
        IV_TRY(iv_json_object(objective, "softmax_multiclass_param", &softmax, err));
        IV_TRY(param(softmax, "num_class", c->groups, c->groups, &value, err));
    }
    IV_TRY(no_categories(learner, err));
    IV_TRY(empty_if_there(learner, "feature_names", err));
    return empty_if_there(learner, "feature_types", err);
}

static imgvec_status check_root(check *c, const iv_json *root, imgvec_error *err)
{
    const iv_json *learner, *booster, *model;
    const char *name;
    double base_score;
    IV_TRY(check_version(root, err));
    IV_TRY(iv_json_object(root, "learner", &learner, err));
    IV_TRY(check_learner(c, learner, &base_score, err));
    IV_TRY(iv_json_object(learner, "gradient_booster", &booster, err));
    IV_TRY(iv_json_text(booster, "name", &name, err));
    if (strcmp(name, "gbtree") != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "gradient booster %.40s is not gbtree", name);
    IV_TRY(iv_json_object(booster, "model", &model, err));
    IV_TRY(check_trees(c, model, err));
    for (int64_t g = 0; g < c->groups; g++)
        if (!(c->reach[g] + fabs(base_score) < FLT_MAX))
            return bad(err, "leaf values add up past the range of float32");
    return IMGVEC_OK;
}

imgvec_status iv_tree_check(imgvec_context *ctx, const char *data, size_t size, iv_task task,
                            int32_t class_count, size_t features, iv_tree_facts *facts,
                            imgvec_error *err)
{
    iv_json_document *doc = NULL;
    imgvec_status status;
    check c = {.ctx = ctx, .task = task, .features = (int64_t)features, .facts = {.covered = true}};
    c.groups = task == IV_TASK_MULTICLASS ? class_count : 1;
    if (features < 1 || features >= INT32_MAX || c.groups < 1)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "trees: %zu features, %d classes", features,
                       (int)class_count);
    c.reach = iv_calloc(ctx, (size_t)c.groups, sizeof *c.reach);
    if (!c.reach)
        return iv_fail_nomem(err);
    /* The size is the caller's to limit. */
    IV_DO(iv_json_parse(ctx, data, size, 0, size ? size : 1, &doc, err));
    IV_DO(check_root(&c, iv_json_root(doc), err));
    if (facts)
        *facts = c.facts;
done:
    iv_json_free(doc);
    iv_free(ctx, c.memory);
    iv_free(ctx, c.reach);
    return iv_prefix(err, status, "trees");
}
