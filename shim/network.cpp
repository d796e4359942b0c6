#include "network.h"

#include "convolution.h"
#include "guard.h"

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
#ifdef SHIM_WITH_ONEDNN
    if (device_.is_cpu() && type_ == at::kFloat && DnnlGraph::knows(graph)) {
        onednn_ = std::make_unique<DnnlNetwork>(graph, weights);
        return;
    }
#endif
    c10::InferenceMode mode;
    // Nodes behind the features are of no interest.
    steps_ = plan_steps(graph, weights, graph.feature, device_, type_, nullptr);
    for (size_t i = 0; i < steps_.size(); i++)
        if (steps_[i].op == IV_OP_GLOBAL_POOL && steps_[i].inputs[0] == graph.saliency)
            pool_ = int(i);
    for (Step &step : steps_)
        if (step.op == IV_OP_CONV)
            pack_convolution(step);
}

void Network::run_as(bool places, const float *images, int64_t count, int64_t height, int64_t width,
                     int64_t rows, int threads, float *out) const
{
#ifdef SHIM_WITH_ONEDNN
    if (onednn_) {
        Shape shape{count, height, width, threads, places};
        onednn_->run(shape, images, size_t(rows * width_), out);
        return;
    }
#endif
    Mode mode;
    mode.spread = places ? pool_ : -1;
    c10::InferenceMode inference;
    at::Tensor input =
        at::from_blob(const_cast<float *>(images), {count, 3, height, width}, at::kFloat);
    // Copies in every case but plain float32: an in-place operation must not reach the caller.
    input = input.to(device_, type_).contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor values = run_steps(steps_, input, mode);
    values = values.reshape({-1, width_}).to(at::kCPU, at::kFloat).contiguous();
    if (values.numel() != rows * width_) // the caller has room for so many
        throw Failure(IMGVEC_ERR_INTERNAL, "the network gave another number of values");
    std::memcpy(out, values.data_ptr<float>(), size_t(values.numel()) * sizeof(float));
}

void Network::run(const float *images, int64_t count, int64_t height, int64_t width, int threads,
                  float *features) const
{
    run_as(false, images, count, height, width, count, threads, features);
}

void Network::run_places(const float *images, int64_t count, int64_t height, int64_t width,
                         int64_t place_count, int threads, float *places) const
{
    bool has = pool_ >= 0;
#ifdef SHIM_WITH_ONEDNN
    has = onednn_ ? onednn_->has_places() : has;
#endif
    if (!has)
        throw Failure(IMGVEC_ERR_UNSUPPORTED, "the network's features are no pool of its last map");
    run_as(true, images, count, height, width, count * place_count, threads, places);
}

} // namespace shim
