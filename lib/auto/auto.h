/* The Automatic Image Model: one image column, one target, no other decision. */
#ifndef IV_AUTO_AUTO_H
#define IV_AUTO_AUTO_H

#include "model/model.h"

imgvec_status iv_model_train_auto(imgvec_context *ctx, iv_executor_source executors,
                                  const imgvec_dataset *ds, const imgvec_options *opts,
                                  const imgvec_watch *watch, imgvec_model **out, imgvec_error *err);

#endif
