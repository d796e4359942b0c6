/* Rows to check by: early stopping, averaged weights, and both through a break. */
#include <stdlib.h>
#include <unistd.h>

#include "allocations.h"
#include "finetune_stage.h"

enum { LEARN = 40 };

static iv_lessons checked; /* the other rows */

static void part_rows(stage *s)
{
    checked = s->lessons;
    checked.rows += LEARN;
    checked.y += LEARN;
    checked.count = ROWS - LEARN;
    s->lessons.count = LEARN;
    s->check = &checked;
}

typedef struct heard {
    int epochs, stop_after;
    double losses[64];
    float last[2 * ROWS];
} heard;

static bool hear(void *user, const iv_epoch *e)
{
    heard *h = user;
    assert_int_equal(e->epoch, h->epochs + 1);
    assert_non_null(e->outputs);
    h->losses[h->epochs++] = e->check_loss;
    memcpy(h->last, e->outputs, (ROWS - LEARN) * 2 * sizeof(float));
    return h->epochs != h->stop_after;
}

/* Mean cross-entropy of the outputs, by this test's own arithmetic. */
static double loss_of(const float *outputs)
{
    double sum = 0;
    for (int i = 0; i < ROWS - LEARN; i++) {
        double a = outputs[2 * i], b = outputs[2 * i + 1];
        double mine = checked.y[i] > 0 ? b : a, other = checked.y[i] > 0 ? a : b;
        sum += log1p(exp(other - mine));
    }
    return sum / (ROWS - LEARN);
}

static void assert_close(double a, double b)
{
    assert_true(fabs(a - b) <= 1e-5 * (1 + fabs(b)));
}

static void test_checks(void **state)
{
    (void)state;
    stage s;
    imgvec_error err;
    iv_finetuned f;
    heard h = {0};
    set_up_in(&s, test_context());
    part_rows(&s);
    s.spec.epochs = 6;
    s.spec.epoch_done = hear;
    s.spec.user = &h;
    assert_ok(run(&s, &f, &err));
    assert_int_equal(h.epochs, 6);
    assert_int_equal(f.epochs, 6);
    for (int e = 0; e < 6; e++)
        assert_true(f.check_losses[e] == h.losses[e]);
    assert_memory_equal(f.outputs, h.last, (ROWS - LEARN) * 2 * sizeof(float));
    assert_close(f.check_loss, loss_of(f.outputs));
    assert_close(f.check_losses[5], f.check_loss);
    assert_true(f.check_losses[5] < f.check_losses[0]); /* it learns what it does not see */
    assert_int_equal(f.best_epoch, 0);
    assert_false(f.soup);
    iv_finetuned_free(s.ctx, &f);

    /* Ended from outside. */
    h = (heard){.stop_after = 2};
    assert_ok(run(&s, &f, &err));
    assert_int_equal(f.epochs, 2);
    iv_finetuned_free(s.ctx, &f);
    tear_down(&s);
}

/* A rate at which it soon gets worse: the best epoch's weights are taken. */
static void test_patience(void **state)
{
    (void)state;
    stage s;
    imgvec_error err;
    iv_finetuned f;
    set_up_in(&s, test_context());
    part_rows(&s);
    for (int i = 0; i < LEARN; i += 2) /* half of what it learns is wrong */
        s.y[i] = 1 - s.y[i];
    s.spec.epochs = 40;
    s.spec.rate = 3;
    s.spec.patience = 3;
    assert_ok(run(&s, &f, &err));
    assert_true(f.best_epoch > 0 && f.best_epoch < f.epochs && f.epochs < 40);
    assert_int_equal(f.epochs - f.best_epoch, 3);
    for (int64_t e = 0; e < f.epochs; e++)
        assert_true(f.check_losses[e] >= f.check_losses[f.best_epoch - 1]);
    assert_close(f.check_loss, f.check_losses[f.best_epoch - 1]);
    assert_close(f.check_loss, loss_of(f.outputs));
    iv_finetuned_free(s.ctx, &f);
    tear_down(&s);
}

/* The mean is taken exactly where it is better. */
static void test_soup(void **state)
{
    (void)state;
    static const double rates[] = {0.05, 5};
    for (size_t r = 0; r < 2; r++) {
        stage s;
        imgvec_error err;
        iv_finetuned plain, soup, alone;
        set_up_in(&s, test_context());
        part_rows(&s);
        s.spec.epochs = 6;
        s.spec.rate = rates[r];
        assert_ok(run(&s, &plain, &err));
        s.spec.soup = true;
        assert_ok(run(&s, &soup, &err));
        assert_true(soup.check_loss <= plain.check_loss);
        assert_int_equal(soup.soup, soup.check_loss < plain.check_loss);
        assert_close(soup.check_loss, loss_of(soup.outputs));
        if (!soup.soup)
            assert_memory_equal(soup.outputs, plain.outputs, (ROWS - LEARN) * 2 * sizeof(float));
        s.check = NULL; /* nobody to ask: as it was asked for */
        assert_ok(run(&s, &alone, &err));
        assert_true(alone.soup);
        assert_null(alone.outputs);
        iv_finetuned_free(s.ctx, &plain);
        iv_finetuned_free(s.ctx, &soup);
        iv_finetuned_free(s.ctx, &alone);
        tear_down(&s);
    }
}

static void assert_same_weights(const iv_finetuned *a, const iv_finetuned *b)
{
    assert_int_equal(a->tensors->count, b->tensors->count);
    for (size_t i = 0; i < a->tensors->count; i++)
        assert_memory_equal(a->tensors->items[i].data, b->tensors->items[i].data,
                            a->tensors->items[i].count * sizeof(float));
    assert_memory_equal(a->check_losses, b->check_losses, (size_t)a->epochs * sizeof(double));
    assert_int_equal(a->best_epoch, b->best_epoch);
    assert_int_equal(a->soup, b->soup);
}

/* Stopped at many updates and gone on from: the same bits. */
static void test_resumes(void **state)
{
    (void)state;
    for (int patience = 0; patience < 2; patience++) {
        stage s;
        imgvec_error err;
        iv_finetuned whole, f;
        char folder[] = "/tmp/imgvec-train-XXXXXX", command[64];
        imgvec_watch watch = {.size = sizeof watch};
        set_up_in(&s, test_context());
        part_rows(&s);
        s.spec.epochs = 8;
        s.spec.soup = patience == 0;
        s.spec.patience = patience ? 2 : 0;
        s.spec.rate = 1;
        assert_ok(run(&s, &whole, &err));
        assert_non_null(mkdtemp(folder));
        s.spec.folder = folder;
        int stops = 0;
        for (long at = 4;; at += 5) {
            assert_ok(imgvec_cancel_new(&watch.cancel, &err));
            assert_ok(iv_watch_init(&s.watch, &watch, &err));
            fake_training = (fake_training_hooks){.cancel = watch.cancel, .cancel_at = at % 7 + 3};
            imgvec_status status = run(&s, &f, &err);
            imgvec_cancel_free(watch.cancel);
            if (status == IMGVEC_OK)
                break;
            assert_int_equal(status, IMGVEC_ERR_CANCELLED);
            stops++;
        }
        assert_true(stops > 2);
        assert_same_weights(&whole, &f);
        iv_finetuned_free(s.ctx, &whole);
        iv_finetuned_free(s.ctx, &f);
        snprintf(command, sizeof command, "rm -r %s", folder);
        assert_int_equal(system(command), 0);
        fake_training = (fake_training_hooks){0};
        tear_down(&s);
    }
}

static imgvec_status train_once(imgvec_context *ctx, void *user, imgvec_error *err)
{
    stage *s = user;
    iv_finetuned f;
    imgvec_status status = run(s, &f, err);
    if (status == IMGVEC_OK)
        iv_finetuned_free(ctx, &f);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    stage s;
    test_heap heap = {0};
    set_up_in(&s, test_heap_context(&heap));
    part_rows(&s);
    checked.count = 3;
    s.lessons.count = 4;
    s.spec.epochs = 3;
    s.spec.batch_size = 4;
    s.spec.micro = 1; /* else what cannot be had is asked for in smaller parts */
    s.spec.soup = true;
    long tried = fail_each_allocation_in(&heap, s.ctx, train_once, &s);
    s.spec.patience = 1;
    tried += fail_each_allocation_in(&heap, s.ctx, train_once, &s);
    print_message("%ld allocations failed\n", tried);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checks),      cmocka_unit_test(test_patience),
        cmocka_unit_test(test_soup),        cmocka_unit_test(test_resumes),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
