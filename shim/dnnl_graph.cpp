#include "dnnl_graph.h"

#include "guard.h"

#include <cmath>
#include <cstring>
#include <string>
#include <unordered_map>

namespace shim
{

using dnnl::memory;
using ByName = std::unordered_map<std::string, const iv_tensor *>;

bool DnnlGraph::knows(const iv_graph &graph)
{
    for (int i = 0; i <= graph.feature; i++) {
        const iv_node &n = graph.nodes[i];
        if (n.op == IV_OP_LAYER_NORM || n.op == IV_OP_SCALE)
            return false;
        if (n.op == IV_OP_AVG_POOL && n.ceil_mode && n.count_pad)
            return false; // oneDNN would count places beyond the padding
    }
    return true;
}

static const iv_tensor &find(const ByName &names, const iv_node &node, const char *leaf)
{
    auto found = names.find(std::string(node.name) + "." + leaf);
    if (found == names.end())
        throw Failure(IMGVEC_ERR_INTERNAL, std::string("network without tensor ") + node.name);
    return *found->second;
}

static memory copy_of(const float *values, const Md &shape)
{
    memory m(shape, cpu());
    std::memcpy(m.get_data_handle(), values, shape.get_size());
    return m;
}

static void take_norm(const ByName &names, DnnlNode &node)
{
    const float *mean = find(names, node.what, "running_mean").data;
    const float *var = find(names, node.what, "running_var").data;
    const float *weight = find(names, node.what, "weight").data;
    const float *bias = find(names, node.what, "bias").data;
    auto count = size_t(node.what.channels);
    std::vector<float> factors(count), shifts(count);
    for (size_t c = 0; c < count; c++) {
        double factor = weight[c] / std::sqrt(double(var[c]) + node.what.eps);
        factors[c] = float(factor);
        shifts[c] = float(bias[c] - mean[c] * factor);
    }
    Md shape = plain({1, node.what.channels, 1, 1});
    node.factors = copy_of(factors.data(), shape);
    node.bias = copy_of(shifts.data(), shape);
}

Md DnnlGraph::weights_shape(int i) const
{
    const DnnlNode &node = nodes_[size_t(i)];
    int64_t out = node.what.channels, in = nodes_[size_t(node.inputs[0])].what.channels;
    if (node.what.op == IV_OP_LINEAR)
        return plain({out, in, 1, 1});
    int64_t groups = node.what.groups, kh = node.what.kernel[0], kw = node.what.kernel[1];
    return groups > 1 ? plain({groups, out / groups, in / groups, kh, kw})
                      : plain({out, in, kh, kw});
}

DnnlGraph::DnnlGraph(const iv_graph &graph, const iv_tensors &weights)
    : weights_(size_t(graph.feature) + 1)
{
    ByName names;
    for (size_t i = 0; i < weights.count; i++)
        names.emplace(weights.items[i].name, &weights.items[i]);
    for (int i = 0; i <= graph.feature; i++) {
        DnnlNode node;
        node.what = graph.nodes[i];
        for (int32_t k = 0; k < node.what.input_count; k++)
            node.inputs.push_back(graph.edges[node.what.first_input + k]);
        if (node.what.op == IV_OP_BATCH_NORM)
            take_norm(names, node);
        bool weighs = node.what.op == IV_OP_CONV || node.what.op == IV_OP_LINEAR;
        if (weighs && node.what.bias)
            node.bias = copy_of(find(names, node.what, "bias").data, plain({node.what.channels}));
        if (node.what.op == IV_OP_GLOBAL_POOL && node.inputs[0] == graph.saliency)
            spread_ = i;
        nodes_.push_back(node);
        if (weighs)
            weights_[size_t(i)] = {
                copy_of(find(names, node.what, "weight").data, weights_shape(i))};
        nodes_.back().what.name = nullptr; // borrowed no longer than this call
    }
}

memory DnnlGraph::weights_as(int node, const Md &layout)
{
    std::lock_guard<std::mutex> hold(lock_);
    std::vector<memory> &have = weights_[size_t(node)];
    for (const memory &m : have)
        if (m.get_desc() == layout)
            return m;
    memory made(layout, cpu());
    dnnl::stream stream(cpu());
    dnnl::reorder(have[0], made).execute(stream, have[0], made);
    stream.wait();
    if (have.size() == 1 && have[0].get_desc() == weights_shape(node))
        have[0] = made; // who asks for another layout later gets it from this one
    else
        have.push_back(made);
    return made;
}

} // namespace shim
