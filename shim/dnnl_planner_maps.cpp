#include "dnnl_planner.h"

#include "guard.h"

namespace shim
{

using dnnl::algorithm;

static int64_t outputs(int64_t size, int64_t kernel, int64_t stride, int64_t padding, bool ceil,
                       int64_t before)
{
    int64_t room = size + padding - kernel;
    int64_t out = (ceil ? room + stride - 1 : room) / stride + 1;
    return ceil && (out - 1) * stride >= size + before ? out - 1 : out; // as torch has it
}

Window Planner::window(int i) const
{
    const iv_node &n = nodes_[size_t(i)].what;
    Dims in = dims_of(values_[size_t(nodes_[size_t(i)].inputs[0])].layout);
    if (n.op == IV_OP_LINEAR)
        return {{1, 1}, {1, 1}, {0, 0}, {0, 0}};
    Window w = {{n.kernel[0], n.kernel[1]},
                {n.stride[0], n.stride[1]},
                {n.pad[IV_TOP], n.pad[IV_LEFT]},
                {n.pad[IV_BOTTOM], n.pad[IV_RIGHT]}};
    for (size_t a = 0; a < 2; a++) {
        int64_t size = in[2 + a];
        if (n.same) {
            int32_t both = iv_same_padding(int32_t(size), n.kernel[a], n.stride[a]);
            w.before[a] = both / 2;
            w.after[a] = both - both / 2;
        }
        int64_t out = outputs(size, w.kernel[a], w.stride[a], w.before[a] + w.after[a], n.ceil_mode,
                              w.before[a]);
        if (n.ceil_mode)
            w.after[a] = (out - 1) * w.stride[a] + w.kernel[a] - size - w.before[a];
    }
    return w;
}

static Dims out_dims(const Dims &in, int64_t channels, const Window &w)
{
    Dims out = {in[0], channels, 0, 0};
    for (size_t a = 0; a < 2; a++)
        out[2 + a] = (in[2 + a] + w.before[a] + w.after[a] - w.kernel[a]) / w.stride[a] + 1;
    return out;
}

// The convolution adds to what its destination holds: the residual, there already or copied.
Planner::Value Planner::start_from_residual(int i, const Made &made)
{
    int from = nodes_[size_t(i)].inputs[1];
    if (values_[size_t(from)].layout == made.dst && dies(from))
        return in_place_or_new(from);
    Value dst = make(made.dst);
    const Value &residual = values_[size_t(from)];
    add(make_reorder(residual.layout, made.dst),
        {{DNNL_ARG_FROM, place(residual)}, {DNNL_ARG_TO, place(dst)}});
    return dst;
}

// Convolution and linear layer.
void Planner::weigh(int i)
{
    const DnnlNode &node = nodes_[size_t(i)];
    const Value &x = values_[size_t(node.inputs[0])];
    Window w = window(i);
    Dims in = dims_of(x.layout), out = out_dims(in, node.what.channels, w);
    Md bias = node.bias ? plain({node.what.channels}) : Md();
    Md weights = any(dims_of(graph_.weights_shape(i)));
    bool sums = node.what.residual;
    iv_activation activation = node.what.activation;
    Md wanted = sums ? values_[size_t(node.inputs[1])].layout : any(out);
    Made m = make_convolution(any(in), weights, bias, wanted, w, sums, activation);
    if (sums && m.slow)
        m = make_convolution(any(in), weights, bias, any(out), w, sums, activation);
    Value src = as(x, m.src);
    Value dst = sums ? start_from_residual(i, m) : make(m.dst);
    std::vector<std::pair<int, Place>> arguments = {
        {DNNL_ARG_SRC, place(src)},
        {DNNL_ARG_WEIGHTS, Place::of(graph_.weights_as(i, m.weights))},
        {DNNL_ARG_DST, place(dst)}};
    if (node.bias)
        arguments.emplace_back(DNNL_ARG_BIAS, Place::of(node.bias));
    add(m, std::move(arguments));
    keep(i, dst);
}

void Planner::activate(int i)
{
    const DnnlNode &node = nodes_[size_t(i)];
    if (node.what.activation == IV_ACT_NONE)
        throw Failure(IMGVEC_ERR_INTERNAL, "activation without a function");
    Place from = place(values_[size_t(node.inputs[0])]);
    Value dst = in_place_or_new(node.inputs[0]);
    for (const Elementwise &e : elementwise(node.what.activation)) {
        add(make_elementwise(e, dst.layout), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, place(dst)}});
        from = place(dst);
    }
    keep(i, dst);
}

void Planner::pool(int i)
{
    const DnnlNode &node = nodes_[size_t(i)];
    const Value &x = values_[size_t(node.inputs[0])];
    Window w = window(i);
    algorithm how = node.what.op == IV_OP_MAX_POOL ? algorithm::pooling_max
                    : node.what.count_pad          ? algorithm::pooling_avg_include_padding
                                                   : algorithm::pooling_avg_exclude_padding;
    Made m = make_pool(how, x.layout, any(out_dims(dims_of(x.layout), node.what.channels, w)), w);
    Value dst = make(m.dst);
    add(m, {{DNNL_ARG_SRC, place(x)}, {DNNL_ARG_DST, place(dst)}});
    keep(i, dst);
}

void Planner::pool_all(int i)
{
    const Value &x = values_[size_t(nodes_[size_t(i)].inputs[0])];
    Dims in = dims_of(x.layout);
    Window w = {{in[2], in[3]}, {in[2], in[3]}, {0, 0}, {0, 0}};
    Made m =
        make_pool(algorithm::pooling_avg_exclude_padding, x.layout, any({in[0], in[1], 1, 1}), w);
    Value dst = make(m.dst);
    add(m, {{DNNL_ARG_SRC, place(x)}, {DNNL_ARG_DST, place(dst)}});
    keep(i, dst);
}

// N x C x H x W becomes (N H W) x C x 1 x 1: with the channels last these are the same bytes.
void Planner::spread(int i)
{
    const Value &x = values_[size_t(nodes_[size_t(i)].inputs[0])];
    Dims in = dims_of(x.layout);
    Md last(in, dnnl::memory::data_type::f32, dnnl::memory::format_tag::nhwc);
    Value dst = make(last);
    add(make_reorder(x.layout, last), {{DNNL_ARG_FROM, place(x)}, {DNNL_ARG_TO, place(dst)}});
    dst.layout = plain({in[0] * in[2] * in[3], in[1], 1, 1});
    keep(i, dst);
}

void Planner::combine(int i)
{
    const DnnlNode &node = nodes_[size_t(i)];
    const Value &x = values_[size_t(node.inputs[0])], &y = values_[size_t(node.inputs[1])];
    if (dims_of(x.layout) != dims_of(y.layout)) {
        scale_channels(i);
        return;
    }
    bool adds = node.what.op == IV_OP_ADD;
    Value second = as(y, x.layout);
    Place from = place(x);
    Value dst = in_place_or_new(node.inputs[0]);
    add(make_pair(adds ? algorithm::binary_add : algorithm::binary_mul, x.layout, second.layout),
        {{DNNL_ARG_SRC_0, from}, {DNNL_ARG_SRC_1, place(second)}, {DNNL_ARG_DST, place(dst)}});
    keep(i, dst);
}

void Planner::concatenate(int i)
{
    if (norm_concatenated(i))
        return;
    const DnnlNode &node = nodes_[size_t(i)];
    std::vector<Md> layouts;
    Dims dims = dims_of(values_[size_t(node.inputs[0])].layout);
    for (int from : node.inputs)
        layouts.push_back(values_[size_t(from)].layout);
    dims[1] = node.what.channels;
    Made m = make_concat(layouts, any(dims));
    Value dst = make(m.dst);
    std::vector<std::pair<int, Place>> arguments = {{DNNL_ARG_DST, place(dst)}};
    for (size_t k = 0; k < node.inputs.size(); k++)
        arguments.emplace_back(DNNL_ARG_MULTIPLE_SRC + int(k),
                               place(values_[size_t(node.inputs[k])]));
    add(m, std::move(arguments));
    keep(i, dst);
}

} // namespace shim
