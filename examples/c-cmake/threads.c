/* One model, many threads: threads MODEL DATA. Opens the model once, lets four threads score the
 * same data with it at the same time, and checks that all got the same bits. */
#include <imgvec/imgvec.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4

typedef struct job {
    const imgvec_model *model;
    const imgvec_dataset *data;
    float *p;
    size_t values;
    imgvec_status status;
    imgvec_error err;
} job;

static void *score(void *argument)
{
    job *own = argument;
    own->status = imgvec_model_predict(own->model, own->data, NULL, own->p, own->values, NULL, NULL,
                                       &own->err);
    return NULL;
}

static int run(const imgvec_model *model, const imgvec_dataset *data)
{
    job jobs[THREADS];
    pthread_t threads[THREADS];
    size_t values = (size_t)imgvec_dataset_rows(data) * (size_t)imgvec_model_outputs(model);
    int started = 0, ok = 1;
    memset(jobs, 0, sizeof jobs);
    for (; started < THREADS; started++) {
        job *own = &jobs[started];
        own->model = model;
        own->data = data;
        own->values = values;
        own->p = malloc(values * sizeof(float) + 1);
        if (!own->p || pthread_create(&threads[started], NULL, score, own))
            break;
    }
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < started && ok; i++) {
        ok = !jobs[i].status && !memcmp(jobs[i].p, jobs[0].p, values * sizeof(float));
        if (!ok)
            fprintf(stderr, "thread %d: %s\n", i, jobs[i].status ? jobs[i].err.text : "other bits");
    }
    for (int i = 0; i < THREADS; i++)
        free(jobs[i].p);
    return ok && started == THREADS;
}

int main(int argc, char **argv)
{
    imgvec_error err = {0, 0, 0, "usage: threads MODEL DATA"};
    imgvec_context *ctx = NULL;
    imgvec_dataset *data = NULL;
    imgvec_model *model = NULL;
    int ok = argc == 3 && !imgvec_context_new(&ctx, &err) &&
             !imgvec_model_open(ctx, argv[1], NULL, &model, &err) &&
             !imgvec_dataset_open(ctx, argv[2], NULL, NULL, &data, &err);
    if (!ok)
        fprintf(stderr, "threads: %s\n", err.text);
    else if ((ok = run(model, data)))
        printf("%d threads, %ld rows, the same bits\n", THREADS, (long)imgvec_dataset_rows(data));
    imgvec_dataset_free(data);
    imgvec_model_free(model);
    imgvec_context_free(ctx);
    return !ok;
}
