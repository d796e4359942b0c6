/* What the parts of imgvec explain share. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdio.h>

#include "cli.h"
#include "data.h"

typedef struct explanation {
    cli_run *run;
    const imgvec_model *model;
    const imgvec_dataset *ds;
    const char *folder;
    int64_t rows, shown, unscored, overlays, without;
    int32_t outputs, inputs, asked; /* asked: class of --class, -1 for none */
    bool told;                      /* why an image cannot be shown */
    float *scores, *values;         /* rows x outputs, rows x outputs x (inputs + 1) */
    int32_t *status;
    int32_t images[CLI_IMAGE_COLUMNS_MAX], image_count; /* that the model looks at */
    FILE *page;
} explanation;

/* The output that a row's explanation is of. */
int32_t explain_output(const explanation *e, int64_t row);
/* folder/name, to be freed; NULL without memory. */
char *explain_path(const char *folder, const char *name);
/* The overlays of the rows that are shown, and index.html. False: it failed; run->err says why,
 * unless that was said already. */
bool explain_overlays(explanation *e);

#endif
