/* DATA on the command line, and the rows that come back. */
#ifndef CLI_DATA_H
#define CLI_DATA_H

#include <stdio.h>

#include "cli.h"

/* Opens words[0..count): one zip, folder or CSV, or, with images true, image files, which
 * become a dataset with the column "image". NULL: run->err says why. */
imgvec_dataset *cli_data_open(cli_run *run, char **words, int count, bool images);

/* Opens MODEL; a vectorizer file is named as such. NULL: run->err says why. */
imgvec_model *cli_model_open(cli_run *run, const char *path);

/* Text of one cell; free it. NULL without memory. */
char *cli_cell(const imgvec_dataset *ds, int32_t column, int64_t row);

/* Array of rows x columns floats, or NULL: run->err says why. free it. */
float *cli_floats(cli_run *run, int64_t rows, int64_t columns, size_t *count);

#define CLI_IMAGE_COLUMNS_MAX 64
/* Positions of the image columns; their number. */
int32_t cli_image_columns(const imgvec_dataset *ds, int32_t columns[CLI_IMAGE_COLUMNS_MAX]);

const char *cli_type_text(int32_t type); /* "image" */

#endif
