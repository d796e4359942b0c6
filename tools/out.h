/* Writing results: CSV and NPY files that are there whole or not at all, and JSON text. */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stdio.h>

#include "cli.h"

/* A file that replaces `path` when it is closed; "-" is standard output. */
typedef struct cli_file {
    FILE *stream;
    const char *path;
    char *temporary; /* NULL where the stream is the file itself: standard output, a pipe */
    char *real_path; /* of a file that was there, links resolved; else NULL */
} cli_file;

/* Both complain and return false when the system refuses. */
bool cli_file_open(const cli_run *run, const char *path, cli_file *file);
/* keep false: drops what was written. */
bool cli_file_close(const cli_run *run, cli_file *file, bool keep);

/* Before a long job: whether a file can be made at path. Complains when not. */
bool cli_can_write(const cli_run *run, const char *path);

void cli_csv_text(FILE *to, const char *text);
void cli_csv_number(FILE *to, float value); /* nothing for NaN; reads back exactly */
void cli_json_text(FILE *to, const char *text);
void cli_json_number(FILE *to, double value); /* null where JSON has no number for it */

/* JSON of the library on standard output, closed by a newline. */
void cli_json_print(const char *json);

/* NPY header of float32, rows x columns; the data follows as it lies in memory. */
void cli_npy_header(FILE *to, int64_t rows, int64_t columns);

/* "ok" or the status' name. */
const char *cli_status_text(int32_t status);

#endif
