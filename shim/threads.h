// How many threads torch may use for the calling thread's work.
#ifndef SHIM_THREADS_H
#define SHIM_THREADS_H

namespace shim
{

// Sets OpenMP's thread count of the calling thread (0: leaves it) and gives it back at the end
// of the scope, also where torch sets it by itself, at its first use in a thread.
// at::set_num_threads is no use here: it changes every thread of the process.
class ThreadScope
{
  public:
    explicit ThreadScope(int threads);
    ~ThreadScope();
    int count() const; // that the scope has
    ThreadScope(const ThreadScope &) = delete;
    ThreadScope &operator=(const ThreadScope &) = delete;

  private:
    int before_;
};

// Throws NO_MEMORY where a limit of the process leaves too little address space for what OpenBLAS
// and oneDNN allocate by themselves for so many
// threads: the one would try for ever, the other crash.
void need_room(int workers);

} // namespace shim

#endif
