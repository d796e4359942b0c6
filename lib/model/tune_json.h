/* What a trained model tells of fine-tuning. */
#ifndef IV_MODEL_TUNE_JSON_H
#define IV_MODEL_TUNE_JSON_H

#include "io/json.h"
#include "model/experiment.h"

/* Member "fine_tune" of an open object; nothing where there was none. */
void iv_tune_write(iv_json_writer *w, const iv_experiment *x);

#endif
