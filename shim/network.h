// A graph with its weights on a device, ready to turn images into features.
#ifndef SHIM_NETWORK_H
#define SHIM_NETWORK_H

#include "operations.h"

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
    // places: count x rows x columns of the saliency map x width floats.
    void run_places(const float *images, int64_t count, int64_t height, int64_t width,
                    float *places) const;

  private:
    void run_as(const Mode &mode, const float *images, int64_t count, int64_t height, int64_t width,
                float *out) const;

    std::vector<Step> steps_;
    int pool_; // of the saliency map; -1: there is none
    int64_t width_;
    at::Device device_;
    at::ScalarType type_;
};

} // namespace shim

#endif
