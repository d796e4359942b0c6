#include <math.h>
#include <stdio.h>
#include <string.h>

#include "auto/stages.h"
#include "auto/trial_log.h"
#include "base/context.h"
#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/thread.h"

enum {
    KEPT = 8,          /* trials whose networks are kept */
    MOST_FAILURES = 10 /* in a row, after which nothing is begun any more */
};

static bool has_frozen(const iv_auto_search *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->trials[i]->candidate == IV_FROZEN)
            return true;
    return false;
}

/* A candidate that was tried before is what it was then. */
static void candidate_of(const iv_auto_search *s, int32_t index, int32_t rung, iv_candidate *out)
{
    if (index == IV_FROZEN) {
        iv_auto_frozen_candidate(s, out);
        return;
    }
    if (s->one_trial)
        *out = s->given;
    else
        iv_space_candidate(&s->space, index, out);
    for (size_t i = 0; i < s->count; i++)
        if (s->trials[i]->candidate == index)
            *out = s->trials[i]->c;
    out->epochs = s->halving.epochs[rung];
}

/* When a trial must be done. Without any on the highest rung the first one there may take some of
 * the time that is meant for learning from all rows: that needs to know what long training is
 * worth. */
static double end_of(const iv_auto_search *s, int32_t rung)
{
    int32_t top = s->halving.rungs - 1;
    for (size_t i = 0; i < s->count; i++)
        if (s->trials[i]->rung == top && s->trials[i]->candidate != IV_FROZEN)
            return s->search_end;
    return rung == top ? s->search_end + 0.3 * (s->deadline - s->search_end) : s->search_end;
}

/* Whether there is time for it. The first trial is begun in any case. */
static bool allowed(void *user, int32_t candidate, int32_t rung)
{
    const iv_auto_search *s = user;
    iv_candidate c;
    if (s->count == (size_t)has_frozen(s))
        return true;
    candidate_of(s, candidate, rung, &c);
    int32_t parts = rung == s->halving.rungs - 1 ? s->parts : 1;
    double seconds = 0;
    for (int32_t p = 0; p < parts; p++)
        seconds += iv_auto_search_seconds(s, &c, iv_auto_search_rows(s, p), c.epochs);
    return iv_now() + seconds <= end_of(s, rung);
}

static imgvec_status add_trial(iv_auto_search *s, int32_t candidate, int32_t rung, iv_trial **out,
                               imgvec_error *err)
{
    iv_trial *t = iv_zalloc(s->ctx, sizeof *t);
    if (!t || iv_reserve(s->ctx, &s->trials, &s->capacity, s->count + 1, sizeof *s->trials) != 0) {
        iv_free(s->ctx, t);
        return iv_fail_nomem(err);
    }
    /* Those of an earlier search are in the order they ended. */
    for (size_t i = 0; i < s->count; i++)
        t->id = t->id > s->trials[i]->id ? t->id : s->trials[i]->id + 1;
    t->candidate = candidate;
    t->rung = rung;
    t->begun = iv_now() - s->started;
    candidate_of(s, candidate, rung, &t->c);
    s->trials[s->count++] = t;
    *out = t;
    return IMGVEC_OK;
}

static imgvec_status begin_trial(iv_auto_search *s, iv_trial **out, imgvec_error *err)
{
    int32_t candidate, rung;
    imgvec_status status = IMGVEC_OK;
    *out = NULL;
    size_t begun = s->count - has_frozen(s);
    if ((s->most_trials > 0 && begun >= (size_t)s->most_trials) || s->failures >= MOST_FAILURES)
        return IMGVEC_OK;
    iv_attempt *attempts = iv_alloc_n(s->ctx, s->count + 1, sizeof *attempts);
    if (!attempts)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < s->count; i++)
        attempts[i] = (iv_attempt){.candidate = s->trials[i]->candidate,
                                   .rung = s->trials[i]->rung,
                                   .done = s->trials[i]->state != IV_TRIAL_RUNNING,
                                   .score = iv_trial_goodness(s, s->trials[i])};
    if (!iv_halving_next(&s->halving, attempts, s->count, allowed, s, &candidate, &rung))
        goto done;
    status = add_trial(s, candidate, rung, out, err);
done:
    iv_free(s->ctx, attempts);
    return status;
}

/* Networks of all but the best trials go. Those of the most parts are worth more. */
static void prune(iv_auto_search *s)
{
    for (;;) {
        iv_trial *worst = NULL;
        size_t whole = 0;
        for (size_t i = 0; i < s->count; i++) {
            iv_trial *t = s->trials[i];
            if (!iv_trial_is_whole(t))
                continue;
            whole++;
            if (!worst || t->parts < worst->parts ||
                (t->parts == worst->parts && iv_trial_goodness(s, t) < iv_trial_goodness(s, worst)))
                worst = t;
        }
        if (whole <= KEPT)
            return;
        iv_trial_drop(s, worst);
    }
}

static bool is_best(const iv_auto_search *s, const iv_trial *t)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->trials[i] != t && iv_trial_goodness(s, s->trials[i]) >= iv_trial_goodness(s, t))
            return false;
    return isfinite(iv_trial_goodness(s, t));
}

static void tell(const iv_auto_search *s, const iv_trial *t)
{
    if (t->state == IV_TRIAL_FAILED)
        iv_log(s->ctx, IMGVEC_LOG_NOTICE, "trial %d failed: %s", (int)t->id, t->reason);
    else
        iv_log(s->ctx, IMGVEC_LOG_NOTICE,
               "trial %d: %s %.4g after %d epochs in %.0f s (%s, input %d, lr %.2g, %s)%s",
               (int)t->id, s->x->metric, t->score, (int)t->c.epochs, t->seconds, t->c.backbone,
               (int)t->c.input_size, t->c.rate, t->c.augment,
               is_best(s, t) ? ", the best so far" : "");
}

/* The state of a training is needed no more when the trial is kept, or was given up. */
static void settle(iv_auto_search *s, iv_trial *t)
{
    for (int32_t p = 0; t->members && p < s->parts; p++)
        iv_member_settle(s->ctx, &t->members[p]);
}

/* A search goes on without a folder that cannot be written any more. */
static void keep(iv_auto_search *s, iv_trial *t)
{
    imgvec_error why;
    if (iv_trial_log_add(s, t, &why) != IMGVEC_OK) {
        iv_log(s->ctx, IMGVEC_LOG_WARNING, "no further trial is kept: %s", why.text);
        s->folder = "";
    } else {
        settle(s, t);
    }
}

static imgvec_status end_trial(iv_auto_search *s, iv_trial *t, imgvec_status status,
                               const imgvec_error *why, imgvec_error *err)
{
    pthread_mutex_lock(&s->lock);
    t->seconds = iv_now() - s->started - t->begun;
    /* One that was cut is begun again when the search goes on. */
    if (status != IMGVEC_ERR_CANCELLED) {
        if (status != IMGVEC_OK)
            snprintf(t->reason, sizeof t->reason, "%.190s", why->text);
        t->state = status == IMGVEC_OK ? IV_TRIAL_DONE : IV_TRIAL_FAILED;
        s->failures = status == IMGVEC_OK ? 0 : s->failures + 1;
        keep(s, t);
        prune(s);
        tell(s, t);
    }
    pthread_mutex_unlock(&s->lock);
    if (status != IMGVEC_ERR_CANCELLED)
        return IMGVEC_OK;
    if (err)
        *err = *why;
    return status;
}

static imgvec_status work(void *user, size_t worker, imgvec_error *err)
{
    iv_auto_search *s = user;
    iv_trial *t;
    (void)worker;
    for (;;) {
        imgvec_error why;
        pthread_mutex_lock(&s->lock);
        imgvec_status status = begin_trial(s, &t, err);
        pthread_mutex_unlock(&s->lock);
        IV_TRY(status);
        if (!t)
            return IMGVEC_OK;
        why.text[0] = '\0';
        status = iv_trial_run(s, t, &s->x->watch, &why);
        IV_TRY(end_trial(s, t, status, &why, err));
    }
}

/* In the calling thread, before the others begin. */
static imgvec_status run_frozen(iv_auto_search *s, imgvec_error *err)
{
    iv_watch *watch = &s->x->watch;
    iv_trial *t;
    imgvec_error why;
    if (has_frozen(s) || !iv_auto_frozen_suits(s))
        return IMGVEC_OK;
    IV_TRY(iv_watch_begin(watch, 0, err, "learning from the features as they are"));
    IV_TRY(add_trial(s, IV_FROZEN, s->halving.rungs - 1, &t, err));
    why.text[0] = '\0';
    imgvec_status status = iv_trial_run(s, t, watch, &why);
    IV_TRY(end_trial(s, t, status, &why, err));
    return iv_watch_end(watch, err);
}

static bool any_whole(const iv_auto_search *s, imgvec_error *err)
{
    for (size_t i = 0; i < s->count; i++)
        if (iv_trial_is_whole(s->trials[i]))
            return true;
    for (size_t i = 0; i < s->count; i++)
        if (*s->trials[i]->reason) {
            iv_fail(err, IMGVEC_ERR_DATA, "no trial was finished; the first one: %s",
                    s->trials[i]->reason);
            break;
        }
    return false;
}

imgvec_status iv_auto_search_run(iv_auto_search *s, imgvec_error *err)
{
    iv_watch *watch = &s->x->watch;
    const iv_jobs jobs = {.count = (size_t)s->workers,
                          .workers = s->workers,
                          .run = work,
                          .user = s,
                          .watch = watch,
                          .done = &s->done};
    imgvec_error why;
    imgvec_status status = run_frozen(s, &why);
    if (status == IMGVEC_OK)
        status = iv_watch_begin(watch, 0, &why, "searching: images learned from");
    if (status == IMGVEC_OK)
        status = iv_jobs_run(s->ctx, &jobs, &why);
    if (status == IMGVEC_OK)
        status = iv_watch_end(watch, &why);
    if (status == IMGVEC_ERR_CANCELLED && any_whole(s, NULL)) {
        iv_log(s->ctx, IMGVEC_LOG_NOTICE, "stopped: the best of what was found is taken");
        s->interrupted = true;
        return IMGVEC_OK;
    }
    if (status != IMGVEC_OK) {
        if (err)
            *err = why;
        return status;
    }
    return any_whole(s, err) ? IMGVEC_OK : IMGVEC_ERR_DATA;
}
