/* Tests of matrix products and eigenvectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "tests/close.h"

#include <math.h>
#include <stdbool.h>

#include "tests/fault.h"

#include "model/kernel/gemm.c"

#define MOST 70

static const size_t sizes[] = {1, 2, 7, 16, 33, 65};
#define SIZES (sizeof sizes / sizeof *sizes)

static void fill(real *x, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        x[i] = (real)(2 * random_uniform(random_key(seed, 99), i) - 1);
}

struct product {
    bool a_turned, b_turned;
    size_t m, n, k, lda, ldb, ldc;
    real alpha, beta;
};

static double naive(const struct product *p, const real *a, const real *b,
                    double c, size_t i, size_t j)
{
    double sum = 0;
    for (size_t l = 0; l < p->k; l++)
        sum += (double)(p->a_turned ? a[l * p->lda + i] : a[i * p->lda + l]) *
               (double)(p->b_turned ? b[j * p->ldb + l] : b[l * p->ldb + j]);
    return (double)p->alpha * sum + (p->beta == 0 ? 0 : (double)p->beta * c);
}

/* Rows are further apart than they are long; what lies between stays. */
static void check_product(const struct product *p, bool single)
{
    static real a[MOST * MOST], b[MOST * MOST], c[MOST * MOST],
        old[MOST * MOST];
    fill(a, MOST * MOST, 1);
    fill(b, MOST * MOST, 2);
    fill(old, MOST * MOST, 3);
    if (p->beta == 0) /* what was there may be anything */
        for (size_t i = 0; i < p->m; i++)
            for (size_t j = 0; j < p->n; j++)
                old[i * p->ldc + j] = NAN;
    memcpy(c, old, sizeof c);
    if (single)
        gemm_nt_single((float *)c, p->ldc, (const float *)a, p->lda,
                       (const float *)b, p->ldb, p->m, p->n, p->k,
                       (float)p->alpha, (float)p->beta);
    else
        (p->b_turned   ? gemm_nt
         : p->a_turned ? gemm_tn
                       : gemm_nn)(c, p->ldc, a, p->lda, b, p->ldb, p->m, p->n,
                                  p->k, p->alpha, p->beta);
    for (size_t at = 0; at < MOST * MOST; at++) {
        size_t i = at / p->ldc, j = at % p->ldc;
        if (i < p->m && j < p->n)
            assert_close(c[at], naive(p, a, b, (double)old[at], i, j), 1e-5,
                         1e-5 * sqrt((double)p->k + 1));
        else
            assert_memory_equal(&c[at], &old[at], sizeof *c);
    }
}

static void check_products(bool a_turned, bool b_turned, bool single)
{
    static const real scales[][2] = {{1, 0}, {1, 1}, {(real)-0.5, 2}};
    for (size_t i = 0; i < SIZES * SIZES * SIZES; i++)
        for (size_t wide = 0; wide < 2; wide++) {
            size_t m = sizes[i % SIZES], n = sizes[i / SIZES % SIZES],
                   k = sizes[i / SIZES / SIZES], more = wide * 5;
            const struct product p = {.a_turned = a_turned,
                                      .b_turned = b_turned,
                                      .m = m,
                                      .n = n,
                                      .k = k,
                                      .lda = (a_turned ? m : k) + more,
                                      .ldb = (b_turned ? k : n) + more,
                                      .ldc = n + more,
                                      .alpha = scales[i % 3][0],
                                      .beta = scales[i % 3][1]};
            check_product(&p, single);
        }
}

static void products_with_a_turned_right_side_are_the_sums(void **state)
{
    (void)state;
    check_products(false, true, false);
    check_products(false, true, true);
}

static void plain_products_are_the_sums(void **state)
{
    (void)state;
    check_products(false, false, false);
}

static void products_with_a_turned_left_side_are_the_sums(void **state)
{
    (void)state;
    check_products(true, false, false);
}

static void empty_products_are_no_products(void **state)
{
    (void)state;
    real c = 7;
    gemm_nt(&c, 1, NULL, 1, NULL, 1, 0, 1, 1, 1, 0);
    gemm_nn(&c, 1, NULL, 1, NULL, 1, 1, 0, 1, 1, 0);
    gemm_tn(&c, 1, NULL, 1, NULL, 1, 0, 0, 1, 1, 0);
    assert_close(c, 7, 0, 0);
}

static void one_thread_gives_the_same_bits_every_time(void **state)
{
    (void)state;
    static real a[MOST * MOST], b[MOST * MOST], c[MOST * MOST], d[MOST * MOST];
    fill(a, MOST * MOST, 1);
    fill(b, MOST * MOST, 2);
    gemm_nt(c, MOST, a, MOST, b, MOST, MOST, MOST, MOST, 1, 0);
    for (int i = 0; i < 10; i++) {
        gemm_nt(d, MOST, a, MOST, b, MOST, MOST, MOST, MOST, 1, 0);
        assert_memory_equal(c, d, sizeof c);
    }
    assert_true(strlen(gemm_core_name()) > 0);
}

static void check_eigen(const double *matrix, size_t n)
{
    static double vectors[MOST * MOST];
    double values[MOST];
    memcpy(vectors, matrix, n * n * sizeof *vectors);
    assert_int_equal(gemm_eigen(values, vectors, n), 0);
    for (size_t i = 0; i < n; i++) {
        const double *v = vectors + i * n;
        double largest = 0;
        if (i)
            assert_true(values[i] <= values[i - 1]);
        for (size_t r = 0; r < n; r++) {
            double product = 0, dot = 0;
            for (size_t c = 0; c < n; c++) {
                product += matrix[r * n + c] * v[c];
                dot += vectors[r * n + c] * v[c];
            }
            assert_close(product, values[i] * v[r], 0, 1e-10);
            assert_close(dot, r == i, 0, 1e-12);
            if (fabs(v[r]) > fabs(largest))
                largest = v[r];
        }
        assert_true(largest > 0);
    }
}

static void eigenvectors_are_ordered_and_their_signs_fixed(void **state)
{
    (void)state;
    static double matrix[MOST * MOST];
    for (size_t n = 1; n <= MOST; n += n < 4 ? 1 : 11) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++)
                matrix[i * n + j] = matrix[j * n + i] =
                    random_normal(random_key(n, 99), i * n + j);
        check_eigen(matrix, n);
    }
    const double known[] = {2, 1, 1, 2};
    double vectors[4], values[2];
    memcpy(vectors, known, sizeof known);
    assert_int_equal(gemm_eigen(values, vectors, 2), 0);
    assert_close(values[0], 3, 1e-14, 0);
    assert_close(values[1], 1, 1e-14, 0);
    assert_close(vectors[0], sqrt(0.5), 1e-14, 0);
    assert_close(vectors[1], sqrt(0.5), 1e-14, 0);
}

/* Silent bins give a covariance of rank below n, and equal eigenvalues. */
static void matrices_of_low_rank_have_eigenvectors_too(void **state)
{
    (void)state;
    static double matrix[20 * 20];
    memset(matrix, 0, sizeof matrix);
    check_eigen(matrix, 20);
    for (size_t i = 0; i < 20; i++)
        matrix[i * 20 + i] = i < 5;
    check_eigen(matrix, 20);
}

static void eigenvectors_without_memory_are_an_error(void **state)
{
    (void)state;
    for (long n = 0; n < 2; n++) {
        double matrix[9] = {2, 1, 0, 1, 2, 1, 0, 1, 2}, values[3];
        fault_at(n);
        assert_true(gemm_eigen(values, matrix, 3) != 0);
        assert_true(fault_happened());
        assert_int_equal(fault_held(), 0);
    }
    fault_at(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_with_a_turned_right_side_are_the_sums),
        cmocka_unit_test(plain_products_are_the_sums),
        cmocka_unit_test(products_with_a_turned_left_side_are_the_sums),
        cmocka_unit_test(empty_products_are_no_products),
        cmocka_unit_test(one_thread_gives_the_same_bits_every_time),
        cmocka_unit_test(eigenvectors_are_ordered_and_their_signs_fixed),
        cmocka_unit_test(matrices_of_low_rank_have_eigenvectors_too),
        cmocka_unit_test(eigenvectors_without_memory_are_an_error),
    };
    gemm_threads(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
