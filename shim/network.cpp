#include "network.h"

#include "convolution.h"
#include "operations.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <cstring>

namespace shim
{

Network::Network(const iv_graph &graph, const iv_tensors &weights, const std::string &device,
                 const std::string &precision)
    : width_(graph.nodes[graph.feature].channels), device_(choose_device(device)),
      type_(choose_type(precision, device_))
{
    c10::InferenceMode mode;
    // Nodes behind the features are of no interest.
    steps_ = plan_steps(graph, weights, graph.feature, device_, type_, nullptr);
    for (Step &step : steps_)
        if (step.op == IV_OP_CONV)
            pack_convolution(step);
}

void Network::run(const float *images, int64_t count, int64_t height, int64_t width,
                  float *features) const
{
    c10::InferenceMode mode;
    at::Tensor input =
        at::from_blob(const_cast<float *>(images), {count, 3, height, width}, at::kFloat);
    // Copies in every case but plain float32: an in-place operation must not reach the caller.
    input = input.to(device_, type_).contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor out = run_steps(steps_, input, Mode{});
    out = out.reshape({count, width_}).to(at::kCPU, at::kFloat).contiguous();
    std::memcpy(features, out.data_ptr<float>(), size_t(count) * size_t(width_) * sizeof(float));
}

} // namespace shim
