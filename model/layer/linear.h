/* A linear layer: forward and backward. */
#ifndef MODEL_LAYER_LINEAR_H
#define MODEL_LAYER_LINEAR_H

#include <stddef.h>

#include "model/kernel/gemm_int8.h"
#include "model/kernel/real.h"

/* A layer's tensors inside a block of weights, or of gradients. */
struct linear {
    real *weight;                 /* [out, in] torch's order */
    real *bias;                   /* [out] or NULL */
    const struct gemm_int8 *int8; /* the weight in eight bits, used in its
                                   * stead in evaluation; NULL: none */
};

/* y = x weight^T + bias, by the weights of eight bits where there are any.
 *
 * y        [rows, out]  out
 * x        [rows, in]   in
 * scratch  gemm_int8_scratch(in) bytes; not used without int8
 *
 * Cannot fail. */
void linear_apply(real *y, const real *x, const struct linear *linear,
                  void *scratch, size_t rows, size_t in, size_t out);

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
