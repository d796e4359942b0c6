/* The executor: whatever runs a graph. torch is one (shim/); a fake in plain C serves the
 * tests. The only arrow into shim/ is the symbol iv_torch_executor, looked up by lib/api.
 *
 * Every function returns a status and fills err; none throws, prints or exits, and none
 * leaves a global of torch changed (threads, grad mode, device, random state). */
#ifndef IV_NET_EXECUTOR_H
#define IV_NET_EXECUTOR_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/error.h>

#include "io/tensors.h"
#include "net/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IV_EXECUTOR_ABI 2u

typedef struct iv_executor {
    uint32_t abi;        /* IV_EXECUTOR_ABI */
    const char *name;    /* "torch" */
    const char *version; /* "1.13.1" */

    /* Prepares a graph with its weights for repeated runs. graph and weights are used
     * during the call only. device: "auto", "cpu", "cuda", "cuda:N"; precision:
     * "float32", "bfloat16", "float64" (tests). UNSUPPORTED names a device or precision
     * that is not there. */
    imgvec_status (*network_new)(const iv_graph *graph, const iv_tensors *weights,
                                 const char *device, const char *precision, void **out,
                                 imgvec_error *err);
    /* images: count x 3 x height x width, float32. features: count x width of the graph's
     * feature node. threads: how many threads this call may use. Many calls at once on
     * one network are fine. */
    imgvec_status (*network_run)(void *network, const float *images, int32_t count, int32_t height,
                                 int32_t width, int32_t threads, float *features,
                                 imgvec_error *err);
    void (*network_free)(void *network);

    /* out[cols * cols] = sum over rows of (x - mean)^T (x - mean); x row-major float32. */
    imgvec_status (*gram)(const float *x, size_t rows, size_t cols, const double *mean,
                          int32_t threads, double *out, imgvec_error *err);
    /* Eigenvalues (descending) and eigenvectors (row i belongs to value i) of a symmetric
     * n x n matrix. */
    imgvec_status (*eigh)(const double *matrix, size_t n, int32_t threads, double *values,
                          double *vectors, imgvec_error *err);
} iv_executor;

/* Exported by the shim. NULL when abi is not the one it was built for. */
const iv_executor *iv_torch_executor(uint32_t abi);
typedef const iv_executor *(*iv_executor_entry)(uint32_t abi);

#ifdef __cplusplus
}
#endif
#endif
