/* What cgo cannot write in Go: a watch whose callbacks are Go functions. */
#ifndef IMGVEC_GO_BRIDGE_H
#define IMGVEC_GO_BRIDGE_H

#include <imgvec/imgvec.h>

/* A watch in C memory, free with imgvec_go_watch_free; NULL when memory is short. job is a
 * runtime/cgo.Handle, 0 for none. */
imgvec_watch *imgvec_go_watch_new(uintptr_t job, imgvec_cancel *cancel);
void imgvec_go_watch_free(imgvec_watch *watch);

#endif
