#include "replica.h"

#include "guard.h"

#include <unordered_map>

namespace shim
{

// The same numbers as a leaf of its own: gradients of one do not reach the other.
static at::Tensor twin_of(const Trained &p)
{
    if (p.statistic)
        return p.value.clone();
    at::Tensor twin = p.value.detach();
    twin.set_requires_grad(p.rate > 0);
    return twin;
}

Replica::Replica(const std::vector<Step> &steps, const std::vector<Trained> &parameters)
    : steps_(steps)
{
    std::unordered_map<const void *, size_t> place;
    for (size_t i = 0; i < parameters.size(); i++) {
        place.emplace(parameters[i].value.unsafeGetTensorImpl(), i);
        values_.push_back(twin_of(parameters[i]));
    }
    for (Step &step : steps_)
        for (at::Tensor *t : {&step.weight, &step.bias, &step.mean, &step.var})
            if (t->defined()) {
                auto found = place.find(t->unsafeGetTensorImpl());
                if (found == place.end())
                    throw Failure(IMGVEC_ERR_INTERNAL, "training: a step without its parameter");
                *t = values_[found->second];
            }
}

void Replica::reset(const std::vector<Trained> &parameters)
{
    for (size_t i = 0; i < values_.size(); i++)
        if (parameters[i].statistic)
            values_[i].copy_(parameters[i].value);
        else
            values_[i].mutable_grad().reset();
}

void Replica::give(std::vector<Trained> &parameters, double weight)
{
    for (size_t i = 0; i < values_.size(); i++) {
        Trained &p = parameters[i];
        at::Tensor gradient = p.statistic ? at::Tensor() : values_[i].grad();
        if (p.statistic)
            p.value.lerp_(values_[i], weight); // of equal ones: exactly those
        else if (gradient.defined() && p.value.grad().defined())
            p.value.mutable_grad().add_(gradient);
        else if (gradient.defined())
            p.value.mutable_grad() = gradient; // the replica forgets its own
        if (!p.statistic)
            values_[i].mutable_grad().reset();
    }
}

} // namespace shim
