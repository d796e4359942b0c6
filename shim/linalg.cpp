#include "linalg.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstring>

namespace shim
{

// The centred rows of one chunk take about this much memory.
static constexpr size_t kChunkBytes = size_t(32) << 20;

void gram(const float *x, size_t rows, size_t cols, const double *mean, double *out)
{
    c10::InferenceMode mode;
    auto n = static_cast<int64_t>(cols);
    size_t chunk = std::max<size_t>(1, kChunkBytes / (std::max<size_t>(cols, 1) * sizeof(double)));
    at::Tensor center = at::from_blob(const_cast<double *>(mean), {n}, at::kDouble);
    at::Tensor sum = at::zeros({n, n}, at::kDouble);
    for (size_t first = 0; first < rows; first += chunk) {
        auto count = static_cast<int64_t>(std::min(chunk, rows - first));
        at::Tensor part =
            at::from_blob(const_cast<float *>(x) + first * cols, {count, n}, at::kFloat);
        at::Tensor centred = part.to(at::kDouble).sub_(center);
        sum.addmm_(centred.t(), centred);
    }
    std::memcpy(out, sum.data_ptr<double>(), cols * cols * sizeof(double));
}

void eigh(const double *matrix, size_t n, double *values, double *vectors)
{
    c10::InferenceMode mode;
    auto side = static_cast<int64_t>(n);
    at::Tensor a = at::from_blob(const_cast<double *>(matrix), {side, side}, at::kDouble);
    auto [w, v] = at::linalg_eigh(a, "L");
    // LAPACK counts upwards and has a vector in each column.
    at::Tensor down = w.flip({0}).contiguous(), rows = v.t().flip({0}).contiguous();
    std::memcpy(values, down.data_ptr<double>(), n * sizeof(double));
    std::memcpy(vectors, rows.data_ptr<double>(), n * n * sizeof(double));
}

} // namespace shim
