/* The first line of a search's log: which search it is of, and what was planned. */
#ifndef IV_AUTO_TRIAL_HEAD_H
#define IV_AUTO_TRIAL_HEAD_H

#include "auto/search.h"

/* One JSON object (NEW). */
imgvec_status iv_trial_head_write(const iv_auto_search *s, char **out, imgvec_error *err);

/* Takes the plan over: parts, rungs, backbones with their input sizes; sets s->planned. FORMAT: it
 * is of other data, or makes no sense; NOT_FOUND: a network of it is not there any more. */
imgvec_status iv_trial_head_read(iv_auto_search *s, const char *line, size_t length,
                                 imgvec_error *err);

#endif
