#include "soak.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WHOLE_EVERY = 256, OPEN_EVERY = 2048, CELL_MAX = 4096 };

typedef struct cell {
    char *text;  /* NULL: missing */
    void *bytes; /* of the image that text names, where it can be read */
    size_t size;
} cell;

typedef struct column {
    char *name;
    int32_t type;
    cell *cells; /* one for each row */
} column;

typedef struct soak {
    const char *path; /* of the model */
    const imgvec_model *model;
    imgvec_context *ctx;
    imgvec_options *single; /* one thread for each call */
    const imgvec_dataset *data;
    column *columns;
    int32_t column_count;
    long rows; /* of the data */
    size_t outputs;
    float *expected; /* rows x outputs */
    int32_t *status;
    atomic_long done, wrong, opened;
    atomic_bool stop;
    long wanted;
} soak;

typedef struct worker {
    soak *job;
    long first;
    pthread_t thread;
} worker;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = -1;
    if (file)
        fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -1; /* that of the folder itself */
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static void wrong(soak *job, const char *what, const imgvec_error *err)
{
    if (atomic_fetch_add(&job->wrong, 1) < 10)
        fprintf(stderr, "soak: %s: %s\n", what, err ? err->text : "other bits");
}

/* NaN has bits too. */
static bool same(const soak *job, const float *p, long row, long count)
{
    return memcmp(p, job->expected + (size_t)row * job->outputs,
                  (size_t)count * job->outputs * sizeof *p) == 0;
}

static imgvec_status set_cells(const soak *job, imgvec_scorer *scorer, long row, bool bytes,
                               imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    for (int32_t c = 0; c < job->column_count && status == IMGVEC_OK; c++) {
        const column *k = &job->columns[c];
        const cell *v = &k->cells[row];
        if (k->type == IMGVEC_COLUMN_NUMERIC)
            status = imgvec_scorer_set_number(scorer, k->name,
                                              v->text ? strtod(v->text, NULL) : (double)NAN, err);
        else if (bytes && v->bytes)
            status = imgvec_scorer_set_bytes(scorer, k->name, v->bytes, v->size, err);
        else
            status = imgvec_scorer_set_text(scorer, k->name, v->text, err);
        if (status == IMGVEC_ERR_NOT_FOUND) /* the model does without it */
            status = IMGVEC_OK;
    }
    return status;
}

static void score_one(soak *job, imgvec_scorer *scorer, long turn, float *p)
{
    imgvec_error err;
    int32_t status = 0;
    long row = turn % job->rows;
    if (set_cells(job, scorer, row, turn / job->rows % 2 == 1, &err) != IMGVEC_OK ||
        imgvec_scorer_run(scorer, NULL, p, job->outputs, &status, &err) != IMGVEC_OK)
        wrong(job, "a row", &err);
    else if (!same(job, p, row, 1) || status != job->status[row])
        wrong(job, "a row", NULL);
    atomic_fetch_add(&job->done, 1);
}

/* All rows at once, with a model that is shared or with one that is opened for it. */
static void score_all(soak *job, bool anew, float *p)
{
    imgvec_error err;
    imgvec_model *own = NULL;
    if (anew) {
        if (imgvec_model_open(job->ctx, job->path, job->single, &own, &err) != IMGVEC_OK) {
            wrong(job, "opening", &err);
            return;
        }
        atomic_fetch_add(&job->opened, 1);
    }
    size_t room = (size_t)job->rows * job->outputs;
    if (imgvec_model_predict(own ? own : job->model, job->data, NULL, p, room, NULL, NULL, &err) !=
        IMGVEC_OK)
        wrong(job, "all rows", &err);
    else if (!same(job, p, 0, job->rows))
        wrong(job, "all rows", NULL);
    imgvec_model_free(own);
    atomic_fetch_add(&job->done, job->rows);
}

static void *work(void *user)
{
    worker *w = user;
    soak *job = w->job;
    imgvec_error err;
    imgvec_scorer *scorer = NULL;
    float *p = malloc((size_t)job->rows * job->outputs * sizeof *p);
    if (!p || imgvec_scorer_new(job->model, NULL, &scorer, &err) != IMGVEC_OK) {
        wrong(job, "a scorer", p ? &err : NULL);
        atomic_store(&job->stop, true);
    }
    for (long turn = w->first; !atomic_load(&job->stop); turn++) {
        score_one(job, scorer, turn, p);
        if (turn % WHOLE_EVERY == 0)
            score_all(job, turn % OPEN_EVERY == 0, p);
        if (atomic_load(&job->done) >= job->wanted)
            break;
    }
    imgvec_scorer_free(scorer);
    free(p);
    return NULL;
}

static void read_file(const char *path, cell *out)
{
    FILE *file = fopen(path, "rb");
    long size = 0;
    if (file && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0) {
        rewind(file);
        out->bytes = malloc((size_t)size);
        if (out->bytes)
            out->size = fread(out->bytes, 1, (size_t)size, file);
    }
    if (file)
        fclose(file);
}

/* The data's cells as a server would have them. */
static imgvec_status read_cells(soak *job, imgvec_error *err)
{
    char text[CELL_MAX];
    job->columns = calloc((size_t)job->column_count, sizeof *job->columns);
    for (int32_t c = 0; c < job->column_count; c++) {
        imgvec_column_info info = {.size = sizeof info};
        column *k = &job->columns[c];
        imgvec_status status = imgvec_dataset_column(job->data, c, &info, err);
        if (status != IMGVEC_OK)
            return status;
        k->name = strdup(info.name);
        k->type = info.type;
        k->cells = calloc((size_t)job->rows, sizeof *k->cells);
        for (long row = 0; row < job->rows; row++) {
            status = imgvec_dataset_cell(job->data, c, row, text, sizeof text, NULL, err);
            if (status != IMGVEC_OK)
                return status;
            k->cells[row].text = text[0] ? strdup(text) : NULL;
            if (k->type == IMGVEC_COLUMN_IMAGE && text[0])
                read_file(text, &k->cells[row]);
        }
    }
    return IMGVEC_OK;
}

static void free_cells(soak *job)
{
    for (int32_t c = 0; job->columns && c < job->column_count; c++) {
        for (long row = 0; row < job->rows; row++) {
            free(job->columns[c].cells[row].text);
            free(job->columns[c].cells[row].bytes);
        }
        free(job->columns[c].name);
        free(job->columns[c].cells);
    }
    free(job->columns);
    free(job->expected);
    free(job->status);
}

/* Reports each tenth and judges: true when nothing grew. */
static bool watch(soak *job, double seconds, long growth)
{
    double begin = now();
    long base = -1;
    int base_files = -1, tenth = 0;
    long most = 0, files = 0;
    while (tenth < 10) {
        struct timespec pause = {0, 20000000};
        nanosleep(&pause, NULL);
        double spent = now() - begin, share = (double)atomic_load(&job->done) / (double)job->wanted;
        if (seconds > 0 && spent / seconds > share)
            share = spent / seconds;
        if (atomic_load(&job->stop))
            return false;
        if (share * 10 < tenth + 1)
            continue;
        tenth = share >= 1 ? 10 : (int)(share * 10);
        most = resident_kib();
        files = open_files();
        printf("%8ld predictions  %7.1f s  %8ld KiB resident  %3ld files  %ld models opened\n",
               atomic_load(&job->done), spent, most, files, atomic_load(&job->opened));
        fflush(stdout);
        if (base < 0) {
            base = most;
            base_files = (int)files;
        }
    }
    atomic_store(&job->stop, true);
    printf("after the first tenth: %+ld KiB, at most %ld are allowed\n", most - base, growth);
    /* Files that are being read just now are open in both counts. */
    return most - base <= growth && base > 0 && files <= base_files + 16;
}

static int run(soak *job, int threads, double seconds, long growth)
{
    worker *workers = calloc((size_t)threads, sizeof *workers);
    int files = open_files(), started = 0;
    for (; workers && started < threads; started++) {
        workers[started] = (worker){.job = job, .first = 31L * started};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]))
            break;
    }
    bool flat = watch(job, seconds, growth);
    for (int t = 0; t < started; t++)
        pthread_join(workers[t].thread, NULL);
    free(workers);
    int left = open_files() - files;
    long bad = atomic_load(&job->wrong);
    printf("%ld wrong predictions, %d files left open, memory %s\n", bad, left,
           flat ? "flat" : "NOT FLAT");
    return bad > 0 || left > 0 || !flat || started < threads;
}

/* A name's value among the words, or `other`. */
static double number(int argc, char **argv, const char *name, double other)
{
    for (int i = 3; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return strtod(argv[i + 1], NULL);
    return other;
}

static imgvec_status begin(soak *job, soak_prepare prepare, const char *data, imgvec_model **model,
                           imgvec_dataset **ds, imgvec_error *err)
{
    imgvec_status status =
        prepare ? prepare(job->path, data, &job->ctx, err) : imgvec_context_new(&job->ctx, err);
    if (status == IMGVEC_OK)
        status = imgvec_options_new(job->ctx, IMGVEC_JOB_PREDICT, &job->single, err);
    if (status == IMGVEC_OK)
        status = imgvec_options_set_named(job->single, "threads", "1", err);
    if (status == IMGVEC_OK)
        status = imgvec_model_open(job->ctx, job->path, job->single, model, err);
    if (status == IMGVEC_OK)
        status = imgvec_dataset_open(job->ctx, data, NULL, NULL, ds, err);
    if (status != IMGVEC_OK)
        return status;
    job->model = *model;
    job->data = *ds;
    job->rows = (long)imgvec_dataset_rows(*ds);
    job->outputs = (size_t)imgvec_model_outputs(*model);
    job->column_count = imgvec_dataset_columns(*ds);
    size_t room = (size_t)job->rows * job->outputs;
    job->expected = malloc(room * sizeof *job->expected);
    job->status = malloc((size_t)job->rows * sizeof *job->status);
    status = imgvec_model_predict(*model, *ds, NULL, job->expected, room, NULL, job->status, err);
    return status == IMGVEC_OK ? read_cells(job, err) : status;
}

int soak_main(int argc, char **argv, soak_prepare prepare)
{
    imgvec_error err = {.text = "usage: soak MODEL DATA [--rows N] [--seconds S] [--threads T] "
                                "[--growth KIB]"};
    imgvec_model *model = NULL;
    imgvec_dataset *ds = NULL;
    if (argc < 3) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    soak job = {.path = argv[1], .wanted = (long)number(argc, argv, "--rows", 100000)};
    int failed = begin(&job, prepare, argv[2], &model, &ds, &err) != IMGVEC_OK;
    if (failed)
        fprintf(stderr, "soak: %s\n", err.text);
    else
        failed =
            run(&job, (int)number(argc, argv, "--threads", 1), number(argc, argv, "--seconds", 0),
                (long)number(argc, argv, "--growth", 4096));
    free_cells(&job);
    imgvec_dataset_free(ds);
    imgvec_model_free(model);
    imgvec_options_free(job.single);
    imgvec_context_free(job.ctx);
    return failed;
}
