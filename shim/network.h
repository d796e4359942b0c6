// A graph with its weights on a device, ready to turn images into features.
#ifndef SHIM_NETWORK_H
#define SHIM_NETWORK_H

#include "plan.h"

namespace shim
{

class Network
{
  public:
    Network(const iv_graph &graph, const iv_tensors &weights, const std::string &device,
            const std::string &precision);
    // features: count x width floats.
    void run(const float *images, int64_t count, int64_t height, int64_t width,
             float *features) const;

  private:
    std::vector<Step> steps_;
    int64_t width_;
    at::Device device_;
    at::ScalarType type_;
};

} // namespace shim

#endif
