/* Flag --bad-csv: every image and row that cannot be used, as a CSV file. */
#ifndef CLI_BAD_H
#define CLI_BAD_H

#include "cli.h"

/* For the flags of a verb that reads data. */
#define CLI_BAD_FLAG                                                                               \
    {                                                                                              \
        "bad-csv", 0, "FILE",                                                                      \
            "CSV file that lists each image or row that cannot be used: row, column, path, "       \
            "reason. It is written also when the job fails for them."                              \
    }

/* After cli_progress_begin: false when the file cannot be made. Nothing where the flag was not
 * given. */
bool cli_bad_begin(cli_run *run);
/* Puts the file in its place; returns the exit status, `code` unless that fails. */
int cli_bad_end(cli_run *run, int code);

#endif
