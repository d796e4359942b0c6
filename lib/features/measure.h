/* How fast a backbone is on this machine. */
#ifndef IV_FEATURES_MEASURE_H
#define IV_FEATURES_MEASURE_H

#include <imgvec/options.h>

#include "base/watch.h"
#include "net/network.h"

/* The median over repetitions of images a second through the network, with random weights and
 * the threads, device and precision of the options (NULL: the defaults). Pixels are made up
 * once; nothing is decoded. */
imgvec_status iv_network_measure(imgvec_context *ctx, const iv_executor *executor, const char *id,
                                 const imgvec_options *opts, const imgvec_watch *watch,
                                 double *images_per_second, imgvec_error *err);

#endif
