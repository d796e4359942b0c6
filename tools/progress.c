#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR 24
#define PROBLEMS_SHOWN 10
#define PLAIN_SECONDS 10 /* between plain lines of one stage */
#define FIRST_SECONDS 2  /* before its first */

/* There is one stderr, so there is one of these. */
static struct {
    bool terminal, quiet, bar_shown;
    uint64_t problems;
    double last_line;
    char stage[96]; /* whose plain lines are being written */
} shown;

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void cli_progress_clear(void)
{
    if (shown.bar_shown)
        fputs("\r\033[K", stderr);
    shown.bar_shown = false;
}

static void put_time(char *to, size_t size, double seconds)
{
    long s = (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(to, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(to, size, "%ld:%02ld", s / 60, s % 60);
}

static void put_rate(char *to, size_t size, const imgvec_progress *p)
{
    char left[32] = "";
    to[0] = '\0';
    if (p->rate <= 0)
        return;
    if (p->seconds_left >= 0 && !p->finished)
        put_time(left, sizeof left, p->seconds_left);
    snprintf(to, size, p->rate >= 10 ? "  %.0f/s%s%s" : "  %.2f/s%s%s", p->rate,
             left[0] ? "  left " : "", left);
}

static void draw_bar(const imgvec_progress *p)
{
    char rate[80], bar[BAR + 1];
    put_rate(rate, sizeof rate, p);
    cli_progress_clear();
    if (p->total) {
        double share = (double)p->done / (double)p->total;
        int full = (int)(share * BAR);
        for (int i = 0; i < BAR; i++)
            bar[i] = i < full ? '#' : '.';
        bar[BAR] = '\0';
        fprintf(stderr, "%.40s [%s] %llu/%llu%s", p->stage, bar, (unsigned long long)p->done,
                (unsigned long long)p->total, rate);
    } else {
        fprintf(stderr, "%.40s %llu%s", p->stage, (unsigned long long)p->done, rate);
    }
    shown.bar_shown = true;
    if (p->finished) {
        fputc('\n', stderr);
        shown.bar_shown = false;
    }
}

/* Without a terminal: one line at a stage's end, and now and then in a long one. */
static void print_line(const imgvec_progress *p)
{
    char rate[80];
    double now = now_seconds();
    if (strncmp(shown.stage, p->stage, sizeof shown.stage - 1) != 0) {
        snprintf(shown.stage, sizeof shown.stage, "%s", p->stage);
        shown.last_line = now - PLAIN_SECONDS + FIRST_SECONDS;
    }
    if (!p->finished && now - shown.last_line < PLAIN_SECONDS)
        return;
    put_rate(rate, sizeof rate, p);
    fprintf(stderr, "%s: %llu", p->stage, (unsigned long long)p->done);
    if (p->total)
        fprintf(stderr, " of %llu", (unsigned long long)p->total);
    fprintf(stderr, "%s\n", rate);
    if (p->finished)
        shown.stage[0] = '\0';
    shown.last_line = now;
}

static int32_t on_progress(void *user, const imgvec_progress *p)
{
    (void)user;
    if (shown.terminal)
        draw_bar(p);
    else
        print_line(p);
    return 0;
}

static void on_problem(void *user, const imgvec_problem *p)
{
    (void)user;
    if (++shown.problems > PROBLEMS_SHOWN)
        return;
    cli_progress_clear();
    fputs("problem: ", stderr);
    if (p->row >= 0)
        fprintf(stderr, "row %lld", (long long)p->row);
    if (p->column[0])
        fprintf(stderr, "%scolumn %s", p->row >= 0 ? ", " : "", p->column);
    if (p->row >= 0 || p->column[0])
        fputs(": ", stderr);
    if (p->path[0] && !strstr(p->reason, p->path))
        fprintf(stderr, "%s: ", p->path);
    fprintf(stderr, "%s\n", p->reason);
}

static void on_log(void *user, int32_t level, const char *text)
{
    static const char *const names[] = {"", "error: ", "warning: ", "note: ", "debug: "};
    (void)user;
    cli_progress_clear();
    fprintf(stderr, "%s%s\n", level >= 1 && level <= 4 ? names[level] : "", text);
}

void cli_progress_begin(cli_run *run)
{
    shown.terminal = isatty(STDERR_FILENO) == 1;
    shown.quiet = run->quiet;
    run->watch = (imgvec_watch){.size = sizeof run->watch, .cancel = run->cancel};
    if (!run->quiet) {
        run->watch.progress = on_progress;
        run->watch.problem = on_problem;
    }
    int32_t level = run->verbose ? IMGVEC_LOG_DEBUG
                    : run->quiet ? IMGVEC_LOG_ERROR
                                 : IMGVEC_LOG_NOTICE;
    if (imgvec_context_set_log(run->ctx, level, on_log, NULL, &run->err) != IMGVEC_OK)
        cli_complain(run, "%s", run->err.text);
}

void cli_progress_end(cli_run *run)
{
    (void)run;
    cli_progress_clear();
    if (shown.problems > PROBLEMS_SHOWN)
        fprintf(stderr, "problem: and %llu more\n",
                (unsigned long long)(shown.problems - PROBLEMS_SHOWN));
}
