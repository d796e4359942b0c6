/* The augmentations as Markdown. */
#ifndef CLI_AUGMENT_H
#define CLI_AUGMENT_H

#include <stdio.h>

#include "view.h"

/* The part of docs/augment.md that the library's table gives. */
void cli_augment_page(FILE *to);

#endif
