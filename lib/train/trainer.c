#include "train/trainer.h"

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"

struct iv_trainer {
    imgvec_context *ctx;
    const iv_executor *executor;
    const iv_graph *graph;
    void *handle; /* the executor's */
};

imgvec_status iv_trainer_new(imgvec_context *ctx, const iv_executor *executor,
                             const iv_graph *graph, const iv_tensors *weights,
                             const iv_trainer_spec *training, iv_trainer **out, imgvec_error *err)
{
    if (!executor->trainer_new)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "the network module %s cannot train",
                       executor->name);
    iv_trainer *t = iv_zalloc(ctx, sizeof *t);
    if (!t)
        return iv_fail_nomem(err);
    t->ctx = iv_context_ref(ctx);
    t->executor = executor;
    t->graph = graph;
    imgvec_status status = executor->trainer_new(graph, weights, training, &t->handle, err);
    if (status == IMGVEC_OK)
        *out = t;
    else
        iv_trainer_free(t);
    return status;
}

imgvec_status iv_trainer_learn(iv_trainer *trainer, const iv_batch *batch, double share,
                               uint64_t seed, int32_t threads, double *loss, imgvec_error *err)
{
    return trainer->executor->trainer_learn(trainer->handle, batch, share, seed, threads, loss,
                                            err);
}

imgvec_status iv_trainer_update(iv_trainer *trainer, const iv_update *update, int32_t threads,
                                double *norm, imgvec_error *err)
{
    return trainer->executor->trainer_update(trainer->handle, update, threads, norm, err);
}

imgvec_status iv_trainer_run(iv_trainer *trainer, const iv_batch *batch, int32_t threads,
                             double *outputs, double *loss, imgvec_error *err)
{
    return trainer->executor->trainer_run(trainer->handle, batch, threads, outputs, loss, err);
}

/* One parameter of a slot, from the session to `t` or, with `back`, the other way. */
static imgvec_status copy(const iv_trainer *trainer, iv_slot slot, iv_tensor *t, bool back,
                          imgvec_error *err)
{
    const iv_executor *e = trainer->executor;
    double *values = iv_alloc_n(trainer->ctx, t->count, sizeof *values);
    if (!values)
        return iv_fail_nomem(err);
    for (size_t i = 0; back && i < t->count; i++)
        values[i] = t->data[i];
    imgvec_status status =
        back ? e->trainer_write(trainer->handle, slot, t->name, values, t->count, err)
             : e->trainer_read(trainer->handle, slot, t->name, values, t->count, err);
    for (size_t i = 0; !back && status == IMGVEC_OK && i < t->count; i++)
        t->data[i] = (float)values[i];
    iv_free(trainer->ctx, values);
    return status;
}

static bool holds(iv_slot slot, const iv_parameter *p)
{
    bool statistic = p->role == IV_ROLE_RUNNING_MEAN || p->role == IV_ROLE_RUNNING_VAR;
    return slot == IV_SLOT_VALUE || !statistic;
}

/* The tensor of a parameter, made in `to` or, where that is NULL, found in `from`. */
static imgvec_status place(const iv_node *node, const iv_parameter *p, iv_tensors *to,
                           const iv_tensors *from, iv_tensor **out, imgvec_error *err)
{
    char name[IV_NAME_MAX];
    if (!iv_parameter_name(node, p->leaf, name))
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "training: name too long: %s", node->name);
    if (to)
        return iv_tensors_add(to, name, p->rank, p->shape, out, err);
    *out = iv_tensors_find(from, name);
    if (!*out || (*out)->count != p->count)
        return iv_fail(err, IMGVEC_ERR_DATA, "training state: tensor %s is %s", name,
                       *out ? "of another size" : "missing");
    return IMGVEC_OK;
}

static imgvec_status copy_all(const iv_trainer *trainer, iv_slot slot, iv_tensors *to,
                              const iv_tensors *from, imgvec_error *err)
{
    for (size_t i = 0; i < trainer->graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(trainer->graph, i, list);
        for (int k = 0; k < count; k++) {
            iv_tensor *t = NULL;
            if (!holds(slot, &list[k]))
                continue;
            IV_TRY(place(&trainer->graph->nodes[i], &list[k], to, from, &t, err));
            IV_TRY(copy(trainer, slot, t, !to, err));
        }
    }
    return IMGVEC_OK;
}

imgvec_status iv_trainer_state(const iv_trainer *trainer, iv_slot slot, iv_tensors **out,
                               imgvec_error *err)
{
    iv_tensors *set = NULL;
    IV_TRY(iv_tensors_new(trainer->ctx, &set, err));
    imgvec_status status = copy_all(trainer, slot, set, NULL, err);
    if (status == IMGVEC_OK)
        *out = set;
    else
        iv_tensors_free(set);
    return status;
}

imgvec_status iv_trainer_restore(iv_trainer *trainer, iv_slot slot, const iv_tensors *from,
                                 imgvec_error *err)
{
    return copy_all(trainer, slot, NULL, from, err);
}

imgvec_context *iv_trainer_context(const iv_trainer *trainer)
{
    return trainer->ctx;
}

void iv_trainer_free(iv_trainer *trainer)
{
    if (!trainer)
        return;
    imgvec_context *ctx = trainer->ctx;
    if (trainer->handle)
        trainer->executor->trainer_free(trainer->handle);
    iv_free(ctx, trainer);
    iv_context_unref(ctx);
}
