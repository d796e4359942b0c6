/* Trains a model and saves it: train DATA MODEL OPTIONS, where OPTIONS is a JSON object such as
 * {"target": "price", "folds": 10}. Progress goes to stderr; Ctrl-C stops cleanly. */
#include <imgvec/imgvec.h>
#include <signal.h>
#include <stdio.h>

static imgvec_cancel *stop; /* a token that a signal handler may request */

static void interrupted(int number)
{
    (void)number;
    imgvec_cancel_request(stop);
}

static int32_t progress(void *user, const imgvec_progress *now)
{
    (void)user;
    if (now->finished)
        fprintf(stderr, "%s: %lu done\n", now->stage, (unsigned long)now->done);
    return 0; /* anything else would stop the job */
}

static void problem(void *user, const imgvec_problem *what)
{
    (void)user;
    fprintf(stderr, "row %ld, column \"%s\": %s\n", (long)what->row, what->column, what->reason);
}

int main(int argc, char **argv)
{
    imgvec_error err = {0, 0, 0, "usage: train DATA MODEL OPTIONS"};
    imgvec_context *ctx = NULL;
    imgvec_options *opts = NULL;
    imgvec_dataset *data = NULL;
    imgvec_model *model = NULL;
    imgvec_watch watch = {sizeof watch, NULL, progress, problem, NULL};
    int ok = argc == 4 && !imgvec_cancel_new(&stop, &err);
    if (ok) {
        watch.cancel = stop;
        signal(SIGINT, interrupted);
        ok = !imgvec_context_new(&ctx, &err) &&
             !imgvec_options_new(ctx, IMGVEC_JOB_OPEN | IMGVEC_JOB_TRAIN, &opts, &err) &&
             !imgvec_options_set_json(opts, argv[3], &err) &&
             !imgvec_dataset_open(ctx, argv[1], opts, &watch, &data, &err) &&
             !imgvec_model_train(ctx, data, opts, &watch, &model, &err) &&
             !imgvec_model_save(model, argv[2], &err);
        signal(SIGINT, SIG_DFL);
    }
    if (!ok)
        fprintf(stderr, "train: %s\n", err.text);
    imgvec_model_free(model);
    imgvec_dataset_free(data);
    imgvec_options_free(opts);
    imgvec_context_free(ctx);
    imgvec_cancel_free(stop);
    return !ok;
}
