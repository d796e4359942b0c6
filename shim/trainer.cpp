#include "trainer.h"

#include "guard.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>

#include <cstring>

namespace shim
{

// The calling thread's modes are a host's business: each entry sets what it needs and gives
// it back. InferenceMode(false) also turns the recording of gradients on.
using Recording = c10::InferenceMode;

struct NotRecording {
    c10::InferenceMode outside{false};
    at::NoGradGuard no_gradients;
};

Trainer::Trainer(const iv_graph &graph, const iv_tensors &weights, const iv_trainer_spec &training)
    : device_(choose_device(training.device)), type_(choose_type(training.precision, device_)),
      loss_(training.loss), drop_(training.drop), outputs_(graph.nodes[graph.count - 1].channels),
      optimizer_(training)
{
    NotRecording mode;
    std::vector<Parameter> parameters;
    at::ScalarType kept = type_ == at::kBFloat16 ? at::kFloat : type_;
    steps_ = plan_steps(graph, weights, int(graph.count) - 1, device_, kept, &parameters);
    for (Parameter &p : parameters) {
        by_name_.emplace(p.name, parameters_.size());
        Trained made;
        static_cast<Parameter &>(made) = std::move(p);
        parameters_.push_back(std::move(made));
    }
    choose_trained(training);
}

void Trainer::choose_trained(const iv_trainer_spec &training)
{
    bool any = false;
    for (Trained &p : parameters_) {
        if (p.stage < 0 || p.stage >= training.stage_count)
            throw Failure(IMGVEC_ERR_INTERNAL, "training: no rate for the stage of " + p.name);
        bool fixed = p.statistic || (p.norm && training.freeze_norms);
        p.rate = fixed ? 0 : training.stage_rates[p.stage];
        if (p.rate > 0)
            p.value.set_requires_grad(true);
        any = any || p.rate > 0;
    }
    if (!any)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: every stage is frozen");
}

at::Tensor Trainer::forward(const iv_batch &batch, const Mode &mode) const
{
    if (batch.count < 1)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: batch without images");
    at::Tensor input = at::from_blob(const_cast<float *>(batch.images),
                                     {batch.count, 3, batch.height, batch.width}, at::kFloat);
    input = input.to(device_, type_).contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor out = run_steps(steps_, input, mode).reshape({batch.count, outputs_});
    return type_ == at::kDouble ? out : out.to(at::kFloat);
}

at::Tensor Trainer::targets(const iv_batch &batch) const
{
    at::Tensor t =
        at::from_blob(const_cast<float *>(batch.targets), {batch.count, outputs_}, at::kFloat);
    return t.to(device_, type_ == at::kDouble ? at::kDouble : at::kFloat);
}

double Trainer::learn(const iv_batch &batch, double share, uint64_t seed)
{
    Recording mode(false);
    Mode how{true, {}};
    if (drop_)
        how.random = at::make_generator<at::CPUGeneratorImpl>(seed);
    try {
        at::Tensor loss = loss_of(loss_, forward(batch, how), targets(batch));
        loss.mul(share).backward();
        return loss.item<double>();
    } catch (...) {
        for (Trained &p : parameters_)
            p.value.mutable_grad().reset();
        throw;
    }
}

double Trainer::update(const iv_update &update)
{
    NotRecording mode;
    return optimizer_.update(parameters_, update);
}

void Trainer::run(const iv_batch &batch, double *outputs, double *loss)
{
    NotRecording mode;
    at::Tensor out = forward(batch, Mode{});
    if (loss && batch.targets)
        *loss = loss_of(loss_, out, targets(batch)).item<double>();
    out = out.to(at::kCPU, at::kDouble).contiguous();
    std::memcpy(outputs, out.data_ptr<double>(), size_t(out.numel()) * sizeof(double));
}

Trained &Trainer::find(const std::string &name, size_t count)
{
    auto found = by_name_.find(name);
    if (found == by_name_.end())
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: no parameter " + name);
    Trained &p = parameters_[found->second];
    if (size_t(p.value.numel()) != count)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: " + name + " has " +
                                                       std::to_string(p.value.numel()) +
                                                       " values, not " + std::to_string(count));
    return p;
}

// Undefined where there is nothing yet.
static at::Tensor &slot_of(Trained &p, iv_slot slot)
{
    if (p.statistic && slot != IV_SLOT_VALUE)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: " + p.name + " is not trained");
    switch (slot) {
    case IV_SLOT_VALUE:
        return p.value;
    case IV_SLOT_GRADIENT:
        return p.value.mutable_grad();
    case IV_SLOT_MOMENT:
        return p.moment;
    case IV_SLOT_SQUARES:
        return p.squares;
    default:
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: slot that is not known");
    }
}

void Trainer::read(iv_slot slot, const std::string &name, double *values, size_t count)
{
    NotRecording mode;
    const at::Tensor &from = slot_of(find(name, count), slot);
    if (!from.defined()) {
        std::memset(values, 0, count * sizeof(double));
        return;
    }
    at::Tensor plain = from.detach().to(at::kCPU, at::kDouble).contiguous();
    std::memcpy(values, plain.data_ptr<double>(), count * sizeof(double));
}

void Trainer::write(iv_slot slot, const std::string &name, const double *values, size_t count)
{
    NotRecording mode;
    Trained &p = find(name, count);
    if (slot == IV_SLOT_GRADIENT)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: gradients are read only");
    at::Tensor &to = slot_of(p, slot);
    if (!to.defined())
        to = at::zeros_like(p.value);
    to.copy_(at::from_blob(const_cast<double *>(values), p.value.sizes(), at::kDouble));
}

} // namespace shim
