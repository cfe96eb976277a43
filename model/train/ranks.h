/* Ranks: the processes, on one machine or many, that train one model
 * together. All that knows MPI is behind this; without it there is one. */
#ifndef MODEL_TRAIN_RANKS_H
#define MODEL_TRAIN_RANKS_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"

/* A rank's own number and how many there are. What is dealt to ranks is dealt
 * in order: rank r has items starts[r] .. starts[r + 1] - 1 of an array that
 * is as long on every rank, and starts is [count + 1].
 *
 * Every function below but ranks_start is a meeting: all ranks call it, in the
 * same order, or those that do wait for ever. A rank that dies takes the others
 * with it: MPI ends them. */
struct ranks {
    int own, count;
    int sharing;  /* ranks that may run on the same cores, this one included */
    int *scratch; /* [2 * count], for what is dealt as MPI wants it */
};

/* Meets the other ranks, if a launcher (mpirun, srun) started any. Fails on
 * memory, and in a program without MPI of which mpirun started several. */
MUST_CHECK struct status ranks_open(struct ranks *ranks);

/* Parts from them. Accepts ranks that were never opened. */
void ranks_close(struct ranks *ranks);

/* The first item of a rank's share where all shares are nearly equal; of rank
 * `count`, the number of items. */
size_t ranks_start(const struct ranks *ranks, int rank, size_t items);

/* The failure of the lowest rank that has one, on all ranks; named where it is
 * not the first one's. */
MUST_CHECK struct status ranks_agree(const struct ranks *ranks,
                                     struct status status);

/* Whether any rank says yes. */
bool ranks_any(const struct ranks *ranks, bool yes);

/* Refuses bytes [size] that are not the same on all ranks, saying of what. */
MUST_CHECK struct status ranks_same(const struct ranks *ranks,
                                    const void *bytes, size_t size,
                                    const char *what);

/* The first rank's bytes [size], on all. */
void ranks_share(const struct ranks *ranks, void *bytes, size_t size);

/* block, items of size bytes each: every rank has its own, and gets the
 * others'. Items of all ranks <= INT_MAX. */
void ranks_gather(const struct ranks *ranks, void *block, const size_t *starts,
                  size_t size);

/* The same, but only the first rank gets them; and the way back: every rank
 * gets its own items from the first one. */
void ranks_collect(const struct ranks *ranks, void *block, const size_t *starts,
                   size_t size);
void ranks_scatter(const struct ranks *ranks, void *block, const size_t *starts,
                   size_t size);

/* blocks [block_starts[count]], each of items of size bytes: a rank has its
 * own blocks whole, and gets its items of all others. */
void ranks_exchange(const struct ranks *ranks, void *const *blocks,
                    const size_t *block_starts, const size_t *starts,
                    size_t size);

/* Adds up values [count] over the ranks, on all. */
void ranks_add(const struct ranks *ranks, size_t *values, size_t count);

#endif
