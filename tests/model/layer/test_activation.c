/* Tests of activations and residuals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "model/layer/activation.h"
#include "tests/close.h"

#include <math.h>

#define ROWS 9
#define WIDE 37

static real x[2 * ROWS * WIDE], y[2 * ROWS * WIDE];

static void fill(real *values, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)(3 * random_normal(random_key(seed, 99), i));
}

static double sigmoid(double v)
{
    return 1 / (1 + exp(-v));
}

static void swish_is_the_formulas(void **state)
{
    (void)state;
    fill(x, ROWS * WIDE, 5);
    x[0] = 0;
    x[1] = 100;
    x[2] = -100;
    swish_forward(y, x, ROWS * WIDE);
    for (size_t i = 0; i < ROWS * WIDE; i++)
        assert_close(y[i], (double)x[i] * sigmoid((double)x[i]), 1e-6, 1e-7);
    swish_forward(x, x, ROWS * WIDE);
    for (size_t i = 0; i < ROWS * WIDE; i++)
        assert_close(x[i], y[i], 1e-6, 1e-9);
}

static void a_gated_unit_is_the_formulas(void **state)
{
    (void)state;
    fill(x, 2 * ROWS * WIDE, 6);
    glu_forward(y, x, ROWS, WIDE);
    for (size_t i = 0; i < ROWS * WIDE; i++) {
        const real *row = x + i / WIDE * 2 * WIDE;
        assert_close(
            y[i], (double)row[i % WIDE] * sigmoid((double)row[WIDE + i % WIDE]),
            1e-6, 1e-7);
    }
}

static void a_residual_is_added_by_its_share(void **state)
{
    (void)state;
    fill(x, ROWS * WIDE, 7);
    fill(y, ROWS * WIDE, 8);
    residual_into(y, x, (real)0.5, ROWS * WIDE);
    for (size_t i = 0; i < ROWS * WIDE; i++)
        assert_close(
            y[i], (double)x[i] + 0.5 * 3 * random_normal(random_key(8, 99), i),
            1e-6, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swish_is_the_formulas),
        cmocka_unit_test(a_gated_unit_is_the_formulas),
        cmocka_unit_test(a_residual_is_added_by_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
