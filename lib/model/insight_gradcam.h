/* Where the model looked in the images that it was most wrong about. */
#ifndef IV_MODEL_INSIGHT_GRADCAM_H
#define IV_MODEL_INSIGHT_GRADCAM_H

#include "base/watch.h"
#include "model/model.h"

/* Adds pictures of the finished model's maps to its insights, for the first errors among them: for
 * the class that it answered, or of a number for its answer. An image that has no map has no
 * picture. watch: for cancellation alone. Errors: NO_MEMORY, CANCELLED. */
imgvec_status iv_insight_gradcam(imgvec_model *m, const imgvec_dataset *ds, iv_watch *watch,
                                 imgvec_error *err);

#endif
