/* Fine-tuning on the fake executor: lessons, resuming, memory, divergence. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocations.h"
#include "base/thread.h"
#include "finetune_stage.h"

static void test_learns(void **state)
{
    (void)state;
    stage s;
    imgvec_error err;
    iv_finetuned f;
    iv_network *net;
    set_up(&s);
    assert_ok(run(&s, &f, &err));
    assert_int_equal(f.epochs, 20);
    assert_false(f.resumed);
    assert_int_equal(atomic_load(&s.done), 20 * ROWS);
    assert_int_equal(fake_training.updates, 20 * 8); /* 60 images in 8 batches of 7 or 8 */
    assert_true(f.losses[19] < 0.6 * f.losses[0]);
    assert_string_equal(iv_tensors_meta(f.tensors, "head"), "2");

    /* The tensors make a network that gives out the head's answers. */
    assert_ok(iv_network_from_tensors(s.ctx, fake_training_executor(), f.tensors, "cpu", "float32",
                                      &net, &err));
    f.tensors = NULL;
    assert_int_equal(iv_network_width(net), 2);
    const iv_networks nets = {.items = &net, .count = 1, .width = 2};
    const iv_embed_settings settings = {.threads = 1, .batch_size = -1, .max_bad = -1};
    float z[2 * ROWS];
    int32_t status[ROWS], right = 0;
    assert_ok(iv_embed(s.ctx, &nets, s.ds, s.lessons.column, 0, ROWS, &settings, &s.watch, NULL, z,
                       status, &err));
    for (int i = 0; i < ROWS; i++)
        right += (z[2 * i + 1] > z[2 * i]) == (s.y[i] > 0);
    assert_true(right > 50);
    iv_network_free(net);
    iv_finetuned_free(s.ctx, &f);
    tear_down(&s);
}

static void assert_same(const iv_finetuned *a, const iv_finetuned *b)
{
    assert_int_equal(a->tensors->count, b->tensors->count);
    for (size_t i = 0; i < a->tensors->count; i++)
        assert_memory_equal(a->tensors->items[i].data, b->tensors->items[i].data,
                            a->tensors->items[i].count * sizeof(float));
    assert_memory_equal(a->losses, b->losses, (size_t)a->epochs * sizeof *a->losses);
}

static void test_resumes(void **state)
{
    (void)state;
    stage s;
    imgvec_error err;
    iv_finetuned whole, f;
    char folder[] = "/tmp/imgvec-train-XXXXXX", command[64];
    set_up(&s);
    assert_ok(run(&s, &whole, &err));
    assert_non_null(mkdtemp(folder));
    s.spec.folder = folder;
    imgvec_cancel *cancel;
    assert_ok(imgvec_cancel_new(&cancel, &err));
    imgvec_watch user = {.size = sizeof user, .cancel = cancel};
    static const long stops[] = {1, 5, 8, 83};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) { /* again and again */
        user.cancel = cancel;
        fake_training = (fake_training_hooks){.cancel = cancel, .cancel_at = stops[i]};
        assert_ok(iv_watch_init(&s.watch, &user, &err));
        assert_fails(run(&s, &f, &err), IMGVEC_ERR_CANCELLED, "");
        imgvec_cancel_free(cancel);
        assert_ok(imgvec_cancel_new(&cancel, &err));
    }
    fake_training = (fake_training_hooks){0};
    user.cancel = NULL;
    assert_ok(iv_watch_init(&s.watch, &user, &err));
    assert_ok(run(&s, &f, &err));
    assert_true(f.resumed);
    assert_int_equal(fake_training.updates, 160 - 1 - 5 - 8 - 83);
    assert_same(&whole, &f);
    iv_finetuned_free(s.ctx, &f);

    /* What is finished is not trained again; what differs in anything is another training. */
    fake_training.updates = 0;
    assert_ok(run(&s, &f, &err));
    assert_int_equal(fake_training.updates, 0);
    assert_same(&whole, &f);
    iv_finetuned_free(s.ctx, &f);
    s.y[0] = 1 - s.y[0];
    assert_ok(run(&s, &f, &err));
    assert_false(f.resumed);
    iv_finetuned_free(s.ctx, &f);

    /* A damaged state is named, with the remedy. */
    snprintf(command, sizeof command, "for f in %s/*; do truncate -s -9 $f; done", folder);
    assert_int_equal(system(command), 0);
    assert_fails(run(&s, &f, &err), IMGVEC_ERR_FORMAT, "delete it to train from the start");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    imgvec_cancel_free(cancel);
    iv_finetuned_free(s.ctx, &whole);
    tear_down(&s);
}

/* Killed at any time, it goes on from the last state that is whole. */
static void test_killed(void **state)
{
    (void)state;
    stage s;
    imgvec_error err;
    iv_finetuned whole, f;
    iv_random r;
    char folder[] = "/tmp/imgvec-train-XXXXXX", command[64];
    int killed = 0;
    set_up(&s);
    assert_ok(run(&s, &whole, &err));
    double started = iv_now();
    assert_ok(run(&s, &f, &err));
    double seconds = iv_now() - started;
    iv_finetuned_free(s.ctx, &f);
    assert_non_null(mkdtemp(folder));
    s.spec.folder = folder;
    iv_random_seed(&r, 1, "kills");
    for (int i = 0; i < 25; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(run(&s, &f, &err) == IMGVEC_OK ? 0 : 1);
        usleep((useconds_t)(1e6 * seconds * (0.1 + 0.4 * iv_random_unit(&r))));
        kill(child, SIGKILL);
        int how;
        assert_int_equal(waitpid(child, &how, 0), child);
        killed += WIFSIGNALED(how);
        assert_true(WIFSIGNALED(how) || WEXITSTATUS(how) == 0);
    }
    printf("FIGURE: training_kills %d\n", killed);
    assert_true(killed > 0);
    assert_ok(run(&s, &f, &err));
    assert_true(f.resumed);
    assert_same(&whole, &f);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    iv_finetuned_free(s.ctx, &f);
    iv_finetuned_free(s.ctx, &whole);
    tear_down(&s);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    stage s;
    imgvec_error err;
    iv_finetuned whole, f;
    set_up(&s);
    assert_ok(run(&s, &whole, &err));
    fake_training = (fake_training_hooks){.most_images = 3};
    assert_ok(run(&s, &f, &err));
    assert_int_equal(f.micro, 2);
    assert_int_equal(fake_training.updates, 160); /* as many updates of as many images */
    for (int e = 0; e < 20; e++)
        assert_true(fabs(f.losses[e] - whole.losses[e]) < 1e-4);
    iv_finetuned_free(s.ctx, &f);
    iv_finetuned_free(s.ctx, &whole);
    tear_down(&s);
}

static void test_diverges(void **state)
{
    (void)state;
    stage s;
    imgvec_error err;
    iv_finetuned f;
    set_up(&s);
    s.lessons.class_count = 0;
    s.spec.loss = IV_LOSS_MSE;
    s.spec.optimizer = IV_OPTIMIZER_SGD;
    s.spec.rate = 1e30;
    assert_fails(run(&s, &f, &err), IMGVEC_ERR_DATA, "option lr");
    tear_down(&s);
}

static void test_lessons(void **state)
{
    (void)state;
    stage s;
    imgvec_error err;
    enum { N = 8, PIXELS = 3 * 16 * 16 };
    static float a[N * PIXELS], b[N * PIXELS], c[N * PIXELS];
    float targets[2 * N], other[2 * N];
    int64_t one[ROWS], two[ROWS], seen[ROWS] = {0};
    set_up(&s);
    iv_lessons_order(&s.lessons, 1, one);
    iv_lessons_order(&s.lessons, 2, two);
    assert_memory_not_equal(one, two, sizeof one);
    for (int i = 0; i < ROWS; i++)
        seen[one[i]]++;
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(seen[i], 1);

    assert_ok(iv_lessons_load(&s.lessons, 1, one, N, 1, a, targets, &err));
    assert_ok(iv_lessons_load(&s.lessons, 1, one, N, 4, b, other, &err));
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(targets, other, sizeof targets);
    assert_ok(iv_lessons_load(&s.lessons, 2, one, N, 1, b, other, &err));
    assert_ok(iv_lessons_load(&s.lessons, 0, one, N, 1, c, other, &err));
    /* Each image is flipped in both epochs, one or none; epoch 0 never flips. */
    int flips[2] = {0, 0};
    for (int i = 0; i < N; i++) {
        flips[0] += memcmp(a + i * PIXELS, c + i * PIXELS, PIXELS * sizeof *a) != 0;
        flips[1] += memcmp(b + i * PIXELS, c + i * PIXELS, PIXELS * sizeof *a) != 0;
        assert_true(targets[2 * i] + targets[2 * i + 1] == 1);
        assert_true(targets[2 * i + 1] == s.y[one[i]]);
    }
    assert_true(flips[0] > 0 && flips[0] < N && flips[1] > 0 && flips[1] < N);
    assert_memory_not_equal(a, b, sizeof a);

    /* MixUp blends images and labels alike. */
    assert_ok(iv_augment_parse("MixUp(p=1)", &s.augment, &err));
    assert_ok(iv_lessons_load(&s.lessons, 1, one, N, 1, a, targets, &err));
    int soft = 0;
    for (int i = 0; i < N; i++) {
        assert_true(fabs(targets[2 * i] + targets[2 * i + 1] - 1) < 1e-6);
        soft += targets[2 * i] > 0.01f && targets[2 * i] < 0.99f;
    }
    assert_true(soft > 0);
    assert_memory_not_equal(a, c, sizeof a);
    tear_down(&s);
}

static imgvec_status train_once(imgvec_context *ctx, void *user, imgvec_error *err)
{
    stage *s = user;
    iv_finetuned f;
    imgvec_status status = iv_finetune(ctx, fake_training_executor(), s->net, &s->lessons, NULL,
                                       &s->spec, NULL, &s->watch, &s->done, &f, err);
    if (status == IMGVEC_OK)
        iv_finetuned_free(ctx, &f);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    stage s;
    char folder[] = "/tmp/imgvec-train-XXXXXX", command[64];
    test_heap heap = {0};
    set_up_in(&s, test_heap_context(&heap));
    s.spec.epochs = 1;
    s.lessons.count = 6;
    s.spec.batch_size = 4;
    s.spec.micro = 1; /* else what cannot be had is asked for in smaller parts */
    long tried = fail_each_allocation_in(&heap, s.ctx, train_once, &s);
    assert_non_null(mkdtemp(folder));
    s.spec.folder = folder;
    tried += fail_each_allocation_in(&heap, s.ctx, train_once, &s);
    print_message("%ld allocations failed\n", tried);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lessons),         cmocka_unit_test(test_learns),
        cmocka_unit_test(test_resumes),         cmocka_unit_test(test_killed),
        cmocka_unit_test(test_memory_runs_out), cmocka_unit_test(test_diverges),
        cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
