#include "args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

const cli_flag cli_common_flags[] = {
    {"json", 0, NULL, "Print the result as JSON."},
    {"quiet", 'q', NULL, "Show no progress and no notices."},
    {"verbose", 'v', NULL, "Show everything that the library logs."},
    {"help", 'h', NULL, "Show this help."},
    {NULL, 0, NULL, NULL},
};

static bool same(const char *name, const char *typed, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!name[i] || (name[i] == '_' ? '-' : name[i]) != (typed[i] == '_' ? '-' : typed[i]))
            return false;
    return name[length] == '\0';
}

static const cli_flag *find_flag(const cli_flag *flags, const char *typed, size_t length)
{
    for (; flags && flags->name; flags++)
        if (same(flags->name, typed, length))
            return flags;
    return NULL;
}

static const cli_flag *find_letter(const cli_flag *flags, char letter)
{
    for (; flags && flags->name; flags++)
        if (flags->letter == letter)
            return flags;
    return NULL;
}

bool cli_takes(const cli_verb *verb, const imgvec_option_row *row)
{
    return (row->jobs & verb->jobs) != 0;
}

bool cli_find_option(const char *typed, size_t length, imgvec_option_row *row)
{
    for (int32_t i = 0; i < imgvec_option_count(); i++) {
        row->size = sizeof *row;
        if (imgvec_option_info(i, row, NULL) == IMGVEC_OK && same(row->name, typed, length))
            return true;
    }
    return false;
}

/* Explains a flag that the verb does not have. */
static cli_read unknown(const cli_run *run, const char *typed, size_t length)
{
    char name[128];
    cli_nearest nearest;
    imgvec_option_row row = {.size = sizeof row};
    snprintf(name, sizeof name, "%.*s", (int)(length < 100 ? length : 100), typed);
    if (cli_find_option(typed, length, &row)) {
        cli_complain(run, "option --%s is not for this verb", name);
        return CLI_READ_WRONG;
    }
    cli_nearest_begin(&nearest, name);
    for (int32_t i = 0; i < imgvec_option_count(); i++)
        if (imgvec_option_info(i, &row, NULL) == IMGVEC_OK && cli_takes(run->verb, &row))
            cli_nearest_try(&nearest, row.name);
    for (const cli_flag *f = run->verb->flags; f && f->name; f++)
        cli_nearest_try(&nearest, f->name);
    for (const cli_flag *f = cli_common_flags; f->name; f++)
        cli_nearest_try(&nearest, f->name);
    if (!nearest.best) {
        cli_complain(run, "there is no option --%s (see imgvec %s --help)", name, run->verb->name);
        return CLI_READ_WRONG;
    }
    char best[128];
    snprintf(best, sizeof best, "%s", nearest.best);
    for (char *p = best; *p; p++)
        *p = *p == '_' ? '-' : *p;
    cli_complain(run, "there is no option --%s; did you mean --%s?", name, best);
    return CLI_READ_WRONG;
}

static cli_read take_flag(cli_run *run, const cli_flag *flag, const char *value)
{
    if (flag >= cli_common_flags && flag < cli_common_flags + 4) {
        if (strcmp(flag->name, "help") == 0)
            return CLI_READ_HELP;
        if (strcmp(flag->name, "json") == 0)
            run->json = true;
        else if (strcmp(flag->name, "quiet") == 0)
            run->quiet = true;
        else
            run->verbose = true;
    } else {
        run->values[flag - run->verb->flags] = value ? value : "";
    }
    return CLI_READ_RUN;
}

static cli_read take_option(cli_run *run, const char *name, const char *value)
{
    if (imgvec_options_set_named(run->opts, name, value, &run->err) == IMGVEC_OK)
        return CLI_READ_RUN;
    cli_complain(run, "%s", run->err.text);
    return CLI_READ_WRONG;
}

/* --xgb.NAME VALUE, --xgb.NAME=VALUE or --xgb NAME=VALUE: handed to XGBoost. */
static cli_read take_xgb(cli_run *run, const char *text, char **argv, int argc, int *i)
{
    char name[128];
    const char *value;
    if (!(run->verb->jobs & IMGVEC_JOB_TRAIN)) {
        cli_complain(run, "option --xgb is not for this verb");
        return CLI_READ_WRONG;
    }
    bool dotted = text[3] == '.';
    const char *pair = dotted ? text + 4 : text[3] == '=' ? text + 4 : NULL;
    if (!pair && *i + 1 < argc)
        pair = argv[++*i];
    const char *equals = pair ? strchr(pair, '=') : NULL;
    if (equals)
        value = equals + 1;
    else if (dotted && *i + 1 < argc)
        value = argv[++*i];
    else
        value = NULL;
    if (!value) {
        cli_complain(run, "option --xgb needs a parameter and its value, as in --xgb max_depth=6");
        return CLI_READ_WRONG;
    }
    size_t length = equals ? (size_t)(equals - pair) : strlen(pair);
    snprintf(name, sizeof name, "xgb.%.*s", (int)(length < 120 ? length : 120), pair);
    return take_option(run, name, value);
}

/* Whether `word` is one of the values that the option may have. */
static bool is_choice(const imgvec_option_row *row, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = row->choices ? row->choices : ""; *p; p += *p == '|') {
        size_t n = strcspn(p, "|");
        if (n == length && strncmp(p, word, n) == 0)
            return true;
        p += n;
    }
    return false;
}

static cli_read take_long(cli_run *run, char **argv, int argc, int *i)
{
    const char *text = argv[*i] + 2;
    if (strncmp(text, "xgb", 3) == 0 && (!text[3] || text[3] == '.' || text[3] == '='))
        return take_xgb(run, text, argv, argc, i);

    size_t length = strcspn(text, "=");
    const char *value = text[length] ? text + length + 1 : NULL;
    imgvec_option_row row = {.size = sizeof row};
    const cli_flag *flag = find_flag(run->verb->flags, text, length);
    if (!flag)
        flag = find_flag(cli_common_flags, text, length);
    bool option = !flag && cli_find_option(text, length, &row) && cli_takes(run->verb, &row);
    bool no = false;
    if (!flag && !option && strncmp(text, "no-", 3) == 0) {
        no = cli_find_option(text + 3, length - 3, &row) && cli_takes(run->verb, &row) &&
             row.type == IMGVEC_TYPE_BOOL;
        option = no;
    }
    if (!flag && !option)
        return unknown(run, text, length);

    bool bare = flag ? !flag->value : row.type == IMGVEC_TYPE_BOOL;
    if (value && (no || (flag && bare))) {
        cli_complain(run, "option --%.*s takes no value", (int)length, text);
        return CLI_READ_WRONG;
    }
    bool named = *i + 1 < argc && is_choice(&row, argv[*i + 1]);
    if (!value && option && row.id == IMGVEC_OPT_FINE_TUNE && !named)
        value = "on"; /* --fine-tune, as if it were yes or no */
    if (!value && !bare) {
        if (*i + 1 >= argc) {
            cli_complain(run, "option --%.*s needs a value", (int)length, text);
            return CLI_READ_WRONG;
        }
        value = argv[++*i];
    }
    if (flag)
        return take_flag(run, flag, value);
    if (row.id < CLI_OPTIONS_MAX)
        run->given[row.id] = true;
    return take_option(run, row.name, value ? value : no ? "0" : "1");
}

/* -q, or -o FILE and -oFILE. */
static cli_read take_short(cli_run *run, char **argv, int argc, int *i)
{
    for (const char *p = argv[*i] + 1; *p; p++) {
        const cli_flag *flag = find_letter(run->verb->flags, *p);
        if (!flag)
            flag = find_letter(cli_common_flags, *p);
        if (!flag) {
            cli_complain(run, "there is no option -%c (see imgvec %s --help)", *p, run->verb->name);
            return CLI_READ_WRONG;
        }
        if (flag->value) {
            const char *value = p[1] ? p + 1 : *i + 1 < argc ? argv[++*i] : NULL;
            if (!value) {
                cli_complain(run, "option -%c needs a value: %s", *p, flag->value);
                return CLI_READ_WRONG;
            }
            return take_flag(run, flag, value);
        }
        cli_read got = take_flag(run, flag, NULL);
        if (got != CLI_READ_RUN)
            return got;
    }
    return CLI_READ_RUN;
}

cli_read cli_read_args(cli_run *run, int argc, char **argv)
{
    bool flags = true;
    run->words = argv;
    run->word_count = 0;
    for (int i = 0; i < argc; i++) {
        cli_read got = CLI_READ_RUN;
        if (!flags || argv[i][0] != '-' || !argv[i][1])
            run->words[run->word_count++] = argv[i]; /* never ahead of i */
        else if (strcmp(argv[i], "--") == 0)
            flags = false;
        else if (argv[i][1] == '-')
            got = take_long(run, argv, argc, &i);
        else
            got = take_short(run, argv, argc, &i);
        if (got != CLI_READ_RUN)
            return got;
    }
    const cli_verb *verb = run->verb;
    if (run->word_count < verb->min_words)
        cli_complain(run, "something is missing: imgvec %s %s", verb->name, verb->usage);
    else if (verb->max_words >= 0 && run->word_count > verb->max_words)
        cli_complain(run, "\"%s\" is too much: imgvec %s %s", run->words[verb->max_words],
                     verb->name, verb->usage);
    else
        return CLI_READ_RUN;
    return CLI_READ_WRONG;
}
