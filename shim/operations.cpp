#include "operations.h"

#include "convolution.h"
#include "guard.h"

#include <ATen/ops/add.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clone.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/hardsigmoid.h>
#include <ATen/ops/hardswish.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>

#include <limits>

namespace shim
{

// x may be written over.
static at::Tensor activate(at::Tensor x, iv_activation activation)
{
    switch (activation) {
    case IV_ACT_NONE:
        return x;
    case IV_ACT_RELU:
        return at::relu_(x);
    case IV_ACT_RELU6:
        return at::hardtanh_(x, 0, 6);
    case IV_ACT_SIGMOID:
        return at::sigmoid_(x);
    case IV_ACT_SILU:
        return at::silu_(x);
    case IV_ACT_HARDSWISH:
        return at::hardswish_(x);
    case IV_ACT_HARDSIGMOID:
        return at::hardsigmoid_(x);
    case IV_ACT_GELU:
        return at::gelu(x);
    default:
        throw Failure(IMGVEC_ERR_INTERNAL, "activation that the torch executor does not know");
    }
}

static at::Tensor padded(const at::Tensor &x, const Step &step, double value)
{
    return step.before.empty() ? x : at::constant_pad_nd(x, step.before, value);
}

// Padding that depends on the input's size.
static at::Tensor padded_to_same(const at::Tensor &x, const Step &step)
{
    int32_t both[2];
    for (int axis = 0; axis < 2; axis++)
        both[axis] = iv_same_padding(int32_t(x.size(2 + axis)), int32_t(step.kernel[axis]),
                                     int32_t(step.stride[axis]));
    return at::constant_pad_nd(
        x, {both[1] / 2, both[1] - both[1] / 2, both[0] / 2, both[0] - both[0] / 2}, 0);
}

static at::Tensor convolve(const Step &step, const Arguments &a)
{
    bool activated = false;
    const at::Tensor &x = a.values[0];
    at::Tensor y =
        run_convolution(step, step.same ? padded_to_same(x, step) : padded(x, step, 0), &activated);
    if (step.residual)
        y.add_(a.values[1]);
    return activated ? y : activate(y, step.activation);
}

static at::Tensor layer_norm(const Step &step, const at::Tensor &x)
{
    at::Tensor last = x.permute({0, 2, 3, 1});
    last = at::layer_norm(last, {x.size(1)}, step.weight, step.bias, step.eps);
    return last.permute({0, 3, 1, 2});
}

static at::Tensor combine(const Step &step, const Arguments &a)
{
    const at::Tensor &x = a.values[0], &y = a.values[1];
    bool add = step.op == IV_OP_ADD;
    if (!a.dies(0))
        return add ? at::add(x, y) : at::mul(x, y);
    at::Tensor into = x;
    return add ? into.add_(y) : into.mul_(y);
}

static at::Tensor linear(const Step &step, const at::Tensor &x)
{
    at::Tensor flat = x.reshape({x.size(0), x.size(1)});
    at::Tensor y = at::linear(flat, step.weight, step.bias);
    return y.reshape({x.size(0), y.size(1), 1, 1});
}

at::Tensor apply(const Step &step, Arguments &a)
{
    const at::Tensor &x = a.values[0];
    switch (step.op) {
    case IV_OP_CONV:
        return convolve(step, a);
    case IV_OP_BATCH_NORM:
        return at::batch_norm(x, step.weight, step.bias, step.mean, step.var, false, 0, step.eps,
                              true);
    case IV_OP_LAYER_NORM:
        return layer_norm(step, x);
    case IV_OP_ACTIVATION:
        return activate(a.dies(0) ? x : x.clone(), step.activation);
    case IV_OP_MAX_POOL:
        return at::max_pool2d(padded(x, step, -std::numeric_limits<double>::infinity()),
                              step.kernel, step.stride, step.pad, step.dilation, step.ceil_mode);
    case IV_OP_AVG_POOL:
        return at::avg_pool2d(padded(x, step, 0), step.kernel, step.stride, step.pad,
                              step.ceil_mode, step.count_pad);
    case IV_OP_GLOBAL_POOL:
        return at::mean(x, {2, 3}, true);
    case IV_OP_LINEAR:
        return linear(step, x);
    case IV_OP_ADD:
    case IV_OP_MUL:
        return combine(step, a);
    case IV_OP_SCALE:
        return at::mul(x, step.weight);
    case IV_OP_CONCAT:
        return at::cat(a.values, 1);
    default:
        throw Failure(IMGVEC_ERR_INTERNAL, "operation that the torch executor does not know");
    }
}

} // namespace shim
