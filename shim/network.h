// A graph with its weights on a device, ready to run.
#ifndef SHIM_NETWORK_H
#define SHIM_NETWORK_H

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "io/tensors.h"
#include "net/graph.h"

#include <memory>
#include <string>
#include <vector>

namespace shim
{

// One node, with everything torch needs already in torch's terms.
struct Step {
    iv_op op = IV_OP_INPUT;
    iv_activation activation = IV_ACT_NONE;
    bool residual = false, ceil_mode = false, count_pad = false, same = false;
    int64_t groups = 1;
    double eps = 0;
    std::vector<int> inputs;
    std::vector<int> last; // values that nothing needs after this step
    std::vector<int64_t> kernel, stride, pad, dilation;
    std::vector<int64_t>
        before; // padding of its own before the operation: left, right, top, bottom
    at::Tensor weight, bias, mean, var;
    c10::IValue packed; // a convolution's weights in oneDNN's layout, instead of weight
};

class Network
{
  public:
    Network(const iv_graph &graph, const iv_tensors &weights, const std::string &device,
            const std::string &precision);
    // features: count x width floats.
    void run(const float *images, int64_t count, int64_t height, int64_t width,
             float *features) const;

  private:
    void plan(const iv_graph &graph, const iv_tensors &weights);
    at::Tensor evaluate(at::Tensor input) const;

    std::vector<Step> steps_;
    int feature_;
    int64_t width_;
    at::Device device_;
    at::ScalarType type_;
};

} // namespace shim

#endif
