/* Swish and the gated linear unit: forward and backward. */
#include "model/layer/activation.h"

#include "model/kernel/vector.h"

void swish_forward(real *y, const real *x, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] * vector_sigmoid(x[i]);
}

void swish_backward(real *dx, const real *dy, const real *x, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        real s = vector_sigmoid(x[i]);
        dx[i] = dy[i] * (s + x[i] * s * (1 - s));
    }
}

void glu_forward(real *y, const real *x, size_t rows, size_t dim)
{
    for (size_t r = 0; r < rows; r++) {
        const real *a = x + r * 2 * dim, *b = a + dim;
        real *yr = y + r * dim;
#pragma omp simd
        for (size_t i = 0; i < dim; i++)
            yr[i] = a[i] * vector_sigmoid(b[i]);
    }
}

void glu_backward(real *dx, const real *dy, const real *x, size_t rows,
                  size_t dim)
{
    for (size_t r = 0; r < rows; r++) {
        const real *a = x + r * 2 * dim, *b = a + dim, *g = dy + r * dim;
        real *da = dx + r * 2 * dim, *db = da + dim;
#pragma omp simd
        for (size_t i = 0; i < dim; i++) {
            real s = vector_sigmoid(b[i]);
            real ai = a[i];
            da[i] = g[i] * s;
            db[i] = g[i] * ai * s * (1 - s);
        }
    }
}

void residual_into(real *y, const real *x, real scale, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] + scale * y[i];
}
