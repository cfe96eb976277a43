/* Swish and the gated linear unit: forward and backward. */
#ifndef MODEL_LAYER_ACTIVATION_H
#define MODEL_LAYER_ACTIVATION_H

#include <stddef.h>

#include "model/kernel/real.h"

/* y = x sigmoid(x), elementwise [count]; y may be x.  Ramachandran et al.
 * 2017. */
void swish_forward(real *y, const real *x, size_t count);

/* dx = dy * swish'(x); dx may be dy. x is forward's input. */
void swish_backward(real *dx, const real *dy, const real *x, size_t count);

/* y[t] = a[t] sigmoid(b[t]),  x[t] = (a[t], b[t])  (Dauphin et al. 2017)
 *
 * y [rows, dim] out;  x [rows, 2 dim] in */
void glu_forward(real *y, const real *x, size_t rows, size_t dim);

/* dx [rows, 2 dim] out, may be x;  dy [rows, dim], x [rows, 2 dim] in */
void glu_backward(real *dx, const real *dy, const real *x, size_t rows,
                  size_t dim);

/* y = x + scale * y, [count]: the residual connection. */
void residual_into(real *y, const real *x, real scale, size_t count);

#endif
