#include "train/checkpoint.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/safetensors.h"

static const char *const slot_names[] = {"value", "", "moment", "squares"};

char *iv_checkpoint_path(imgvec_context *ctx, const char *folder, const iv_digest *digest)
{
    char hex[33], name[64];
    iv_digest_hex(digest, hex);
    snprintf(name, sizeof name, "training-%s.safetensors", hex);
    return iv_path_join(ctx, folder, name);
}

/* Tensors under names of their own, such as "moment/conv1.weight". NULL: none. */
static imgvec_status put_set(const iv_tensors *set, const char *folder, iv_tensors *to,
                             imgvec_error *err)
{
    for (size_t i = 0; set && i < set->count; i++) {
        const iv_tensor *t = &set->items[i];
        char name[256];
        snprintf(name, sizeof name, "%s/%s", folder, t->name);
        IV_TRY(iv_tensors_put(to, name, t->rank, t->shape, t->data, err));
    }
    return IMGVEC_OK;
}

static imgvec_status take_set(const iv_tensors *from, const char *folder, iv_tensors **out,
                              imgvec_error *err)
{
    iv_tensors *set;
    size_t length = strlen(folder);
    IV_TRY(iv_tensors_new(from->ctx, &set, err));
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; i < from->count; i++) {
        const iv_tensor *t = &from->items[i];
        if (strncmp(t->name, folder, length) == 0 && t->name[length] == '/')
            IV_DO(iv_tensors_put(set, t->name + length + 1, t->rank, t->shape, t->data, err));
    }
    *out = set;
    set = NULL;
done:
    iv_tensors_free(set);
    return status;
}

static imgvec_status put_slot(const iv_trainer *trainer, iv_slot slot, iv_tensors *to,
                              imgvec_error *err)
{
    iv_tensors *set;
    IV_TRY(iv_trainer_state(trainer, slot, &set, err));
    imgvec_status status = put_set(set, slot_names[slot], to, err);
    iv_tensors_free(set);
    return status;
}

static imgvec_status take_slot(iv_trainer *trainer, iv_slot slot, const iv_tensors *from,
                               imgvec_error *err)
{
    iv_tensors *set;
    IV_TRY(take_set(from, slot_names[slot], &set, err));
    imgvec_status status = iv_trainer_restore(trainer, slot, set, err);
    iv_tensors_free(set);
    return status;
}

/* Weights that a later iv_trainer_restore will take: those of this very session. */
static imgvec_status take_weights(const iv_trainer *trainer, const iv_tensors *from,
                                  const char *folder, iv_tensors **out, imgvec_error *err)
{
    iv_tensors *state;
    IV_TRY(take_set(from, folder, out, err));
    IV_TRY(iv_trainer_state(trainer, IV_SLOT_VALUE, &state, err));
    bool same = state->count == (*out)->count;
    for (size_t i = 0; same && i < state->count; i++)
        same = strcmp(state->items[i].name, (*out)->items[i].name) == 0 &&
               state->items[i].count == (*out)->items[i].count;
    iv_tensors_free(state);
    return same ? IMGVEC_OK : iv_fail(err, IMGVEC_ERR_FORMAT, "%s: other weights", folder);
}

static imgvec_status put_number(iv_tensors *set, const char *name, double value, imgvec_error *err)
{
    char text[IV_NUMBER_MAX];
    iv_format_f64(value, text);
    return iv_tensors_set_meta(set, name, text, err);
}

static imgvec_status put_count(iv_tensors *set, const char *name, int64_t value, imgvec_error *err)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return iv_tensors_set_meta(set, name, text, err);
}

static bool take_number(const iv_tensors *set, const char *name, double *out)
{
    const char *text = iv_tensors_meta(set, name);
    return text && iv_parse_f64(text, strlen(text), out);
}

static bool take_count(const iv_tensors *set, const char *name, int64_t most, int64_t *out)
{
    const char *text = iv_tensors_meta(set, name);
    return text && iv_parse_i64(text, strlen(text), out) && *out >= 0 && *out <= most;
}

static imgvec_status put_progress(iv_tensors *set, const iv_progress *p, imgvec_error *err)
{
    IV_TRY(put_count(set, "step", p->step, err));
    IV_TRY(put_count(set, "epochs", p->epochs, err));
    IV_TRY(put_number(set, "loss_sum", p->loss_sum, err));
    IV_TRY(put_count(set, "loss_count", p->loss_count, err));
    IV_TRY(put_count(set, "micro", p->micro, err));
    IV_TRY(put_count(set, "best_epoch", p->best_epoch, err));
    IV_TRY(put_count(set, "soup_count", p->soup_count, err));
    for (int64_t e = 0; e < p->epochs; e++) {
        char name[40];
        snprintf(name, sizeof name, "loss_%lld", (long long)e);
        if (isfinite(p->losses[e]))
            IV_TRY(put_number(set, name, p->losses[e], err));
        snprintf(name, sizeof name, "check_loss_%lld", (long long)e);
        if (isfinite(p->check_losses[e]))
            IV_TRY(put_number(set, name, p->check_losses[e], err));
    }
    return IMGVEC_OK;
}

static bool take_progress(const iv_tensors *set, iv_progress *p, int64_t most)
{
    if (!take_count(set, "step", INT64_MAX, &p->step) ||
        !take_count(set, "epochs", most, &p->epochs) ||
        !take_count(set, "loss_count", INT64_MAX, &p->loss_count) ||
        !take_count(set, "micro", INT32_MAX, &p->micro) || p->micro < 1 ||
        !take_number(set, "loss_sum", &p->loss_sum) ||
        !take_count(set, "best_epoch", p->epochs, &p->best_epoch) ||
        !take_count(set, "soup_count", p->epochs, &p->soup_count))
        return false;
    for (int64_t e = 0; e < p->epochs; e++) {
        char name[40];
        snprintf(name, sizeof name, "loss_%lld", (long long)e);
        if (!take_number(set, name, &p->losses[e]))
            p->losses[e] = NAN;
        snprintf(name, sizeof name, "check_loss_%lld", (long long)e);
        if (!take_number(set, name, &p->check_losses[e]))
            p->check_losses[e] = NAN;
    }
    return true;
}

static imgvec_status make_folder(imgvec_context *ctx, const char *path, imgvec_error *err)
{
    char *folder = iv_path_folder(ctx, path);
    if (!folder)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = iv_fail_errno(err, errno, "%s", folder);
    iv_free(ctx, folder);
    return status;
}

imgvec_status iv_training_save(const iv_trainer *trainer, const iv_progress *progress,
                               const char *path, imgvec_error *err)
{
    imgvec_context *ctx = iv_trainer_context(trainer);
    iv_tensors *set;
    void *data = NULL;
    size_t size;
    IV_TRY(iv_tensors_new(ctx, &set, err));
    imgvec_status status = IMGVEC_OK;
    IV_DO(put_slot(trainer, IV_SLOT_VALUE, set, err));
    IV_DO(put_slot(trainer, IV_SLOT_MOMENT, set, err));
    IV_DO(put_slot(trainer, IV_SLOT_SQUARES, set, err));
    IV_DO(put_set(progress->best, "best", set, err));
    IV_DO(put_set(progress->soup, "soup", set, err));
    IV_DO(put_progress(set, progress, err));
    IV_DO(iv_safetensors_bytes(ctx, set, &data, &size, err));
    IV_DO(make_folder(ctx, path, err));
    status = iv_file_write(ctx, path, data, size, err);
done:
    iv_free(ctx, data);
    iv_tensors_free(set);
    return iv_prefix(err, status, "saving the state of training");
}

imgvec_status iv_training_resume(imgvec_context *ctx, iv_trainer *trainer, iv_progress *progress,
                                 int64_t most, const char *path, bool *found, imgvec_error *err)
{
    iv_tensors *set = NULL;
    imgvec_status status = IMGVEC_OK;
    *found = iv_is_file(path);
    if (!*found)
        return IMGVEC_OK;
    IV_DO(iv_safetensors_open(ctx, path, 0, &set, err));
    if (!take_progress(set, progress, most)) {
        status = iv_fail(err, IMGVEC_ERR_FORMAT, "not the state of a training");
        goto done;
    }
    IV_DO(take_slot(trainer, IV_SLOT_VALUE, set, err));
    IV_DO(take_slot(trainer, IV_SLOT_MOMENT, set, err));
    IV_DO(take_slot(trainer, IV_SLOT_SQUARES, set, err));
    if (progress->best_epoch > 0)
        IV_DO(take_weights(trainer, set, "best", &progress->best, err));
    if (progress->soup_count > 0)
        status = take_weights(trainer, set, "soup", &progress->soup, err);
done:
    iv_tensors_free(set);
    return iv_prefix(err, status, "%s: delete it to train from the start", path);
}
