/* A limit on the process's memory that the wanted batch does not fit into: fewer images go through
 * the network at once, and the updates are as many as before. */
#include "finetune_stage.h"

#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../net/torch_module.h"
#include "train/batch_size.h"

enum { IMAGES = 32, ROOM = 1000 }; /* MB; the whole batch would take about twice as many */

static void limit_to(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static rlim_t address_space(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &pages), 1);
    fclose(f);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void begin(stage *s, iv_network **net)
{
    imgvec_error err;
    set_up(s);
    const iv_network_request request = {.backbone = "mobilenetv2_035",
                                        .weights = "random",
                                        .weights_dir = "",
                                        .device = "cpu",
                                        .precision = "float32",
                                        .seed = 1};
    assert_ok(iv_network_load(s->ctx, torch, &request, net, &err));
    s->lessons.input = *iv_network_input(*net);
    s->lessons.count = IMAGES;
    s->spec.batch_size = IMAGES;
    s->spec.part = IV_TRAINING_PART;
    s->spec.epochs = 2;
    s->spec.rate = 0.001;
}

static imgvec_status train(stage *s, const iv_network *net, iv_finetuned *out, imgvec_error *err)
{
    atomic_store(&s->done, 0);
    return iv_finetune(s->ctx, torch, net, &s->lessons, NULL, &s->spec, NULL, &s->watch, &s->done,
                       out, err);
}

static void fewer_at_once(void **state)
{
    (void)state;
    for (int32_t threads = 1; threads <= 2; threads++) {
        stage s;
        iv_network *net;
        imgvec_error err;
        iv_finetuned f;
        begin(&s, &net);
        s.spec.threads = threads;
        iv_training_memory memory;
        assert_ok(iv_training_memory_of(net, &memory, &err));
        limit_to(address_space() + ((rlim_t)ROOM << 20));
        s.spec.micro = iv_micro_batch(&memory, IMAGES, iv_memory_for_training());
        imgvec_status status = train(&s, net, &f, &err);
        limit_to(RLIM_INFINITY);
        assert_ok(status);
        print_message("%d threads: %d of %d images at once in %d MB, losses %.3f %.3f\n",
                      (int)threads, (int)f.micro, IMAGES, ROOM, f.losses[0], f.losses[1]);
        assert_true(f.micro < IMAGES && f.micro >= 1);
        assert_int_equal(atomic_load(&s.done), 2 * IMAGES);
        assert_true(isfinite(f.losses[0]) && f.losses[1] < f.losses[0]);
        iv_finetuned_free(s.ctx, &f);
        iv_network_free(net);
        tear_down(&s);
    }
}

/* Where not even one image fits it is an error, and the same call works when there is room. */
static void not_even_one(void **state)
{
    (void)state;
    stage s;
    iv_network *net;
    imgvec_error err;
    iv_finetuned f;
    begin(&s, &net);
    s.spec.micro = 1;
    s.spec.threads = 1;
    limit_to(address_space() + ((rlim_t)8 << 20));
    imgvec_status status = train(&s, net, &f, &err);
    limit_to(RLIM_INFINITY);
    assert_fails(status, IMGVEC_ERR_NO_MEMORY, "memory");
    s.spec.epochs = 1;
    s.lessons.count = 4;
    assert_ok(train(&s, net, &f, &err));
    iv_finetuned_free(s.ctx, &f);
    iv_network_free(net);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_at_once),
        cmocka_unit_test(not_even_one),
    };
    return cmocka_run_group_tests(tests, load_torch, NULL);
}
