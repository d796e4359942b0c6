// From a graph and a shape to the steps of a plan.
#ifndef SHIM_DNNL_PLANNER_H
#define SHIM_DNNL_PLANNER_H

#include "dnnl_plan.h"
#include "dnnl_space.h"

namespace shim
{

class Planner
{
  public:
    Planner(DnnlGraph &graph, const Shape &shape);
    void run();

    std::vector<PlannedStep> steps;
    Md input, output;
    size_t bytes = 0, scratch = 0;

  private:
    struct Block {
        size_t offset, size;
        int users;
    };
    struct Value {
        Md layout;
        int block = -1; // -1: the images
        int reads = 0;  // that are still to come
    };

    Value make(const Md &layout);
    void drop(int block);
    void read(int value);
    bool dies(int value) const;
    Place place(const Value &v) const;
    void add(const Made &made, std::vector<std::pair<int, Place>> arguments);
    Value as(const Value &v, const Md &layout);
    Value in_place_or_new(int value);

    int sole_reader(int i, iv_op op) const;
    void keep(int i, Value v);
    Window window(int i) const;
    void weigh(int i);
    Value start_from_residual(int i, const Made &made);
    void norm(int i);
    bool norm_concatenated(int i);
    void activate(int i);
    void pool(int i);
    void pool_all(int i);
    void spread(int i);
    void combine(int i);
    void scale_channels(int i);
    void add_channel_wise(ChannelWise what, const Place &x, const Place &factors,
                          const Place &shifts, const Place &dst);
    void concatenate(int i);
    void plan(int i);
    void finish();

    DnnlGraph &graph_;
    const std::vector<DnnlNode> &nodes_;
    Shape shape_;
    Space space_;
    std::vector<Block> blocks_;
    std::vector<Value> values_;
    std::vector<int> reader_;    // the last one of each value
    std::vector<int> passing_;   // blocks that are needed for the node at hand alone
    std::vector<bool> finished_; // nodes that an earlier one did as well
};

} // namespace shim

#endif
