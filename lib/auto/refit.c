#include <math.h>
#include <string.h>

#include "auto/stages.h"
#include "base/context.h"
#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"

#define MARGIN 0.85  /* of the time that is left: what was measured is not exact */
#define LONGER 2     /* times a trial's epochs: what it was judged to be must still hold */
#define SHORTER 0.75 /* of a trial's epochs, on more rows, are still worth taking */

typedef struct refit {
    iv_auto_search *s;
    const iv_blend *b;
    iv_member *networks;
    int32_t epochs, threads;
} refit;

static imgvec_status run(void *user, size_t job, imgvec_error *err)
{
    refit *r = user;
    const iv_trial *t = r->s->trials[r->b->trial[job]];
    iv_candidate c = t->c;
    iv_member m;
    if (c.epochs > 0)
        c.epochs = r->epochs;
    IV_TRY(iv_trial_train(r->s, &c, -1, NULL, r->threads, t->members[0].soup, &r->s->x->watch, &m,
                          NULL, err));
    iv_member_settle(r->s->ctx, &m);
    if (m.epochs == c.epochs)
        r->networks[job] = m;
    else
        iv_tensors_free(m.tensors); /* cut by the end of the time, with the rate still high */
    return IMGVEC_OK;
}

/* Epochs for which there is time, as many for each network. */
static int32_t plan(refit *r, int *workers)
{
    const iv_auto_search *s = r->s;
    double left = s->deadline - iv_now(), slowest = 0;
    int32_t longest = 1;
    *workers = r->b->count < (size_t)s->workers ? (int)r->b->count : s->workers;
    r->threads = (int32_t)(s->threads * s->workers / *workers);
    size_t rounds = (r->b->count + (size_t)*workers - 1) / (size_t)*workers;
    for (size_t m = 0; m < r->b->count; m++) {
        const iv_candidate *c = &s->trials[r->b->trial[m]]->c;
        if (c->epochs == 0)
            continue;
        double seconds = iv_auto_search_seconds(s, c, (size_t)s->space.rows, 1);
        slowest = seconds > slowest ? seconds : slowest;
        longest = c->epochs > longest ? c->epochs : longest;
    }
    /* Threads of one network help less than networks side by side. */
    slowest *= pow((double)s->threads / r->threads, 0.5);
    if (slowest == 0) /* nothing but a linear model */
        return 1;
    double epochs = MARGIN * left / ((double)rounds * slowest);
    bool asked = iv_option_is_set(s->opts, IMGVEC_OPT_EPOCHS) || s->one_trial;
    int32_t top = s->halving.epochs[s->halving.rungs - 1];
    int32_t most = asked ? longest : LONGER * longest > top ? LONGER * longest : top;
    if (epochs < SHORTER * longest)
        return 0;
    return epochs < most ? (int32_t)epochs : most;
}

int32_t iv_auto_search_refit(iv_auto_search *s, const iv_blend *b, iv_member *networks)
{
    iv_watch *watch = &s->x->watch;
    refit r = {.s = s, .b = b, .networks = networks};
    int workers;
    if (!iv_option_bool(s->opts, IMGVEC_OPT_REFIT) || s->interrupted)
        return 0;
    r.epochs = plan(&r, &workers);
    if (r.epochs < 1) {
        iv_log(s->ctx, IMGVEC_LOG_NOTICE,
               "too little time is left to learn from all rows: the trials' own networks are "
               "taken");
        return 0;
    }
    const iv_jobs jobs = {.count = b->count,
                          .workers = workers,
                          .run = run,
                          .user = &r,
                          .watch = watch,
                          .done = &s->done};
    imgvec_error why;
    atomic_store(&s->done, 0);
    imgvec_status status =
        iv_watch_begin(watch, (uint64_t)b->count * (uint64_t)r.epochs * (uint64_t)s->space.rows,
                       &why, "learning from all rows, %zu networks", b->count);
    if (status == IMGVEC_OK)
        status = iv_jobs_run(s->ctx, &jobs, &why);
    if (status == IMGVEC_OK)
        status = iv_watch_end(watch, &why);
    if (status == IMGVEC_ERR_CANCELLED) {
        iv_log(s->ctx, IMGVEC_LOG_NOTICE, "stopped: the trials' own networks are taken");
        s->interrupted = true;
    } else if (status != IMGVEC_OK) {
        iv_log(s->ctx, IMGVEC_LOG_NOTICE,
               "learning from all rows failed, and the trials' own networks are taken: %s",
               why.text);
    }
    return r.epochs;
}
