// What each node does, in torch's operations.
#ifndef SHIM_OPERATIONS_H
#define SHIM_OPERATIONS_H

#include "network.h"

namespace shim
{

struct Arguments {
    std::vector<at::Tensor> values;
    std::vector<size_t> dying; // arguments that nothing else reads: may be written over
    bool dies(size_t k) const
    {
        for (size_t d : dying)
            if (d == k)
                return true;
        return false;
    }
};

at::Tensor apply(const Step &step, Arguments &arguments);

} // namespace shim

#endif
