#include "trainer.h"

#include "guard.h"
#include "parts.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
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
      loss_(training.loss), drop_(training.drop), part_(training.part),
      outputs_(graph.nodes[graph.count - 1].channels), optimizer_(training)
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

// On a GPU a part would only leave it idle.
int Trainer::part_count(const iv_batch &batch) const
{
    if (batch.count < 1)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: batch without images");
    if (part_ < 1 || !device_.is_cpu())
        return 1;
    return std::clamp((batch.count + part_ / 2) / part_, 1, most_parts);
}

// Images first to first + batch.count - 1 of a batch.
struct Trainer::Part {
    iv_batch batch;
    int64_t first;
};

Trainer::Part Trainer::part_of(const iv_batch &whole, int i, int parts) const
{
    int64_t first = int64_t(whole.count) * i / parts;
    Part part{whole, first};
    part.batch.count = int32_t(int64_t(whole.count) * (i + 1) / parts - first);
    part.batch.images += first * 3 * whole.height * whole.width;
    if (whole.targets)
        part.batch.targets += first * outputs_;
    return part;
}

at::Tensor Trainer::forward(const std::vector<Step> &steps, const iv_batch &batch,
                            const Mode &mode) const
{
    at::Tensor input = at::from_blob(const_cast<float *>(batch.images),
                                     {batch.count, 3, batch.height, batch.width}, at::kFloat);
    input = input.to(device_, type_).contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor out = run_steps(steps, input, mode).reshape({batch.count, outputs_});
    return type_ == at::kDouble ? out : out.to(at::kFloat);
}

at::Tensor Trainer::targets(const iv_batch &batch) const
{
    at::Tensor t =
        at::from_blob(const_cast<float *>(batch.targets), {batch.count, outputs_}, at::kFloat);
    return t.to(device_, type_ == at::kDouble ? at::kDouble : at::kFloat);
}

void Trainer::make_replicas(int parts)
{
    NotRecording mode;
    while (int(replicas_.size()) + 1 < parts)
        replicas_.emplace_back(steps_, parameters_);
    for (int i = 1; i < parts; i++)
        replicas_[size_t(i) - 1].reset(parameters_);
}

double Trainer::learn_part(const std::vector<Step> &steps, const iv_batch &part, double share,
                           uint64_t seed) const
{
    Recording mode(false);
    Mode how{true, {}};
    if (drop_)
        how.random = at::make_generator<at::CPUGeneratorImpl>(seed);
    at::Tensor loss = loss_of(loss_, forward(steps, part, how), targets(part));
    loss.mul(share).backward();
    return loss.item<double>();
}

void Trainer::forget_gradients()
{
    for (Trained &p : parameters_)
        p.value.mutable_grad().reset();
}

double Trainer::learn_parts(const iv_batch &batch, double share, uint64_t seed, int threads)
{
    int parts = part_count(batch);
    std::vector<double> losses(static_cast<size_t>(parts));
    double loss = 0;
    make_replicas(parts);
    run_parts(parts, threads, [&](int i) {
        Part part = part_of(batch, i, parts);
        const std::vector<Step> &steps = i ? replicas_[size_t(i) - 1].steps() : steps_;
        losses[size_t(i)] = learn_part(steps, part.batch, share * part.batch.count / batch.count,
                                       seed + uint64_t(part.first));
    });
    NotRecording mode;
    for (int i = 0; i < parts; i++) { // in their order: sums do not depend on the threads
        Part part = part_of(batch, i, parts);
        double count = part.batch.count;
        loss += losses[size_t(i)] * count / batch.count;
        if (i)
            replicas_[size_t(i) - 1].give(parameters_, count / (double(part.first) + count));
    }
    return loss;
}

double Trainer::learn(const iv_batch &batch, double share, uint64_t seed, int threads)
{
    try {
        return learn_parts(batch, share, seed, threads);
    } catch (...) {
        forget_gradients();
        throw;
    }
}

double Trainer::update(const iv_update &update)
{
    NotRecording mode;
    return optimizer_.update(parameters_, update);
}

void Trainer::run(const iv_batch &batch, int threads, double *outputs, double *loss)
{
    int parts = part_count(batch);
    run_parts(parts, threads, [&](int i) {
        NotRecording mode;
        Part part = part_of(batch, i, parts);
        at::Tensor out = forward(steps_, part.batch, Mode{}).to(at::kCPU, at::kDouble).contiguous();
        std::memcpy(outputs + part.first * outputs_, out.data_ptr<double>(),
                    size_t(out.numel()) * sizeof(double));
    });
    if (!loss || !batch.targets)
        return;
    NotRecording mode;
    at::Tensor out = at::from_blob(outputs, {batch.count, outputs_}, at::kDouble);
    *loss = loss_of(loss_, out, targets(batch).to(at::kCPU, at::kDouble)).item<double>();
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
