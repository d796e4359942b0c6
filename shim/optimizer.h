// Moving parameters along their gradients.
#ifndef SHIM_OPTIMIZER_H
#define SHIM_OPTIMIZER_H

#include "plan.h"

#include "net/executor.h"

namespace shim
{

// A parameter with what the optimizer keeps of it. The gradient is value.grad().
struct Trained : Parameter {
    double rate = 0;            // factor of the learning rate; 0: not trained
    at::Tensor moment, squares; // undefined before the first update
};

class Optimizer
{
  public:
    explicit Optimizer(const iv_trainer_spec &training);
    // Drops the gradients. Returns their L2 norm before clipping; when it is not finite nothing
    // is moved.
    double update(std::vector<Trained> &parameters, const iv_update &update) const;

  private:
    void sgd(Trained &p, const at::Tensor &gradient, double rate) const;
    void adamw(Trained &p, const at::Tensor &gradient, double rate, int64_t step) const;

    iv_optimizer kind_;
    double momentum_, beta1_, beta2_, epsilon_, weight_decay_;
};

} // namespace shim

#endif
