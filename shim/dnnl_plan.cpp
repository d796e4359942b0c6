#include "dnnl_plan.h"

#include "dnnl_planner.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tuple>

namespace shim
{

using dnnl::memory;

bool Shape::operator<(const Shape &o) const
{
    return std::tie(images, height, width, threads, places) <
           std::tie(o.images, o.height, o.width, o.threads, o.places);
}

DnnlPlan::DnnlPlan(DnnlGraph &graph, const Shape &shape)
{
    Planner planner(graph, shape);
    planner.run();
    steps_ = std::move(planner.steps);
    bytes_ = planner.bytes;
    input_ = planner.input;
    output_ = planner.output;
    out_count_ = output_.get_size() / sizeof(float);
}

static memory bind(const Place &p, const Arena &arena, char *bytes)
{
    switch (p.kind) {
    case Place::FIXED:
        return p.fixed;
    case Place::INPUT:
        return arena.input;
    case Place::OUTPUT:
        return arena.output;
    default:
        return memory(p.layout, cpu(), bytes + p.offset);
    }
}

std::unique_ptr<Arena> DnnlPlan::take()
{
    {
        std::lock_guard<std::mutex> hold(lock_);
        if (!idle_.empty()) {
            std::unique_ptr<Arena> arena = std::move(idle_.back());
            idle_.pop_back();
            return arena;
        }
    }
    constexpr size_t line = 64;
    auto arena = std::make_unique<Arena>();
    arena->bytes.reset(new char[bytes_ + line]);
    char *bytes = arena->bytes.get();
    bytes += line - reinterpret_cast<uintptr_t>(bytes) % line;
    arena->stream = dnnl::stream(cpu());
    arena->input = memory(input_, cpu(), DNNL_MEMORY_NONE);
    arena->output = memory(output_, cpu(), DNNL_MEMORY_NONE);
    for (const PlannedStep &step : steps_) {
        std::unordered_map<int, memory> arguments;
        for (const auto &argument : step.arguments)
            arguments.emplace(argument.first, bind(argument.second, *arena, bytes));
        arena->arguments.push_back(std::move(arguments));
    }
    return arena;
}

void DnnlPlan::give(std::unique_ptr<Arena> arena)
{
    std::lock_guard<std::mutex> hold(lock_);
    idle_.push_back(std::move(arena));
}

static float *values_of(const std::unordered_map<int, memory> &arguments, int name)
{
    return static_cast<float *>(arguments.at(name).get_data_handle());
}

static void compute(const ChannelWise &w, const std::unordered_map<int, memory> &arguments)
{
    const float *x = values_of(arguments, DNNL_ARG_SRC);
    const float *factors = values_of(arguments, DNNL_ARG_SRC_1);
    const float *shifts = values_of(arguments, DNNL_ARG_SRC_2);
    float *out = values_of(arguments, DNNL_ARG_DST);
    const size_t each = w.places * w.block;
    const float least = w.relu ? 0 : -std::numeric_limits<float>::infinity();
    for (size_t image = 0; image < w.images; image++)
        for (size_t g = 0; g < w.groups; g++, x += each) {
            float *y = out + (image * w.all + w.first + g) * each;
            const float *f = factors + (w.own ? image * w.groups + g : g) * w.block;
            const float *s = shifts + g * w.block;
            if (w.block == 1)
                for (size_t i = 0; i < each; i++)
                    y[i] = std::max(x[i] * f[0] + s[0], least);
            else
                for (size_t i = 0; i < each; i += w.block)
                    for (size_t c = 0; c < w.block; c++)
                        y[i + c] = std::max(x[i + c] * f[c] + s[c], least);
        }
}

void DnnlPlan::run(const float *images, float *out)
{
    std::unique_ptr<Arena> arena = take();
    arena->input.set_data_handle(const_cast<float *>(images));
    arena->output.set_data_handle(out);
    for (size_t i = 0; i < steps_.size(); i++)
        if (steps_[i].is_channel_wise)
            compute(steps_[i].channel_wise, arena->arguments[i]);
        else
            steps_[i].primitive.execute(arena->stream, arena->arguments[i]);
    arena->stream.wait();
    give(std::move(arena));
}

} // namespace shim
