// Where in one piece of memory blocks lie that are needed for a while.
#ifndef SHIM_DNNL_SPACE_H
#define SHIM_DNNL_SPACE_H

#include <cstddef>
#include <map>

namespace shim
{

class Space
{
  public:
    size_t take(size_t size); // offset of a block of 64-byte lines
    void give(size_t offset, size_t size);
    size_t end() const
    {
        return end_;
    }

  private:
    std::map<size_t, size_t> free_; // size of each free block by its offset
    size_t end_ = 0;
};

} // namespace shim

#endif
