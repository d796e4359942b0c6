#include "dnnl_space.h"

#include <iterator>

namespace shim
{

static size_t whole_lines(size_t size)
{
    return (size + 63) / 64 * 64;
}

size_t Space::take(size_t size)
{
    size = whole_lines(size);
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it)
        if (it->second >= size && (best == free_.end() || it->second < best->second))
            best = it;
    if (best == free_.end()) {
        size_t at = end_;
        end_ += size;
        return at;
    }
    size_t at = best->first, left = best->second - size;
    free_.erase(best);
    if (left)
        free_[at + size] = left;
    return at;
}

void Space::give(size_t offset, size_t size)
{
    auto block = free_.emplace(offset, whole_lines(size)).first;
    auto after = std::next(block);
    if (after != free_.end() && block->first + block->second == after->first) {
        block->second += after->second;
        free_.erase(after);
    }
    if (block == free_.begin())
        return;
    auto before = std::prev(block);
    if (before->first + before->second == block->first) {
        before->second += block->second;
        free_.erase(block);
    }
}

} // namespace shim
