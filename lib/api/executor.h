/* Loading the torch module at the first use of a network. */
#ifndef IV_API_EXECUTOR_H
#define IV_API_EXECUTOR_H

#include <imgvec/context.h>

#include "net/executor.h"

/* The context's executor: one that was set (tests), else torch's, loaded once for the process.
 * Fits iv_executor_source of lib/model. Safe from any thread. */
imgvec_status iv_executor_get(imgvec_context *ctx, const iv_executor **out, imgvec_error *err);

#endif
