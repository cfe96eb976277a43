/* What a run needs to go on as if it had not been stopped. */
#ifndef MODEL_TRAIN_TRAINING_STATE_H
#define MODEL_TRAIN_TRAINING_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/encoder/parameters.h"
#include "model/encoder/settings.h"
#include "model/kernel/real.h"
#include "model/train/ranks.h"

/* Everything random and the order of data are functions of the update's
 * number, so this is all. Blocks have parameters->total reals, owned. Of the
 * moments every rank touches its slice only, and what is never touched takes
 * no memory. */
struct training_state {
    uint64_t update; /* updates done */
    real *weights, *first, *second;
    real *average; /* mean of `averaged` weights (fine-tuning), or NULL */
    uint64_t averaged;
    double best; /* lowest validation error so far; negative: none */
    uint64_t best_update;
    double seconds; /* spent training, all sittings together */
    bool finished;
};

MUST_CHECK struct status
training_state_open(struct training_state *state,
                    const struct parameters *parameters, bool average);
void training_state_close(struct training_state *state);

/* Counts the weights into the average. */
void training_state_average(struct training_state *state,
                            const struct parameters *parameters);

/* Writes path (OUT.state): a safetensors file with the blocks, and in the
 * header every setting that the result depends on and the data's
 * fingerprint. */
MUST_CHECK struct status
training_state_write(const char *path, const struct training_state *state,
                     const struct parameters *parameters,
                     const struct settings *settings, unsigned verb,
                     uint64_t fingerprint);

/* Reads path into an opened state. *found is false where there is no such
 * file. Refuses a state of other settings or data, naming the first that
 * differs and what to do. */
MUST_CHECK struct status
training_state_read(bool *found, struct training_state *state, const char *path,
                    const struct parameters *parameters,
                    const struct settings *settings, unsigned verb,
                    uint64_t fingerprint);

/* The first rank's state on all ranks, of the moments each its slice (in grains
 * of bytes, [ranks + 1]). */
void training_state_share(struct training_state *state,
                          const struct parameters *parameters,
                          const size_t *slices, size_t grain,
                          const struct ranks *ranks);

/* All moments on the first rank. */
void training_state_collect(struct training_state *state, const size_t *slices,
                            size_t grain, const struct ranks *ranks);

#endif
