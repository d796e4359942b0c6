#include "dnnl_make.h"

#include "guard.h"

#include <cstring>

namespace shim
{

using dnnl::algorithm;
using dnnl::primitive_attr;
using dnnl::prop_kind;

const dnnl::engine &cpu()
{
    // Never destroyed: another thread may still be scoring while the process ends.
    static const dnnl::engine &engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

static Md with_tag(const Dims &dims, dnnl::memory::format_tag tag)
{
    return Md(dims, dnnl::memory::data_type::f32, tag);
}

Md plain(const Dims &dims)
{
    using Tag = dnnl::memory::format_tag;
    return with_tag(dims, dims.size() == 5 ? Tag::abcde : dims.size() == 4 ? Tag::abcd : Tag::a);
}

Dims dims_of(const Md &layout)
{
#if DNNL_VERSION_MAJOR >= 3
    return layout.get_dims();
#else
    return layout.dims();
#endif
}

Md any(const Dims &dims)
{
    return with_tag(dims, dnnl::memory::format_tag::any);
}

std::vector<Elementwise> elementwise(iv_activation activation)
{
    switch (activation) {
    case IV_ACT_NONE:
        return {};
    case IV_ACT_RELU:
        return {{algorithm::eltwise_relu, 0, 0}};
    case IV_ACT_RELU6:
        return {{algorithm::eltwise_clip, 0, 6}};
    case IV_ACT_SIGMOID:
        return {{algorithm::eltwise_logistic, 0, 0}};
    case IV_ACT_SILU:
        return {{algorithm::eltwise_swish, 1, 0}};
    case IV_ACT_HARDSWISH:
#if DNNL_VERSION_MAJOR >= 3
        return {{algorithm::eltwise_hardswish, 1.0f / 6, 0.5f}};
#else
        return {{algorithm::eltwise_hardswish, 0, 0}};
#endif
    case IV_ACT_HARDSIGMOID:
        return {{algorithm::eltwise_linear, 1.0f / 6, 0.5f}, {algorithm::eltwise_clip, 0, 1}};
    case IV_ACT_GELU:
        return {{algorithm::eltwise_gelu_erf, 0, 0}};
    default:
        throw Failure(IMGVEC_ERR_INTERNAL, "activation that the oneDNN executor does not know");
    }
}

static void append(dnnl::post_ops &ops, iv_activation activation)
{
    for (const Elementwise &e : elementwise(activation))
#if DNNL_VERSION_MAJOR >= 3
        ops.append_eltwise(e.algorithm, e.alpha, e.beta);
#else
        ops.append_eltwise(1, e.algorithm, e.alpha, e.beta);
#endif
}

// Working memory is handed in, so that many threads may run one primitive.
static primitive_attr attributes(const dnnl::post_ops &ops)
{
    primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    attr.set_post_ops(ops);
    return attr;
}

template <class Primitive, class Description> static Made made(const Description &d)
{
    Made m;
    m.primitive = Primitive(d);
    m.src = d.src_desc();
    m.dst = d.dst_desc();
    m.scratch = d.scratchpad_desc();
    m.slow = std::strstr(d.impl_info_str(), "ref") != nullptr;
    return m;
}

Made make_convolution(const Md &src, const Md &weights, const Md &bias, const Md &dst,
                      const Window &w, bool sum, iv_activation activation)
{
    using dnnl::convolution_forward;
    dnnl::post_ops ops;
    if (sum)
        ops.append_sum(1);
    append(ops, activation);
    const Dims dilation = {0, 0};
    const auto kind = prop_kind::forward_inference;
    const auto how = algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    convolution_forward::primitive_desc d(cpu(), kind, how, src, weights, bias, dst, w.stride,
                                          dilation, w.before, w.after, attributes(ops));
#else
    convolution_forward::desc what(kind, how, src, weights, bias, dst, w.stride, dilation, w.before,
                                   w.after);
    convolution_forward::primitive_desc d(what, attributes(ops), cpu());
#endif
    Made m = made<convolution_forward>(d);
    m.weights = d.weights_desc();
    return m;
}

Made make_pool(dnnl::algorithm how, const Md &src, const Md &dst, const Window &w)
{
    using dnnl::pooling_forward;
    const auto kind = prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
    pooling_forward::primitive_desc d(cpu(), kind, how, src, dst, w.stride, w.kernel, {0, 0},
                                      w.before, w.after, attributes({}));
#else
    pooling_forward::desc what(kind, how, src, dst, w.stride, w.kernel, w.before, w.after);
    pooling_forward::primitive_desc d(what, attributes({}), cpu());
#endif
    return made<pooling_forward>(d);
}

Made make_elementwise(const Elementwise &e, const Md &data)
{
    using dnnl::eltwise_forward;
    const auto kind = prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
    eltwise_forward::primitive_desc d(cpu(), kind, e.algorithm, data, data, e.alpha, e.beta,
                                      attributes({}));
#else
    eltwise_forward::desc what(kind, e.algorithm, data, e.alpha, e.beta);
    eltwise_forward::primitive_desc d(what, attributes({}), cpu());
#endif
    return made<eltwise_forward>(d);
}

Made make_pair(algorithm how, const Md &first, const Md &second)
{
    using dnnl::binary;
#if DNNL_VERSION_MAJOR >= 3
    binary::primitive_desc d(cpu(), how, first, second, first, attributes({}));
#else
    binary::desc what(how, first, second, first);
    binary::primitive_desc d(what, attributes({}), cpu());
#endif
    return made<binary>(d);
}

Made make_concat(const std::vector<Md> &sources, const Md &dst)
{
#if DNNL_VERSION_MAJOR >= 3
    dnnl::concat::primitive_desc d(cpu(), dst, 1, sources, attributes({}));
#else
    dnnl::concat::primitive_desc d(dst, 1, sources, cpu(), attributes({}));
#endif
    return made<dnnl::concat>(d);
}

Made make_reorder(const Md &from, const Md &to)
{
    Made m;
    dnnl::reorder::primitive_desc d(cpu(), from, cpu(), to, attributes({}));
    m.primitive = dnnl::reorder(d);
    m.src = from;
    m.dst = to;
    m.scratch = d.scratchpad_desc();
    return m;
}

} // namespace shim
