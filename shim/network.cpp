#include "network.h"

#include "convolution.h"
#include "guard.h"
#include "operations.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <cstring>
#include <unordered_map>

namespace shim
{

static at::Device choose_device(const std::string &name)
{
    if (name == "cpu" || (name == "auto" && !at::hasCUDA()))
        return at::Device(at::kCPU);
    if (name == "auto")
        return at::Device(at::kCUDA, 0);
    if (name.rfind("cuda", 0) != 0)
        throw Failure(IMGVEC_ERR_INVALID_ARGUMENT, "device " + name + ": choose auto, cpu or cuda");
    if (!at::hasCUDA())
        throw Failure(IMGVEC_ERR_UNSUPPORTED,
                      "device " + name + ": this torch finds no CUDA device; choose cpu");
    return at::Device(name);
}

static at::ScalarType choose_type(const std::string &precision, const at::Device &device)
{
    if (precision == "float32")
        return at::kFloat;
    if (precision == "float64")
        return at::kDouble;
    if (precision != "bfloat16")
        throw Failure(IMGVEC_ERR_UNSUPPORTED, "precision " + precision + " is not known");
#if defined(__x86_64__)
    if (device.is_cpu() && !__builtin_cpu_supports("avx512bf16"))
        throw Failure(IMGVEC_ERR_UNSUPPORTED,
                      "precision bfloat16: this processor has no such arithmetic; choose float32");
#else
    if (device.is_cpu())
        throw Failure(IMGVEC_ERR_UNSUPPORTED,
                      "precision bfloat16 needs a GPU here; choose float32");
#endif
    return at::kBFloat16;
}

Network::Network(const iv_graph &graph, const iv_tensors &weights, const std::string &device,
                 const std::string &precision)
    : feature_(graph.feature), width_(graph.nodes[graph.feature].channels),
      device_(choose_device(device)), type_(choose_type(precision, device_))
{
    plan(graph, weights);
}

// state_dict names to tensors on the device, in the precision of the network.
class Weights
{
  public:
    Weights(const iv_tensors &set, at::Device device, at::ScalarType type)
        : device_(device), type_(type)
    {
        for (size_t i = 0; i < set.count; i++)
            by_name_.emplace(set.items[i].name, &set.items[i]);
    }

    at::Tensor get(const iv_node &node, const char *leaf) const
    {
        std::string name = std::string(node.name) + (*leaf ? "." : "") + leaf;
        auto found = by_name_.find(name);
        if (found == by_name_.end())
            throw Failure(IMGVEC_ERR_INTERNAL, "network without tensor " + name);
        const iv_tensor &t = *found->second;
        std::vector<int64_t> shape(t.shape, t.shape + t.rank);
        at::Tensor made = at::empty(shape, at::kFloat);
        if (t.count)
            std::memcpy(made.data_ptr<float>(), t.data, t.count * sizeof(float));
        return made.to(device_, type_);
    }

  private:
    std::unordered_map<std::string, const iv_tensor *> by_name_;
    at::Device device_;
    at::ScalarType type_;
};

static void plan_window(const iv_node &node, Step &step)
{
    step.kernel = {node.kernel[0], node.kernel[1]};
    step.stride = {node.stride[0], node.stride[1]};
    step.dilation = {1, 1};
    step.pad = {node.pad[IV_TOP], node.pad[IV_LEFT]};
    if (node.pad[IV_TOP] == node.pad[IV_BOTTOM] && node.pad[IV_LEFT] == node.pad[IV_RIGHT])
        return;
    if (node.op == IV_OP_AVG_POOL && !node.count_pad)
        throw Failure(IMGVEC_ERR_INTERNAL, "average pool with uneven, uncounted padding");
    step.before = {node.pad[IV_LEFT], node.pad[IV_RIGHT], node.pad[IV_TOP], node.pad[IV_BOTTOM]};
    step.pad = {0, 0};
}

static Step plan_step(const iv_graph &graph, const iv_node &node, const Weights &weights)
{
    Step step;
    step.op = node.op;
    step.activation = node.activation;
    step.residual = node.residual;
    step.ceil_mode = node.ceil_mode;
    step.count_pad = node.count_pad;
    step.groups = node.groups;
    step.same = node.same;
    step.eps = node.eps;
    for (int32_t k = 0; k < node.input_count; k++)
        step.inputs.push_back(graph.edges[node.first_input + k]);
    switch (node.op) {
    case IV_OP_CONV:
    case IV_OP_LINEAR:
        step.weight = weights.get(node, "weight");
        if (node.bias)
            step.bias = weights.get(node, "bias");
        break;
    case IV_OP_BATCH_NORM:
        step.mean = weights.get(node, "running_mean");
        step.var = weights.get(node, "running_var");
        step.weight = weights.get(node, "weight");
        step.bias = weights.get(node, "bias");
        break;
    case IV_OP_LAYER_NORM:
        step.weight = weights.get(node, "weight");
        step.bias = weights.get(node, "bias");
        break;
    case IV_OP_SCALE:
        step.weight = weights.get(node, "").reshape({-1, 1, 1});
        break;
    default:
        break;
    }
    if (node.op == IV_OP_CONV || node.op == IV_OP_MAX_POOL || node.op == IV_OP_AVG_POOL)
        plan_window(node, step);
    if (node.op == IV_OP_CONV)
        pack_convolution(step);
    return step;
}

void Network::plan(const iv_graph &graph, const iv_tensors &weights)
{
    c10::InferenceMode mode;
    Weights named(weights, device_, type_);
    std::vector<int> reader(graph.count, -1);
    // Nodes behind the features are of no interest.
    for (int i = 0; i <= feature_; i++)
        steps_.push_back(plan_step(graph, graph.nodes[i], named));
    for (int i = 0; i <= feature_; i++)
        for (int input : steps_[i].inputs)
            reader[input] = i;
    for (int i = 0; i < feature_; i++)
        steps_[reader[i] >= 0 ? reader[i] : i].last.push_back(i);
}

at::Tensor Network::evaluate(at::Tensor input) const
{
    std::vector<at::Tensor> values(steps_.size());
    values[0] = std::move(input);
    for (size_t i = 1; i < steps_.size(); i++) {
        const Step &step = steps_[i];
        Arguments arguments;
        for (int from : step.inputs)
            arguments.values.push_back(values[from]);
        // A value that nothing else needs may be written over, except the caller's images.
        for (int dead : step.last) {
            values[dead].reset();
            for (size_t k = 0; k < step.inputs.size(); k++)
                if (step.inputs[k] == dead && dead != 0)
                    arguments.dying.push_back(k);
        }
        values[i] = apply(step, arguments);
        arguments.values.clear();
    }
    return values[feature_];
}

void Network::run(const float *images, int64_t count, int64_t height, int64_t width,
                  float *features) const
{
    c10::InferenceMode mode;
    at::Tensor input =
        at::from_blob(const_cast<float *>(images), {count, 3, height, width}, at::kFloat);
    // Copies in every case but plain float32: an in-place operation must not reach the caller.
    input = input.to(device_, type_).contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor out = evaluate(input).reshape({count, width_}).to(at::kCPU, at::kFloat).contiguous();
    std::memcpy(features, out.data_ptr<float>(), size_t(count) * size_t(width_) * sizeof(float));
}

} // namespace shim
