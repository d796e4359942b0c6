#include "operations.h"

#include "convolution.h"
#include "guard.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
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

struct Arguments {
    std::vector<at::Tensor> values;
    std::vector<size_t> dying; // arguments that nothing else reads: may be written over
    bool dies(size_t k) const
    {
        for (size_t d : dying)
            if (d == k)
                return true;
        return false;
    }
};

// Whether a dying value may be written over: the gradient of most activations needs what came
// in, that of these two can do with what went out.
static bool may_overwrite(iv_activation activation)
{
    return !at::GradMode::is_enabled() || activation == IV_ACT_RELU || activation == IV_ACT_RELU6;
}

// Torch 1.13 cannot differentiate these in bfloat16 on a CPU.
static bool wants_float(const at::Tensor &x, iv_activation activation)
{
    bool kinked = activation == IV_ACT_RELU6 || activation == IV_ACT_HARDSWISH ||
                  activation == IV_ACT_HARDSIGMOID;
    return kinked && x.scalar_type() == at::kBFloat16 && at::GradMode::is_enabled();
}

// over: x may be written over.
static at::Tensor activate(at::Tensor x, iv_activation activation, bool over)
{
    if (wants_float(x, activation))
        return activate(x.to(at::kFloat), activation, may_overwrite(activation)).to(at::kBFloat16);
    switch (activation) {
    case IV_ACT_NONE:
        return x;
    case IV_ACT_RELU:
        return over ? at::relu_(x) : at::relu(x);
    case IV_ACT_RELU6:
        return over ? at::hardtanh_(x, 0, 6) : at::hardtanh(x, 0, 6);
    case IV_ACT_SIGMOID:
        return over ? at::sigmoid_(x) : at::sigmoid(x);
    case IV_ACT_SILU:
        return over ? at::silu_(x) : at::silu(x);
    case IV_ACT_HARDSWISH:
        return over ? at::hardswish_(x) : at::hardswish(x);
    case IV_ACT_HARDSIGMOID:
        return over ? at::hardsigmoid_(x) : at::hardsigmoid(x);
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
    return activated ? y : activate(y, step.activation, may_overwrite(step.activation));
}

// 1 / (1 - drop) with probability 1 - drop, else 0. Drawn on the CPU, so that every device
// sees the same.
static at::Tensor mask(const at::Tensor &like, at::IntArrayRef shape, double drop,
                       const at::Generator &random)
{
    at::Tensor keep = at::empty(shape, at::kFloat).bernoulli_(1 - drop, random);
    return keep.div_(1 - drop).to(like.options());
}

static at::Tensor batch_norm(const Step &step, const at::Tensor &x, const Mode &mode)
{
    bool live = mode.train && step.weight.requires_grad();
    if (live && x.numel() / x.size(1) < 2)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT,
                      "training: batch norm of one value; take more or larger images in a batch");
    return at::batch_norm(x, step.weight, step.bias, step.mean, step.var, live, step.momentum,
                          step.eps, true);
}

// In the precision of its weights, which may be higher than that of the maps.
static at::Tensor layer_norm(const Step &step, const at::Tensor &x)
{
    at::Tensor last = x.to(step.weight.scalar_type()).permute({0, 2, 3, 1});
    last = at::layer_norm(last, {x.size(1)}, step.weight, step.bias, step.eps);
    return last.permute({0, 3, 1, 2}).to(x.scalar_type());
}

static at::Tensor combine(const Step &step, const Arguments &a, const Mode &mode)
{
    at::Tensor x = a.values[0];
    const at::Tensor &y = a.values[1];
    bool add = step.op == IV_OP_ADD;
    if (add && step.drop > 0 && mode.random.defined())
        x = at::mul(x, mask(x, {x.size(0), 1, 1, 1}, step.drop, mode.random));
    if (!a.dies(0) || at::GradMode::is_enabled())
        return add ? at::add(x, y) : at::mul(x, y);
    return add ? x.add_(y) : x.mul_(y);
}

static at::Tensor linear(const Step &step, const at::Tensor &x, const Mode &mode)
{
    at::Tensor flat = x.reshape({x.size(0), x.size(1)}).to(step.weight.scalar_type());
    if (step.drop > 0 && mode.random.defined())
        flat = at::mul(flat, mask(flat, flat.sizes(), step.drop, mode.random));
    at::Tensor y = at::linear(flat, step.weight, step.bias);
    return y.reshape({x.size(0), y.size(1), 1, 1});
}

static at::Tensor apply(const Step &step, const Arguments &a, const Mode &mode)
{
    const at::Tensor &x = a.values[0];
    switch (step.op) {
    case IV_OP_CONV:
        return convolve(step, a);
    case IV_OP_BATCH_NORM:
        return batch_norm(step, x, mode);
    case IV_OP_LAYER_NORM:
        return layer_norm(step, x);
    case IV_OP_ACTIVATION:
        return activate(x, step.activation, a.dies(0) && may_overwrite(step.activation));
    case IV_OP_MAX_POOL:
        return at::max_pool2d(padded(x, step, -std::numeric_limits<double>::infinity()),
                              step.kernel, step.stride, step.pad, step.dilation, step.ceil_mode);
    case IV_OP_AVG_POOL:
        return at::avg_pool2d(padded(x, step, 0), step.kernel, step.stride, step.pad,
                              step.ceil_mode, step.count_pad);
    case IV_OP_GLOBAL_POOL:
        return at::mean(x, {2, 3}, true);
    case IV_OP_LINEAR:
        return linear(step, x, mode);
    case IV_OP_ADD:
    case IV_OP_MUL:
        return combine(step, a, mode);
    case IV_OP_SCALE:
        return at::mul(x, step.weight.to(x.scalar_type()).reshape({-1, 1, 1}));
    case IV_OP_CONCAT:
        return at::cat(a.values, 1);
    default:
        throw Failure(IMGVEC_ERR_INTERNAL, "operation that the torch executor does not know");
    }
}

// Whether a value that no later step needs may be written over: not the caller's images, nor
// what the gradient of an earlier reader will need.
static bool may_die(const std::vector<Step> &steps, int index)
{
    return index != 0 && (steps[index].readers == 1 || !at::GradMode::is_enabled());
}

// N x C x H x W to (N H W) x C x 1 x 1.
static at::Tensor places_of(const at::Tensor &x)
{
    return x.permute({0, 2, 3, 1}).reshape({-1, x.size(1), 1, 1});
}

at::Tensor run_steps(const std::vector<Step> &steps, at::Tensor input, const Mode &mode)
{
    std::vector<at::Tensor> values(steps.size());
    values[0] = std::move(input);
    for (size_t i = 1; i < steps.size(); i++) {
        const Step &step = steps[i];
        Arguments arguments;
        for (int from : step.inputs)
            arguments.values.push_back(values[from]);
        for (int dead : step.last) {
            values[dead].reset();
            for (size_t k = 0; k < step.inputs.size(); k++)
                if (step.inputs[k] == dead && may_die(steps, dead))
                    arguments.dying.push_back(k);
        }
        values[i] =
            int(i) == mode.spread ? places_of(arguments.values[0]) : apply(step, arguments, mode);
    }
    return values.back();
}

} // namespace shim
