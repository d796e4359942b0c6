#include "features/measure.h"

#include <stdatomic.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/random.h"
#include "base/thread.h"

#define BATCH 4 /* images that a worker takes at once, as in embedding */
#define REPETITIONS 5
#define SECONDS 0.3 /* that a repetition takes, about */
#define RUNS_MAX 10000000

typedef struct measurement {
    const iv_network *net;
    const float *pixels; /* of one batch; all workers read the same */
    float *features;     /* threads x BATCH x width */
    int threads, runs;   /* batches that each worker takes */
    iv_watch *watch;
    atomic_int failed; /* index + 1 of a worker that failed */
    imgvec_error *errors;
} measurement;

static void work(void *user, int index)
{
    measurement *m = user;
    size_t width = (size_t)iv_network_width(m->net);
    for (int i = 0; i < m->runs && !atomic_load(&m->failed) && !iv_watch_stopped(m->watch); i++)
        if (iv_network_run(m->net, m->pixels, BATCH, 1, m->features + (size_t)index * BATCH * width,
                           &m->errors[index]) != IMGVEC_OK)
            atomic_store(&m->failed, index + 1);
}

/* Every worker takes m->runs batches: how long that took, and how many workers there were. */
static imgvec_status repeat(imgvec_context *ctx, measurement *m, double *seconds, int *workers,
                            imgvec_error *err)
{
    iv_team *team = NULL;
    double start = iv_now();
    IV_TRY(iv_team_start(ctx, m->threads, work, m, &team, err));
    *workers = iv_team_size(team);
    iv_team_free(team);
    *seconds = iv_now() - start;
    int failed = atomic_load(&m->failed);
    if (failed) {
        if (err)
            *err = m->errors[failed - 1];
        return m->errors[failed - 1].code;
    }
    return iv_watch_check(m->watch, err);
}

static void sort(double *values, int count)
{
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && values[k - 1] > values[k]; k--) {
            double v = values[k];
            values[k] = values[k - 1];
            values[k - 1] = v;
        }
}

/* Takes more and more batches until one repetition is long enough, which warms up, too. */
static imgvec_status warm_up(imgvec_context *ctx, measurement *m, imgvec_error *err)
{
    double seconds = 0;
    int workers;
    for (m->runs = 1;;) {
        IV_TRY(repeat(ctx, m, &seconds, &workers, err));
        if (seconds >= SECONDS || m->runs >= RUNS_MAX)
            return IMGVEC_OK;
        /* The first batches are slow, so that not all of the way is gone at once. */
        double more = seconds > SECONDS / 8 ? 1.1 * SECONDS / seconds : 8;
        m->runs = (int)(m->runs * more) + 1;
    }
}

static imgvec_status measure(imgvec_context *ctx, measurement *m, const char *id, double *out,
                             imgvec_error *err)
{
    double rates[REPETITIONS], seconds;
    int workers;
    IV_TRY(iv_watch_begin(m->watch, REPETITIONS, err, "measuring %s", id));
    IV_TRY(warm_up(ctx, m, err));
    for (int i = 0; i < REPETITIONS; i++) {
        IV_TRY(repeat(ctx, m, &seconds, &workers, err));
        rates[i] = (double)workers * m->runs * BATCH / seconds;
        if (i + 1 < REPETITIONS) /* the last report comes at the end */
            IV_TRY(iv_watch_step(m->watch, (uint64_t)i + 1, err));
    }
    sort(rates, REPETITIONS);
    *out = rates[REPETITIONS / 2];
    return iv_watch_end(m->watch, err);
}

imgvec_status iv_network_measure(imgvec_context *ctx, const iv_executor *executor, const char *id,
                                 const imgvec_options *opts, const imgvec_watch *watch,
                                 double *images_per_second, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    const char *device = iv_option_device(opts, ctx);
    iv_network_request request = {.backbone = id,
                                  .weights = "random",
                                  .weights_dir = "",
                                  .device = device,
                                  .precision = iv_option_text(opts, IMGVEC_OPT_PRECISION),
                                  .seed = 1};
    measurement m = {.threads = iv_context_threads(ctx, iv_option_i64(opts, IMGVEC_OPT_THREADS))};
    iv_network *net = NULL;
    float *pixels = NULL;
    iv_watch w;
    iv_random random;
    IV_TRY(iv_watch_init(&w, watch, err));
    IV_DO(iv_network_load(ctx, executor, &request, &net, err));
    size_t crop = (size_t)iv_network_input(net)->crop, count = BATCH * 3 * crop * crop;
    m.net = net;
    m.watch = &w;
    m.pixels = pixels = iv_alloc_n(ctx, count, sizeof *pixels);
    m.features = iv_alloc_n(ctx, (size_t)m.threads * BATCH * (size_t)iv_network_width(net),
                            sizeof *m.features);
    m.errors = iv_calloc(ctx, (size_t)m.threads, sizeof *m.errors);
    if (!pixels || !m.features || !m.errors)
        IV_DO(iv_fail_nomem(err));
    iv_random_seed(&random, 1, "measure");
    for (size_t i = 0; i < count; i++)
        pixels[i] = (float)(2 * iv_random_unit(&random) - 1);
    IV_DO(measure(ctx, &m, id, images_per_second, err));
done:
    iv_free(ctx, m.errors);
    iv_free(ctx, m.features);
    iv_free(ctx, pixels);
    iv_network_free(net);
    return status;
}
