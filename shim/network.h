// A graph with its weights on a device, ready to turn images into features.
#ifndef SHIM_NETWORK_H
#define SHIM_NETWORK_H

#include "operations.h"

#ifdef SHIM_WITH_ONEDNN
#include "dnnl_network.h"
#endif

namespace shim
{

class Network
{
  public:
    Network(const iv_graph &graph, const iv_tensors &weights, const std::string &device,
            const std::string &precision);
    // features: count x width floats. threads: those that the caller has set.
    void run(const float *images, int64_t count, int64_t height, int64_t width, int threads,
             float *features) const;
    // places: count x place_count x width floats; place_count: of the saliency map, rows x columns.
    void run_places(const float *images, int64_t count, int64_t height, int64_t width,
                    int64_t place_count, int threads, float *places) const;

  private:
    // out: room for `rows` rows of width floats, which must be what the network gives.
    void run_as(bool places, const float *images, int64_t count, int64_t height, int64_t width,
                int64_t rows, int threads, float *out) const;

#ifdef SHIM_WITH_ONEDNN
    std::unique_ptr<DnnlNetwork> onednn_; // instead of the steps
#endif
    std::vector<Step> steps_;
    int pool_ = -1; // of the saliency map; -1: there is none
    int64_t width_;
    at::Device device_;
    at::ScalarType type_;
};

} // namespace shim

#endif
