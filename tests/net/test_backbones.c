/* Backbones against the published figures and the reference's state_dict names. */
#include "test.h"

#include <math.h>

#include "base/mem.h"
#include "formula.h"
#include "kit.h"
#include "net/backbones.h"
#include "net/match.h"
#include "net/shape.h"

/* Behind the features: read by a classifier, not by us. */
static bool behind(const char *name)
{
    static const char *const starts[] = {"fc.",        "classifier.",  "head.",
                                         "conv_head.", "last_linear.", "AuxLogits."};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static bool ends(const char *name, const char *with)
{
    size_t n = strlen(name), m = strlen(with);
    return n >= m && strcmp(name + n - m, with) == 0;
}

static bool counter(const char *name)
{
    return ends(name, ".num_batches_tracked");
}

static size_t parameters_of(const iv_graph *graph)
{
    size_t total = 0;
    for (size_t i = 0; i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        total += (size_t)iv_node_parameters(graph, i, list);
    }
    return total;
}

/* Sides of 1 at the end do not count: a linear layer is a 1x1 convolution. */
static void check_shape(const iv_tensor *t, const iv_parameter *p)
{
    for (int k = 0; k < t->rank || k < p->rank; k++)
        assert_int_equal(k < p->rank ? p->shape[k] : 1, k < t->rank ? t->shape[k] : 1);
}

/* Names of the kit: <id> for the default, <id>.<variant> for the others. */
static void key_of(const iv_backbone *b, int definition, char out[96])
{
    const char *name = iv_variant_name(iv_backbone_definition(b, definition));
    snprintf(out, 96, definition ? "%s.%s" : "%s", b->id, name);
}

/* false: there is no kit. */
static bool compare_keys(imgvec_context *ctx, const iv_backbone *b, int definition)
{
    char key[96];
    imgvec_error err;
    iv_graph *graph = NULL;
    iv_tensors *weights = NULL;
    iv_variant variant = iv_backbone_definition(b, definition), found = IV_VARIANT_COUNT;
    key_of(b, definition, key);
    if (kit_lacks(b->id, iv_variant_name(variant)) || variant == IV_DLI14 || variant == IV_TV_FILE)
        return true; /* the kit has a renaming for those, without keys of their own */
    iv_tensors *keys = formula_state(ctx, key, 1, NULL);
    if (!keys)
        return false;
    assert_ok(iv_backbone_build(ctx, b, variant, &graph, &err));
    size_t wanted = 0;
    for (size_t i = 0; i < keys->count; i++) {
        const iv_tensor *t = &keys->items[i];
        iv_parameter p;
        if (counter(t->name))
            continue;
        if (iv_graph_find(graph, t->name, &p)) {
            wanted++;
            check_shape(t, &p);
        } else if (!behind(t->name)) {
            fail_msg("%s has no %s", key, t->name);
        }
    }
    assert_int_equal(parameters_of(graph), wanted);
    /* The keys alone tell the variant, but for names that two networks share. */
    char label[128] = "weights.safetensors";
    if (variant != IV_TORCHVISION &&
        (strncmp(b->id, "efficientnet", 12) == 0 || strcmp(b->id, "mobilenetv3_large") == 0))
        snprintf(label, sizeof label, "%s-%s.safetensors", b->id, iv_variant_name(variant));
    assert_ok(iv_weights_variant(ctx, b, label, keys, &found, &err));
    assert_int_equal(found, variant);
    assert_ok(iv_weights_match(b, graph, label, keys, &weights, &err));
    assert_int_equal(weights->count, wanted);
    print_message("%-26s %zu names and shapes equal\n", key, wanted);
    iv_tensors_free(weights);
    iv_tensors_free(keys);
    iv_graph_free(graph);
    return true;
}

/* Each definition of each backbone, from the `first` on; skips the test without a kit. */
static void compare_all(bool (*compare)(imgvec_context *ctx, const iv_backbone *b, int definition),
                        int first)
{
    imgvec_context *ctx = test_context();
    bool kit = true;
    for (size_t i = 0; kit && i < iv_backbone_count(); i++)
        for (int k = first; kit && k < iv_backbone_definitions(iv_backbone_at(i)); k++)
            kit = compare(ctx, iv_backbone_at(i), k);
    imgvec_context_free(ctx);
    if (!kit)
        skip();
}

static void names_and_shapes_are_the_references(void **state)
{
    (void)state;
    compare_all(compare_keys, 0);
}

/* Node and role of a name, as one number; -1 when the graph has no such entry. */
static long place(const iv_graph *graph, const char *name)
{
    iv_parameter p;
    const iv_node *n = iv_graph_find(graph, name, &p);
    return n ? (long)(n - graph->nodes) * IV_NODE_PARAMETERS + p.role : -1;
}

/* A counter stands for the norm it counts for. */
static void without_counter(char *name)
{
    if (counter(name))
        strcpy(strrchr(name, '.'), ".running_var"); /* shorter */
}

static bool compare_names(imgvec_context *ctx, const iv_backbone *b, int definition)
{
    char key[96], fixture[160], ours[IV_NAME_MAX], theirs[IV_NAME_MAX], *text = NULL;
    char *cursor = NULL;
    imgvec_error err;
    iv_graph *graph = NULL, *other = NULL;
    size_t size = 0, mapped = 0;
    key_of(b, definition, key);
    if (kit_lacks(b->id, iv_variant_name(iv_backbone_definition(b, definition))))
        return true;
    snprintf(fixture, sizeof fixture, "parity/keymap/%s.tsv", key);
    const char *path = test_fixture(fixture);
    if (!path)
        return false;
    assert_ok(iv_file_read(ctx, path, 0, &text, &size, &err));
    assert_ok(iv_backbone_graph(ctx, b, &graph, &err));
    assert_ok(iv_backbone_build(ctx, b, iv_backbone_definition(b, definition), &other, &err));
    assert_int_equal(graph->count, other->count);
    for (char *line = strtok_r(text, "\n", &cursor); line; line = strtok_r(NULL, "\n", &cursor)) {
        if (*line == '#')
            continue;
        assert_int_equal(sscanf(line, "%159s %159s", ours, theirs), 2);
        bool counts = counter(ours);
        without_counter(ours);
        without_counter(theirs);
        if (strcmp(theirs, "-") == 0) {
            assert_true(counts || behind(ours));
        } else if (place(graph, ours) < 0 || place(graph, ours) != place(other, theirs)) {
            if (!behind(ours) || !behind(theirs))
                fail_msg("%s: %s is not %s", key, ours, theirs);
        } else {
            mapped += !counts;
        }
    }
    assert_int_equal(mapped, parameters_of(graph));
    print_message("%-26s %zu names map\n", key, mapped);
    iv_free(ctx, text);
    iv_graph_free(graph);
    iv_graph_free(other);
    return true;
}

static void names_of_all_definitions_map(void **state)
{
    (void)state;
    compare_all(compare_names, 1);
}

/* Tensors of a graph without values, as a file of it would have them. */
static iv_tensors *bare_file(imgvec_context *ctx, const char *id, iv_variant variant)
{
    imgvec_error err;
    iv_graph *graph = NULL;
    iv_tensors *set = NULL;
    assert_ok(iv_backbone_build(ctx, iv_backbone_find(id), variant, &graph, &err));
    assert_ok(iv_weights_random(graph, 1, &set, &err));
    iv_graph_free(graph);
    return set;
}

static void ambiguous_weights_are_an_error(void **state)
{
    static const struct {
        const char *label, *architecture;
        iv_variant wanted; /* IV_VARIANT_COUNT: ambiguous */
    } cases[] = {
        {"weights.pth", NULL, IV_VARIANT_COUNT},
        {"weights.pth", "efficientnetb0", IV_VARIANT_COUNT},
        {"efficientnetb0.safetensors", NULL, IV_VARIANT_COUNT},
        {"efficientnetb0-timmy.safetensors", NULL, IV_VARIANT_COUNT},
        {"efficientnet_b00.pth", NULL, IV_VARIANT_COUNT},
        {"tf_efficientnet_b1-0f3ce85a.pth", NULL, IV_VARIANT_COUNT},
        {"efficientnetb0-timm.safetensors", NULL, IV_TIMM},
        {"efficientnetb0-timm_tf-ns.safetensors", NULL, IV_TIMM_TF},
        {"tf_efficientnet_b0_ns-c0e6a31c.pth", NULL, IV_TIMM_TF},
        {"efficientnet_b0_ra-3dd342df.pth", NULL, IV_TIMM},
        {"model.safetensors", "tf_efficientnet_b0.ns_jft_in1k", IV_TIMM_TF},
        {"model.safetensors", "efficientnet_b0", IV_TIMM},
    };
    imgvec_context *ctx = test_context();
    imgvec_error err;
    const iv_backbone *b = iv_backbone_find("efficientnetb0");
    iv_variant found = IV_VARIANT_COUNT;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_tensors *set = bare_file(ctx, b->id, IV_TIMM);
        if (cases[i].architecture)
            assert_ok(iv_tensors_set_meta(set, "architecture", cases[i].architecture, &err));
        if (cases[i].wanted == IV_VARIANT_COUNT) {
            assert_fails(iv_weights_variant(ctx, b, cases[i].label, set, &found, &err),
                         IMGVEC_ERR_DATA, "several variants of efficientnetb0: timm, timm_tf; say");
        } else {
            assert_ok(iv_weights_variant(ctx, b, cases[i].label, set, &found, &err));
            assert_int_equal(found, cases[i].wanted);
        }
        iv_tensors_free(set);
    }
    iv_tensors *set = bare_file(ctx, b->id, IV_TIMM);
    assert_ok(iv_tensors_set_meta(set, "variant", "timm_tf", &err));
    assert_ok(iv_weights_variant(ctx, b, "f", set, &found, &err));
    assert_int_equal(found, IV_TIMM_TF);
    /* A word that is none of ours is nobody's business unless it is needed. */
    assert_ok(iv_tensors_set_meta(set, "variant", "keras", &err));
    assert_fails(iv_weights_variant(ctx, b, "f", set, &found, &err), IMGVEC_ERR_DATA,
                 "variant=keras is not a variant of efficientnetb0 that these weights may be of: "
                 "choose one of timm, timm_tf");
    assert_ok(iv_weights_variant(ctx, b, "efficientnet_b0.pth", set, &found, &err));
    assert_int_equal(found, IV_TIMM);
    iv_tensors_free(set);
    imgvec_context_free(ctx);
}

static const iv_json *facts_of(const iv_json *list, const char *id)
{
    for (const iv_json *b = list->as.first; b; b = b->next) {
        const char *name = "";
        imgvec_error err;
        if (iv_json_text(b, "id", &name, &err) == IMGVEC_OK && strcmp(name, id) == 0)
            return b;
    }
    return NULL;
}

/* Trainable values of a state_dict, and what its layers behind the features multiply. */
static void count_keys(imgvec_context *ctx, const char *id, int64_t *parameters, int64_t *macs)
{
    iv_tensors *keys = formula_state(ctx, id, 1, NULL);
    assert_non_null(keys); /* the kit is there */
    *parameters = *macs = 0;
    for (size_t i = 0; i < keys->count; i++) {
        const iv_tensor *t = &keys->items[i];
        if (!counter(t->name) && !ends(t->name, ".running_mean") && !ends(t->name, ".running_var"))
            *parameters += (int64_t)t->count;
        if (behind(t->name) && strncmp(t->name, "AuxLogits.", 10) != 0 && t->rank > 1)
            *macs += (int64_t)t->count;
    }
    iv_tensors_free(keys);
}

/* What only training sees: momentum of the norms, dropout, stages that count up. */
static void check_training(const iv_graph *graph, const iv_json *facts)
{
    const iv_json *norm = iv_json_get(iv_json_get(facts, "norm"), "batch_norm");
    const iv_json *dropout = iv_json_get(facts, "train_time_dropout");
    assert_true(graph->dropout == (dropout->as.first ? kit_value(dropout->as.first) : 0));
    int32_t stage = 0;
    for (size_t i = 0; i < graph->count; i++) {
        const iv_node *n = &graph->nodes[i];
        if (n->op == IV_OP_BATCH_NORM)
            assert_true(n->momentum == kit_number(norm, "momentum"));
        assert_true(n->stage == stage || n->stage == stage + 1);
        stage = n->stage;
    }
    assert_true(iv_graph_stages(graph) >= 4 && iv_graph_stages(graph) <= 9);
}

static void figures_are_the_published_ones(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_json_document *doc = kit_json(ctx, "backbones.json");
    (void)state;
    if (!doc) {
        imgvec_context_free(ctx);
        skip();
    }
    const iv_json *list = NULL;
    assert_ok(iv_json_array(iv_json_root(doc), "backbones", &list, &err));
    for (size_t i = 0; i < iv_backbone_count(); i++) {
        const iv_backbone *b = iv_backbone_at(i);
        const iv_json *facts = facts_of(list, b->id);
        iv_graph *graph = NULL;
        int64_t macs = 0;
        assert_non_null(facts);
        assert_ok(iv_backbone_graph(ctx, b, &graph, &err));
        assert_ok(iv_graph_macs(graph, b->input.crop, b->input.crop, &macs, &err));
        int64_t parameters = iv_graph_parameter_count(graph);
        double published = kit_number(facts, "gmacs_measured_at_default_size");
        int64_t all = 0, classifier = 0;
        count_keys(ctx, b->id, &all, &classifier);
        double mine = (double)(macs + classifier) * 1e-9;
        print_message("%-16s %9lld parameters, %.4f GMACs\n", b->id, (long long)parameters, mine);
        assert_int_equal(all, (int64_t)kit_number(facts, "parameters"));
        assert_int_equal(b->parameters, parameters);
        assert_true(fabs(mine - published) <= 0.0005001);
        assert_true(fabs(b->gmacs - published) < 1e-9);
        assert_int_equal(b->width, (int)kit_number(facts, "feature_dim"));
        assert_int_equal(graph->nodes[graph->feature].channels, b->width);
        assert_true(graph->saliency < graph->feature);
        check_training(graph, facts);
        iv_graph_free(graph);
    }
    iv_json_free(doc);
    imgvec_context_free(ctx);
}

/* "23,508,032" */
static void with_commas(int64_t value, char out[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)value), at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void page_shows_the_table(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    char path[4096], *page = NULL;
    size_t size = 0;
    const char *source = getenv("IMGVEC_TEST_SOURCE");
    (void)state;
    snprintf(path, sizeof path, "%s/docs/backbones.md", source ? source : ".");
    assert_ok(iv_file_read(ctx, path, 0, &page, &size, &err));
    for (size_t i = 0; i < iv_backbone_count(); i++) {
        const iv_backbone *b = iv_backbone_at(i);
        char start[64], row[512], parameters[32];
        snprintf(start, sizeof start, "\n| %s | ", b->id);
        const char *line = strstr(page, start);
        if (!line)
            fail_msg("docs/backbones.md has no row of %s", b->id);
        line = strchr(line + strlen(start), '|'); /* behind the family */
        with_commas(b->parameters, parameters);
        int length = snprintf(row, sizeof row, "| %s | %.3f | %d | %d \u2192 %d, %s%s | ",
                              parameters, b->gmacs, (int)b->width, (int)b->input.resize,
                              (int)b->input.crop, b->input.bicubic ? "bicubic" : "bilinear",
                              b->input.mean[0] == 0.5f ? ", 0.5" : "");
        for (int k = 0; k < iv_backbone_definitions(b); k++)
            length += snprintf(row + length, sizeof row - (size_t)length, "%s%s", k ? ", " : "",
                               iv_variant_name(iv_backbone_definition(b, k)));
        snprintf(row + length, sizeof row - (size_t)length, " |\n");
        if (strncmp(line, row, strlen(row)) != 0)
            fail_msg("docs/backbones.md should say of %s: %s", b->id, row);
    }
    iv_free(ctx, page);
    imgvec_context_free(ctx);
}

/* Blocks that may be left out in training: how many, the sum of their probabilities, the last;
 * taken from torchvision 0.14's modules. */
static void blocks_are_left_out_as_in_the_reference(void **state)
{
    static const struct {
        const char *id;
        int count;
        double sum, last;
    } wanted[] = {{"efficientnetb0", 9, 0.9625, 0.175},
                  {"efficientnetb3", 19, 51.0 / 26, 5.0 / 26},
                  {"convnext_tiny", 17, 0.9, 0.1}};
    imgvec_context *ctx = test_context();
    imgvec_error err;
    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        for (int k = 0; k < iv_backbone_definitions(iv_backbone_find(wanted[i].id)); k++) {
            const iv_backbone *b = iv_backbone_find(wanted[i].id);
            iv_graph *graph = NULL;
            int count = 0;
            double sum = 0, last = 0;
            assert_ok(iv_backbone_build(ctx, b, iv_backbone_definition(b, k), &graph, &err));
            for (size_t n = 0; n < graph->count; n++)
                if (graph->nodes[n].drop > 0) {
                    count++;
                    sum += last = graph->nodes[n].drop;
                }
            bool has = iv_backbone_definition(b, k) == IV_TORCHVISION;
            assert_int_equal(count, has ? wanted[i].count : 0);
            assert_true(fabs(sum - (has ? wanted[i].sum : 0)) < 1e-9);
            assert_true(!has || fabs(last - wanted[i].last) < 1e-9);
            assert_true(has || graph->dropout == 0);
            iv_graph_free(graph);
        }
    imgvec_context_free(ctx);
}

static void table_is_sorted_and_searchable(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    const iv_backbone *found = NULL;
    (void)state;
    for (size_t i = 1; i < iv_backbone_count(); i++)
        assert_true(strcmp(iv_backbone_at(i - 1)->id, iv_backbone_at(i)->id) < 0);
    for (size_t i = 0; i < iv_backbone_count(); i++)
        assert_ptr_equal(iv_backbone_find(iv_backbone_at(i)->id), iv_backbone_at(i));
    assert_int_equal(iv_backbone_count(), 20);
    assert_null(iv_backbone_find("resnet3"));
    assert_fails(iv_backbone_need(ctx, "alexnet", &found, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "no backbone \"alexnet\"; known are: convnext_tiny, ");
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_shapes_are_the_references),
        cmocka_unit_test(names_of_all_definitions_map),
        cmocka_unit_test(ambiguous_weights_are_an_error),
        cmocka_unit_test(figures_are_the_published_ones),
        cmocka_unit_test(page_shows_the_table),
        cmocka_unit_test(blocks_are_left_out_as_in_the_reference),
        cmocka_unit_test(table_is_sorted_and_searchable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
