// oneDNN's primitives by one interface for its releases 2 and 3.
#ifndef SHIM_DNNL_MAKE_H
#define SHIM_DNNL_MAKE_H

#include "net/graph.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <vector>

namespace shim
{

using Md = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

// Where a kernel goes over a map: pairs of height, width; padding before and after it.
struct Window {
    Dims kernel, stride, before, after;
};

// What a primitive description asks for: memory in these layouts.
struct Made {
    dnnl::primitive primitive;
    Md src, weights, dst, scratch;
    bool slow = false; // oneDNN's reference code, which is for tests
};

const dnnl::engine &cpu();
Md plain(const Dims &dims); // N x C x H x W or G x O x I x H x W, row-major
Dims dims_of(const Md &layout);
Md any(const Dims &dims); // float32 in the layout that the primitive likes best

// An activation as a sequence of oneDNN's element-wise operations.
struct Elementwise {
    dnnl::algorithm algorithm;
    float alpha, beta;
};
std::vector<Elementwise> elementwise(iv_activation activation);

// bias: of zero size for none. sum: the result is added to what dst holds already.
Made make_convolution(const Md &src, const Md &weights, const Md &bias, const Md &dst,
                      const Window &window, bool sum, iv_activation activation);
Made make_pool(dnnl::algorithm algorithm, const Md &src, const Md &dst, const Window &window);
Made make_elementwise(const Elementwise &what, const Md &data);
// Addition or multiplication of maps of one shape; dst as first.
Made make_pair(dnnl::algorithm how, const Md &first, const Md &second);
Made make_concat(const std::vector<Md> &sources, const Md &dst);
Made make_reorder(const Md &from, const Md &to);

} // namespace shim

#endif
