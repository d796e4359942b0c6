/* What the measuring programs share. They end with status 2 and a line on stderr when something
 * fails: there is nothing to measure then. */
#ifndef IV_BENCH_SUPPORT_H
#define IV_BENCH_SUPPORT_H

#include <stddef.h>

#include <imgvec/imgvec.h>

#include "net/executor.h"

extern imgvec_error bench_error; /* of the last call that bench_need judges */

void bench_need(imgvec_status status);
/* The shim of this build: IMGVEC_TEST_BUILD names its folder, "build" where it is not set. */
const iv_executor *bench_torch(void);
/* Memory that is freed stays with the process, as in the imgvec program (tools/main.c). */
void bench_keep_freed_memory(void);
/* Answers each line of stdin, a number of seconds, with what `measure` did in about that time:
 * a line "UNITS SECONDS". So that programs which are compared can take turns. */
void bench_serve(double (*measure)(void *user, double seconds), void *user);

#endif
