/* What a scorer takes does not grow from row to row, nor where many threads score; nothing is lost
 * when memory runs out. */
#include "scorer_support.h"

#include <pthread.h>

#include "allocations.h"
#include "base/error.h"

/* An allocator that knows how many bytes are held. */
typedef struct meter {
    atomic_long bytes, blocks, calls;
} meter;

typedef union head {
    size_t size;
    max_align_t align;
} head;

static void *meter_reallocate(void *user, void *memory, size_t bytes)
{
    meter *m = user;
    head *old = memory ? (head *)memory - 1 : NULL;
    size_t before = old ? old->size : 0;
    head *h = realloc(old, sizeof *h + bytes);
    atomic_fetch_add(&m->calls, 1);
    if (!h)
        return NULL;
    atomic_fetch_add(&m->bytes, (long)bytes - (long)before);
    atomic_fetch_add(&m->blocks, old ? 0 : 1);
    h->size = bytes;
    return h + 1;
}

static void *meter_allocate(void *user, size_t bytes)
{
    return meter_reallocate(user, NULL, bytes);
}

static void meter_release(void *user, void *memory)
{
    meter *m = user;
    head *h = (head *)memory - 1;
    atomic_fetch_sub(&m->bytes, (long)h->size);
    atomic_fetch_sub(&m->blocks, 1);
    free(h);
}

static void test_nothing_grows(void **state)
{
    (void)state;
    meter held = {0};
    imgvec_allocator allocator = {sizeof allocator, &held, meter_allocate, meter_reallocate,
                                  meter_release};
    imgvec_context *ctx;
    imgvec_error err;
    imgvec_scorer *s;
    float p[3];
    assert_ok(imgvec_context_new_with(&allocator, &ctx, &err));
    atomic_store(&ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    imgvec_model *m = train(ctx, "kind");
    assert_ok(imgvec_scorer_new(m, NULL, &s, &err));
    row v = make_row(1);
    long bytes = 0, blocks = 0, each = 0;
    for (int i = 0; i < 1000; i++) {
        long calls = held.calls;
        set(s, &v);
        assert_ok(imgvec_scorer_run(s, NULL, p, 3, NULL, &err));
        calls = held.calls - calls;
        if (i == 1) { /* the first call may grow the row's room */
            bytes = held.bytes;
            blocks = held.blocks;
            each = calls;
        } else if (i > 1) {
            assert_int_equal(calls, each);
            assert_int_equal(held.bytes, bytes);
            assert_int_equal(held.blocks, blocks);
        }
    }
    printf("# %ld allocations for each row, %ld bytes held\n", each, bytes);
    assert_true(each < 200);
    imgvec_scorer_free(s);
    imgvec_model_free(m);
    imgvec_context_free(ctx);
    assert_int_equal(held.bytes, 0);
    assert_int_equal(held.blocks, 0);
}

static imgvec_status score_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)ctx;
    imgvec_scorer *s = NULL;
    imgvec_status status = IMGVEC_OK;
    row v = make_row(1);
    float p;
    IV_DO(imgvec_scorer_new(user, NULL, &s, err));
    for (int i = 0; i < 2; i++) {
        IV_DO(imgvec_scorer_set_pixels(s, NULL, v.pixels, 16, 16, 0, IMGVEC_PIXELS_RGB, err));
        IV_DO(imgvec_scorer_set_number(s, "x", v.x, err));
        IV_DO(imgvec_scorer_set_text(s, "note", v.note, err));
        IV_DO(imgvec_scorer_run(s, NULL, &p, 1, NULL, err));
    }
done:
    imgvec_scorer_free(s);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    test_heap heap = {0};
    imgvec_context *ctx = test_heap_context(&heap);
    atomic_store(&ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    imgvec_model *m = train(ctx, "y");
    assert_true(fail_each_allocation_in(&heap, ctx, score_job, m) > 20);
    imgvec_model_free(m);
    imgvec_context_free(ctx);
    assert_int_equal(heap.live, 0);
}

enum { THREADS = 4, TURNS = 50 };

typedef struct server {
    const imgvec_model *model;
    const float *expected; /* of rows 0 .. ROWS - 1 */
    int first, wrong;
} server;

static void *serve(void *user)
{
    server *own = user;
    imgvec_scorer *s;
    imgvec_error err;
    if (imgvec_scorer_new(own->model, NULL, &s, &err) != IMGVEC_OK) {
        own->wrong = -1;
        return NULL;
    }
    for (int turn = 0; turn < TURNS; turn++) {
        int i = (own->first + turn) % ROWS;
        row v = make_row(i);
        float p = NAN;
        if (imgvec_scorer_set_pixels(s, NULL, v.pixels, 16, 16, 0, IMGVEC_PIXELS_RGB, &err) ||
            imgvec_scorer_set_number(s, "x", v.x, &err) ||
            imgvec_scorer_set_text(s, "colour", v.colour, &err) ||
            imgvec_scorer_set_text(s, "flag", v.flag, &err) ||
            imgvec_scorer_set_text(s, "date", v.date, &err) ||
            imgvec_scorer_set_text(s, "note", v.note, &err) ||
            imgvec_scorer_run(s, NULL, &p, 1, NULL, &err) || p != own->expected[i])
            own->wrong++;
    }
    imgvec_scorer_free(s);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_model *m = train(ctx, "y");
    imgvec_dataset *ds = new_dataset(ctx);
    imgvec_error err;
    float expected[ROWS];
    server servers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < ROWS; i++) {
        row v = make_row(i);
        append(ds, &v);
    }
    assert_ok(imgvec_model_predict(m, ds, NULL, expected, ROWS, NULL, NULL, &err));
    for (int t = 0; t < THREADS; t++) {
        servers[t] = (server){.model = m, .expected = expected, .first = t * 11};
        assert_int_equal(pthread_create(&threads[t], NULL, serve, &servers[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        pthread_join(threads[t], NULL);
        assert_int_equal(servers[t].wrong, 0);
    }
    imgvec_dataset_free(ds);
    imgvec_model_free(m);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_grows),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
