#include "train/fingerprint.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "table/cell_images.h"

static void add_text(iv_hasher *h, const char *text)
{
    iv_hasher_add(h, text, strlen(text) + 1);
}

static void add_f64(iv_hasher *h, double v)
{
    iv_hasher_add(h, &v, sizeof v);
}

static void add_weights(iv_hasher *h, const iv_tensors *weights)
{
    for (size_t i = 0; i < weights->count; i++) {
        add_text(h, weights->items[i].name);
        iv_hasher_add(h, weights->items[i].data, weights->items[i].count * sizeof(float));
    }
}

static void add_settings(iv_hasher *h, const iv_finetune_spec *s, const iv_lessons *l)
{
    const double numbers[] = {
        s->top,          s->bottleneck,   s->epochs,       s->batch_size,
        s->part,         s->rate,         s->stage_decay,  s->warmup,
        s->weight_decay, s->momentum,     s->clip,         (double)s->optimizer,
        (double)s->loss, s->drop,         s->freeze_norms, s->own_dropout ? s->dropout : -1,
        s->soup,         s->patience,     (double)s->seed, (double)l->count,
        l->class_count,  l->smoothing,    (double)l->seed, l->input.resize,
        l->input.crop,   l->input.bicubic};
    add_text(h, s->device);
    add_text(h, s->precision);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        add_f64(h, numbers[i]);
    iv_hasher_add(h, l->input.mean, sizeof l->input.mean);
    iv_hasher_add(h, l->input.std, sizeof l->input.std);
    for (int32_t c = 0; l->class_weights && c < l->class_count; c++)
        add_f64(h, l->class_weights[c]);
}

static imgvec_status add_augment(imgvec_context *ctx, iv_hasher *h, const iv_augment *a,
                                 imgvec_error *err)
{
    for (int32_t i = 0; a && i < a->count; i++) {
        iv_text text;
        iv_text_init(&text, ctx);
        iv_augment_write(&a->steps[i], true, &text);
        bool ok = !text.failed;
        if (ok)
            iv_hasher_add(h, text.data, text.length);
        iv_text_free(&text);
        if (!ok)
            return iv_fail_nomem(err);
    }
    return IMGVEC_OK;
}

/* The path of an image, and size and time of the file that it is or lies in. */
static imgvec_status add_file(iv_hasher *h, const iv_lessons *l, const iv_cell_images *images,
                              imgvec_error *err)
{
    iv_text path;
    struct stat st;
    iv_text_init(&path, l->ctx);
    iv_cell_images_path(images, &path);
    if (path.failed || !path.data) {
        bool failed = path.failed;
        iv_text_free(&path);
        return failed ? iv_fail_nomem(err) : IMGVEC_OK;
    }
    add_text(h, path.data);
    char *member = strstr(path.data, "!/");
    if (member)
        *member = '\0';
    if (stat(path.data, &st) == 0) {
        const int64_t state[3] = {st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
        iv_hasher_add(h, state, sizeof state);
    }
    iv_text_free(&path);
    return IMGVEC_OK;
}

static imgvec_status add_lesson(iv_hasher *h, const iv_lessons *l, size_t i, imgvec_error *err)
{
    iv_cell_images images;
    add_f64(h, l->y[i]);
    add_f64(h, (double)l->rows[i]);
    IV_TRY(iv_cell_images_begin(l->ds, l->column, l->rows[i], &images, err));
    while (iv_cell_images_next(&images)) {
        if (images.path) {
            IV_TRY(add_file(h, l, &images, err));
            continue;
        }
        iv_image image = {0};
        iv_digest digest;
        imgvec_status status = iv_cell_images_decode(&images, &image, &digest, err);
        iv_image_free(l->ctx, &image);
        if (status == IMGVEC_ERR_NO_MEMORY)
            return status;
        if (status == IMGVEC_OK) /* else it is none that anything is learned from */
            iv_hasher_add(h, &digest, sizeof digest);
    }
    return IMGVEC_OK;
}

imgvec_status iv_training_fingerprint(imgvec_context *ctx, const iv_executor *executor,
                                      const iv_tensors *weights, const iv_lessons *lessons,
                                      const iv_lessons *check, const iv_finetune_spec *spec,
                                      iv_digest *out, imgvec_error *err)
{
    iv_hasher *h = iv_hasher_new(ctx);
    if (!h)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    add_text(h, "fine-tuning 3");
    add_text(h, executor->name);
    add_text(h, executor->version);
    add_weights(h, weights);
    add_settings(h, spec, lessons);
    IV_DO(add_augment(ctx, h, lessons->augment, err));
    for (size_t i = 0; i < lessons->count; i++)
        IV_DO(add_lesson(h, lessons, i, err));
    for (size_t i = 0; check && i < check->count; i++)
        IV_DO(add_lesson(h, check, i, err));
    *out = iv_hasher_end(h);
    h = NULL;
done:
    iv_hasher_free(h);
    return status;
}
