// Convolutions: the layers that take the time.
#ifndef SHIM_CONVOLUTION_H
#define SHIM_CONVOLUTION_H

#include "plan.h"

namespace shim
{

// Puts the weights into the layout that runs fastest, once for all runs.
void pack_convolution(Step &step);

// The convolution without its residual. *activated: the activation is in it already.
at::Tensor run_convolution(const Step &step, const at::Tensor &x, bool *activated);

} // namespace shim

#endif
