// A network for inference in float32 on a CPU, by oneDNN's primitives: convolutions in its blocked
// layouts, with everything fused that oneDNN fuses, weights laid out once, memory used again.
#ifndef SHIM_DNNL_NETWORK_H
#define SHIM_DNNL_NETWORK_H

#include "dnnl_plan.h"

#include <map>

namespace shim
{

class DnnlNetwork
{
  public:
    DnnlNetwork(const iv_graph &graph, const iv_tensors &weights);
    // out has room for `values` values. Safe from any thread.
    void run(const Shape &shape, const float *images, size_t values, float *out);
    bool has_places() const
    {
        return graph_.spread() >= 0;
    }

  private:
    struct Kept {
        std::shared_ptr<DnnlPlan> plan;
        uint64_t used = 0; // when: a count of calls
    };
    std::shared_ptr<DnnlPlan> plan_for(const Shape &shape);

    DnnlGraph graph_;
    std::mutex lock_; // guards what follows, and keeps two from planning the same
    std::map<Shape, Kept> plans_;
    uint64_t calls_ = 0;
};

} // namespace shim

#endif
