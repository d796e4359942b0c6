#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "learn/tree_check.h"
#include "learn_data.h"

static imgvec_context *ctx;

/* Two trees over two features, the second a single leaf. In the first, rows with f0 >= 0.5
 * go to node 2, which asks f1 < 1.5. */
static const char model_17[] =
    "{\"learner\":{\"attributes\":{},\"feature_names\":[],\"feature_types\":[],"
    "\"gradient_booster\":{\"model\":{\"gbtree_model_param\":{\"num_parallel_tree\":\"1\","
    "\"num_trees\":\"2\",\"size_leaf_vector\":\"0\"},\"tree_info\":[0,0],\"trees\":["
    "{\"base_weights\":[0E0,1E0,2.5E0,2E0,3E0],\"categories\":[],\"categories_nodes\":[],"
    "\"categories_segments\":[],\"categories_sizes\":[],\"default_left\":[1,0,0,0,0],\"id\":0,"
    "\"left_children\":[1,-1,3,-1,-1],\"loss_changes\":[9E0,0E0,4E0,0E0,0E0],"
    "\"parents\":[2147483647,0,0,2,2],\"right_children\":[2,-1,4,-1,-1],"
    "\"split_conditions\":[5E-1,1E0,1.5E0,2E0,3E0],\"split_indices\":[0,0,1,0,0],"
    "\"split_type\":[0,0,0,0,0],\"sum_hessian\":[9E0,3E0,6E0,3E0,3E0],"
    "\"tree_param\":{\"num_deleted\":\"0\",\"num_feature\":\"2\",\"num_nodes\":\"5\","
    "\"size_leaf_vector\":\"0\"}},"
    "{\"base_weights\":[2.5E-1],\"categories\":[],\"categories_nodes\":[],"
    "\"categories_segments\":[],\"categories_sizes\":[],\"default_left\":[0],\"id\":1,"
    "\"left_children\":[-1],\"loss_changes\":[0E0],\"parents\":[2147483647],"
    "\"right_children\":[-1],\"split_conditions\":[2.5E-1],\"split_indices\":[0],"
    "\"split_type\":[0],\"sum_hessian\":[9E0],\"tree_param\":{\"num_deleted\":\"0\","
    "\"num_feature\":\"2\",\"num_nodes\":\"1\",\"size_leaf_vector\":\"0\"}}]},"
    "\"name\":\"gbtree\"},\"learner_model_param\":{\"base_score\":\"5E-1\","
    "\"boost_from_average\":\"1\",\"num_class\":\"0\",\"num_feature\":\"2\","
    "\"num_target\":\"1\"},\"objective\":{\"name\":\"reg:squarederror\","
    "\"reg_loss_param\":{\"scale_pos_weight\":\"1\"}}},\"version\":[1,7,4]}";

/* `text` with the nth (from 1) occurrence of `find` replaced; NULL when it is not there. */
static char *replace(const char *text, const char *find, const char *by, int nth)
{
    const char *at = text - 1;
    for (int i = 0; i < nth; i++)
        if (!(at = strstr(at + 1, find)))
            return NULL;
    iv_text out;
    iv_text_init(&out, ctx);
    iv_text_add_n(&out, text, (size_t)(at - text));
    iv_text_add(&out, by);
    iv_text_add(&out, at + strlen(find));
    return iv_text_take(&out);
}

static char *must_replace(const char *text, const char *find, const char *by, int nth)
{
    char *out = replace(text, find, by, nth);
    if (!out)
        fail_msg("no %s in the model", find);
    return out;
}

/* Loads it and predicts rows with small, large, missing values; all must be finite. */
static imgvec_status try(const char *text, iv_task task, int32_t classes, size_t features,
                         imgvec_error *err)
{
    iv_booster *b;
    imgvec_status status =
        iv_booster_load(ctx, text, strlen(text), task, classes, features, &b, err);
    if (status != IMGVEC_OK)
        return status;
    float x[4 * 16], out[4 * 16];
    assert_true(features <= 16 && classes <= 16);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < features; j++)
            x[i * features + j] = i == 0 ? NAN : i == 1 ? -1e30f : i == 2 ? 1e30f : (float)j;
    iv_matrix m = {x, 4, features, NULL};
    assert_int_equal(iv_booster_predict(b, &m, 1, out, err), IMGVEC_OK);
    size_t k = task == IV_TASK_REGRESSION ? 1 : (size_t)classes;
    for (size_t i = 0; i < 4 * k; i++)
        if (!isfinite(out[i]))
            fail_msg("accepted, but the prediction is %g", out[i]);
    iv_booster_free(b);
    return IMGVEC_OK;
}

static void check_values(const char *text)
{
    const float x[] = {0, 0, 1, 1, 1, 2, NAN, 5, 1, NAN},
                want[] = {1.75f, 2.75f, 3.75f, 1.75f, 3.75f};
    float got[5];
    imgvec_error err;
    iv_booster *b;
    if (iv_booster_load(ctx, text, strlen(text), IV_TASK_REGRESSION, 0, 2, &b, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    iv_matrix m = {x, 5, 2, NULL};
    assert_int_equal(iv_booster_predict(b, &m, 2, got, NULL), IMGVEC_OK);
    for (int i = 0; i < 5; i++)
        assert_true(got[i] == want[i]);
    iv_booster_free(b);
}

static void test_layouts(void **state)
{
    check_values(model_17);
    /* What XGBoost 3.0 writes differently, and a field that nobody knows. */
    char *a = must_replace(model_17, "\"size_leaf_vector\":\"0\"},\"tree_info\"",
                           "\"num_future\":\"7\"},\"iteration_indptr\":[0,1,2],\"tree_info\"", 1);
    char *b = must_replace(a, "[1,7,4]", "[3,0,0]", 1);
    char *c = must_replace(b, "\"num_nodes\":\"5\",\"size_leaf_vector\":\"0\"",
                           "\"num_nodes\":\"5\",\"size_leaf_vector\":\"1\"", 1);
    char *d = must_replace(c, "\"num_nodes\":\"1\",\"size_leaf_vector\":\"0\"",
                           "\"num_nodes\":\"1\",\"size_leaf_vector\":\"1\"", 1);
    imgvec_error err;
    iv_tree_facts facts;
    if (iv_tree_check(ctx, d, strlen(d), IV_TASK_REGRESSION, 0, 2, &facts, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    assert_int_equal(facts.depth, 2);
    assert_true(facts.covered);
    check_values(d);
    iv_free(ctx, a);
    iv_free(ctx, b);
    iv_free(ctx, c);
    iv_free(ctx, d);
}

/* What TreeSHAP would divide by or recurse into is refused; predictions are as they were. */
static void check_refused(const char *text, const char *says)
{
    const float x[] = {0, 1};
    float terms[3], said;
    imgvec_error err;
    iv_booster *b;
    const iv_matrix m = {x, 1, 2, NULL};
    if (iv_booster_load(ctx, text, strlen(text), IV_TASK_REGRESSION, 0, 2, &b, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    assert_int_equal(iv_booster_predict(b, &m, 1, &said, NULL), IMGVEC_OK);
    assert_int_equal(iv_booster_contributions(b, &m, terms, &err), IMGVEC_ERR_UNSUPPORTED);
    if (!strstr(err.text, says))
        fail_msg("%s", err.text);
    iv_booster_free(b);
}

/* The model with a first tree of `depth` splits in a row. */
static char *deep_model(int depth)
{
    static const struct {
        const char *name, *inner, *leaf;
    } lists[] = {{"base_weights", "0E0", "1E0"}, {"default_left", "0", "0"},
                 {"loss_changes", "1E0", "0E0"}, {"split_conditions", "5E-1", "1E-3"},
                 {"split_indices", "0", "0"},    {"split_type", "0", "0"},
                 {"sum_hessian", "9E0", "1E0"}};
    iv_text t;
    iv_text_init(&t, ctx);
    const char *from = strstr(model_17, "{\"base_weights\""),
               *to = strstr(from, ",{\"base_weights");
    iv_text_add_n(&t, model_17, (size_t)(from - model_17));
    iv_text_addf(&t,
                 "{\"id\":0,\"tree_param\":{\"num_deleted\":\"0\",\"num_feature\":\"2\","
                 "\"num_nodes\":\"%d\",\"size_leaf_vector\":\"0\"}",
                 2 * depth + 1);
    /* Even nodes split, but the last; odd ones are leaves. */
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        iv_text_addf(&t, ",\"%s\":[", lists[k].name);
        for (int i = 0; i <= 2 * depth; i++)
            iv_text_addf(&t, "%s%s", i ? "," : "",
                         i % 2 == 0 && i < 2 * depth ? lists[k].inner : lists[k].leaf);
        iv_text_add(&t, "]");
    }
    for (int child = 1; child <= 2; child++) {
        iv_text_addf(&t, ",\"%s_children\":[", child == 1 ? "left" : "right");
        for (int i = 0; i <= 2 * depth; i++)
            iv_text_addf(&t, "%s%d", i ? "," : "", i % 2 == 0 && i < 2 * depth ? i + child : -1);
        iv_text_add(&t, "]");
    }
    iv_text_add(&t, ",\"parents\":[2147483647");
    for (int i = 1; i <= 2 * depth; i++)
        iv_text_addf(&t, ",%d", (i - 1) / 2 * 2);
    iv_text_add(&t, "],\"categories\":[],\"categories_nodes\":[],\"categories_segments\":[],"
                    "\"categories_sizes\":[]}");
    iv_text_add(&t, to);
    return iv_text_take(&t);
}

static void test_contributions(void **state)
{
    const float x[] = {0, 1};
    float terms[3];
    imgvec_error err;
    iv_booster *b;
    const iv_matrix m = {x, 1, 2, NULL};
    (void)state;
    char *none =
        must_replace(model_17, "\"sum_hessian\":[9E0,3E0,", "\"sum_hessian\":[9E0,0E0,", 1);
    check_refused(none, "sum_hessian");
    iv_free(ctx, none);
    char *deep = deep_model(257);
    check_refused(deep, "257 splits deep");
    iv_free(ctx, deep);
    deep = deep_model(256);
    assert_int_equal(iv_booster_load(ctx, deep, strlen(deep), IV_TASK_REGRESSION, 0, 2, &b, &err),
                     IMGVEC_OK);
    assert_int_equal(iv_booster_contributions(b, &m, terms, &err), IMGVEC_OK);
    assert_true(isfinite(terms[0]) && isfinite(terms[1]) && isfinite(terms[2]));
    iv_booster_free(b);
    iv_free(ctx, deep);
}

static const struct edit {
    const char *find, *by;
    int nth;
    const char *says; /* part of the error text */
} edits[] = {
    /* children and parents */
    {"\"left_children\":[1,", "\"left_children\":[99,", 1, "left_children"},
    {"\"left_children\":[1,", "\"left_children\":[0,", 1, "wrong children"},
    {"\"left_children\":[1,", "\"left_children\":[-2,", 1, "left_children"},
    {"\"left_children\":[1,", "\"left_children\":[-1,", 1, "tree 0"},
    {"\"left_children\":[1,", "\"left_children\":[2,", 1, "tree 0"},
    {"\"left_children\":[1,", "\"left_children\":[3,", 1, "tree 0"},
    {"\"left_children\":[1,", "\"left_children\":[4294967297,", 1, "left_children"},
    {"\"left_children\":[1,", "\"left_children\":[1.0,", 1, "left_children"},
    {"\"left_children\":[1,", "\"left_children\":[\"1\",", 1, "left_children"},
    {"\"left_children\":[1,-1,3", "\"left_children\":[1,-1,0", 1, "tree 0"},
    {"\"left_children\":[1,-1,3", "\"left_children\":[1,-1,2", 1, "tree 0"},
    {"\"left_children\":[1,-1,3", "\"left_children\":[1,0,3", 1, "tree 0"},
    {"\"right_children\":[2,-1,4", "\"right_children\":[2,-1,1", 1, "tree 0"},
    {"\"right_children\":[2,", "\"right_children\":[1,", 1, "tree 0"},
    {"\"right_children\":[-1]", "\"right_children\":[0]", 1, "tree 1"},
    {"\"parents\":[2147483647,0,0,2,2]", "\"parents\":[2147483647,0,0,2,0]", 1, "tree 0"},
    {"\"parents\":[2147483647,0,0,2,2]", "\"parents\":[4,0,0,2,2]", 1, "parent"},
    {"\"parents\":[2147483647,0,0,2,2]", "\"parents\":[2147483647,0,0,2147483647,2]", 1, "node 2"},
    /* lengths */
    {"\"left_children\":[1,-1,3,-1,-1]", "\"left_children\":[1,-1,3,-1]", 1, "num_nodes"},
    {"\"right_children\":[2,-1,4,-1,-1]", "\"right_children\":[]", 1, "right_children"},
    {"\"split_indices\":[0,0,1,0,0]", "\"split_indices\":[0,0,1]", 1, "split_indices"},
    {"\"split_conditions\":[2.5E-1]", "\"split_conditions\":[]", 1, "split_conditions"},
    {"\"default_left\":[1,", "\"default_left\":[", 1, "default_left"},
    {"\"sum_hessian\":[9E0,", "\"sum_hessian\":[", 1, "sum_hessian"},
    {"\"loss_changes\":[9E0,", "\"loss_changes\":[", 1, "loss_changes"},
    {"\"base_weights\":[0E0,", "\"base_weights\":[", 1, "base_weights"},
    {"\"split_type\":[0,0,0,0,0]", "\"split_type\":[]", 1, "split_type"},
    {"\"num_nodes\":\"5\"", "\"num_nodes\":\"6\"", 1, "num_nodes"},
    {"\"num_nodes\":\"5\"", "\"num_nodes\":\"0\"", 1, "num_nodes"},
    {"\"num_nodes\":\"5\"", "\"num_nodes\":\"-5\"", 1, "num_nodes"},
    {"\"num_nodes\":\"5\"", "\"num_nodes\":5", 1, "num_nodes"},
    /* values */
    {"\"split_indices\":[0,0,1", "\"split_indices\":[0,0,2", 1, "feature 2"},
    {"\"split_indices\":[0,0,1", "\"split_indices\":[0,0,-1", 1, "split_indices"},
    {"\"split_indices\":[0,0,1", "\"split_indices\":[0,0,2147483647", 1, "tree 0"},
    {"\"split_indices\":[0,0,1,0", "\"split_indices\":[0,0,1,2147483647", 1, "tree 0"},
    {"\"split_type\":[0,0,0", "\"split_type\":[1,0,0", 1, "split_type"},
    {"\"default_left\":[1,", "\"default_left\":[7,", 1, "default_left"},
    {"\"split_conditions\":[5E-1,1E0", "\"split_conditions\":[5E-1,NaN", 1, ""},
    {"\"split_conditions\":[5E-1,1E0", "\"split_conditions\":[5E-1,1E39", 1, "split_conditions"},
    {"\"split_conditions\":[5E-1,1E0", "\"split_conditions\":[5E-1,null", 1, "split_conditions"},
    {"\"split_conditions\":[5E-1", "\"split_conditions\":[-1E300", 1, "split_conditions"},
    {"\"split_conditions\":[2.5E-1]", "\"split_conditions\":[3.4028234E38]", 1, "float32"},
    {"\"categories\":[]", "\"categories\":[1]", 1, "categories"},
    {"\"categories_nodes\":[]", "\"categories_nodes\":[0]", 1, "categories_nodes"},
    {"\"num_deleted\":\"0\"", "\"num_deleted\":\"2\"", 1, "num_deleted"},
    /* the model around the trees */
    {"\"num_trees\":\"2\"", "\"num_trees\":\"3\"", 1, "trees"},
    {"\"num_trees\":\"2\"", "\"num_trees\":\"1\"", 1, "trees"},
    {"\"num_trees\":\"2\"", "\"num_trees\":\"0\"", 1, "num_trees"},
    {"\"num_trees\":\"2\"", "\"num_trees\":\"4294967298\"", 1, "num_trees"},
    {"\"num_parallel_tree\":\"1\"", "\"num_parallel_tree\":\"0\"", 1, "num_parallel_tree"},
    {"\"num_parallel_tree\":\"1\"", "\"num_parallel_tree\":\"3\"", 1, "num_parallel_tree"},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,1]", 1, "tree_info"},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,-1]", 1, "tree_info"},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0]", 1, "tree_info"},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,false]", 1, "tree_info"},
    {"\"tree_info\":", "\"iteration_indptr\":[0,9,2],\"tree_info\":", 1, "iteration_indptr"},
    {"\"tree_info\":", "\"iteration_indptr\":[0,2,1],\"tree_info\":", 1, "iteration_indptr"},
    {"\"tree_info\":", "\"iteration_indptr\":[],\"tree_info\":", 1, "iteration_indptr"},
    {"\"id\":1", "\"id\":0", 1, "id"},
    {"\"id\":1", "\"id\":7", 1, "id"},
    {"\"name\":\"gbtree\"", "\"name\":\"dart\"", 1, "gbtree"},
    {"\"name\":\"gbtree\"", "\"name\":\"gblinear\"", 1, "gbtree"},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"nan\"", 1, "base_score"},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"1E39\"", 1, "base_score"},
    {"\"num_class\":\"0\"", "\"num_class\":\"3\"", 1, "num_class"},
    {"\"num_target\":\"1\"", "\"num_target\":\"2\"", 1, "num_target"},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"1\"", 1, "num_feature"},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"9\"", 3, "num_feature"},
    {"reg:squarederror", "binary:logistic", 1, "objective"},
    {"reg:squarederror", "rank:pairwise", 1, "objective"},
    {"\"feature_names\":[]", "\"feature_names\":[\"a\"]", 1, "feature_names"},
    {"\"feature_types\":[]", "\"feature_types\":[\"c\",\"c\"]", 1, "feature_types"},
    {"[1,7,4]", "[99,0,0]", 1, "99"},
    {"[1,7,4]", "[1,7]", 1, "version"},
    {"[1,7,4]", "[-1,7,4]", 1, "version"},
    {"\"learner\":{", "\"learned\":{", 1, "learner"},
    {"\"trees\":[", "\"trees\":[[],", 1, "trees"},
    {"\"id\":0,", "\"id\":0,\"id\":0,", 1, ""},
};

static void test_edits(void **state)
{
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const struct edit *e = &edits[i];
        imgvec_error err;
        char *text = must_replace(model_17, e->find, e->by, e->nth);
        imgvec_status status = try(text, IV_TASK_REGRESSION, 0, 2, &err);
        if (status != IMGVEC_ERR_FORMAT && status != IMGVEC_ERR_UNSUPPORTED)
            fail_msg("%s: status %d", e->by, (int)status);
        if (!strstr(err.text, e->says))
            fail_msg("%s: the text is %s", e->by, err.text);
        iv_free(ctx, text);
    }
    print_message("# %zu edits refused\n", sizeof edits / sizeof *edits);
}

/* Every prefix, and every byte made another one: refused, or finite predictions. */
static void test_bytes(void **state)
{
    size_t size = strlen(model_17), accepted = 0;
    char *copy = iv_strdup(ctx, model_17);
    assert_non_null(copy);
    for (size_t i = 0; i < size; i++) {
        imgvec_error err;
        copy[i] = 0;
        assert_int_equal(try(copy, IV_TASK_REGRESSION, 0, 2, &err), IMGVEC_ERR_FORMAT);
        for (const char *c = "9-\",]e"; *c; c++) {
            copy[i] = *c;
            accepted += try(copy, IV_TASK_REGRESSION, 0, 2, &err) == IMGVEC_OK;
        }
        copy[i] = model_17[i];
    }
    print_message("# %zu of %zu changed bytes accepted with finite predictions\n", accepted,
                  6 * size);
    iv_free(ctx, copy);
}

/* Text that iv_booster_save gave for a small model of the task. */
static char *trained(iv_task task, int32_t classes, const char *options)
{
    learn_data d = learn_data_make(task, classes, 200, 4, 3);
    iv_matrix m = learn_data_matrix(&d);
    imgvec_options *opts;
    imgvec_error err;
    iv_booster *b;
    char *text;
    size_t size;
    assert_int_equal(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, NULL), IMGVEC_OK);
    if (options)
        assert_int_equal(imgvec_options_set_json(opts, options, NULL), IMGVEC_OK);
    iv_booster_request request = {task, classes, opts, "auto", 1, 4, 0};
    if (iv_booster_train(ctx, &request, &m, NULL, NULL, NULL, NULL, &b, &err) != IMGVEC_OK ||
        iv_booster_save(b, &text, &size, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    assert_int_equal(strlen(text), size);
    iv_booster_free(b);
    imgvec_options_free(opts);
    learn_data_free(&d);
    return text;
}

static void test_classes(void **state)
{
    static const struct edit multi[] = {
        {"\"tree_info\":[0,1,2", "\"tree_info\":[0,1,3", 1, "tree_info"},
        {"\"num_class\":\"3\"", "\"num_class\":\"4\"", 1, "num_class"},
        {"\"num_class\":\"3\"", "\"num_class\":\"4\"", 2, "num_class"},
        {"\"num_class\":\"3\"", "\"num_class\":\"0\"", 1, "num_class"},
        {"multi:softprob", "multi:softmax", 1, "objective"},
    };
    imgvec_error err;
    char *text = trained(IV_TASK_MULTICLASS, 3, NULL);
    assert_int_equal(try(text, IV_TASK_MULTICLASS, 3, 4, &err), IMGVEC_OK);
    assert_int_equal(try(text, IV_TASK_MULTICLASS, 4, 4, &err), IMGVEC_ERR_FORMAT);
    assert_int_equal(try(text, IV_TASK_MULTICLASS, 3, 5, &err), IMGVEC_ERR_FORMAT);
    assert_int_equal(try(text, IV_TASK_BINARY, 2, 4, &err), IMGVEC_ERR_FORMAT);
    for (size_t i = 0; i < sizeof multi / sizeof *multi; i++) {
        char *edited = must_replace(text, multi[i].find, multi[i].by, multi[i].nth);
        assert_int_equal(try(edited, IV_TASK_MULTICLASS, 3, 4, &err), IMGVEC_ERR_FORMAT);
        assert_non_null(strstr(err.text, multi[i].says));
        iv_free(ctx, edited);
    }
    /* Another class for one tree is sound. */
    char *edited = must_replace(text, "\"tree_info\":[0,1,2", "\"tree_info\":[0,1,1", 1);
    assert_int_equal(try(edited, IV_TASK_MULTICLASS, 3, 4, &err), IMGVEC_OK);
    iv_free(ctx, edited);
    iv_free(ctx, text);
    text = trained(IV_TASK_BINARY, 2, NULL);
    assert_int_equal(try(text, IV_TASK_BINARY, 2, 4, &err), IMGVEC_OK);
    const char *score = strstr(text, "\"base_score\":\"");
    assert_non_null(score);
    char field[64];
    snprintf(field, sizeof field, "%.*s", (int)(strchr(score + 14, '"') - score), score);
    edited = must_replace(text, field, "\"base_score\":\"1.5", 1);
    assert_int_equal(try(edited, IV_TASK_BINARY, 2, 4, &err), IMGVEC_ERR_FORMAT);
    iv_free(ctx, edited);
    iv_free(ctx, text);
}

/* Layouts that training can make: pruned nodes, leaf-wise growth, several trees a round. */
static void test_trained(void **state)
{
    static const char *const parameters[] = {
        "{\"xgb.tree_method\":\"exact\",\"xgb.gamma\":\"200\",\"xgb.lambda\":\"0\"}",
        "{\"xgb.tree_method\":\"exact\",\"xgb.gamma\":\"3\"}",
        "{\"xgb.gamma\":\"3\"}",
        "{\"xgb.grow_policy\":\"lossguide\"}",
        "{\"xgb.num_parallel_tree\":\"3\"}",
        "{\"xgb.tree_method\":\"exact\"}",
        "{\"xgb.tree_method\":\"approx\"}",
        "{\"xgb.max_depth\":\"12\"}",
    };
    imgvec_error err;
    int pruned = 0;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        char *text = trained(IV_TASK_MULTICLASS, 3, parameters[i]);
        assert_int_equal(try(text, IV_TASK_MULTICLASS, 3, 4, &err), IMGVEC_OK);
        iv_free(ctx, text);
        text = trained(IV_TASK_REGRESSION, 0, parameters[i]);
        assert_int_equal(try(text, IV_TASK_REGRESSION, 0, 4, &err), IMGVEC_OK);
        for (const char *at = text; (at = strstr(at, "\"num_deleted\":\"")); at++)
            pruned += at[15] != '0';
        iv_free(ctx, text);
    }
    print_message("# %d trees with pruned nodes\n", pruned);
}

static int open_context(void **state)
{
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts), cmocka_unit_test(test_contributions),
        cmocka_unit_test(test_edits),   cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_classes), cmocka_unit_test(test_trained),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
