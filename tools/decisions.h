/* Calibration, threshold and intervals of a model or an evaluation, for people. */
#ifndef CLI_DECISIONS_H
#define CLI_DECISIONS_H

#include "view.h"

/* Lines for the members that the JSON has. */
void cli_decisions(const cJSON *root);

#endif
