#include "bridge.h"

#include <stdlib.h>

#include "_cgo_export.h"

static int32_t progress(void *user, const imgvec_progress *now)
{
    return goProgress((uintptr_t)user, (imgvec_progress *)now);
}

static void problem(void *user, const imgvec_problem *what)
{
    goProblem((uintptr_t)user, (imgvec_problem *)what);
}

imgvec_watch *imgvec_go_watch_new(uintptr_t job, imgvec_cancel *cancel)
{
    imgvec_watch *watch = calloc(1, sizeof *watch);
    if (watch) {
        watch->size = sizeof *watch;
        watch->user = (void *)job;
        watch->progress = progress;
        watch->problem = problem;
        watch->cancel = cancel;
    }
    return watch;
}

void imgvec_go_watch_free(imgvec_watch *watch)
{
    free(watch);
}
