/* What belongs to torch's process or calling thread, for tests that look whether it is left as it
 * was found. */
#ifndef TEST_TRAIN_TORCH_GLOBALS_H
#define TEST_TRAIN_TORCH_GLOBALS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct torch_globals {
    bool gradients, inference;
    int threads;
    uint64_t random; /* what the default generator would draw next */
} torch_globals;

/* A host that records gradients or does not, in inference mode or not, with three threads. */
void torch_globals_set(bool gradients, bool inference);
torch_globals torch_globals_get(void);

#ifdef __cplusplus
}
#endif
#endif
