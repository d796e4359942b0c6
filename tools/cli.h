/* The imgvec command line: what every verb is given and how it is described. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/imgvec.h>

/* Exit statuses. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

/* A flag that only the command line has, beside the options of the library's table. */
typedef struct cli_flag {
    const char *name;  /* "output"; NULL ends a list */
    char letter;       /* 'o', or 0 */
    const char *value; /* what it takes, as the help shows it; NULL: nothing */
    const char *help;
} cli_flag;

#define CLI_FLAGS_MAX 12
#define CLI_OPTIONS_MAX 256 /* more than the table has ids */

typedef struct cli_run cli_run;

typedef struct cli_verb {
    const char *name;
    const char *usage;   /* after "imgvec NAME " */
    const char *summary; /* one line for the list of verbs */
    const char *details; /* paragraphs and examples for its own help */
    int32_t jobs;        /* IMGVEC_JOB_* whose options are its flags; 0: none */
    const cli_flag *flags;
    int min_words, max_words; /* words that are no flags; max -1: any number */
    int (*run)(cli_run *run);
} cli_verb;

/* One call of the program. */
struct cli_run {
    const cli_verb *verb;
    imgvec_context *ctx;
    imgvec_options *opts; /* NULL where the verb has no jobs */
    char **words;
    int word_count;
    const char *values[CLI_FLAGS_MAX]; /* of verb->flags, by position; "" for one without value */
    bool given[CLI_OPTIONS_MAX];       /* by the id of an option of the table: it was typed */
    bool json, quiet, verbose;
    imgvec_cancel *cancel;
    imgvec_watch watch;
    imgvec_error err; /* of the last library call that failed */
};

extern const cli_verb cli_inspect, cli_split, cli_embed, cli_train, cli_auto, cli_predict,
    cli_evaluate, cli_explain, cli_augment, cli_compare, cli_info, cli_report, cli_backbones,
    cli_weights, cli_demo;

/* Value of one of the verb's own flags; NULL when it was not given. */
const char *cli_value(const cli_run *run, const char *flag);
/* One line on stderr: "imgvec VERB: text". */
void cli_complain(const cli_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says what run->err holds; returns the exit status that fits it. */
int cli_fail(const cli_run *run);

#endif
