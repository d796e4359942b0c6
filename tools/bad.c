#include "bad.h"

#include "out.h"

/* There is one list in a run. */
static struct {
    bool open;
    cli_file file;
    void (*next)(void *user, const imgvec_problem *problem);
} list;

static void on_problem(void *user, const imgvec_problem *p)
{
    FILE *to = list.file.stream;
    if (p->row >= 0)
        fprintf(to, "%lld", (long long)p->row);
    fputc(',', to);
    cli_csv_text(to, p->column);
    fputc(',', to);
    cli_csv_text(to, p->path);
    fputc(',', to);
    cli_csv_text(to, p->reason);
    fputc('\n', to);
    if (list.next)
        list.next(user, p);
}

bool cli_bad_begin(cli_run *run)
{
    const char *path = cli_value(run, "bad-csv");
    if (!path)
        return true;
    if (!cli_file_open(run, path, &list.file))
        return false;
    list.open = true;
    list.next = run->watch.problem;
    run->watch.problem = on_problem;
    fputs("row,column,path,reason\n", list.file.stream);
    return true;
}

int cli_bad_end(cli_run *run, int code)
{
    if (!list.open)
        return code;
    list.open = false;
    if (!cli_file_close(run, &list.file, code != CLI_USAGE) && code == CLI_OK)
        return CLI_FAILED;
    return code;
}
