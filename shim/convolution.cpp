#include "convolution.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/stack.h>
#include <ATen/ops/_convolution.h>
#include <ATen/ops/conv2d.h>

namespace shim
{

// oneDNN's prepacked convolution: without it each call lays out the weights anew, which
// costs more than a third of the time of a large network at small batches. It is known
// to torch by name only, and absent where torch was built without oneDNN.
static auto find_operator(const char *name)
{
    return c10::Dispatcher::singleton().findSchema({name, ""});
}

static bool fuses_relu(const Step &step)
{
    return step.activation == IV_ACT_RELU && !step.residual;
}

static void prepack(Step &step)
{
    static const auto op = find_operator("mkldnn_prepacked::conv2d_prepack");
    static const auto run = find_operator("mkldnn_prepacked::conv2d_run");
    if (!op || !run)
        return;
    // The size is a hint for the choice of a layout; inputs of any size are taken.
    constexpr int64_t batch = 4, side = 14;
    std::vector<int64_t> input = {batch, step.weight.size(1) * step.groups, side, side};
    torch::jit::Stack stack;
    stack.emplace_back(step.weight);
    stack.emplace_back(step.bias.defined() ? c10::IValue(step.bias) : c10::IValue());
    stack.emplace_back(step.stride);
    stack.emplace_back(step.pad);
    stack.emplace_back(step.dilation);
    stack.emplace_back(step.groups);
    stack.emplace_back(input);
    stack.emplace_back(std::string(fuses_relu(step) ? "relu" : "none"));
    try {
        op->callBoxed(stack);
    } catch (const c10::Error &) {
        return; // a convolution that oneDNN does not take; the plain one does
    }
    step.packed = stack.front();
    step.weight.reset();
}

void pack_convolution(Step &step)
{
    bool fits = step.weight.is_cpu() && step.weight.scalar_type() == at::kFloat;
    for (size_t i = 0; i < step.kernel.size(); i++)
        fits = fits && step.pad[i] < step.kernel[i];
    if (fits)
        prepack(step);
}

at::Tensor run_convolution(const Step &step, const at::Tensor &x, bool *activated)
{
    *activated = false;
    if (!step.packed.isNone()) {
        static const auto op = find_operator("mkldnn_prepacked::conv2d_run");
        torch::jit::Stack stack{x, step.packed};
        op->callBoxed(stack);
        *activated = fuses_relu(step);
        return std::move(stack.front()).toTensor();
    }
    // As at::conv2d, but without TF32, whatever the process allows; it has no gradient.
    if (x.is_cuda() && !at::GradMode::is_enabled())
        return at::_convolution(x, step.weight, step.bias, step.stride, step.pad, step.dilation,
                                false, {0, 0}, step.groups, false, false, true, false);
    // In training weights may be kept in a higher precision than maps.
    at::Tensor weight = step.weight.to(x.scalar_type());
    at::Tensor bias = step.bias.defined() ? step.bias.to(x.scalar_type()) : step.bias;
    return at::conv2d(x, weight, bias, step.stride, step.pad, step.dilation, step.groups);
}

} // namespace shim
