// How oneDNN computes a graph for inputs of one shape: primitives in order, and where in one piece
// of memory each map lies while it is needed.
#ifndef SHIM_DNNL_PLAN_H
#define SHIM_DNNL_PLAN_H

#include "dnnl_graph.h"

#include <memory>
#include <unordered_map>

namespace shim
{

// Memory of a step.
struct Place {
    enum Kind { ARENA, FIXED, INPUT, OUTPUT } kind = ARENA;
    Md layout;
    size_t offset = 0;  // ARENA
    dnnl::memory fixed; // FIXED: the same in every run

    static Place of(const dnnl::memory &m)
    {
        Place p;
        p.kind = FIXED;
        p.fixed = m;
        return p;
    }
};

// DST = SRC x SRC_1 + SRC_2, then ReLU where asked for: one factor and one shift for each channel.
// oneDNN has no fast code for it. Layouts: groups of `block` channels, padded; those of SRC are
// groups first.. of the DST, which may have more.
struct ChannelWise {
    size_t images, groups, places, block, first, all;
    bool own; // each image has factors of its own
    bool relu;
};

struct PlannedStep {
    dnnl::primitive primitive;
    std::vector<std::pair<int, Place>> arguments; // by oneDNN's argument names
    bool is_channel_wise = false;                 // instead of the primitive
    ChannelWise channel_wise{};
};

struct Shape {
    int64_t images, height, width;
    int threads;
    bool places; // each place of the saliency map as an image of its own
    bool operator<(const Shape &o) const;
};

// A worker's memory, with everything bound to it.
struct Arena {
    std::unique_ptr<char[]> bytes;
    std::vector<std::unordered_map<int, dnnl::memory>> arguments;
    dnnl::memory input, output;
    dnnl::stream stream;
};

class DnnlPlan
{
  public:
    DnnlPlan(DnnlGraph &graph, const Shape &shape);
    // out: as many values as out_count says. Safe from any thread.
    void run(const float *images, float *out);
    size_t out_count() const
    {
        return out_count_;
    }

  private:
    std::unique_ptr<Arena> take();
    void give(std::unique_ptr<Arena> arena);

    std::vector<PlannedStep> steps_;
    size_t bytes_ = 0; // of an arena
    Md input_, output_;
    size_t out_count_ = 0;
    std::mutex lock_; // guards idle_
    std::vector<std::unique_ptr<Arena>> idle_;
};

} // namespace shim

#endif
