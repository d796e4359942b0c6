/* The small backbones by every way that weights may come in: safetensors, torch's zip format, and
 * the legacy one with the wrapper and the prefix that training scripts leave. Each definition's
 * file has its published name, where there is one, and gets the images of that row. Files of
 * the large ones differ in size alone, and would take minutes. */
#include "test.h"

#include "../io/make_pth.h"
#include "net/recognise.h"
#include "weights_folder.h"

#define SMALL 8000000 /* parameters */

typedef enum route { SAFETENSORS, PTH_ZIP, PTH_LEGACY, ROUTES } route;

static const char *const endings[ROUTES] = {".safetensors", ".pth", ".pt"};

/* Weights that differ from each other; none is what another network of the test has there. */
static iv_tensors *weights_of(const iv_graph *graph)
{
    iv_tensors *set = NULL;
    imgvec_error err;
    uint32_t at = 0;
    assert_ok(iv_tensors_new(graph->ctx, &set, &err));
    for (size_t i = 0; i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(graph, i, list);
        for (int k = 0; k < count; k++) {
            char name[IV_NAME_MAX];
            iv_tensor *t = NULL;
            assert_true(iv_parameter_name(&graph->nodes[i], list[k].leaf, name));
            assert_ok(iv_tensors_add(set, name, list[k].rank, list[k].shape, &t, &err));
            for (size_t n = 0; n < t->count; n++)
                t->data[n] = 0.5f + (float)(at++ * 2654435761u >> 9) * 0x1p-24f;
        }
    }
    return set;
}

/* All values in one storage, one after the other. */
static pth_bytes pth_file(const iv_tensors *set, bool legacy)
{
    pth_bytes pickle = {0}, values = {0};
    int64_t total = 0, at = 0;
    for (size_t i = 0; i < set->count; i++)
        total += (int64_t)set->items[i].count;
    values.capacity = (size_t)total * sizeof(float);
    values.data = malloc(values.capacity);
    assert_non_null(values.data);
    PTH(&pickle, "\x80\x02}");
    if (legacy) {
        pth_put_text(&pickle, "epoch");
        pth_put_int(&pickle, 90);
        PTH(&pickle, "s");
        pth_put_text(&pickle, "state_dict");
        PTH(&pickle, "}");
    }
    for (size_t i = 0; i < set->count; i++) {
        const iv_tensor *t = &set->items[i];
        char name[IV_NAME_MAX + 8];
        pth_view v = {.storage = "FloatStorage",
                      .key = "0",
                      .count = total,
                      .offset = at,
                      .rank = t->rank,
                      .legacy = legacy};
        int64_t step = 1;
        for (int k = t->rank; k-- > 0; step *= t->shape[k]) {
            v.shape[k] = t->shape[k];
            v.stride[k] = step;
        }
        snprintf(name, sizeof name, "%s%s", legacy ? "module." : "", t->name);
        pth_put_text(&pickle, name);
        pth_put_tensor(&pickle, &v);
        PTH(&pickle, "s");
        pth_put(&values, t->data, t->count * sizeof *t->data);
        at += (int64_t)t->count;
    }
    if (legacy)
        PTH(&pickle, "s");
    PTH(&pickle, ".");
    pth_storage storage = {"0", values.data, values.size, total};
    pth_bytes file = legacy ? make_pth_legacy(&pickle, &storage, 1)
                            : make_pth_zip(&pickle, &storage, 1, "little");
    free(pickle.data);
    free(values.data);
    return file;
}

/* Not waiting for the disk, as iv_file_write does: each file is gone again soon. */
static void dump(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const folder *f, const iv_tensors *set, route how, const char *path)
{
    void *data = NULL;
    size_t size = 0;
    imgvec_error err;
    if (how == SAFETENSORS) {
        assert_ok(iv_safetensors_bytes(f->ctx, set, &data, &size, &err));
        dump(path, data, size);
        iv_free(f->ctx, data);
    } else {
        pth_bytes file = pth_file(set, how == PTH_LEGACY);
        dump(path, file.data, file.size);
        free(file.data);
    }
}

static void same_weights(const iv_tensors *is, const iv_tensors *wanted)
{
    assert_int_equal(is->count, wanted->count);
    for (size_t i = 0; i < wanted->count; i++) {
        const iv_tensor *w = &wanted->items[i], *t = iv_tensors_find(is, w->name);
        assert_non_null(t);
        assert_int_equal(t->count, w->count);
        assert_memory_equal(t->data, w->data, w->count * sizeof *w->data);
    }
}

/* The row of a definition that is taken first; NULL: it has none. */
static const iv_published *row_of(const char *id, iv_variant variant)
{
    for (size_t i = 0; i < iv_published_count(); i++)
        if (strcmp(iv_published_at(i)->id, id) == 0 && iv_published_at(i)->variant == variant)
            return iv_published_at(i);
    return NULL;
}

static void goes(const folder *f, const iv_backbone *b, iv_variant variant, const iv_tensors *set,
                 route how)
{
    const iv_published *row = row_of(b->id, variant);
    char name[160], path[256];
    iv_network *net = NULL;
    imgvec_error err;
    int rank;
    if (row)
        snprintf(name, sizeof name, "%.*s%s", (int)iv_weights_stem(row->file, &rank), row->file,
                 endings[how]);
    else
        snprintf(name, sizeof name, "%s-%s%s", b->id, iv_variant_name(variant), endings[how]);
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    write_file(f, set, how, path);
    assert_ok(load(f, b->id, name, &net, &err));
    same_weights(iv_network_tensors(net), set);
    assert_memory_equal(iv_network_input(net), row ? &row->input : iv_backbone_input(b, variant),
                        sizeof(iv_input_spec));
    const char *is = iv_tensors_meta(iv_network_tensors(net), "variant");
    if (iv_backbone_definitions(b) > 1)
        assert_string_equal(is, iv_variant_name(variant));
    iv_network_free(net);
    assert_int_equal(unlink(path), 0);
}

static void small_backbones(void **state)
{
    folder f;
    imgvec_error err;
    int loaded = 0, networks = 0;
    folder_begin(&f, *state);
    for (size_t i = 0; i < iv_backbone_count(); i++) {
        const iv_backbone *b = iv_backbone_at(i);
        if (b->parameters > SMALL)
            continue;
        networks++;
        for (int k = 0; k < iv_backbone_definitions(b); k++) {
            iv_variant variant = iv_backbone_definition(b, k);
            iv_graph *graph = NULL;
            assert_ok(iv_backbone_build(f.ctx, b, variant, &graph, &err));
            iv_tensors *set = weights_of(graph);
            /* All ways for the first definition; the others' names differ, not their files. */
            for (int how = 0; how < (k ? 1 : ROUTES); how++) {
                goes(&f, b, variant, set, (route)how);
                loaded++;
            }
            iv_tensors_free(set);
            iv_graph_free(graph);
        }
    }
    print_message("%d files of %d backbones loaded\n", loaded, networks);
    assert_true(networks >= 7 && loaded >= 4 * networks);
    folder_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_backbones)};
    return cmocka_run_group_tests(tests, test_context_begin, test_context_end);
}
