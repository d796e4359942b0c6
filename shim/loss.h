// What outputs are judged by.
#ifndef SHIM_LOSS_H
#define SHIM_LOSS_H

#include <ATen/core/Tensor.h>

#include "net/executor.h"

namespace shim
{

// One number; outputs and targets are count x outputs.
at::Tensor loss_of(iv_loss loss, const at::Tensor &outputs, const at::Tensor &targets);

} // namespace shim

#endif
