#include "base/watch.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/thread.h"

#define REPORT_EVERY 0.1 /* seconds */

imgvec_status iv_watch_init(iv_watch *w, const imgvec_watch *user, imgvec_error *err)
{
    memset(&w->user, 0, sizeof w->user);
    atomic_init(&w->stopped, false);
    w->stage[0] = '\0';
    w->total = 0;
    w->started = w->reported = 0;
    if (!user)
        return IMGVEC_OK;
    if (user->size < offsetof(imgvec_watch, progress))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "watch: size is %zu; set it to sizeof(imgvec_watch)", user->size);
    memcpy(&w->user, user, user->size < sizeof w->user ? user->size : sizeof w->user);
    return IMGVEC_OK;
}

bool iv_watch_stopped(iv_watch *w)
{
    if (w->user.cancel && atomic_load(&w->user.cancel->requested))
        atomic_store(&w->stopped, true);
    return atomic_load(&w->stopped);
}

imgvec_status iv_watch_check(iv_watch *w, imgvec_error *err)
{
    if (!iv_watch_stopped(w))
        return IMGVEC_OK;
    return iv_fail(err, IMGVEC_ERR_CANCELLED, "cancelled%s%s", w->stage[0] ? " while " : "",
                   w->stage);
}

static void report(iv_watch *w, uint64_t done, int32_t finished, double now)
{
    w->reported = now;
    if (!w->user.progress)
        return;
    double seconds = now - w->started;
    imgvec_progress p = {.size = sizeof p,
                         .stage = w->stage,
                         .done = done,
                         .total = w->total,
                         .seconds_left = -1,
                         .finished = finished};
    if (done > 0 && seconds > 0.05)
        p.rate = (double)done / seconds;
    if (p.rate > 0 && w->total >= done && w->total > 0)
        p.seconds_left = (double)(w->total - done) / p.rate;
    if (w->user.progress(w->user.user, &p) != 0)
        atomic_store(&w->stopped, true);
}

imgvec_status iv_watch_begin(iv_watch *w, uint64_t total, imgvec_error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->stage, sizeof w->stage, fmt, args);
    va_end(args);
    w->total = total;
    w->started = iv_now();
    report(w, 0, 0, w->started);
    return iv_watch_check(w, err);
}

imgvec_status iv_watch_step(iv_watch *w, uint64_t done, imgvec_error *err)
{
    double now = iv_now();
    if (now - w->reported >= REPORT_EVERY)
        report(w, done, 0, now);
    return iv_watch_check(w, err);
}

imgvec_status iv_watch_end(iv_watch *w, imgvec_error *err)
{
    report(w, w->total, 1, iv_now());
    return iv_watch_check(w, err);
}

void iv_watch_problem(iv_watch *w, int64_t row, const char *column, const char *path,
                      const imgvec_error *why)
{
    if (!w->user.problem)
        return;
    imgvec_problem p = {.size = sizeof p,
                        .row = row,
                        .column = column ? column : "",
                        .path = path ? path : "",
                        .reason = why->text,
                        .code = why->code};
    w->user.problem(w->user.user, &p);
}
