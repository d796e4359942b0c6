// The entry table: net/executor.h on top of torch.
#include "net/executor.h"

#include "guard.h"
#include "linalg.h"
#include "network.h"
#include "threads.h"
#include "trainer.h"

#include <torch/version.h>

#include <algorithm>

namespace
{

using shim::guard;
using shim::Network;
using shim::Trainer;

imgvec_status network_new(const iv_graph *graph, const iv_tensors *weights, const char *device,
                          const char *precision, void **out, imgvec_error *err)
{
    return guard(err, [&] {
        shim::ThreadScope scope(0);
        *out = new Network(*graph, *weights, device, precision);
    });
}

imgvec_status network_run(void *network, const float *images, int32_t count, int32_t height,
                          int32_t width, int32_t threads, float *features, imgvec_error *err)
{
    return guard(err, [&] {
        if (count < 1)
            return;
        shim::need_room(1);
        shim::ThreadScope scope(threads);
        static_cast<const Network *>(network)->run(images, count, height, width, scope.count(),
                                                   features);
    });
}

imgvec_status network_places(void *network, const float *images, int32_t count, int32_t height,
                             int32_t width, int64_t place_count, int32_t threads, float *places,
                             imgvec_error *err)
{
    return guard(err, [&] {
        if (count < 1)
            return;
        shim::need_room(1);
        shim::ThreadScope scope(threads);
        static_cast<const Network *>(network)->run_places(images, count, height, width, place_count,
                                                          scope.count(), places);
    });
}

void network_free(void *network)
{
    guard(nullptr, [&] { delete static_cast<Network *>(network); });
}

imgvec_status trainer_new(const iv_graph *graph, const iv_tensors *weights,
                          const iv_trainer_spec *training, void **out, imgvec_error *err)
{
    return guard(err, [&] {
        shim::ThreadScope scope(0);
        *out = new Trainer(*graph, *weights, *training);
    });
}

imgvec_status trainer_learn(void *trainer, const iv_batch *batch, double share, uint64_t seed,
                            int32_t threads, double *loss, imgvec_error *err)
{
    return guard(err, [&] {
        shim::need_room(std::min(threads, shim::Trainer::most_parts));
        shim::ThreadScope scope(threads);
        *loss = static_cast<Trainer *>(trainer)->learn(*batch, share, seed, threads);
    });
}

imgvec_status trainer_update(void *trainer, const iv_update *update, int32_t threads, double *norm,
                             imgvec_error *err)
{
    return guard(err, [&] {
        shim::need_room(1);
        shim::ThreadScope scope(threads);
        double length = static_cast<Trainer *>(trainer)->update(*update);
        if (norm)
            *norm = length;
    });
}

imgvec_status trainer_run(void *trainer, const iv_batch *batch, int32_t threads, double *outputs,
                          double *loss, imgvec_error *err)
{
    return guard(err, [&] {
        shim::need_room(std::min(threads, shim::Trainer::most_parts));
        shim::ThreadScope scope(threads);
        static_cast<Trainer *>(trainer)->run(*batch, threads, outputs, loss);
    });
}

imgvec_status trainer_read(void *trainer, iv_slot slot, const char *name, double *values,
                           size_t count, imgvec_error *err)
{
    return guard(err, [&] { static_cast<Trainer *>(trainer)->read(slot, name, values, count); });
}

imgvec_status trainer_write(void *trainer, iv_slot slot, const char *name, const double *values,
                            size_t count, imgvec_error *err)
{
    return guard(err, [&] { static_cast<Trainer *>(trainer)->write(slot, name, values, count); });
}

void trainer_free(void *trainer)
{
    guard(nullptr, [&] { delete static_cast<Trainer *>(trainer); });
}

imgvec_status gram(const float *x, size_t rows, size_t cols, const double *mean, int32_t threads,
                   double *out, imgvec_error *err)
{
    return guard(err, [&] {
        shim::need_room(1);
        shim::ThreadScope scope(threads);
        shim::gram(x, rows, cols, mean, out);
    });
}

imgvec_status eigh(const double *matrix, size_t n, int32_t threads, double *values, double *vectors,
                   imgvec_error *err)
{
    return guard(err, [&] {
        shim::need_room(1);
        shim::ThreadScope scope(threads);
        shim::eigh(matrix, n, values, vectors);
    });
}

const iv_executor table = {IV_EXECUTOR_ABI, "torch",        TORCH_VERSION, network_new,
                           network_run,     network_places, network_free,  trainer_new,
                           trainer_learn,   trainer_update, trainer_run,   trainer_read,
                           trainer_write,   trainer_free,   gram,          eigh};

} // namespace

extern "C" __attribute__((visibility("default"))) const iv_executor *iv_torch_executor(uint32_t abi)
{
    return abi == IV_EXECUTOR_ABI ? &table : nullptr;
}
