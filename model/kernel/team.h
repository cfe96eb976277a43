/* Workers: a fixed set of threads that run the items of a job. */
#ifndef MODEL_KERNEL_TEAM_H
#define MODEL_KERNEL_TEAM_H

#include <stddef.h>

#include "audio/status.h"

struct team;

/* Runs item index (0 .. count - 1) on worker worker (0 .. workers - 1). */
typedef void team_job(void *context, size_t index, int worker);

/* workers >= 1; the calling thread is worker 0, so workers - 1 threads are
 * started (denormals flushed in each, signals left to the main thread). */
MUST_CHECK struct status team_open(struct team **team, int workers);
void team_close(struct team *team);
int team_workers(const struct team *team);

/* Runs job for every index below count and returns when all are done. Which
 * worker takes which index is left open: results must not depend on it. */
void team_run(struct team *team, team_job *job, void *context, size_t count);

#endif
