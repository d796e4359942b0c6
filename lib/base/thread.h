/* Teams of worker threads. */
#ifndef IV_BASE_THREAD_H
#define IV_BASE_THREAD_H

#include <stdbool.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

/* `count` threads that each run work(user, index) once. Signals are blocked in them, so
 * that the host's handlers run on the host's threads. When not all can be made, the team
 * is smaller; when none can, it is an error. */
typedef struct iv_team iv_team;
imgvec_status iv_team_start(imgvec_context *ctx, int count, void (*work)(void *user, int index),
                            void *user, iv_team **out, imgvec_error *err);
int iv_team_size(const iv_team *team);
/* Waits at most `seconds` for all to return: true when they have. */
bool iv_team_wait(iv_team *team, double seconds);
void iv_team_free(iv_team *team); /* joins; NULL is accepted */

double iv_now(void); /* seconds of a clock that never goes back */

#endif
