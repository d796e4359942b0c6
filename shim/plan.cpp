#include "plan.h"

#include "guard.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>

#include <cstring>
#include <unordered_map>

namespace shim
{

at::Device choose_device(const std::string &name)
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

at::ScalarType choose_type(const std::string &precision, const at::Device &device)
{
    if (precision == "float32")
        return at::kFloat;
    if (precision == "float64")
        return at::kDouble;
    if (precision == "bfloat16-software") // what tests see where the processor lacks it
        return at::kBFloat16;
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

// state_dict names to tensors on the device, in the precision of the network.
class Weights
{
  public:
    Weights(const iv_tensors &set, at::Device device, at::ScalarType type,
            std::vector<Parameter> *parameters)
        : device_(device), type_(type), parameters_(parameters)
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
        made = made.to(device_, type_);
        if (node.op == IV_OP_CONV && t.rank == 4)
            made = made.contiguous(at::MemoryFormat::ChannelsLast);
        bool statistic = std::strncmp(leaf, "running_", 8) == 0;
        if (parameters_)
            parameters_->push_back(
                {name, made, node.stage, node.op == IV_OP_BATCH_NORM, statistic});
        return made;
    }

  private:
    std::unordered_map<std::string, const iv_tensor *> by_name_;
    at::Device device_;
    at::ScalarType type_;
    std::vector<Parameter> *parameters_;
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
    step.momentum = node.momentum;
    step.drop = node.drop;
    step.stage = node.stage;
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
        step.weight = weights.get(node, "");
        break;
    default:
        break;
    }
    if (node.op == IV_OP_CONV || node.op == IV_OP_MAX_POOL || node.op == IV_OP_AVG_POOL)
        plan_window(node, step);
    return step;
}

std::vector<Step> plan_steps(const iv_graph &graph, const iv_tensors &weights, int last,
                             at::Device device, at::ScalarType type,
                             std::vector<Parameter> *parameters)
{
    Weights named(weights, device, type, parameters);
    std::vector<Step> steps;
    std::vector<int> reader(graph.count, -1);
    for (int i = 0; i <= last; i++)
        steps.push_back(plan_step(graph, graph.nodes[i], named));
    for (int i = 0; i <= last; i++)
        for (int input : steps[i].inputs) {
            reader[input] = i;
            steps[input].readers++;
        }
    for (int i = 0; i < last; i++)
        steps[reader[i] >= 0 ? reader[i] : i].last.push_back(i);
    return steps;
}

} // namespace shim
