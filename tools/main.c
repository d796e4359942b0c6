/* imgvec: finds the verb, sets up what every verb needs, and turns the outcome into an exit
 * status. On the public headers alone. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "augment.h"
#include "bad.h"
#include "help.h"
#include "nearest.h"
#include "progress.h"
#include "weights_list.h"

/* A signal handler can be told nothing: its token has to be here. */
static imgvec_cancel *volatile interrupt_token;

static void on_interrupt(int signal)
{
    (void)signal;
    imgvec_cancel_request(interrupt_token);
    /* SA_RESETHAND: the next one ends the process at once. */
}

static void catch_interrupts(imgvec_cancel *token)
{
    struct sigaction action = {0};
    interrupt_token = token;
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESETHAND | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write like any other */
}

/* A network's maps come and go by the megabyte. Given back to the system each time, they cost
 * fine-tuning a fifth of its time in page faults. */
static void keep_freed_memory(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
    mallopt(M_ARENA_MAX, 1); /* what threads of their own arenas free goes back all the same */
#endif
}

const char *cli_value(const cli_run *run, const char *flag)
{
    for (int i = 0; run->verb->flags && run->verb->flags[i].name; i++)
        if (strcmp(run->verb->flags[i].name, flag) == 0)
            return run->values[i];
    return NULL;
}

void cli_complain(const cli_run *run, const char *format, ...)
{
    va_list list;
    cli_progress_clear();
    fprintf(stderr, "imgvec %s: ", run->verb->name);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

int cli_fail(const cli_run *run)
{
    if (run->err.code == IMGVEC_ERR_CANCELLED) {
        cli_complain(run, "stopped");
        return CLI_INTERRUPTED;
    }
    cli_complain(run, "%s", run->err.text);
    /* What was typed is wrong, as far as the library can tell before it starts. */
    return run->err.code == IMGVEC_ERR_INVALID_ARGUMENT ? CLI_USAGE : CLI_FAILED;
}

static const cli_verb *find_verb(const char *name)
{
    for (int i = 0; cli_verbs[i]; i++)
        if (strcmp(cli_verbs[i]->name, name) == 0)
            return cli_verbs[i];
    return NULL;
}

static int unknown_verb(const char *name)
{
    cli_nearest nearest;
    cli_nearest_begin(&nearest, name);
    for (int i = 0; cli_verbs[i]; i++)
        cli_nearest_try(&nearest, cli_verbs[i]->name);
    if (nearest.best)
        fprintf(stderr, "imgvec: there is no verb \"%s\"; did you mean %s?\n", name, nearest.best);
    else
        fprintf(stderr, "imgvec: there is no verb \"%s\" (see imgvec --help)\n", name);
    return CLI_USAGE;
}

static int run_verb(const cli_verb *verb, int argc, char **argv)
{
    cli_run run = {.verb = verb};
    int code = CLI_FAILED;
    if (imgvec_context_new(&run.ctx, &run.err) != IMGVEC_OK ||
        imgvec_cancel_new(&run.cancel, &run.err) != IMGVEC_OK ||
        (verb->jobs && imgvec_options_new(run.ctx, verb->jobs, &run.opts, &run.err) != IMGVEC_OK)) {
        code = cli_fail(&run);
        goto done;
    }
    switch (cli_read_args(&run, argc, argv)) {
    case CLI_READ_HELP:
        cli_help_verb(stdout, verb);
        code = CLI_OK;
        break;
    case CLI_READ_WRONG:
        code = CLI_USAGE;
        break;
    case CLI_READ_RUN:
        keep_freed_memory();
        catch_interrupts(run.cancel);
        cli_progress_begin(&run);
        code = cli_bad_begin(&run) ? cli_bad_end(&run, verb->run(&run)) : CLI_FAILED;
        cli_progress_end(&run);
        catch_interrupts(NULL);
        break;
    }
done:
    imgvec_options_free(run.opts);
    imgvec_cancel_free(run.cancel);
    imgvec_context_free(run.ctx);
    return code;
}

/* A result that did not reach the disk or the pipe is a failure. */
static int flush_stdout(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "imgvec: standard output: %s\n", strerror(errno));
    return code == CLI_OK ? CLI_FAILED : code;
}

static int show_version(void)
{
    printf("imgvec %s\n%s\n", imgvec_version_string(), imgvec_build_info());
    return CLI_OK;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        cli_help(stderr);
        return CLI_USAGE;
    }
    const char *first = argv[1];
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
        const cli_verb *verb = argc > 2 ? find_verb(argv[2]) : NULL;
        if (argc > 2 && !verb)
            return unknown_verb(argv[2]);
        if (verb)
            cli_help_verb(stdout, verb);
        else
            cli_help(stdout);
        return flush_stdout(CLI_OK);
    }
    if (strcmp(first, "--version") == 0)
        return flush_stdout(show_version());
    if (strcmp(first, "--options-page") == 0) {
        cli_help_options_page(stdout);
        return flush_stdout(CLI_OK);
    }
    if (strcmp(first, "--weights-page") == 0) {
        cli_weights_page(stdout);
        return flush_stdout(CLI_OK);
    }
    if (strcmp(first, "--augment-page") == 0) {
        cli_augment_page(stdout);
        return flush_stdout(CLI_OK);
    }
    const cli_verb *verb = find_verb(first);
    return verb ? flush_stdout(run_verb(verb, argc - 2, argv + 2)) : unknown_verb(first);
}
