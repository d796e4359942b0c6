/* The fake executor with training: the last layer alone learns, by its exact gradient in double;
 * every other stage is as if it were frozen. */
#ifndef TEST_FAKE_TRAINER_H
#define TEST_FAKE_TRAINER_H

#include <imgvec/watch.h>

#include "net/executor.h"

/* What a test wants to happen, and what did. Sessions of one thread at a time only. */
typedef struct fake_training_hooks {
    int32_t most_images; /* more at once are NO_MEMORY; 0: any number */
    imgvec_cancel *cancel;
    long cancel_at; /* requested in this update, from 1 */
    long updates;
} fake_training_hooks;

extern fake_training_hooks fake_training;

const iv_executor *fake_training_executor(void);

#endif
