// A training session: parameters that learn from batches.
#ifndef SHIM_TRAINER_H
#define SHIM_TRAINER_H

#include "loss.h"
#include "operations.h"
#include "optimizer.h"
#include "replica.h"

#include <unordered_map>

namespace shim
{

class Trainer
{
  public:
    static constexpr int most_parts = 4; // of a batch: each has gradients of its own
    Trainer(const iv_graph &graph, const iv_tensors &weights, const iv_trainer_spec &training);
    double learn(const iv_batch &batch, double share, uint64_t seed, int threads);
    double update(const iv_update &update);
    void run(const iv_batch &batch, int threads, double *outputs, double *loss);
    void read(iv_slot slot, const std::string &name, double *values, size_t count);
    void write(iv_slot slot, const std::string &name, const double *values, size_t count);

  private:
    struct Part;
    void choose_trained(const iv_trainer_spec &training);
    int part_count(const iv_batch &batch) const;
    Part part_of(const iv_batch &whole, int i, int parts) const;
    void make_replicas(int parts);
    at::Tensor forward(const std::vector<Step> &steps, const iv_batch &batch,
                       const Mode &mode) const;
    at::Tensor targets(const iv_batch &batch) const;
    double learn_part(const std::vector<Step> &steps, const iv_batch &part, double share,
                      uint64_t seed) const;
    double learn_parts(const iv_batch &batch, double share, uint64_t seed, int threads);
    void forget_gradients();
    Trained &find(const std::string &name, size_t count);

    at::Device device_;
    at::ScalarType type_; // of maps; parameters have float32 for bfloat16
    iv_loss loss_;
    bool drop_;
    int part_;
    int64_t outputs_;
    Optimizer optimizer_;
    std::vector<Step> steps_;
    std::vector<Trained> parameters_;
    std::vector<Replica> replicas_; // for the parts behind the first
    std::unordered_map<std::string, size_t> by_name_;
};

} // namespace shim

#endif
