#include "threads.h"

#include "guard.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/resource.h>

namespace shim
{

struct OpenMp {
    void (*set)(int) = nullptr;
    int (*get)() = nullptr;
};

// The OpenMP runtime that torch itself is linked with: an unpacked libtorch brings its own
// copy under another file name, and setting the system's would do nothing.
static OpenMp find_openmp()
{
    OpenMp omp;
    Dl_info where{};
    if (!dladdr(reinterpret_cast<void *>(&at::init_num_threads), &where) || !where.dli_fname)
        return omp;
    void *torch = dlopen(where.dli_fname, RTLD_NOLOAD | RTLD_LAZY);
    if (!torch)
        return omp;
    omp.set = reinterpret_cast<void (*)(int)>(dlsym(torch, "omp_set_num_threads"));
    omp.get = reinterpret_cast<int (*)()>(dlsym(torch, "omp_get_max_threads"));
    dlclose(torch);
    return omp;
}

static const OpenMp &openmp()
{
    static const OpenMp omp = find_openmp();
    return omp;
}

ThreadScope::ThreadScope(int threads) : before_(0)
{
    const OpenMp &omp = openmp();
    if (!omp.set || !omp.get)
        return;
    before_ = omp.get();
    // torch sets the count once for each thread, at its first use: let that pass, and forget it.
    at::get_num_threads();
    omp.set(threads < 1 ? before_ : threads);
}

int ThreadScope::count() const
{
    return openmp().get ? openmp().get() : at::get_num_threads();
}

ThreadScope::~ThreadScope()
{
    if (before_ > 0)
        openmp().set(before_);
}

void need_room(int workers)
{
    constexpr size_t each = size_t(128) << 20; // that OpenBLAS takes for a thread's work
    const size_t room = size_t(std::max(workers, 1)) * each + (size_t(32) << 20);
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    void *probe =
        mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (probe == MAP_FAILED)
        throw Failure(IMGVEC_ERR_NO_MEMORY,
                      "the limit of the process's memory leaves no room for the network");
    munmap(probe, room);
}

} // namespace shim
