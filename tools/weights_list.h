/* The table of published checkpoints, for people. */
#ifndef CLI_WEIGHTS_LIST_H
#define CLI_WEIGHTS_LIST_H

#include <stdio.h>

#include "cli.h"

/* imgvec weights list; backbone NULL: of all. */
int cli_weights_list(cli_run *run, const char *backbone);

/* docs/weights.md. */
void cli_weights_page(FILE *to);

#endif
