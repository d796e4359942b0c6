// A graph with its weights in torch's terms: what both inference and training walk over.
#ifndef SHIM_PLAN_H
#define SHIM_PLAN_H

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "io/tensors.h"
#include "net/graph.h"

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
    double eps = 0, momentum = 0, drop = 0;
    int stage = 0;
    int readers = 0; // steps that take its value
    std::vector<int> inputs;
    std::vector<int> last; // values that nothing needs after this step
    std::vector<int64_t> kernel, stride, pad, dilation;
    std::vector<int64_t>
        before; // padding of its own before the operation: left, right, top, bottom
    at::Tensor weight, bias, mean, var;
    c10::IValue packed; // a convolution's weights in oneDNN's layout, instead of weight
};

// One entry of the state_dict; value is the very tensor that a step computes with.
struct Parameter {
    std::string name;
    at::Tensor value;
    int stage;
    bool norm;      // of a batch norm
    bool statistic; // of it, not trained
};

// INVALID_ARGUMENT and UNSUPPORTED name what is not there.
at::Device choose_device(const std::string &device);
at::ScalarType choose_type(const std::string &precision, const at::Device &device);

// Steps of the nodes up to `last`. parameters (may be null) gets what they hold.
std::vector<Step> plan_steps(const iv_graph &graph, const iv_tensors &weights, int last,
                             at::Device device, at::ScalarType type,
                             std::vector<Parameter> *parameters);

} // namespace shim

#endif
