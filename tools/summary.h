/* A model, shown to people. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli.h"

/* info: the JSON of imgvec_model_info. */
int cli_summary_model(const cli_run *run, const char *info);
/* info: the JSON of imgvec_vectorizer_info. */
int cli_summary_vectorizer(const cli_run *run, const char *info);

#endif
