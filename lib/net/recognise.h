/* Which published checkpoint a weights file is, and what is said where it is none. */
#ifndef IV_NET_RECOGNISE_H
#define IV_NET_RECOGNISE_H

#include "net/published.h"

/* The row of a backbone that a file is: by its name (without folders), else by its SHA-256,
 * for which the whole file is read; NULL where it is none. Files that say themselves what
 * images they want (iv_input_said), those without a path (NULL), and those of a size that no
 * row with a hash has are known by name only. Errors: those of reading. */
imgvec_status iv_weights_recognise(imgvec_context *ctx, const iv_backbone *backbone,
                                   const char *path, const char *name, const iv_tensors *set,
                                   const iv_published **out, imgvec_error *err);

/* Logs a notice that a file is no known checkpoint: which images it gets, and which others
 * published weights of the backbone want. NO_MEMORY. */
imgvec_status iv_weights_tell_unknown(imgvec_context *ctx, const iv_backbone *backbone,
                                      const char *name, const iv_input_spec *used,
                                      imgvec_error *err);

#endif
