/* The layers' matrices in eight bits, for evaluation. */
#ifndef MODEL_ENCODER_INT8_WEIGHTS_H
#define MODEL_ENCODER_INT8_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"
#include "model/encoder/conformer.h"
#include "model/encoder/parameters.h"
#include "model/kernel/arena.h"
#include "model/kernel/gemm_int8.h"

/* Immutable once filled; any number of threads. Projection, heads, attention's
 * own products and the convolution over time stay in float: 3 % of the
 * arithmetic. */
struct int8_weights {
    struct model_shape shape;
    size_t count; /* layers * CONFORMER_MATRICES; 0: none */
    struct gemm_int8 *matrices;
    size_t *offsets; /* [count] of each in a block of weights */
    struct arena arena;
};

/* Zeros, to stand in for what lies in weights [parameters->total], of which
 * only the place is looked at. Refuses layers wider than GEMM_INT8_IN_MOST;
 * fails on memory. */
MUST_CHECK struct status int8_weights_open(struct int8_weights *int8,
                                           const struct parameters *parameters,
                                           const real *weights);
void int8_weights_close(struct int8_weights *int8);

/* Takes values [parameter->count], if the parameter is a layer's matrix or part
 * of one; false if it is not. */
bool int8_weights_take(struct int8_weights *int8,
                       const struct parameter *parameter, const float *values);

/* Gives a layer's weights (layer 0 ..) its matrices. Cannot fail. */
void int8_weights_bind(struct conformer_weights *weights,
                       const struct int8_weights *int8, int layer);

#endif
