// What has a number of its own for each channel: norms that no convolution took in, and the factors
// of squeeze and excitation. oneDNN has only slow code for these.
#include "dnnl_planner.h"

#include <cstring>

namespace shim
{

using Tag = dnnl::memory::format_tag;

// Channels of a map that lie together: blocks of some, all of them, or each on its own.
struct Grouping {
    Tag tag;
    size_t block;
};

static bool grouping_of(const Md &layout, Grouping *out)
{
    Dims dims = dims_of(layout);
    for (const Grouping &known : {Grouping{Tag::nChw8c, 8}, Grouping{Tag::nChw16c, 16},
                                  Grouping{Tag::nhwc, size_t(dims[1])}, Grouping{Tag::nchw, 1}}) {
        *out = known;
        if (layout == Md(dims, dnnl::memory::data_type::f32, known.tag))
            return true;
    }
    return false;
}

static ChannelWise channel_wise(const Md &layout, const Grouping &g)
{
    Dims dims = dims_of(layout);
    ChannelWise w{};
    w.images = size_t(dims[0]);
    w.groups = w.all = (size_t(dims[1]) + g.block - 1) / g.block;
    w.places = size_t(dims[2] * dims[3]);
    w.block = g.block;
    return w;
}

void Planner::add_channel_wise(ChannelWise what, const Place &x, const Place &factors,
                               const Place &shifts, const Place &dst)
{
    PlannedStep step;
    step.is_channel_wise = true;
    step.channel_wise = what;
    step.arguments = {{DNNL_ARG_SRC, x},
                      {DNNL_ARG_SRC_1, factors},
                      {DNNL_ARG_SRC_2, shifts},
                      {DNNL_ARG_DST, dst}};
    steps.push_back(std::move(step));
}

// `count` of a row of numbers from `first` on, grouped as the channels of a map are.
static Place grouped(const dnnl::memory &row, int64_t first, int64_t count, const Grouping &g)
{
    Md part({1, count, 1, 1}, dnnl::memory::data_type::f32, g.tag);
    dnnl::memory from(plain({1, count, 1, 1}), cpu(),
                      static_cast<float *>(row.get_data_handle()) + first);
    dnnl::memory to(part, cpu());
    dnnl::stream stream(cpu());
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return Place::of(to);
}

// A batch norm that no convolution took in, with the ReLU behind it.
void Planner::norm(int i)
{
    const DnnlNode &node = nodes_[size_t(i)];
    int next = sole_reader(i, IV_OP_ACTIVATION);
    bool relu = next >= 0 && nodes_[size_t(next)].what.activation == IV_ACT_RELU;
    int to = relu ? next : i;
    Value x = values_[size_t(node.inputs[0])];
    Grouping g{};
    bool known = grouping_of(x.layout, &g);
    if (!known)
        x = as(x, plain(dims_of(x.layout)));
    Value dst = known ? in_place_or_new(node.inputs[0]) : make(x.layout);
    ChannelWise w = channel_wise(x.layout, g);
    w.relu = relu;
    add_channel_wise(w, place(x), grouped(node.factors, 0, node.what.channels, g),
                     grouped(node.bias, 0, node.what.channels, g), place(dst));
    keep(to, dst);
    finished_[size_t(to)] = true;
}

// Concatenation, batch norm and ReLU at once: each map goes to its place in the whole. False where
// the maps' layouts do not allow it.
bool Planner::norm_concatenated(int i)
{
    const DnnlNode &node = nodes_[size_t(i)];
    int next = sole_reader(i, IV_OP_BATCH_NORM);
    int last = next >= 0 ? sole_reader(next, IV_OP_ACTIVATION) : -1;
    if (last < 0 || nodes_[size_t(last)].what.activation != IV_ACT_RELU)
        return false;
    Grouping first{}, g{};
    for (size_t k = 0; k < node.inputs.size(); k++) {
        const Md &layout = values_[size_t(node.inputs[k])].layout;
        if (!grouping_of(layout, &g) || (k > 0 && g.tag != first.tag) || g.tag == Tag::nhwc ||
            size_t(dims_of(layout)[1]) % g.block)
            return false;
        first = g;
    }
    Dims dims = dims_of(values_[size_t(node.inputs[0])].layout);
    dims[1] = node.what.channels;
    Value dst = make(Md(dims, dnnl::memory::data_type::f32, g.tag));
    int64_t channel = 0;
    for (int from : node.inputs) {
        const Value &x = values_[size_t(from)];
        int64_t count = dims_of(x.layout)[1];
        ChannelWise w = channel_wise(x.layout, g);
        w.first = size_t(channel) / g.block;
        w.all = size_t(dims[1]) / g.block;
        w.relu = true;
        add_channel_wise(w, place(x), grouped(nodes_[size_t(next)].factors, channel, count, g),
                         grouped(nodes_[size_t(next)].bias, channel, count, g), place(dst));
        channel += count;
    }
    keep(last, dst);
    finished_[size_t(i)] = finished_[size_t(next)] = finished_[size_t(last)] = true;
    return true;
}

// A map by one number for each channel of each image.
void Planner::scale_channels(int i)
{
    const DnnlNode &node = nodes_[size_t(i)];
    Value x = values_[size_t(node.inputs[0])];
    Dims dims = dims_of(x.layout);
    Grouping g{};
    bool known = grouping_of(x.layout, &g);
    if (!known)
        x = as(x, plain(dims));
    Value factors = as(values_[size_t(node.inputs[1])],
                       Md({dims[0], dims[1], 1, 1}, dnnl::memory::data_type::f32, g.tag));
    Value dst = known ? in_place_or_new(node.inputs[0]) : make(x.layout);
    ChannelWise w = channel_wise(x.layout, g);
    w.own = true;
    dnnl::memory none(plain({1, dims[1], 1, 1}), cpu());
    std::memset(none.get_data_handle(), 0, none.get_desc().get_size());
    add_channel_wise(w, place(x), place(factors), grouped(none, 0, dims[1], g), place(dst));
    keep(i, dst);
}

} // namespace shim
