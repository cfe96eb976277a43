/* AdamW over a block of parameters, from the gradients of several lanes, each
 * rank over a slice of its own. */
#ifndef MODEL_TRAIN_ADAMW_H
#define MODEL_TRAIN_ADAMW_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/encoder/parameters.h"
#include "model/kernel/real.h"
#include "model/kernel/team.h"
#include "model/train/lanes.h"
#include "model/train/ranks.h"

struct adamw;

struct adamw_settings {
    double beta1, beta2, weight_decay;
    double clip; /* largest gradient norm; 0: any */
};

/* What an update does to the parameters of one depth. */
struct adamw_rate {
    double learning_rate; /* 0: these parameters rest, moments too */
    uint64_t step;        /* 1 on their first update: bias correction */
};

/* Slices are dealt to ranks in grains of bytes: offsets of tensors, and so of
 * slices, are multiples of it. */
#define ADAMW_GRAIN (16 * sizeof(real))

/* first, second [parameters->total]: the moments, the caller's, zero before
 * the first update; of them only the rank's slice is touched. lanes and ranks
 * stay the caller's. */
MUST_CHECK struct status
adamw_open(struct adamw **adamw, const struct parameters *parameters,
           const struct adamw_settings *settings, real *first, real *second,
           const struct lanes *lanes, const struct ranks *ranks);
void adamw_close(struct adamw *adamw);

/* The ranks' slices, in grains [ranks + 1]. */
const size_t *adamw_slices(const struct adamw *adamw);

/* In the rank's slice lanes->gradients[0] = scale * the sum of all lanes'
 * gradients; what else is in gradients is cleared for the next update. Returns
 * the norm of the result, of all slices, over the depths whose rate is not 0.
 * Before, each rank has the gradients of its own lanes; the others' are 0. The
 * same bits on any number of ranks and workers: sums are over fixed blocks, of
 * lanes as a fixed tree, and of squares in block order. */
double adamw_gather(struct adamw *adamw, double scale,
                    const struct adamw_rate *rates, struct team *team);

/* One step with the gradient that was gathered, which is cleared; clipped to
 * norm. Decoupled weight decay on weights (matrices) only.  Loshchilov and
 * Hutter 2019, algorithm 2.
 *
 * weights   [total]        in and out; all slices on every rank
 * rates     [layers + 2]   by depth */
void adamw_apply(struct adamw *adamw, real *weights, double norm,
                 const struct adamw_rate *rates, struct team *team);

/* Clears it instead, for a gradient that is not to be learned. */
void adamw_drop(const struct adamw *adamw);

#endif
