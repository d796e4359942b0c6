/* What imgvec says about itself. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli.h"

/* All verbs; ends at NULL. */
extern const cli_verb *const cli_verbs[];

void cli_help(FILE *to);
void cli_help_verb(FILE *to, const cli_verb *verb);
/* The option table as Markdown: docs/options.md. */
void cli_help_options_page(FILE *to);

#endif
