/* A trial as JSON: a line of the log, an entry of the leaderboard. */
#ifndef IV_AUTO_TRIAL_JSON_H
#define IV_AUTO_TRIAL_JSON_H

#include "auto/search.h"

/* Members of an open object. */
void iv_trial_write(const iv_auto_search *s, const iv_trial *t, iv_json_writer *w);
/* Back, without networks and answers: *out NEW. FORMAT and the like name the member. */
imgvec_status iv_trial_read(const iv_auto_search *s, const iv_json *json, iv_trial **out,
                            imgvec_error *err);

#endif
