#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"

typedef struct member {
    iv_team *team;
    int index;
    pthread_t thread;
} member;

struct iv_team {
    imgvec_context *ctx;
    void (*work)(void *user, int index);
    void *user;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int size, running;
    member members[];
};

double iv_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *run(void *user)
{
    member *m = user;
    iv_team *team = m->team;
    team->work(team->user, m->index);
    pthread_mutex_lock(&team->lock);
    team->running--;
    pthread_cond_signal(&team->ended);
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

imgvec_status iv_team_start(imgvec_context *ctx, int count, void (*work)(void *user, int index),
                            void *user, iv_team **out, imgvec_error *err)
{
    iv_team *team = iv_zalloc(ctx, sizeof *team + (size_t)count * sizeof(member));
    if (!team)
        return iv_fail_nomem(err);
    team->ctx = ctx;
    team->work = work;
    team->user = user;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->ended, &attributes);
    pthread_condattr_destroy(&attributes);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int problem = 0;
    for (int i = 0; i < count && problem == 0; i++) {
        member *m = &team->members[i];
        m->team = team;
        m->index = i;
        pthread_mutex_lock(&team->lock);
        team->running++;
        pthread_mutex_unlock(&team->lock);
        problem = pthread_create(&m->thread, NULL, run, m);
        if (problem == 0) {
            team->size++;
        } else {
            pthread_mutex_lock(&team->lock);
            team->running--;
            pthread_mutex_unlock(&team->lock);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (team->size == 0) {
        iv_team_free(team);
        return iv_fail_errno(err, problem, "cannot start a worker thread");
    }
    *out = team;
    return IMGVEC_OK;
}

int iv_team_size(const iv_team *team)
{
    return team->size;
}

bool iv_team_wait(iv_team *team, double seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double whole = (double)until.tv_nsec * 1e-9 + seconds;
    until.tv_sec += (time_t)whole;
    until.tv_nsec = (long)((whole - (double)(time_t)whole) * 1e9);
    pthread_mutex_lock(&team->lock);
    int late = 0;
    while (team->running > 0 && !late)
        late = pthread_cond_timedwait(&team->ended, &team->lock, &until) != 0;
    bool done = team->running == 0;
    pthread_mutex_unlock(&team->lock);
    return done;
}

void iv_team_free(iv_team *team)
{
    if (!team)
        return;
    for (int i = 0; i < team->size; i++)
        pthread_join(team->members[i].thread, NULL);
    pthread_cond_destroy(&team->ended);
    pthread_mutex_destroy(&team->lock);
    iv_free(team->ctx, team);
}
