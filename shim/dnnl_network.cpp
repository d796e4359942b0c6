#include "dnnl_network.h"

#include "guard.h"

#include <algorithm>
#include <new>
#include <string>

namespace shim
{

// oneDNN has one type for all its failures.
[[noreturn]] static void rethrow(const dnnl::error &e)
{
    if (e.status == dnnl_out_of_memory)
        throw std::bad_alloc();
    throw Failure(IMGVEC_ERR_ENGINE, std::string("oneDNN: ") + e.what());
}

DnnlNetwork::DnnlNetwork(const iv_graph &graph, const iv_tensors &weights)
try : graph_(graph, weights) {
} catch (const dnnl::error &e) {
    rethrow(e);
}

// A plan has memory for each worker: those of shapes that nobody uses any more are let go.
std::shared_ptr<DnnlPlan> DnnlNetwork::plan_for(const Shape &shape)
{
    constexpr size_t most = 4; // a batch, and what is left over of one
    std::lock_guard<std::mutex> hold(lock_);
    auto found = plans_.find(shape);
    if (found == plans_.end()) {
        Kept made;
        made.plan = std::make_shared<DnnlPlan>(graph_, shape);
        found = plans_.emplace(shape, std::move(made)).first;
    }
    found->second.used = ++calls_;
    std::shared_ptr<DnnlPlan> plan = found->second.plan;
    if (plans_.size() > most)
        plans_.erase(std::min_element(plans_.begin(), plans_.end(), [](auto &a, auto &b) {
            return a.second.used < b.second.used;
        }));
    return plan;
}

void DnnlNetwork::run(const Shape &shape, const float *images, size_t values, float *out)
{
    try {
        std::shared_ptr<DnnlPlan> plan = plan_for(shape);
        if (plan->out_count() != values) // the caller has room for so many
            throw Failure(IMGVEC_ERR_INTERNAL, "the network gave another number of values");
        plan->run(images, out);
    } catch (const dnnl::error &e) {
        rethrow(e);
    }
}

} // namespace shim
