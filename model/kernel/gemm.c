/* Matrix products: the only door to OpenBLAS. */
#include "model/kernel/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* LAPACK's symmetric eigenproblem, divide and conquer; in OpenBLAS, declared
 * here because Debian's package has no header for it. */
void dsyevd_(const char *job, const char *triangle, const int *n, double *a,
             const int *lda, double *w, double *work, const int *lwork,
             int *iwork, const int *liwork, int *info);

#ifdef ATTUNE_DOUBLE
#define cblas_gemm cblas_dgemm
#else
#define cblas_gemm cblas_sgemm
#endif

static void product(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, real *c, size_t ldc,
                    const real *a, size_t lda, const real *b, size_t ldb,
                    size_t m, size_t n, size_t k, real alpha, real beta)
{
    if (!m || !n)
        return;
    assert(m <= INT_MAX && n <= INT_MAX && k <= INT_MAX);
    cblas_gemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, alpha, a,
               (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

void gemm_nt(real *c, size_t ldc, const real *a, size_t lda, const real *b,
             size_t ldb, size_t m, size_t n, size_t k, real alpha, real beta)
{
    product(CblasNoTrans, CblasTrans, c, ldc, a, lda, b, ldb, m, n, k, alpha,
            beta);
}

void gemm_nn(real *c, size_t ldc, const real *a, size_t lda, const real *b,
             size_t ldb, size_t m, size_t n, size_t k, real alpha, real beta)
{
    product(CblasNoTrans, CblasNoTrans, c, ldc, a, lda, b, ldb, m, n, k, alpha,
            beta);
}

void gemm_tn(real *c, size_t ldc, const real *a, size_t lda, const real *b,
             size_t ldb, size_t m, size_t n, size_t k, real alpha, real beta)
{
    product(CblasTrans, CblasNoTrans, c, ldc, a, lda, b, ldb, m, n, k, alpha,
            beta);
}

void gemm_nt_single(float *c, size_t ldc, const float *a, size_t lda,
                    const float *b, size_t ldb, size_t m, size_t n, size_t k,
                    float alpha, float beta)
{
    if (m && n)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n,
                    (int)k, alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

/* LAPACK gives columns, smallest eigenvalue first: turned round. */
static void order_vectors(double *values, double *vectors, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        double value = values[i];
        values[i] = values[n - 1 - i];
        values[n - 1 - i] = value;
        for (size_t j = 0; j < n; j++) {
            double v = vectors[i * n + j];
            vectors[i * n + j] = vectors[(n - 1 - i) * n + j];
            vectors[(n - 1 - i) * n + j] = v;
        }
    }
    for (size_t i = 0; i < n; i++) {
        size_t largest = 0;
        double *row = vectors + i * n;
        for (size_t j = 1; j < n; j++)
            if (fabs(row[j]) > fabs(row[largest]))
                largest = j;
        if (row[largest] < 0)
            for (size_t j = 0; j < n; j++)
                row[j] = -row[j];
    }
}

int gemm_eigen(double *values, double *vectors, size_t n)
{
    int size = (int)n, info = 0, lwork = -1, liwork = -1, iwork_best;
    double work_best;
    dsyevd_("V", "U", &size, vectors, &size, values, &work_best, &lwork,
            &iwork_best, &liwork, &info);
    if (info)
        return info;
    lwork = (int)work_best;
    liwork = iwork_best;
    double *work = malloc((size_t)lwork * sizeof *work);
    int *iwork = malloc((size_t)liwork * sizeof *iwork);
    if (work && iwork)
        dsyevd_("V", "U", &size, vectors, &size, values, work, &lwork, iwork,
                &liwork, &info);
    else
        info = -1;
    free(work);
    free(iwork);
    if (!info)
        order_vectors(values, vectors, n);
    return info;
}

void gemm_threads(int count)
{
    openblas_set_num_threads(count);
}

const char *gemm_core_name(void)
{
    return openblas_get_corename();
}
