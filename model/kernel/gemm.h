/* Matrix products: the only door to OpenBLAS. All matrices are row-major;
 * a leading dimension (ld) is the distance between rows. */
#ifndef MODEL_KERNEL_GEMM_H
#define MODEL_KERNEL_GEMM_H

#include <stddef.h>

#include "model/kernel/real.h"

/* c [m, n] = alpha * a [m, k] b [n, k]^T + beta * c   (a layer's forward) */
void gemm_nt(real *c, size_t ldc, const real *a, size_t lda, const real *b,
             size_t ldb, size_t m, size_t n, size_t k, real alpha, real beta);

/* c [m, n] = alpha * a [m, k] b [k, n] + beta * c     (gradient of its input)
 */
void gemm_nn(real *c, size_t ldc, const real *a, size_t lda, const real *b,
             size_t ldb, size_t m, size_t n, size_t k, real alpha, real beta);

/* c [m, n] = alpha * a [k, m]^T b [k, n] + beta * c   (gradient of its weight)
 */
void gemm_tn(real *c, size_t ldc, const real *a, size_t lda, const real *b,
             size_t ldb, size_t m, size_t n, size_t k, real alpha, real beta);

/* gemm_nt in single precision in every build: what is not learned. */
void gemm_nt_single(float *c, size_t ldc, const float *a, size_t lda,
                    const float *b, size_t ldb, size_t m, size_t n, size_t k,
                    float alpha, float beta);

/* Eigenvectors of a symmetric matrix, largest eigenvalue first (LAPACK dsyev).
 *
 * values   [n]     out
 * vectors  [n, n]  in: the matrix; out: row i is the i-th eigenvector, its
 *                  largest component made positive so that the sign is fixed
 *
 * Returns 0, or LAPACK's info if it did not converge or has no memory. */
int gemm_eigen(double *values, double *vectors, size_t n);

/* One thread per product, for callers that bring their own workers. */
void gemm_threads(int count);

/* Name of the kernels in use, such as "SkylakeX". */
const char *gemm_core_name(void);

#endif
