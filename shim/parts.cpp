#include "parts.h"

#include "threads.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>
#include <thread>
#include <vector>

namespace shim
{

void run_parts(int count, int threads, const std::function<void(int)> &work)
{
    int workers = std::max(1, std::min(count, threads));
    std::vector<std::exception_ptr> failures(static_cast<size_t>(count));
    std::atomic<int> next{0};
    auto run = [&] {
        ThreadScope scope(threads / workers);
        for (int i = next++; i < count; i = next++)
            try {
                work(i);
            } catch (...) {
                failures[static_cast<size_t>(i)] = std::current_exception();
            }
    };
    std::vector<std::thread> others;
    others.reserve(static_cast<size_t>(workers));
    sigset_t all, before; // signals are the host's threads' business
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        for (int i = 1; i < workers; i++)
            others.emplace_back(run);
    } catch (...) {
        // Fewer threads than wanted, or no memory for one: those that are there do all of it.
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    run();
    for (std::thread &t : others)
        t.join();
    for (const std::exception_ptr &failure : failures)
        if (failure)
            std::rethrow_exception(failure);
}

} // namespace shim
