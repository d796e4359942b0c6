#include "loss.h"

#include "guard.h"

#include <ATen/ops/huber_loss.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mse_loss.h>

namespace shim
{

at::Tensor loss_of(iv_loss loss, const at::Tensor &outputs, const at::Tensor &targets)
{
    switch (loss) {
    case IV_LOSS_CROSS_ENTROPY:
        return at::log_softmax(outputs, 1).mul(targets).sum(1).mean().neg();
    case IV_LOSS_MSE:
        return at::mse_loss(outputs, targets);
    case IV_LOSS_HUBER:
        return at::huber_loss(outputs, targets);
    default:
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "training: loss that is not known");
    }
}

} // namespace shim
