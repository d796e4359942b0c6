// A network's steps once more, over the same parameters, so that parts of a batch can go through
// them side by side: each has gradients and batch norm statistics of its own.
#ifndef SHIM_REPLICA_H
#define SHIM_REPLICA_H

#include "optimizer.h"

namespace shim
{

class Replica
{
  public:
    // Shares the memory of what is trained with `parameters`, those that `steps` compute with.
    Replica(const std::vector<Step> &steps, const std::vector<Trained> &parameters);
    const std::vector<Step> &steps() const
    {
        return steps_;
    }
    // Before each use: statistics as `parameters` has them, and no gradients.
    void reset(const std::vector<Trained> &parameters);
    // Adds the gradients to those of `parameters`, and moves the statistics there by `weight` of
    // the way to its own; keeps no gradients.
    void give(std::vector<Trained> &parameters, double weight);

  private:
    std::vector<Step> steps_;
    std::vector<at::Tensor> values_; // in the order of the parameters
};

} // namespace shim

#endif
