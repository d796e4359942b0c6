#include "fake_trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fake_executor.h"

typedef struct entry {
    char *name;
    size_t count;
    double *slots[IV_SLOT_COUNT];
} entry;

typedef struct fake_trainer {
    void *body; /* the network up to the last layer's input */
    int32_t width, outputs;
    iv_trainer_spec training;
    entry *entries;
    size_t count;
    entry *weight, *bias; /* of the last layer */
} fake_trainer;

static void trainer_free(void *trainer)
{
    fake_trainer *t = trainer;
    for (size_t i = 0; t && t->entries && i < t->count; i++) {
        free(t->entries[i].name);
        for (int s = 0; s < IV_SLOT_COUNT; s++)
            free(t->entries[i].slots[s]);
    }
    if (t) {
        free(t->entries);
        fake_executor.network_free(t->body);
    }
    free(t);
}

static imgvec_status add(fake_trainer *t, const iv_tensor *from, imgvec_error *err)
{
    entry *e = &t->entries[t->count++];
    e->count = from->count;
    e->name = malloc(strlen(from->name) + 1);
    if (!e->name)
        return iv_fail_nomem(err);
    strcpy(e->name, from->name);
    for (int s = 0; s < IV_SLOT_COUNT; s++) {
        e->slots[s] = calloc(e->count + 1, sizeof(double));
        if (!e->slots[s])
            return iv_fail_nomem(err);
    }
    for (size_t i = 0; i < e->count; i++)
        e->slots[IV_SLOT_VALUE][i] = from->data[i];
    return IMGVEC_OK;
}

static entry *find(fake_trainer *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->entries[i].name, name) == 0)
            return &t->entries[i];
    return NULL;
}

static imgvec_status trainer_new(const iv_graph *graph, const iv_tensors *weights,
                                 const iv_trainer_spec *training, void **out, imgvec_error *err)
{
    const iv_node *last = &graph->nodes[graph->count - 1];
    iv_graph body = *graph;
    char name[IV_NAME_MAX];
    fake_trainer *t = calloc(1, sizeof *t);
    imgvec_status status = t ? IMGVEC_OK : iv_fail_nomem(err);
    if (!t)
        return status;
    body.feature = iv_graph_input(graph, last, 0);
    t->width = graph->nodes[body.feature].channels;
    t->outputs = last->channels;
    t->training = *training;
    t->entries = calloc(weights->count + 1, sizeof *t->entries);
    if (!t->entries)
        IV_DO(iv_fail_nomem(err));
    for (size_t i = 0; i < weights->count; i++)
        IV_DO(add(t, &weights->items[i], err));
    iv_parameter_name(last, "weight", name);
    t->weight = find(t, name);
    iv_parameter_name(last, "bias", name);
    t->bias = find(t, name);
    if (!t->weight || !t->bias)
        IV_DO(iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "fake executor: no linear layer at the end"));
    IV_DO(fake_executor.network_new(&body, weights, training->device, "float32", &t->body, err));
    *out = t;
done:
    if (status != IMGVEC_OK)
        trainer_free(t);
    return status;
}

static void softmax(const double *z, int32_t k, double *p)
{
    double most = z[0], sum = 0;
    for (int32_t c = 1; c < k; c++)
        most = fmax(most, z[c]);
    for (int32_t c = 0; c < k; c++)
        sum += p[c] = exp(z[c] - most);
    for (int32_t c = 0; c < k; c++)
        p[c] /= sum;
}

/* Loss of one image and its slope for each output; both divided as the mean wants it. */
static double loss_of(const fake_trainer *t, const double *z, const float *target, int32_t images,
                      double *slope)
{
    double loss = 0, each = 1.0 / images / t->outputs, total = 0;
    if (t->training.loss == IV_LOSS_CROSS_ENTROPY) {
        softmax(z, t->outputs, slope);
        for (int32_t c = 0; c < t->outputs; c++) {
            loss -= target[c] * log(fmax(slope[c], 1e-300)) / images;
            total += target[c];
        }
        for (int32_t c = 0; c < t->outputs; c++)
            slope[c] = (total * slope[c] - target[c]) / images;
        return loss;
    }
    for (int32_t c = 0; c < t->outputs; c++) {
        double d = z[c] - target[c];
        bool square = t->training.loss == IV_LOSS_MSE, small = fabs(d) <= 1;
        loss += each * (square ? d * d : small ? d * d / 2 : fabs(d) - 0.5);
        slope[c] = each * (square ? 2 * d : small ? d : d > 0 ? 1 : -1);
    }
    return loss;
}

/* outputs (may be NULL), the loss, and with share > 0 the gradients. */
static imgvec_status forward(fake_trainer *t, const iv_batch *batch, double share, double *outputs,
                             double *loss, imgvec_error *err)
{
    size_t n = (size_t)batch->count, d = (size_t)t->width, k = (size_t)t->outputs;
    imgvec_status status = IMGVEC_OK;
    float *features = malloc(n * d * sizeof *features);
    double *z = malloc(2 * k * sizeof *z), sum = 0;
    if (!features || !z)
        IV_DO(iv_fail_nomem(err));
    IV_DO(fake_executor.network_run(t->body, batch->images, batch->count, batch->height,
                                    batch->width, 1, features, err));
    for (size_t i = 0; i < n; i++) {
        const float *x = features + i * d;
        for (size_t c = 0; c < k; c++) {
            z[c] = t->bias->slots[IV_SLOT_VALUE][c];
            for (size_t j = 0; j < d; j++)
                z[c] += t->weight->slots[IV_SLOT_VALUE][c * d + j] * x[j];
            if (outputs)
                outputs[i * k + c] = z[c];
        }
        if (!batch->targets)
            continue;
        sum += loss_of(t, z, batch->targets + i * k, batch->count, z + k);
        for (size_t c = 0; share > 0 && c < k; c++) {
            t->bias->slots[IV_SLOT_GRADIENT][c] += share * z[k + c];
            for (size_t j = 0; j < d; j++)
                t->weight->slots[IV_SLOT_GRADIENT][c * d + j] += share * z[k + c] * x[j];
        }
    }
    if (loss)
        *loss = sum;
done:
    free(features);
    free(z);
    return status;
}

static imgvec_status trainer_learn(void *trainer, const iv_batch *batch, double share,
                                   uint64_t seed, int32_t threads, double *loss, imgvec_error *err)
{
    (void)seed, (void)threads;
    return forward(trainer, batch, share, NULL, loss, err);
}

static imgvec_status trainer_run(void *trainer, const iv_batch *batch, int32_t threads,
                                 double *outputs, double *loss, imgvec_error *err)
{
    (void)threads;
    return forward(trainer, batch, 0, outputs, loss, err);
}

/* Forgets what was gathered. */
static void trainer_drop(fake_trainer *t)
{
    memset(t->weight->slots[IV_SLOT_GRADIENT], 0, t->weight->count * sizeof(double));
    memset(t->bias->slots[IV_SLOT_GRADIENT], 0, t->bias->count * sizeof(double));
}

static void move(const fake_trainer *t, entry *e, const iv_update *u, double scale, bool decays)
{
    const iv_trainer_spec *s = &t->training;
    double rate = u->rate * s->stage_rates[s->stage_count - 1];
    double b1 = 1 - pow(s->beta1, (double)u->step), b2 = 1 - pow(s->beta2, (double)u->step);
    for (size_t i = 0; i < e->count; i++) {
        double *p = &e->slots[IV_SLOT_VALUE][i], *m = &e->slots[IV_SLOT_MOMENT][i];
        double *v = &e->slots[IV_SLOT_SQUARES][i], g = scale * e->slots[IV_SLOT_GRADIENT][i];
        e->slots[IV_SLOT_GRADIENT][i] = 0;
        double decay = decays ? s->weight_decay : 0;
        if (s->optimizer == IV_OPTIMIZER_SGD) {
            *m = s->momentum * *m + g + decay * *p;
            *p -= rate * *m;
        } else {
            *p *= 1 - rate * decay;
            *m = s->beta1 * *m + (1 - s->beta1) * g;
            *v = s->beta2 * *v + (1 - s->beta2) * g * g;
            *p -= rate * (*m / b1) / (sqrt(*v / b2) + s->epsilon);
        }
        /* As a session in float32, whose state fits a file exactly. */
        *p = (float)*p, *m = (float)*m, *v = (float)*v;
    }
}

static imgvec_status trainer_update(void *trainer, const iv_update *update, int32_t threads,
                                    double *norm, imgvec_error *err)
{
    fake_trainer *t = trainer;
    double squares = 0;
    (void)threads, (void)err;
    for (size_t i = 0; i < t->weight->count; i++)
        squares += pow(t->weight->slots[IV_SLOT_GRADIENT][i], 2);
    for (size_t i = 0; i < t->bias->count; i++)
        squares += pow(t->bias->slots[IV_SLOT_GRADIENT][i], 2);
    double length = sqrt(squares);
    if (norm)
        *norm = length;
    if (!isfinite(length)) {
        trainer_drop(t);
        return IMGVEC_OK;
    }
    double scale = update->clip > 0 && length > update->clip ? update->clip / length : 1;
    move(t, t->weight, update, scale, true);
    move(t, t->bias, update, scale, false);
    return IMGVEC_OK;
}

static imgvec_status slot_of(fake_trainer *t, iv_slot slot, const char *name, size_t count,
                             double **out, imgvec_error *err)
{
    entry *e = find(t, name);
    if (!e || e->count != count)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "training: no parameter %s", name);
    *out = e->slots[slot];
    return IMGVEC_OK;
}

static imgvec_status trainer_read(void *trainer, iv_slot slot, const char *name, double *values,
                                  size_t count, imgvec_error *err)
{
    double *from = NULL;
    IV_TRY(slot_of(trainer, slot, name, count, &from, err));
    memcpy(values, from, count * sizeof *values);
    return IMGVEC_OK;
}

static imgvec_status trainer_write(void *trainer, iv_slot slot, const char *name,
                                   const double *values, size_t count, imgvec_error *err)
{
    double *to = NULL;
    IV_TRY(slot_of(trainer, slot, name, count, &to, err));
    memcpy(to, values, count * sizeof *to);
    return IMGVEC_OK;
}

/* Whether the calls of this process are to fail or be counted; see the header. */
fake_training_hooks fake_training;

static imgvec_status hooked_learn(void *trainer, const iv_batch *batch, double share, uint64_t seed,
                                  int32_t threads, double *loss, imgvec_error *err)
{
    if (fake_training.most_images && batch->count > fake_training.most_images) {
        trainer_drop(trainer);
        return iv_fail(err, IMGVEC_ERR_NO_MEMORY, "fake executor: too many images");
    }
    return trainer_learn(trainer, batch, share, seed, threads, loss, err);
}

static imgvec_status hooked_update(void *trainer, const iv_update *update, int32_t threads,
                                   double *norm, imgvec_error *err)
{
    fake_training.updates++;
    if (fake_training.cancel && fake_training.updates == fake_training.cancel_at)
        imgvec_cancel_request(fake_training.cancel);
    return trainer_update(trainer, update, threads, norm, err);
}

const iv_executor *fake_training_executor(void)
{
    static iv_executor e;
    e = fake_executor;
    e.trainer_new = trainer_new;
    e.trainer_learn = hooked_learn;
    e.trainer_update = hooked_update;
    e.trainer_run = trainer_run;
    e.trainer_read = trainer_read;
    e.trainer_write = trainer_write;
    e.trainer_free = trainer_free;
    return &e;
}
