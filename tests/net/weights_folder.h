/* A folder of weights files that a test makes. */
#ifndef TEST_NET_WEIGHTS_FOLDER_H
#define TEST_NET_WEIGHTS_FOLDER_H

#include "test.h"

#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "fake_executor.h"
#include "io/safetensors.h"
#include "net/match.h"
#include "net/network.h"

typedef struct folder {
    imgvec_context *ctx;
    char path[64];
} folder;

static inline void folder_begin(folder *f, imgvec_context *ctx)
{
    f->ctx = ctx;
    strcpy(f->path, "/tmp/imgvec-test-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    setenv("XDG_DATA_HOME", "/nowhere", 1);
    unsetenv("IMGVEC_WEIGHTS");
}

static inline void folder_end(const folder *f)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", f->path);
    assert_int_equal(system(command), 0);
}

static inline void put(const folder *f, const char *name, const char *content)
{
    char path[256];
    imgvec_error err;
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    assert_ok(iv_file_write(f->ctx, path, content, strlen(content), &err));
}

/* Weights of a definition, saved under a name; metadata in pairs. */
static inline void save(const folder *f, const char *id, iv_variant variant, const char *name,
                        const char *meta, const char *value)
{
    iv_graph *graph = NULL;
    iv_tensors *set = NULL;
    imgvec_error err;
    char path[256];
    void *data;
    size_t size;
    assert_ok(iv_backbone_build(f->ctx, iv_backbone_find(id), variant, &graph, &err));
    assert_ok(iv_weights_random(graph, 1, &set, &err));
    if (meta)
        assert_ok(iv_tensors_set_meta(set, meta, value, &err));
    assert_ok(iv_safetensors_bytes(f->ctx, set, &data, &size, &err));
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    assert_ok(iv_file_write(f->ctx, path, data, size, &err));
    iv_free(f->ctx, data);
    iv_tensors_free(set);
    iv_graph_free(graph);
}

static inline imgvec_status load(const folder *f, const char *id, const char *name,
                                 iv_network **net, imgvec_error *err)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    iv_network_request request = {.backbone = id,
                                  .weights = path,
                                  .weights_dir = "",
                                  .device = "cpu",
                                  .precision = "float32"};
    return iv_network_load(f->ctx, &fake_executor, &request, net, err);
}

static inline void loads_as(const folder *f, const char *id, const char *name, const char *variant,
                            int resize, int crop, int bicubic, float mean)
{
    iv_network *net = NULL;
    imgvec_error err;
    assert_ok(load(f, id, name, &net, &err));
    const iv_input_spec *in = iv_network_input(net);
    const char *is = iv_tensors_meta(iv_network_tensors(net), "variant");
    assert_string_equal(is ? is : "", variant);
    assert_int_equal(in->resize, resize);
    assert_int_equal(in->crop, crop);
    assert_int_equal(in->bicubic, bicubic);
    assert_float_equal(in->mean[0], mean, 1e-6);
    iv_network_free(net);
}

#endif
