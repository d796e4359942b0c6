/* Fine-tuning on the fake executor: images of two classes, and all that iv_finetune takes. */
#ifndef TEST_FINETUNE_STAGE_H
#define TEST_FINETUNE_STAGE_H

#include "../model/model_support.h"
#include "fake_trainer.h"
#include "features/embed.h"
#include "table/dataset.h"
#include "train/finetune.h"

enum { ROWS = 60 };

typedef struct stage {
    imgvec_context *ctx;
    imgvec_dataset *ds;
    iv_network *net;
    iv_augment augment;
    int64_t rows[ROWS];
    float y[ROWS];
    iv_lessons lessons;
    const iv_lessons *check; /* NULL: none */
    iv_finetune_spec spec;
    iv_watch watch;
    atomic_uint_fast64_t done;
} stage;

static inline void set_up_in(stage *s, imgvec_context *ctx)
{
    imgvec_error err;
    memset(s, 0, sizeof *s);
    iv_backbone_for_tests = &tiny_backbone;
    s->ctx = ctx;
    s->ds = make_data(s->ctx, ROWS, WITH_IMAGE, 1);
    const iv_network_request request = {.backbone = tiny_backbone.id,
                                        .weights = "random",
                                        .weights_dir = "",
                                        .device = "cpu",
                                        .precision = "float32",
                                        .seed = 1};
    assert_ok(iv_network_load(s->ctx, fake_training_executor(), &request, &s->net, &err));
    assert_ok(iv_augment_parse("HorizontalFlip", &s->augment, &err));
    assert_ok(iv_watch_init(&s->watch, NULL, &err));
    for (int i = 0; i < ROWS; i++) {
        char text[16];
        s->rows[i] = i;
        size_t length;
        assert_ok(iv_dataset_cell(s->ds, iv_dataset_find(s->ds, "kind"), i, text, sizeof text,
                                  &length, &err));
        s->y[i] = strcmp(text, "high") == 0;
    }
    s->lessons = (iv_lessons){.ctx = s->ctx,
                              .ds = s->ds,
                              .column = iv_dataset_find(s->ds, "image"),
                              .rows = s->rows,
                              .y = s->y,
                              .count = ROWS,
                              .class_count = 2,
                              .augment = &s->augment,
                              .input = *iv_network_input(s->net),
                              .seed = 1};
    s->spec = (iv_finetune_spec){.device = "cpu",
                                 .precision = "float32",
                                 .top = -1,
                                 .epochs = 20,
                                 .batch_size = 8,
                                 .rate = 0.3,
                                 .stage_decay = 1,
                                 .warmup = 0.1,
                                 .optimizer = IV_OPTIMIZER_ADAMW,
                                 .loss = IV_LOSS_CROSS_ENTROPY,
                                 .threads = 1,
                                 .seed = 1,
                                 .folder = ""};
    fake_training = (fake_training_hooks){0};
}

static inline void set_up(stage *s)
{
    set_up_in(s, test_context());
}

static inline void tear_down(stage *s)
{
    iv_network_free(s->net);
    imgvec_dataset_free(s->ds);
    imgvec_context_free(s->ctx);
}

static inline imgvec_status run(stage *s, iv_finetuned *out, imgvec_error *err)
{
    atomic_store(&s->done, 0);
    return iv_finetune(s->ctx, fake_training_executor(), s->net, &s->lessons, s->check, &s->spec,
                       NULL, &s->watch, &s->done, out, err);
}

#endif
