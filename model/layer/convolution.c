/* Causal depthwise convolution over time. */
#include "model/layer/convolution.h"

#include <string.h>

#define CHANNELS 32 /* whose sums stay in registers */

/* weight [dim, taps] to [taps, dim]. */
static void transpose(real *out, const real *weight, size_t dim, size_t taps)
{
    for (size_t c = 0; c < dim; c++)
        for (size_t k = 0; k < taps; k++)
            out[k * dim + c] = weight[c * taps + k];
}

/* y[c] = sum over count rows of a[k][c] b[k][c]; rows of a are step_a apart,
 * of b step_b. */
static void sum_of_products(real *y, const real *a, ptrdiff_t step_a,
                            const real *b, ptrdiff_t step_b, size_t count,
                            size_t dim)
{
    size_t c = 0;
    for (; c + CHANNELS <= dim; c += CHANNELS) {
        real sum[CHANNELS] = {0};
        const real *p = a + c, *q = b + c;
        for (size_t k = 0; k < count; k++, p += step_a, q += step_b)
#pragma omp simd
            for (size_t i = 0; i < CHANNELS; i++)
                sum[i] += p[i] * q[i];
        memcpy(y + c, sum, sizeof sum);
    }
    for (; c < dim; c++) {
        real sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += a[(ptrdiff_t)k * step_a + (ptrdiff_t)c] *
                   b[(ptrdiff_t)k * step_b + (ptrdiff_t)c];
        y[c] = sum;
    }
}

void convolution_forward(real *y, const real *x, const real *weight,
                         const struct pack *pack, size_t dim, size_t taps,
                         real *scratch)
{
    transpose(scratch, weight, dim, taps);
    ptrdiff_t step = (ptrdiff_t)dim;
    for (size_t u = 0; u < pack->utterances; u++) {
        size_t start = pack->starts[u], end = pack->starts[u + 1];
        for (size_t t = start; t < end; t++) {
            size_t past = t - start + 1 < taps ? t - start + 1 : taps;
            sum_of_products(y + t * dim, x + (t + 1 - past) * dim, step,
                            scratch + (taps - past) * dim, step, past, dim);
        }
    }
}

void convolution_backward(real *dx, real *d_weight, const real *dy,
                          const real *x, const real *weight,
                          const struct pack *pack, size_t dim, size_t taps,
                          real *scratch)
{
    real *d_taps = scratch + taps * dim;
    ptrdiff_t step = (ptrdiff_t)dim;
    transpose(scratch, weight, dim, taps);
    memset(d_taps, 0, taps * dim * sizeof *d_taps);
    for (size_t u = 0; u < pack->utterances; u++) {
        size_t start = pack->starts[u], end = pack->starts[u + 1];
        for (size_t t = start; t < end; t++) {
            /* x[t] meets tap taps - 1 in y[t], taps - 2 in y[t + 1], ... */
            size_t ahead = end - t < taps ? end - t : taps;
            sum_of_products(dx + t * dim, dy + t * dim, step,
                            scratch + (taps - 1) * dim, -step, ahead, dim);
        }
        for (size_t t = start; d_weight && t < end; t++) {
            size_t past = t - start + 1 < taps ? t - start + 1 : taps;
            const real *g = dy + t * dim;
            for (size_t k = taps - past; k < taps; k++) {
                const real *xk = x + (t + 1 + k - taps) * dim;
                real *d = d_taps + k * dim;
                for (size_t c = 0; c < dim; c++)
                    d[c] += g[c] * xk[c];
            }
        }
    }
    for (size_t c = 0; d_weight && c < dim; c++)
        for (size_t k = 0; k < taps; k++)
            d_weight[c * taps + k] += d_taps[k * dim + c];
}
