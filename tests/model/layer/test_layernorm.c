/* Tests of layer normalisation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "model/layer/layernorm.h"
#include "tests/close.h"

#include <math.h>

#define ROWS 6
#define DIM_MOST 300

static const size_t dims[] = {2, 3, 16, 33, 300};
#define DIMS (sizeof dims / sizeof *dims)

struct rows {
    real x[ROWS * DIM_MOST], y[ROWS * DIM_MOST];
    real gain[DIM_MOST], bias[DIM_MOST], mean[ROWS], rstd[ROWS];
};

/* Rows of other levels and spreads; gain one, bias zero. */
static struct rows *make_rows(size_t dim)
{
    static struct rows rows;
    for (size_t i = 0; i < ROWS * dim; i++)
        rows.x[i] = (real)(3 * (double)(i / dim) +
                           (1 + (double)(i / dim)) *
                               random_normal(random_key(dim, 99), i));
    for (size_t i = 0; i < dim; i++) {
        rows.gain[i] = 1;
        rows.bias[i] = 0;
    }
    return &rows;
}

static void run(struct rows *r, size_t dim)
{
    layernorm_forward(r->y, r->mean, r->rstd, r->x, r->gain, r->bias, ROWS,
                      dim);
}

static void rows_get_mean_zero_and_variance_one(void **state)
{
    (void)state;
    for (size_t d = 0; d < DIMS; d++) {
        size_t dim = dims[d];
        struct rows *r = make_rows(dim);
        run(r, dim);
        for (size_t t = 0; t < ROWS; t++) {
            const real *x = r->x + t * dim, *y = r->y + t * dim;
            double sum = 0, square = 0, mean = 0, variance = 0;
            for (size_t i = 0; i < dim; i++) {
                sum += (double)y[i] / (double)dim;
                square += (double)y[i] * (double)y[i] / (double)dim;
                mean += (double)x[i] / (double)dim;
            }
            for (size_t i = 0; i < dim; i++)
                variance += pow((double)x[i] - mean, 2) / (double)dim;
            assert_close(sum, 0, 0, 1e-5);
            assert_close(square, variance / (variance + 1e-5), 1e-5, 0);
            assert_close(r->mean[t], mean, 1e-6, 1e-6);
            assert_close(r->rstd[t], 1 / sqrt(variance + 1e-5), 1e-5, 0);
        }
    }
}

static void gain_and_bias_come_after(void **state)
{
    (void)state;
    static real plain[ROWS * DIM_MOST];
    struct rows *r = make_rows(33);
    run(r, 33);
    memcpy(plain, r->y, sizeof plain);
    for (size_t i = 0; i < 33; i++) {
        r->gain[i] = (real)i - 10;
        r->bias[i] = (real)(0.5 * (double)i);
    }
    run(r, 33);
    for (size_t i = 0; i < ROWS * 33; i++)
        assert_close(r->y[i],
                     (double)plain[i] * ((double)(i % 33) - 10) +
                         0.5 * (double)(i % 33),
                     1e-5, 1e-5);
}

static void level_and_gain_of_a_row_do_not_matter(void **state)
{
    (void)state;
    static real plain[ROWS * DIM_MOST];
    struct rows *r = make_rows(64);
    run(r, 64);
    memcpy(plain, r->y, sizeof plain);
    for (size_t i = 0; i < ROWS * 64; i++)
        r->x[i] = r->x[i] * 4 + 16;
    run(r, 64);
    for (size_t i = 0; i < ROWS * 64; i++)
        assert_close(r->y[i], plain[i], 0, 3e-5);
}

static void a_flat_row_becomes_the_bias(void **state)
{
    (void)state;
    struct rows *r = make_rows(16);
    for (size_t i = 0; i < ROWS * 16; i++)
        r->x[i] = (real)(i / 16);
    for (size_t i = 0; i < 16; i++)
        r->bias[i] = (real)i;
    run(r, 16);
    for (size_t i = 0; i < ROWS * 16; i++)
        assert_close(r->y[i], (double)(i % 16), 0, 1e-6);
}

static void output_may_lie_on_input(void **state)
{
    (void)state;
    struct rows *r = make_rows(33);
    run(r, 33);
    layernorm_forward(r->x, NULL, NULL, r->x, r->gain, r->bias, ROWS, 33);
    assert_memory_equal(r->x, r->y, ROWS * 33 * sizeof *r->x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_get_mean_zero_and_variance_one),
        cmocka_unit_test(gain_and_bias_come_after),
        cmocka_unit_test(level_and_gain_of_a_row_do_not_matter),
        cmocka_unit_test(a_flat_row_becomes_the_bias),
        cmocka_unit_test(output_may_lie_on_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
