#include "io/order.h"

typedef bool (*before_fn)(const void *user, size_t a, size_t b);

/* Moves the item at `at` down until no child is greater. */
static void sift(uint32_t *heap, size_t at, size_t count, before_fn before, const void *user)
{
    uint32_t item = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(user, heap[child], heap[child + 1]))
            child++;
        if (!before(user, item, heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = item;
}

void iv_order(uint32_t *order, size_t count, before_fn before, const void *user)
{
    bool sorted = true;
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
        sorted = sorted && (i == 0 || !before(user, i, i - 1));
    }
    if (sorted)
        return;
    for (size_t i = count / 2; i > 0; i--)
        sift(order, i - 1, count, before, user);
    for (size_t left = count; left > 1; left--) {
        uint32_t last = order[left - 1];
        order[left - 1] = order[0];
        order[0] = last;
        sift(order, 0, left - 1, before, user);
    }
}
