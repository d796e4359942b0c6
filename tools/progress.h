/* Progress, notices and problems on stderr: a bar on a terminal, plain lines elsewhere. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli.h"

/* Fills run->watch and sets the context's log sink. */
void cli_progress_begin(cli_run *run);
/* Wipes the bar and tells how many problems were not shown. */
void cli_progress_end(cli_run *run);
/* Wipes the bar, if one is shown, so that another line can be written. */
void cli_progress_clear(void);

#endif
