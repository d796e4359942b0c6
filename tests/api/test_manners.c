/* A host that looks at what belongs to the process before and after each call: output, locale,
 * signals, floating-point control, folder, umask, environment, random state, OpenMP's threads and
 * open files. With the real network module. */
#include "test.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imgvec/imgvec.h>

#include "../net/torch_module.h"
#include "base/context.h"
#include "net/backbones.h"
#include "tiny_backbone.h"

extern char **environ;

enum { SIGNALS = 65, ROWS = 24, LAST_FD = 256 };

typedef struct process_state {
    off_t printed[2]; /* stdout, stderr */
    char locale[512], folder[1024];
    struct {
        void (*handler)(int);
        int flags;
        uint64_t mask;
    } handlers[SIGNALS];
    sigset_t mask;
    int rounding, traps;
    unsigned control; /* of the vector unit, without the flags that any division sets */
    mode_t umask;
    unsigned long environment;
    int threads;
    char open[LAST_FD];
} process_state;

static int out_file, err_file, real_out, real_err;
static int (*omp_threads)(void);
static long calls;

static void take_output(void)
{
    fflush(stdout);
    real_out = dup(1);
    real_err = dup(2);
    dup2(out_file, 1);
    dup2(err_file, 2);
}

static void give_back_output(void)
{
    fflush(stdout);
    fflush(stderr);
    dup2(real_out, 1);
    dup2(real_err, 2);
    close(real_out);
    close(real_err);
}

/* Everything is zeroed first, so that two states can be compared as bytes. */
static void look(process_state *s)
{
    memset(s, 0, sizeof *s);
    fflush(stdout);
    fflush(stderr);
    s->printed[0] = lseek(out_file, 0, SEEK_END);
    s->printed[1] = lseek(err_file, 0, SEEK_END);
    snprintf(s->locale, sizeof s->locale, "%s", setlocale(LC_ALL, NULL));
    assert_non_null(getcwd(s->folder, sizeof s->folder));
    for (int i = 1; i < SIGNALS; i++) {
        struct sigaction a;
        memset(&a, 0, sizeof a);
        if (sigaction(i, NULL, &a) == 0) {
            s->handlers[i].handler = a.sa_handler;
            s->handlers[i].flags = a.sa_flags;
            for (int k = 1; k < SIGNALS; k++)
                s->handlers[i].mask |= (uint64_t)(sigismember(&a.sa_mask, k) == 1) << (k - 1);
        }
    }
    pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
    s->rounding = fegetround();
    s->traps = fegetexcept();
#ifdef __SSE__
    s->control = __builtin_ia32_stmxcsr() & ~0x3Fu;
#endif
    s->umask = umask(0);
    umask(s->umask);
    for (char **e = environ; *e; e++)
        for (const char *p = *e; *p; p++)
            s->environment = s->environment * 31 + (unsigned char)*p;
    s->threads = omp_threads ? omp_threads() : 0;
    for (int fd = 0; fd < LAST_FD; fd++)
        s->open[fd] = fcntl(fd, F_GETFD) >= 0;
}

/* Output goes to files meanwhile. */
#define fail_aloud(...)                                                                            \
    do {                                                                                           \
        give_back_output();                                                                        \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

#define SAME(member, words)                                                                        \
    if (memcmp(&before->member, &after.member, sizeof after.member) != 0)                          \
    fail_aloud("%s: changed %s", call, words)

static void compare(const process_state *before, const char *call)
{
    process_state after;
    look(&after);
    SAME(printed, "what was printed");
    SAME(locale, "the locale");
    SAME(folder, "the current folder");
    SAME(handlers, "a signal handler");
    SAME(mask, "the signal mask");
    SAME(rounding, "the rounding mode");
    SAME(traps, "the floating-point traps");
    SAME(control, "the control of the vector unit");
    SAME(umask, "the umask");
    SAME(environment, "the environment");
    SAME(threads, "OpenMP's number of threads");
    SAME(open, "the open files");
}

/* The call gives that status and leaves the process as it was, its rand() too. */
#define CALL(call_, expected)                                                                      \
    do {                                                                                           \
        process_state before_;                                                                     \
        srand(42);                                                                                 \
        int next_ = rand();                                                                        \
        srand(42);                                                                                 \
        look(&before_);                                                                            \
        imgvec_status status_ = (call_);                                                           \
        compare(&before_, #call_);                                                                 \
        assert_int_equal(rand(), next_);                                                           \
        if (status_ != (expected))                                                                 \
            fail_aloud("%s: %d, %s", #call_, (int)status_, err.text);                              \
        calls++;                                                                                   \
    } while (0)

static void on_signal(int number)
{
    (void)number;
}

/* A host with a state of its own. */
static int begin(void **state)
{
    char out[] = "/tmp/imgvec-test-XXXXXX", error[] = "/tmp/imgvec-test-XXXXXX";
    (void)state;
    if (load_torch(state) != 0)
        return -1;
    out_file = mkstemp(out);
    err_file = mkstemp(error);
    unlink(out);
    unlink(error);
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        setlocale(LC_ALL, "C.UTF-8");
    umask(027);
    signal(SIGUSR1, on_signal);
    signal(SIGPIPE, on_signal);
    signal(SIGINT, on_signal);
    void (*set)(int) = NULL;
    *(void **)&omp_threads = dlsym(RTLD_DEFAULT, "omp_get_max_threads");
    *(void **)&set = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (set)
        set(3);
    return out_file < 0 || err_file < 0;
}

static void put_data(const char *folder)
{
    char path[128];
    snprintf(path, sizeof path, "%s/a.csv", folder);
    FILE *f = fopen(path, "w");
    fputs("image,x,colour,y\n", f);
    for (int i = 0; i < ROWS; i++) {
        fprintf(f, "%d.ppm,%d,%s,%d.5\n", i, i * i, i % 3 ? "red" : "blue", i);
        snprintf(path, sizeof path, "%s/%d.ppm", folder, i);
        FILE *p = fopen(path, "wb");
        fprintf(p, i == 5 ? "P6 9" : "P6 16 16 255\n");
        for (int k = 0; k < 768 && i != 5; k++)
            fputc((k * 7 + i * 9) & 255, p);
        fclose(p);
    }
    fclose(f);
}

static char folder[64];

static const char *in(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static void use_vectorizer(imgvec_context *ctx, imgvec_dataset *ds)
{
    imgvec_error err;
    imgvec_options *o;
    imgvec_vectorizer *vz, *opened;
    float values[ROWS * 2];
    CALL(imgvec_options_new(ctx, IMGVEC_JOB_EMBED, &o, &err), IMGVEC_OK);
    CALL(imgvec_options_set_json(
             o, "{\"backbone\": \"tiny\", \"weights\": \"random\", \"dim\": \"2\"}", &err),
         IMGVEC_OK);
    CALL(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err), IMGVEC_OK);
    CALL(imgvec_vectorizer_run(vz, ds, NULL, values, ROWS * 2, NULL, NULL, &err), IMGVEC_OK);
    CALL(imgvec_vectorizer_save(vz, in("v.imgvec"), &err), IMGVEC_OK);
    CALL(imgvec_vectorizer_open(ctx, in("v.imgvec"), NULL, &opened, &err), IMGVEC_OK);
    imgvec_vectorizer_free(vz);
    imgvec_vectorizer_free(opened);
    imgvec_options_free(o);
}

static void use_model(imgvec_context *ctx, imgvec_dataset *ds)
{
    imgvec_error err;
    imgvec_options *o;
    imgvec_model *m, *opened, *none;
    char *text;
    size_t size;
    float values[ROWS], parts[ROWS * 4], map[16 * 16];
    CALL(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err), IMGVEC_OK);
    CALL(imgvec_options_set_json(
             o,
             "{\"target\": \"y\", \"backbone\": \"tiny\", \"weights\": \"random\", "
             "\"dim\": \"2\", \"folds\": 2, \"rounds\": 3, \"threads\": 2, "
             "\"learner\": \"xgboost\", \"fine_tune\": \"on\", \"epochs\": 1, "
             "\"select_blocks\": false, \"ablation\": \"off\"}",
             &err),
         IMGVEC_OK);
    CALL(imgvec_model_train(ctx, ds, o, NULL, &m, &err), IMGVEC_OK);
    CALL(imgvec_model_save(m, in("m.imgvec"), &err), IMGVEC_OK);
    CALL(imgvec_model_save(m, in("no/such/folder"), &err), IMGVEC_ERR_NOT_FOUND);
    CALL(imgvec_model_open(ctx, in("m.imgvec"), NULL, &opened, &err), IMGVEC_OK);
    CALL(imgvec_model_open(ctx, in("a.csv"), NULL, &none, &err), IMGVEC_ERR_FORMAT);
    CALL(imgvec_model_predict(opened, ds, NULL, values, ROWS, NULL, NULL, &err), IMGVEC_OK);
    CALL(imgvec_model_evaluate(opened, ds, NULL, &text, &err), IMGVEC_OK);
    imgvec_text_free(text);
    CALL(imgvec_model_contributions(opened, ds, NULL, parts, ROWS * 4, NULL, NULL, &err),
         IMGVEC_OK);
    CALL(imgvec_model_saliency(opened, ds, 0, "image", 0, 0, map, 16, 16, &err), IMGVEC_OK);
    CALL(imgvec_model_insight(opened, NULL, "html", &text, &size, &err), IMGVEC_OK);
    imgvec_text_free(text);
    CALL(imgvec_report_file(ctx, in("m.imgvec"), NULL, "json", &text, &size, &err), IMGVEC_OK);
    imgvec_text_free(text);
    CALL(imgvec_model_describe_file(ctx, in("m.imgvec"), &text, &err), IMGVEC_OK);
    imgvec_text_free(text);
    CALL(imgvec_options_set_named(o, "xgb.eta", "none", &err), IMGVEC_OK);
    CALL(imgvec_model_train(ctx, ds, o, NULL, &none, &err), IMGVEC_ERR_INVALID_ARGUMENT);
    imgvec_model_free(m);
    imgvec_model_free(opened);
    imgvec_options_free(o);
}

static void test_calls(void **state)
{
    imgvec_context *ctx;
    imgvec_dataset *ds, *none;
    imgvec_error err;
    char *text;
    (void)state;
    strcpy(folder, "/tmp/imgvec-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    put_data(folder);
    take_output();
    CALL(imgvec_context_new(&ctx, &err), IMGVEC_OK);
    atomic_store(&ctx->executor, torch);
    iv_backbone_for_tests = &tiny_backbone;
    CALL(imgvec_dataset_open(ctx, in("a.csv"), NULL, NULL, &ds, &err), IMGVEC_OK);
    CALL(imgvec_dataset_open(ctx, in("none.zip"), NULL, NULL, &none, &err), IMGVEC_ERR_NOT_FOUND);
    CALL(imgvec_dataset_describe(ds, NULL, NULL, &text, &err), IMGVEC_OK);
    imgvec_text_free(text);
    CALL(imgvec_dataset_split(ds, NULL, in("s1.csv"), in("s2.csv"), NULL, &text, &err), IMGVEC_OK);
    imgvec_text_free(text);
    CALL(imgvec_augment_sheet(ctx, ds, NULL, NULL, in("sheet.png"), &err), IMGVEC_OK);
    CALL(imgvec_weights_inspect(ctx, in("a.csv"), &text, &err), IMGVEC_ERR_FORMAT);
    use_vectorizer(ctx, ds);
    use_model(ctx, ds);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    give_back_output();
    printf("FIGURE: manners_calls %ld\nFIGURE: manners_changes 0\n", calls);
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_calls)};
    return cmocka_run_group_tests(tests, begin, NULL);
}
