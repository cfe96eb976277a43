/* A linear layer: forward and backward. */
#ifndef MODEL_LAYER_LINEAR_H
#define MODEL_LAYER_LINEAR_H

#include <stddef.h>

#include "model/kernel/real.h"

/* y = x weight^T + bias
 *
 * y       [rows, out]  out
 * x       [rows, in]
 * weight  [out, in]    torch's order
 * bias    [out]        or NULL
 *
 * rows >= 0.  Cannot fail. */
void linear_forward(real *y, const real *x, const real *weight,
                    const real *bias, size_t rows, size_t in, size_t out);

/* dx = keep * dx + dy weight;  d_weight += dy^T x;  d_bias += sum of dy's rows
 *
 * dx        [rows, in]   in and out, or NULL if not wanted; keep is 0 or 1
 * d_weight  [out, in]    added to, or NULL (frozen)
 * d_bias    [out]        added to, or NULL */
void linear_backward(real *dx, real keep, real *d_weight, real *d_bias,
                     const real *dy, const real *x, const real *weight,
                     size_t rows, size_t in, size_t out);

#endif
