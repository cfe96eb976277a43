/* Causal depthwise convolution over time: forward and backward. */
#ifndef MODEL_LAYER_CONVOLUTION_H
#define MODEL_LAYER_CONVOLUTION_H

#include <stddef.h>

#include "model/kernel/real.h"
#include "model/layer/pack.h"

/* y[t][c] = sum_k weight[c][k] x[t - (taps - 1) + k][c], zeros before an
 * utterance's first frame; utterances do not see each other.
 *
 * y        [rows, dim]        out, may not overlap x
 * x        [rows, dim]        in
 * weight   [dim, 1, taps]     in, torch's order
 * scratch  [2 * taps * dim]
 *
 * Cannot fail. */
void convolution_forward(real *y, const real *x, const real *weight,
                         const struct pack *pack, size_t dim, size_t taps,
                         real *scratch);

/* dx overwritten; d_weight added to (NULL: frozen). dx may not overlap dy. */
void convolution_backward(real *dx, real *d_weight, const real *dy,
                          const real *x, const real *weight,
                          const struct pack *pack, size_t dim, size_t taps,
                          real *scratch);

#endif
