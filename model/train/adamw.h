/* AdamW over a block of parameters, from the gradients of several lanes. */
#ifndef MODEL_TRAIN_ADAMW_H
#define MODEL_TRAIN_ADAMW_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/encoder/parameters.h"
#include "model/kernel/real.h"
#include "model/kernel/team.h"

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

/* first, second [parameters->total]: the moments, the caller's, zero before
 * the first update. */
MUST_CHECK struct status adamw_open(struct adamw **adamw,
                                    const struct parameters *parameters,
                                    const struct adamw_settings *settings,
                                    real *first, real *second);
void adamw_close(struct adamw *adamw);

/* lanes[0] = scale * (lanes[0] + lanes[1] + ...), summed in this order, and
 * the norm of the result over the depths whose rate is not 0. The others' lane
 * gradients are cleared for the next update. The same bits on any number of
 * workers: sums go over fixed blocks in block order. */
double adamw_gather(struct adamw *adamw, real *const *lanes, size_t lane_count,
                    double scale, const struct adamw_rate *rates,
                    struct team *team);

/* One step with the gradient in gathered, which is cleared; clipped to norm.
 * Decoupled weight decay on weights (matrices) only.  Loshchilov and Hutter
 * 2019, algorithm 2.
 *
 * weights   [total]        in and out
 * rates     [layers + 2]   by depth */
void adamw_apply(struct adamw *adamw, real *weights, real *gathered,
                 double norm, const struct adamw_rate *rates,
                 struct team *team);

#endif
