#include "dnnl_planner.h"

#include "guard.h"

#include <algorithm>

namespace shim
{

Planner::Planner(DnnlGraph &graph, const Shape &shape)
    : graph_(graph), nodes_(graph.nodes()), shape_(shape), values_(nodes_.size()),
      reader_(nodes_.size(), -1), finished_(nodes_.size())
{
    for (size_t i = 0; i < nodes_.size(); i++)
        for (int from : nodes_[i].inputs) {
            values_[size_t(from)].reads++;
            reader_[size_t(from)] = int(i);
        }
    values_.back().reads++; // by whoever asked
}

Planner::Value Planner::make(const Md &layout)
{
    Value v;
    v.layout = layout;
    v.block = int(blocks_.size());
    blocks_.push_back({space_.take(layout.get_size()), layout.get_size(), 1});
    return v;
}

void Planner::drop(int block)
{
    if (block < 0)
        return;
    Block &b = blocks_[size_t(block)];
    if (--b.users == 0)
        space_.give(b.offset, b.size);
}

void Planner::read(int value)
{
    Value &v = values_[size_t(value)];
    if (--v.reads == 0)
        drop(v.block);
}

// Whether the node at hand is the last that needs this value.
bool Planner::dies(int value) const
{
    const Value &v = values_[size_t(value)];
    return v.reads == 1 && v.block >= 0 && blocks_[size_t(v.block)].users == 1;
}

Place Planner::place(const Value &v) const
{
    Place p;
    p.kind = v.block < 0 ? Place::INPUT : Place::ARENA;
    p.layout = v.layout;
    p.offset = v.block < 0 ? 0 : blocks_[size_t(v.block)].offset;
    return p;
}

void Planner::add(const Made &made, std::vector<std::pair<int, Place>> arguments)
{
    size_t scratch_size = made.scratch.get_size();
    if (scratch_size > 0) {
        Place p;
        p.layout = made.scratch;
        p.offset = size_t(-1); // behind all else, see finish()
        arguments.emplace_back(DNNL_ARG_SCRATCHPAD, p);
        scratch = std::max(scratch, scratch_size);
    }
    PlannedStep step;
    step.primitive = made.primitive;
    step.arguments = std::move(arguments);
    steps.push_back(std::move(step));
}

// The value in another layout, for the node at hand.
Planner::Value Planner::as(const Value &v, const Md &layout)
{
    if (v.layout == layout)
        return v;
    Value other = make(layout);
    passing_.push_back(other.block);
    add(make_reorder(v.layout, layout), {{DNNL_ARG_FROM, place(v)}, {DNNL_ARG_TO, place(other)}});
    return other;
}

// Room for a result of the same layout: where the value lies, if nothing needs that later.
Planner::Value Planner::in_place_or_new(int value)
{
    const Value &v = values_[size_t(value)];
    if (!dies(value))
        return make(v.layout);
    blocks_[size_t(v.block)].users++;
    Value same;
    same.layout = v.layout;
    same.block = v.block;
    return same;
}

// The node of this kind that is all that reads node i; else -1.
int Planner::sole_reader(int i, iv_op op) const
{
    int reader = values_[size_t(i)].reads == 1 ? reader_[size_t(i)] : -1;
    return reader >= 0 && nodes_[size_t(reader)].what.op == op ? reader : -1;
}

// What node i computes lies here.
void Planner::keep(int i, Value v)
{
    v.reads = values_[size_t(i)].reads;
    values_[size_t(i)] = v;
}

void Planner::plan(int i)
{
    switch (nodes_[size_t(i)].what.op) {
    case IV_OP_CONV:
    case IV_OP_LINEAR:
        return weigh(i);
    case IV_OP_BATCH_NORM:
        return norm(i);
    case IV_OP_ACTIVATION:
        return activate(i);
    case IV_OP_MAX_POOL:
    case IV_OP_AVG_POOL:
        return pool(i);
    case IV_OP_GLOBAL_POOL:
        return shape_.places && i == graph_.spread() ? spread(i) : pool_all(i);
    case IV_OP_ADD:
    case IV_OP_MUL:
        return combine(i);
    case IV_OP_CONCAT:
        return concatenate(i);
    default:
        throw Failure(IMGVEC_ERR_INTERNAL, "operation that the oneDNN executor does not know");
    }
}

// The features in the caller's order; the primitives' working memory behind the maps.
void Planner::finish()
{
    const Value &last = values_.back();
    output = plain(dims_of(last.layout));
    Place to;
    to.kind = Place::OUTPUT;
    add(make_reorder(last.layout, output), {{DNNL_ARG_FROM, place(last)}, {DNNL_ARG_TO, to}});
    bytes = space_.end() + scratch;
    for (PlannedStep &step : steps)
        for (auto &argument : step.arguments)
            if (argument.first == DNNL_ARG_SCRATCHPAD)
                argument.second.offset = space_.end();
}

void Planner::run()
{
    input = plain({shape_.images, 3, shape_.height, shape_.width});
    values_[0].layout = input;
    for (size_t i = 1; i < nodes_.size(); i++) {
        if (!finished_[i])
            plan(int(i));
        else
            continue;
        for (int from : nodes_[i].inputs)
            read(from);
        for (int block : passing_)
            drop(block);
        passing_.clear();
    }
    finish();
}

} // namespace shim
