/* The demo's data set: drawn cars and what they cost. */
#ifndef CLI_DEMO_DATA_H
#define CLI_DEMO_DATA_H

#include "cli.h"

#define DEMO_ROWS 500

/* Makes folder (and those above it), folder/images/0001.png ... and folder/demo.csv with the
 * columns photo, brand, year, mileage and price. The same files every time. false: said. */
bool demo_data_write(cli_run *run, const char *folder);

#endif
