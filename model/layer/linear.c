/* A linear layer: forward and backward. */
#include "model/layer/linear.h"

#include <string.h>

#include "model/kernel/gemm.h"

void linear_apply(real *y, const real *x, const struct linear *linear,
                  void *scratch, size_t rows, size_t in, size_t out)
{
    if (linear->int8)
        gemm_int8_nt(y, x, linear->int8, linear->bias, rows, scratch);
    else
        linear_forward(y, x, linear->weight, linear->bias, rows, in, out);
}

void linear_forward(real *y, const real *x, const real *weight,
                    const real *bias, size_t rows, size_t in, size_t out)
{
    for (size_t r = 0; bias && r < rows; r++)
        memcpy(y + r * out, bias, out * sizeof *y);
    gemm_nt(y, out, x, in, weight, in, rows, out, in, 1, bias ? 1 : 0);
}

void linear_backward(real *dx, real keep, real *d_weight, real *d_bias,
                     const real *dy, const real *x, const real *weight,
                     size_t rows, size_t in, size_t out)
{
    if (dx)
        gemm_nn(dx, in, dy, out, weight, in, rows, in, out, 1, keep);
    if (d_weight)
        gemm_tn(d_weight, in, dy, out, x, in, out, in, rows, 1, 1);
    for (size_t r = 0; d_bias && r < rows; r++)
        for (size_t j = 0; j < out; j++)
            d_bias[j] += dy[r * out + j];
}
