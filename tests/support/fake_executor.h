/* An executor in plain C: every operation as its definition says, in double, slowly. Lets
 * tests run networks without torch, and checks what the rewrites do to a graph. */
#ifndef TEST_FAKE_EXECUTOR_H
#define TEST_FAKE_EXECUTOR_H

#include "net/executor.h"

/* Devices "auto" and "cpu"; every precision computes in double. */
extern const iv_executor fake_executor;

/* As iv_torch_executor. */
const iv_executor *fake_executor_entry(uint32_t abi);

#endif
