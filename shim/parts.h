// Work in parts that run side by side.
#ifndef SHIM_PARTS_H
#define SHIM_PARTS_H

#include <functional>

namespace shim
{

// Calls work(0) to work(count - 1), each once, on up to `threads` threads, the caller's among them,
// which share `threads` of OpenMP. Results must not depend on which thread runs a part. Throws what
// the first part that failed threw, when all have ended.
void run_parts(int count, int threads, const std::function<void(int)> &work);

} // namespace shim

#endif
