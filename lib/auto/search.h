/* The Automatic Image Model's search: its rows, its trials and what they share. */
#ifndef IV_AUTO_SEARCH_H
#define IV_AUTO_SEARCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "auto/halving.h"
#include "auto/space.h"
#include "model/experiment.h"

enum { IV_AUTO_PARTS_MAX = 100 };

/* What an epoch of a trial's first network came to. */
typedef struct iv_curve_point {
    double train_loss, valid_loss, score; /* score: of the search's metric */
} iv_curve_point;

typedef enum iv_trial_state { IV_TRIAL_RUNNING, IV_TRIAL_DONE, IV_TRIAL_FAILED } iv_trial_state;

/* A network of a trial, and the scale of its answers where they are numbers: T(y) is
 * scale * answer + centre. */
typedef struct iv_member {
    iv_tensors *tensors; /* NULL: not kept */
    double centre, scale;
    int32_t epochs; /* that it learned for */
    bool resumed;   /* part of them in an earlier process */
    char *state;    /* file of its training's state, to be removed with iv_member_settle; or NULL */
    bool soup;
} iv_member;

/* A candidate on a rung, and what came of it. */
typedef struct iv_trial {
    int32_t id, candidate, rung;
    iv_candidate c;
    iv_trial_state state;
    double begun, seconds;   /* since the search began; how long */
    double score, low, high; /* of the search's metric on the rows told of */
    double metrics[IV_METRIC_MAX];
    iv_curve_point *curve;
    int32_t epochs;     /* finished ones */
    int32_t parts;      /* that networks were trained for: the first ones */
    iv_member *members; /* one for each part of the search; NULL: not known any more */
    float *values;      /* cases x outputs: logits, or T(y); NaN where not told of */
    char reason[200];   /* of a failure */
} iv_trial;

typedef struct iv_auto_search {
    imgvec_context *ctx;
    iv_experiment *x; /* its cases, images, target */
    const imgvec_options *opts;
    size_t input; /* of the experiment: the image column */
    int metric;   /* index in iv_metrics_of */
    bool higher;
    iv_transform_kind transform; /* IV_LOG or IV_NO_TRANSFORM, of a number */
    double low,
        high; /* IV_LOG: answers are cut there, further out than all rows by half their range */
    iv_network *bases[IV_SPACE_BACKBONES]; /* loaded when first needed; the space's order */
    iv_space space;
    iv_halving halving;
    int32_t *part_of; /* of each case: the part by whose rows it is judged; -1: by none */
    int32_t parts;
    int workers;
    int32_t threads; /* of one worker */
    double started, deadline, search_end;
    double unit_seconds; /* one worker, one image once through a training of one unit of work */
    double measured;     /* work that unit_seconds comes from, 0: a guess */
    const char *folder;  /* "": nothing is kept on disk */
    int log;             /* descriptor of its log, locked; -1: there is none */
    int32_t most_trials; /* 0: no limit */
    bool one_trial;      /* c of the first is given by option trial */
    iv_candidate given;
    iv_json_document *given_doc; /* what option trial says; NULL: nothing */
    int32_t image_side;          /* of the images' shorter sides the median; 0: not known */
    iv_trial **trials;           /* in the order of their beginning */
    size_t count, capacity;
    pthread_mutex_t lock;      /* guards trials, bases and what is measured */
    atomic_uint_fast64_t done; /* images learned from */
    iv_insight_data insights;  /* for the report */
    bool planned;              /* by the log of an earlier search: parts, rungs and space are its */
    int failures;              /* trials in a row that failed */
    bool interrupted;          /* the caller wants what there is */
    bool measuring;            /* no network is judged */
} iv_auto_search;

/* What an image costs in a training, in units of 1e9 multiply-adds of a forward pass. */
double iv_auto_work(const char *backbone, int32_t input_size);
/* Seconds that a worker takes for a trial of these parts. */
double iv_auto_search_seconds(const iv_auto_search *s, const iv_candidate *c, size_t rows,
                              int32_t epochs);
int32_t iv_auto_search_outputs(const iv_auto_search *s);
/* Rows that a training for `part` learns from. */
size_t iv_auto_search_rows(const iv_auto_search *s, int32_t part);
/* The network as it came, loaded when it is first needed. BORROWED. */
imgvec_status iv_auto_base(iv_auto_search *s, const char *backbone, const iv_network **out,
                           imgvec_error *err);
/* The trial's score with the sign by which more is better; -INFINITY without one. */
double iv_trial_goodness(const iv_auto_search *s, const iv_trial *t);

/* Cases of one training: those to learn from, and behind them those that judge. */
typedef struct iv_auto_rows {
    int64_t *row; /* of the dataset */
    float *y;
    size_t *at; /* number of the case */
    size_t learn, judge;
} iv_auto_rows;

/* trial.c: answers of the rows that judge to their cases in values. */
void iv_auto_spread(const iv_auto_search *s, const iv_auto_rows *r, const iv_member *m,
                    const float *outputs, float *values);

/* frozen.c: a linear head on the network that looked at the images, without any epoch. */
enum { IV_FROZEN = -1 }; /* its number as a candidate */
bool iv_auto_frozen_suits(const iv_auto_search *s);
void iv_auto_frozen_candidate(const iv_auto_search *s, iv_candidate *out);
imgvec_status iv_auto_frozen_train(iv_auto_search *s, const iv_auto_rows *r, iv_watch *watch,
                                   iv_member *out, float *values, imgvec_error *err);

/* trial.c: trains the trial's networks and scores them. watch: may end it. */
imgvec_status iv_trial_run(iv_auto_search *s, iv_trial *t, iv_watch *watch, imgvec_error *err);
/* One network on all rows but those of `part` (-1: all). soup: whether the mean of several epochs'
 * weights may be taken, or without rows to judge is. out->tensors NEW. values (may be NULL):
 * of the rows of the part. curve: NULL or the trial whose curve it adds to. */
imgvec_status iv_trial_train(iv_auto_search *s, const iv_candidate *c, int32_t part,
                             iv_trial *curve, int32_t threads, bool soup, iv_watch *watch,
                             iv_member *out, float *values, imgvec_error *err);
/* Removes the state of a training that is kept elsewhere or needed no more. */
void iv_member_settle(imgvec_context *ctx, iv_member *m);
void iv_trial_free(imgvec_context *ctx, iv_trial *t, int32_t parts);

/* predict.c: predictions from values: softmax over temperature, or the number. rows: of values. */
void iv_auto_predictions(const iv_auto_search *s, const float *values, size_t rows,
                         double temperature, float *out);
/* Metrics of predictions on the cases that have values (NaN: left out), the search's one with its
 * 95 % bootstrap interval (low NULL: not wanted). */
imgvec_status iv_auto_score(const iv_auto_search *s, const float *values, double *score,
                            double *low, double *high, double metrics[IV_METRIC_MAX],
                            imgvec_error *err);

#endif
