/* How long loading a 100 MB checkpoint takes, beside reading the same file whole into memory:
 * safetensors, and torch's .pth in both formats. Files are in the page cache. Both get pages
 * from the system that are new, as in a program that loads its weights once; beside it stands
 * what reading takes into memory that is there already. They take turns, and medians are
 * compared. Exit status 1 when loading takes more than twice as long as reading. */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/thread.h"
#include "io/checkpoint.h"
#include "io/safetensors.h"
#include "make_pth.h"

#define TENSORS 60 /* the test helper for .pth files has room for as many */
#define VALUES ((int64_t)25600000)
#define TURNS 15
#define LIMIT 2.0

static imgvec_context *ctx;
static imgvec_error err;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "load_weights: %s\n", what);
    exit(2);
}

/* A third of the tensors are large, as convolutions are; the others small, as their norms. */
static int64_t size_of(int i)
{
    return i % 3 == 0 ? VALUES / (TENSORS / 3 + 1) : 512;
}

static iv_tensors *make_tensors(void)
{
    iv_tensors *set = NULL;
    iv_random random;
    iv_random_seed(&random, 1, "load_weights");
    need(iv_tensors_new(ctx, &set, &err) == IMGVEC_OK, "no memory");
    for (int i = 0; i < TENSORS; i++) {
        char name[32];
        int64_t count = size_of(i);
        iv_tensor *t = NULL;
        snprintf(name, sizeof name, "layer%d.weight", i);
        need(iv_tensors_add(set, name, 1, &count, &t, &err) == IMGVEC_OK, "no memory");
        for (int64_t k = 0; k < count; k++)
            t->data[k] = (float)(iv_random_unit(&random) - 0.5);
    }
    return set;
}

static void write_safetensors(const char *path, const iv_tensors *set)
{
    void *data = NULL;
    size_t size = 0;
    need(iv_safetensors_bytes(ctx, set, &data, &size, &err) == IMGVEC_OK, "no memory");
    need(iv_file_write(ctx, path, data, size, &err) == IMGVEC_OK, err.text);
    iv_free(ctx, data);
}

static void write_pth(const char *path, const iv_tensors *set, bool legacy)
{
    pth_bytes pickle = {0}, file;
    pth_storage storages[TENSORS];
    char keys[TENSORS][8];
    PTH(&pickle, "\x80\x02}");
    for (int i = 0; i < TENSORS; i++) {
        const iv_tensor *t = &set->items[i];
        snprintf(keys[i], sizeof keys[i], "%d", i);
        storages[i] =
            (pth_storage){keys[i], t->data, t->count * sizeof *t->data, (int64_t)t->count};
        pth_put_text(&pickle, t->name);
        pth_put_floats(&pickle, keys[i], (int64_t)t->count, legacy);
        PTH(&pickle, "s");
    }
    PTH(&pickle, ".");
    file = legacy ? make_pth_legacy(&pickle, storages, TENSORS)
                  : make_pth_zip(&pickle, storages, TENSORS, "little");
    need(iv_file_write(ctx, path, file.data, file.size, &err) == IMGVEC_OK, err.text);
    free(pickle.data);
    free(file.data);
}

/* *memory NULL: into new memory, which is left there. */
static double read_whole(const char *path, char **memory)
{
    double start = iv_now();
    int fd = open(path, O_RDONLY);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (size > 0 && !*memory)
        *memory = malloc((size_t)size);
    char *data = *memory;
    need(size > 0 && data != NULL, "cannot read the file");
    for (off_t at = 0; at < size;) {
        ssize_t n = pread(fd, data + at, (size_t)(size - at), at);
        need(n > 0, "cannot read the file");
        at += n;
    }
    close(fd);
    return iv_now() - start;
}

static double load(const char *path)
{
    iv_tensors *set = NULL;
    double start = iv_now();
    need(iv_checkpoint_open(ctx, path, 0, &set, &err) == IMGVEC_OK, err.text);
    double seconds = iv_now() - start;
    need(set->count == TENSORS, "tensors are missing");
    iv_tensors_free(set);
    return seconds;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *seconds)
{
    qsort(seconds, TURNS, sizeof *seconds, compare);
    return seconds[TURNS / 2];
}

static double measure(const char *name, const char *path)
{
    double first[TURNS], again[TURNS], loading[TURNS];
    for (int i = -1; i < TURNS; i++) { /* the first turn warms up */
        int at = i < 0 ? 0 : i;
        char *memory = NULL;
        first[at] = read_whole(path, &memory);
        again[at] = read_whole(path, &memory);
        free(memory);
        loading[at] = load(path);
    }
    double r = median(first), l = median(loading);
    printf("%-12s read %5.1f ms (%.1f into old memory)  load %5.1f ms  %.2f times\n", name, r * 1e3,
           median(again) * 1e3, l * 1e3, l / r);
    return l / r;
}

int main(void)
{
    static const char *const names[] = {"safetensors", "pth (zip)", "pth (legacy)"};
    char folder[] = "/tmp/imgvec-bench-XXXXXX", path[64];
    bool slow = false;
    /* glibc would keep freed memory of this size after the first turn. */
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    need(imgvec_context_new(&ctx, &err) == IMGVEC_OK, "no memory");
    need(mkdtemp(folder) != NULL, "no folder for files");
    iv_tensors *set = make_tensors();
    snprintf(path, sizeof path, "%s/weights", folder);
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            write_safetensors(path, set);
        else
            write_pth(path, set, i == 2);
        slow |= measure(names[i], path) > LIMIT;
        unlink(path);
    }
    iv_tensors_free(set);
    rmdir(folder);
    imgvec_context_free(ctx);
    return slow;
}
