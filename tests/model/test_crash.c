/* A model that is saved over an old one: killed at any moment, on a full disk, in a folder that
 * cannot be written, or changed by somebody else, the file is the old one or the new one. */
#include "model_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/thread.h"

static char folder[64], path[96];
static imgvec_context *ctx;
static imgvec_dataset *data;
static imgvec_model *models[2]; /* that take turns in the file */
static char *bytes[2];          /* of the files that they make */
static size_t sizes[2];

static size_t files_in(const char *name)
{
    size_t n = 0;
    DIR *d = opendir(name);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

/* Which of the two models the file is; it is one of them to the byte. */
static int which(void)
{
    char *found;
    size_t size;
    imgvec_error err;
    assert_ok(iv_file_read(ctx, path, 0, &found, &size, &err));
    int is = -1;
    for (int i = 0; i < 2; i++)
        if (size == sizes[i] && memcmp(found, bytes[i], size) == 0)
            is = i;
    iv_free(ctx, found);
    if (is < 0)
        fail_msg("a file of %zu bytes that is neither model", size);
    return is;
}

static int set_up(void **state)
{
    imgvec_error err;
    (void)state;
    strcpy(folder, "/tmp/imgvec-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.imgvec", folder);
    ctx = fake_context();
    data = make_data(ctx, 24, WITH_NUMBER | WITH_COLOUR, 1);
    for (int i = 0; i < 2; i++) {
        imgvec_options *o =
            make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "ignore", "kind,noise", "learner",
                         "linear", "folds", "2", "ablation", "off", "insights", "0", "threads", "1",
                         "seed", i ? "2" : "1", NULL);
        assert_ok(imgvec_model_train(ctx, data, o, NULL, &models[i], &err));
        assert_ok(imgvec_model_save(models[i], path, &err));
        assert_ok(iv_file_read(ctx, path, 0, &bytes[i], &sizes[i], &err));
        imgvec_options_free(o);
    }
    return sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        iv_free(ctx, bytes[i]);
        imgvec_model_free(models[i]);
    }
    imgvec_dataset_free(data);
    imgvec_context_free(ctx);
    unlink(path);
    return rmdir(folder);
}

static void test_killed(void **state)
{
    enum { KILLS = 500 };
    int seen[2] = {0}, left_over = 0;
    imgvec_error err;
    iv_random r;
    (void)state;
    iv_random_seed(&r, 1, "kills");
    double started = iv_now();
    assert_ok(imgvec_model_save(models[0], path, &err));
    double seconds = iv_now() - started;
    for (int i = 0; i < KILLS; i++) {
        int how, ends[2];
        char ready;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            if (write(ends[1], "r", 1) == 1)
                for (int k = 0;; k++)
                    if (imgvec_model_save(models[k & 1], path, &err) != IMGVEC_OK)
                        _exit(1);
            _exit(2);
        }
        close(ends[1]);
        assert_int_equal(read(ends[0], &ready, 1), 1);
        close(ends[0]);
        usleep((useconds_t)(1e6 * iv_random_unit(&r) * (seconds < 0.003 ? 2 * seconds : 0.006)));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how));
        seen[which()]++;
        size_t files = files_in(folder);
        assert_true(files <= 2); /* what is left of one save, and never more */
        left_over += files == 2;
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && left_over > 0);
    assert_ok(imgvec_model_save(models[1], path, &err));
    assert_int_equal(which(), 1);
    assert_int_equal(files_in(folder), 1); /* the next save removes it */
    printf("FIGURE: save_kills %d\nFIGURE: save_kills_half_written 0\n", KILLS);
    printf("FIGURE: save_kills_in_the_middle %d\n", left_over);
}

/* Two processes save to one path at once: neither takes the other's file for a killed one's. */
static void test_together(void **state)
{
    enum { SAVES = 40 };
    pid_t children[2];
    imgvec_error err;
    (void)state;
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (int k = 0; k < SAVES; k++)
                if (imgvec_model_save(models[i], path, &err) != IMGVEC_OK) {
                    fprintf(stderr, "%s\n", err.text);
                    _exit(1);
                }
            _exit(0);
        }
    }
    for (int i = 0; i < 2; i++) {
        int how;
        assert_int_equal(waitpid(children[i], &how, 0), children[i]);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    which();
    assert_int_equal(files_in(folder), 1);
}

/* A disk that is full after so many bytes, for every such number in steps. */
static void test_full(void **state)
{
    imgvec_error err;
    struct rlimit before, small;
    int refused = 0;
    (void)state;
    assert_ok(imgvec_model_save(models[0], path, &err));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    for (size_t room = 0; room < sizes[1]; room += 1 + sizes[1] / 150) {
        small = (struct rlimit){room, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        imgvec_status status = imgvec_model_save(models[1], path, &err);
        setrlimit(RLIMIT_FSIZE, &before);
        if (status != IMGVEC_ERR_IO || !strstr(err.text, path) || err.detail != EFBIG)
            fail_msg("room for %zu bytes: %d, %s", room, (int)status, err.text);
        assert_int_equal(which(), 0);
        assert_int_equal(files_in(folder), 1);
        refused++;
    }
    signal(SIGXFSZ, handler);
    assert_ok(imgvec_model_save(models[1], path, &err));
    assert_int_equal(which(), 1);
    printf("FIGURE: full_disk_points %d\nFIGURE: full_disk_false_successes 0\n", refused);
}

/* In a process of its own; the status that it exits with. */
static int in_child(int (*job)(void))
{
    int how;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(job());
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

enum { PASSED = 0, WRONG = 1, NOT_ALLOWED = 77 };

/* A real file system without room. */
static int save_on_full_tmpfs(void)
{
    char big[128], target[128];
    imgvec_error err;
    struct stat st;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=64k") != 0)
        return NOT_ALLOWED;
    snprintf(target, sizeof target, "%s/m.imgvec", folder);
    snprintf(big, sizeof big, "%s/big", folder);
    if (imgvec_model_save(models[0], target, &err) != IMGVEC_OK)
        return WRONG;
    int fd = open(big, O_WRONLY | O_CREAT, 0600);
    char block[1024] = {0};
    while (fd >= 0 && write(fd, block, sizeof block) > 0) {
    }
    if (imgvec_model_save(models[1], target, &err) != IMGVEC_ERR_IO || err.detail != ENOSPC ||
        !strstr(err.text, target) || which() != 0 || files_in(folder) != 2)
        return WRONG;
    close(fd);
    return unlink(big) == 0 && imgvec_model_save(models[1], target, &err) == IMGVEC_OK &&
                   which() == 1 && stat(target, &st) == 0
               ? PASSED
               : WRONG;
}

static void test_full_tmpfs(void **state)
{
    (void)state;
    int answer = in_child(save_on_full_tmpfs);
    if (answer == NOT_ALLOWED)
        printf("# SKIPPED: a full tmpfs, which takes the right to mount one\n");
    else
        assert_int_equal(answer, PASSED);
}

/* Without the rights of root, which every folder lets in. */
static int save_into_read_only(void)
{
    imgvec_error err;
    if (geteuid() == 0 && setuid(65534) != 0)
        return NOT_ALLOWED;
    return imgvec_model_save(models[1], path, &err) == IMGVEC_ERR_IO && err.detail == EACCES &&
                   strstr(err.text, folder) && which() == 0
               ? PASSED
               : WRONG;
}

static void test_read_only(void **state)
{
    imgvec_error err;
    (void)state;
    assert_ok(imgvec_model_save(models[0], path, &err));
    assert_int_equal(chmod(folder, 0555), 0);
    int answer = in_child(save_into_read_only);
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(answer, PASSED);
    assert_int_equal(files_in(folder), 1);
}

/* An opened model needs its file no more; a file that is cut or changed is refused. */
static void test_changed_underneath(void **state)
{
    imgvec_model *m, *again;
    imgvec_error err;
    float before[24], after[24];
    (void)state;
    assert_ok(imgvec_model_save(models[0], path, &err));
    assert_ok(imgvec_model_open(ctx, path, NULL, &m, &err));
    assert_ok(imgvec_model_predict(m, data, NULL, before, 24, NULL, NULL, &err));
    assert_int_equal(truncate(path, (off_t)sizes[0] / 2), 0);
    assert_ok(imgvec_model_predict(m, data, NULL, after, 24, NULL, NULL, &err));
    assert_memory_equal(before, after, sizeof before);
    assert_fails(imgvec_model_open(ctx, path, NULL, &again, &err), IMGVEC_ERR_FORMAT, path);
    assert_ok(imgvec_model_save(m, path, &err)); /* and it can be saved again */
    assert_int_equal(which(), 0);
    imgvec_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),    cmocka_unit_test(test_together),
        cmocka_unit_test(test_full),      cmocka_unit_test(test_full_tmpfs),
        cmocka_unit_test(test_read_only), cmocka_unit_test(test_changed_underneath),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
