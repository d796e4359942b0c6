// What each node does, in torch's operations.
#ifndef SHIM_OPERATIONS_H
#define SHIM_OPERATIONS_H

#include "plan.h"

#include <ATen/core/Generator.h>

namespace shim
{

struct Mode {
    bool train = false;   // batch norm by the batch, where its parameters are trained
    at::Generator random; // of dropout and stochastic depth; undefined: neither
    int spread = -1;      // a global pool that hands on each place as an image of its own instead
};

// Value of the last step. Gradients are recorded where grad mode is on.
at::Tensor run_steps(const std::vector<Step> &steps, at::Tensor input, const Mode &mode);

} // namespace shim

#endif
