/* The folder of a search: a line for each finished trial (trials.jsonl), its networks and answers.
 * A line is written in one piece behind the files that it speaks of, and carries its own digest: a
 * search that is killed leaves a log whose lines are whole but for the last, which is left out. */
#ifndef IV_AUTO_TRIAL_LOG_H
#define IV_AUTO_TRIAL_LOG_H

#include "auto/search.h"

/* Opens and locks the folder's log. With resume and a sound head in it: the plan of its search is
 * taken over (s->planned). FORMAT: the folder is of other data or of another target. IO: another
 * search is at work there. */
imgvec_status iv_trial_log_open(iv_auto_search *s, bool resume, imgvec_error *err);
/* With the plan made: takes the finished trials of a search that goes on, or removes what an
 * earlier one left in the folder and writes the head. */
imgvec_status iv_trial_log_begin(iv_auto_search *s, imgvec_error *err);
void iv_trial_log_close(iv_auto_search *s);
/* Keeps a trial that ended. Nothing to do without a folder. */
imgvec_status iv_trial_log_add(const iv_auto_search *s, const iv_trial *t, imgvec_error *err);
/* Removes the networks and answers of a trial, in memory and in the folder. */
void iv_trial_drop(const iv_auto_search *s, iv_trial *t);

#endif
