/* Scores the same rows for a long time, from many threads, and watches what the process holds. */
#ifndef TEST_SOAK_H
#define TEST_SOAK_H

#include <imgvec/imgvec.h>

/* Makes the context and sees to it that there is a model in the file `model`, such as by training
 * it on `data`; NULL: the file is there, and networks run with what the library loads. */
typedef imgvec_status (*soak_prepare)(const char *model, const char *data, imgvec_context **ctx,
                                      imgvec_error *err);

/* main: soak MODEL DATA [--rows N] [--seconds S] [--threads T] [--growth KIB]. Ends with 0 when
 * every prediction had the bits of the first one, resident memory grew by no more than KIB after
 * the first tenth, and as many files are open as then. */
int soak_main(int argc, char **argv, soak_prepare prepare);

#endif
