/* A process that fetches many images is killed in the middle and started again: the server's
 * log shows that no image was fetched twice, and every one that can be had is there.
 * IMGVEC_REMOTE_IMAGES=10000 build/tests/test_remote_kill runs the large version. */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/thread.h"
#include "http_server.h"
#include "table_support.h"

#define SIDE 24
#define PICTURE (15 + 3 * SIDE * SIDE)
#define IN_FLIGHT 8 /* downloads of one host */

/* Three of a hundred have a fault: in turn one of these. */
enum { GOOD, MISSING, BROKEN, BROKEN_ONCE, CUT_ONCE, BUSY_ONCE, PAGE, FAULTS };

static int fault_of(int image)
{
    int k = image % 100;
    return k == 7 || k == 33 || k == 66 ? 1 + (image / 100 * 3 + k / 30) % (FAULTS - 1) : GOOD;
}

static bool reachable(int image)
{
    int fault = fault_of(image);
    return fault != MISSING && fault != BROKEN && fault != PAGE;
}

typedef struct log_entry {
    int image;
    const http_exchange *connection;
} log_entry;

typedef struct world {
    place place;
    http_server *server;
    int images;
    pthread_mutex_t lock;
    log_entry *log; /* whole pictures that were sent */
    size_t sent, requests;
    unsigned char *asked; /* of each image, up to 255 */
} world;

static void answer_good(world *w, http_exchange *x, int image)
{
    char body[PICTURE + 1];
    int n = sprintf(body, "P6\n%d %d\n255\n", SIDE, SIDE);
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        body[n++] = (char)(image * 31 + i * 7 + image * i / 97);
    pthread_mutex_lock(&w->lock);
    w->log[w->sent++] = (log_entry){image, x};
    pthread_mutex_unlock(&w->lock);
    http_reply(x, 200, "ETag: \"a\"\r\n", body, (size_t)n);
}

static void answer(http_exchange *x, void *user)
{
    world *w = user;
    int image, before;
    if (sscanf(x->path, "/%d.ppm", &image) != 1 || image < 0 || image >= w->images) {
        http_reply(x, 404, "", "", 0);
        return;
    }
    pthread_mutex_lock(&w->lock);
    before = w->asked[image];
    w->asked[image] += before < 255;
    w->requests++;
    pthread_mutex_unlock(&w->lock);
    int fault = fault_of(image);
    if (fault == MISSING) {
        http_reply(x, 404, "", "no", 2);
    } else if (fault == BROKEN || (fault == BROKEN_ONCE && before == 0)) {
        http_reply(x, 500, "", "no", 2);
    } else if (fault == BUSY_ONCE && before == 0) {
        http_reply(x, 429, "Retry-After: 1\r\n", "", 0);
    } else if (fault == CUT_ONCE && before == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nP6\n", PICTURE);
        x->close = true;
    } else if (fault == PAGE) {
        http_reply(x, 200, "", "<!DOCTYPE html><p>moved", 23);
    } else {
        answer_good(w, x, image);
    }
}

/* The other process: inspects the data, as the program does, and tells how many images were
 * not to be had. */
static int client(const char *csv, const char *cache)
{
    imgvec_context *ctx;
    imgvec_options *opts;
    imgvec_dataset *ds;
    imgvec_error err;
    char *text;
    const iv_json *images;
    int64_t unusable;
    struct rusage usage;
    iv_json_document *doc;
    if (imgvec_context_new(&ctx, &err) != IMGVEC_OK ||
        iv_options_new(ctx, IMGVEC_JOB_OPEN, &opts, &err) != IMGVEC_OK ||
        iv_options_set_named(opts, "cache_dir", cache, &err) != IMGVEC_OK ||
        iv_options_set_named(opts, "allow_private", "1", &err) != IMGVEC_OK ||
        iv_options_set_named(opts, "download_retries", "1", &err) != IMGVEC_OK ||
        iv_dataset_open(ctx, csv, opts, NULL, &ds, &err) != IMGVEC_OK ||
        iv_dataset_describe(ds, opts, NULL, &text, &err) != IMGVEC_OK ||
        iv_json_parse(ctx, text, strlen(text), 0, 1u << 30, &doc, &err) != IMGVEC_OK ||
        iv_json_object(iv_json_root(doc), "images", &images, &err) != IMGVEC_OK ||
        iv_json_i64(images, "unusable", 0, INT64_MAX, &unusable, &err) != IMGVEC_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%lld unusable, %ld KB\n", (long long)unusable, usage.ru_maxrss);
    iv_json_free(doc);
    iv_free(ctx, text);
    iv_dataset_free(ds);
    iv_options_free(opts);
    imgvec_context_free(ctx);
    return 0;
}

static pid_t start(const world *w, int *out)
{
    int ends[2];
    char csv[128], cache[128], name[] = "test_remote_kill", flag[] = "--client";
    snprintf(csv, sizeof csv, "%s/urls.csv", w->place.folder);
    snprintf(cache, sizeof cache, "%s/cache", w->place.folder);
    char *const words[] = {name, flag, csv, cache, NULL};
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execv("/proc/self/exe", words);
        _exit(127);
    }
    close(ends[1]);
    *out = ends[0];
    return child;
}

static size_t sent(world *w)
{
    pthread_mutex_lock(&w->lock);
    size_t n = w->sent;
    pthread_mutex_unlock(&w->lock);
    return n;
}

static int begin(void **state)
{
    world *w = calloc(1, sizeof *w);
    const char *wanted = getenv("IMGVEC_REMOTE_IMAGES");
    w->images = wanted ? atoi(wanted) : 300;
    w->log = calloc((size_t)w->images * 4 + 64, sizeof *w->log);
    w->asked = calloc((size_t)w->images, 1);
    pthread_mutex_init(&w->lock, NULL);
    strcpy(w->place.folder, "/tmp/imgvec-test-XXXXXX");
    if (!mkdtemp(w->place.folder) || imgvec_context_new(&w->place.ctx, NULL) != IMGVEC_OK)
        return -1;
    w->server = http_server_start(answer, w);
    FILE *f = fopen(at(&w->place, "urls.csv"), "w");
    fputs("image\n", f);
    for (int i = 0; i < w->images; i++)
        fprintf(f, "http://127.0.0.1:%d/%d.ppm\n", http_server_port(w->server), i);
    fclose(f);
    *state = w;
    return w->server ? 0 : -1;
}

static int end(void **state)
{
    world *w = *state;
    http_server_stop(w->server);
    free(w->log);
    free(w->asked);
    return tear_down(state);
}

/* Whether it was the last picture that its connection had been sent by then: it may have been on
 * its way when the process was killed. */
static bool was_in_flight(const world *w, size_t killed_at, size_t entry)
{
    for (size_t i = entry + 1; i < killed_at; i++)
        if (w->log[i].connection == w->log[entry].connection)
            return false;
    return true;
}

static void test_kill(void **state)
{
    world *w = *state;
    int out, status, unreachable = 0, twice = 0, kills = 3;
    size_t killed_at[3];
    double before = iv_now();
    for (int k = 0; k < kills; k++) {
        pid_t child = start(w, &out);
        size_t until = (size_t)w->images * (size_t)(k + 1) / 5;
        while (sent(w) < until && waitpid(child, &status, WNOHANG) == 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status)); /* it was still at work */
        close(out);
        killed_at[k] = sent(w);
    }
    double middle = iv_now();
    char text[128] = "";
    int unusable = -1;
    long memory = 0;
    pid_t child = start(w, &out);
    ssize_t got = read(out, text, sizeof text - 1);
    close(out);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(got > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(sscanf(text, "%d unusable, %ld KB", &unusable, &memory), 2);
    double after = iv_now();

    /* All that can be had is there. */
    for (int i = 0; i < w->images; i++)
        unreachable += !reachable(i);
    assert_int_equal(unusable, unreachable);

    /* The log: each once, but for those that were on their way when the process was killed. */
    unsigned char *times = calloc((size_t)w->images, 1);
    for (size_t i = 0; i < w->sent; i++)
        times[w->log[i].image]++;
    for (int i = 0; i < w->images; i++)
        assert_true(times[i] >= reachable(i));
    for (size_t i = 0; i < w->sent; i++) {
        bool again = false, in_flight = false;
        for (size_t j = i + 1; j < w->sent && times[w->log[i].image] > 1 && !again; j++)
            again = w->log[j].image == w->log[i].image;
        for (int k = 0; k < kills && again && !in_flight; k++)
            in_flight = i < killed_at[k] && was_in_flight(w, killed_at[k], i);
        if (again && !in_flight)
            fail_msg("image %d was fetched again", w->log[i].image);
        twice += again;
    }
    assert_true(twice <= kills * IN_FLIGHT);
    free(times);
    printf("# %d images, %d of them unreachable, killed %d times: %zu requests, %zu pictures sent, "
           "%d of them again since they were on their way at a kill; %.1f s, the last process "
           "%.1f s, %ld KB\n",
           w->images, unreachable, kills, w->requests, w->sent, twice, after - before,
           after - middle, memory);

    /* And nothing is asked for by a further run but what failed. */
    size_t requests = w->requests, pictures = w->sent;
    child = start(w, &out);
    got = read(out, text, sizeof text - 1);
    close(out);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(got > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(w->sent, pictures);
    assert_true(w->requests - requests <= 2 * (size_t)unreachable);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_kill, begin, end)};
    if (argc == 4 && strcmp(argv[1], "--client") == 0)
        return client(argv[2], argv[3]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
