/* Layer normalisation: forward and backward. */
#ifndef MODEL_LAYER_LAYERNORM_H
#define MODEL_LAYER_LAYERNORM_H

#include <stddef.h>

#include "model/kernel/real.h"

#define LAYERNORM_EPSILON 1e-5

/* y[t] = gain * (x[t] - mean(x[t])) / sqrt(var(x[t]) + epsilon) + bias
 *
 * y            [rows, dim]  out, may be x
 * mean, rstd   [rows]       out, wanted by layernorm_backward (NULL: not)
 * x            [rows, dim]  in
 * gain, bias   [dim]        in
 *
 * Cannot fail.  Ba et al. 2016, eq. 4. */
void layernorm_forward(real *y, real *mean, real *rstd, const real *x,
                       const real *gain, const real *bias, size_t rows,
                       size_t dim);

/* dx = keep * dx + the gradient;  d_gain, d_bias added to.
 *
 * dx      [rows, dim]  in and out; keep is 0 or 1; may be dy when keep is 0
 * d_gain, d_bias [dim] added to, or NULL (frozen)
 * dy      [rows, dim]  in
 * x       [rows, dim]  forward's input */
void layernorm_backward(real *dx, real keep, real *d_gain, real *d_bias,
                        const real *dy, const real *x, const real *mean,
                        const real *rstd, const real *gain, size_t rows,
                        size_t dim);

#endif
