/* Layer normalisation: forward and backward. */
#include "model/layer/layernorm.h"

#include <math.h>

#include "model/kernel/vector.h"

void layernorm_forward(real *y, real *mean, real *rstd, const real *x,
                       const real *gain, const real *bias, size_t rows,
                       size_t dim)
{
    for (size_t r = 0; r < rows; r++) {
        const real *xr = x + r * dim;
        real *yr = y + r * dim;
        real sum = 0, square = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < dim; i++)
            sum += xr[i];
        real m = sum / (real)dim;
#pragma omp simd reduction(+ : square)
        for (size_t i = 0; i < dim; i++)
            square += (xr[i] - m) * (xr[i] - m);
        real scale =
            1 / real_sqrt(square / (real)dim + (real)LAYERNORM_EPSILON);
        for (size_t i = 0; i < dim; i++)
            yr[i] = (xr[i] - m) * scale * gain[i] + bias[i];
        if (mean) {
            mean[r] = m;
            rstd[r] = scale;
        }
    }
}

void layernorm_backward(real *dx, real keep, real *d_gain, real *d_bias,
                        const real *dy, const real *x, const real *mean,
                        const real *rstd, const real *gain, size_t rows,
                        size_t dim)
{
    for (size_t r = 0; r < rows; r++) {
        const real *xr = x + r * dim, *dyr = dy + r * dim;
        real *dxr = dx + r * dim;
        real m = mean[r], scale = rstd[r];
        real sum = 0, sum_hat = 0;
        if (d_gain)
            for (size_t i = 0; i < dim; i++) {
                d_gain[i] += dyr[i] * ((xr[i] - m) * scale);
                d_bias[i] += dyr[i];
            }
#pragma omp simd reduction(+ : sum, sum_hat)
        for (size_t i = 0; i < dim; i++) {
            real g = dyr[i] * gain[i];
            sum += g;
            sum_hat += g * ((xr[i] - m) * scale);
        }
        sum /= (real)dim;
        sum_hat /= (real)dim;
        if (keep == 0)
            for (size_t i = 0; i < dim; i++)
                dxr[i] =
                    (dyr[i] * gain[i] - sum - (xr[i] - m) * scale * sum_hat) *
                    scale;
        else
            for (size_t i = 0; i < dim; i++)
                dxr[i] +=
                    (dyr[i] * gain[i] - sum - (xr[i] - m) * scale * sum_hat) *
                    scale;
    }
}
