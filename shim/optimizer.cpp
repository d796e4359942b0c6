#include "optimizer.h"

#include "guard.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

namespace shim
{

Optimizer::Optimizer(const iv_trainer_spec &t)
    : kind_(t.optimizer), momentum_(t.momentum), beta1_(t.beta1), beta2_(t.beta2),
      epsilon_(t.epsilon), weight_decay_(t.weight_decay)
{
    if (static_cast<unsigned>(kind_) >= IV_OPTIMIZER_COUNT)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: optimizer that is not known");
}

static double norm_of(const std::vector<at::Tensor> &gradients)
{
    if (gradients.empty())
        return 0;
    std::vector<at::Tensor> each;
    for (const at::Tensor &g : gradients)
        each.push_back(at::linalg_vector_norm(g, 2).to(at::kDouble));
    return at::linalg_vector_norm(at::stack(each), 2).item<double>(); // one wait for a GPU
}

double Optimizer::update(std::vector<Trained> &parameters, const iv_update &update) const
{
    std::vector<at::Tensor> gradients;
    std::vector<Trained *> moved;
    for (Trained &p : parameters) {
        if (!p.value.grad().defined())
            continue;
        gradients.push_back(p.value.grad());
        moved.push_back(&p);
        p.value.mutable_grad().reset();
    }
    double norm = norm_of(gradients);
    if (!std::isfinite(norm))
        return norm;
    bool clips = update.clip > 0 && norm > update.clip;
    for (size_t i = 0; i < moved.size(); i++) {
        at::Tensor g = gradients[i];
        double rate = update.rate * moved[i]->rate;
        if (clips)
            g.mul_(update.clip / norm);
        if (kind_ == IV_OPTIMIZER_SGD)
            sgd(*moved[i], g, rate);
        else
            adamw(*moved[i], g, rate, update.step);
    }
    return norm;
}

// Not biases, nor the scales of norms and channels.
static bool decays(const Trained &p)
{
    return p.value.dim() > 1;
}

void Optimizer::sgd(Trained &p, const at::Tensor &gradient, double rate) const
{
    at::Tensor g = gradient;
    if (weight_decay_ > 0 && decays(p))
        g.add_(p.value, weight_decay_);
    if (momentum_ > 0) {
        if (!p.moment.defined())
            p.moment = at::zeros_like(p.value);
        g = p.moment.mul_(momentum_).add_(g);
    }
    p.value.add_(g, -rate);
}

void Optimizer::adamw(Trained &p, const at::Tensor &gradient, double rate, int64_t step) const
{
    if (!p.moment.defined())
        p.moment = at::zeros_like(p.value);
    if (!p.squares.defined())
        p.squares = at::zeros_like(p.value);
    if (weight_decay_ > 0 && decays(p))
        p.value.mul_(1 - rate * weight_decay_);
    p.moment.mul_(beta1_).add_(gradient, 1 - beta1_);
    p.squares.mul_(beta2_).addcmul_(gradient, gradient, 1 - beta2_);
    double unbias1 = 1 - std::pow(beta1_, double(step)),
           unbias2 = 1 - std::pow(beta2_, double(step));
    at::Tensor spread = p.squares.sqrt().div_(std::sqrt(unbias2)).add_(epsilon_);
    p.value.addcdiv_(p.moment, spread, -rate / unbias1);
}

} // namespace shim
