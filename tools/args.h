/* Reading the words of the command line. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "cli.h"

typedef enum cli_read { CLI_READ_RUN, CLI_READ_HELP, CLI_READ_WRONG } cli_read;

/* Flags that every verb takes. */
extern const cli_flag cli_common_flags[];

/* Reads argv[0..argc) (what follows the verb) into run, whose verb, ctx and opts are set.
 * Flags and words may be mixed; "--" ends the flags. A wrong one is explained on stderr,
 * with the nearest name. run->words points into argv. */
cli_read cli_read_args(cli_run *run, int argc, char **argv);

/* true when the verb takes this row of the option table. */
bool cli_takes(const cli_verb *verb, const imgvec_option_row *row);
/* The row that `typed` names ("-" as "_"); false: there is none. */
bool cli_find_option(const char *typed, size_t length, imgvec_option_row *row);

#endif
