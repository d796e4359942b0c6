// A folded graph with its weights in oneDNN's memory.
#ifndef SHIM_DNNL_GRAPH_H
#define SHIM_DNNL_GRAPH_H

#include "dnnl_make.h"

#include "io/tensors.h"

#include <mutex>
#include <vector>

namespace shim
{

struct DnnlNode {
    iv_node what; // without its name
    std::vector<int> inputs;
    dnnl::memory bias;    // convolution, linear: may be missing
    dnnl::memory factors; // batch norm: of each channel; the shifts are `bias`
};

class DnnlGraph
{
  public:
    // Whether oneDNN knows all that the nodes up to the features do.
    static bool knows(const iv_graph &graph);
    DnnlGraph(const iv_graph &graph, const iv_tensors &weights);

    const std::vector<DnnlNode> &nodes() const
    {
        return nodes_;
    }
    int spread() const
    {
        return spread_;
    } // the pool of the saliency map; -1: there is none
    Md weights_shape(int node) const;
    // A node's weights in a layout. Kept for whoever asks next. Safe from any thread.
    dnnl::memory weights_as(int node, const Md &layout);

  private:
    std::vector<DnnlNode> nodes_; // the last one gives the features
    std::vector<std::vector<dnnl::memory>> weights_;
    std::mutex lock_; // guards weights_
    int spread_ = -1;
};

} // namespace shim

#endif
