/* Tests of elementary functions against libm in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/vector.h"
#include "tests/close.h"

#include <float.h>

#define BLOCK 1024

/* Distance of got from want in units of the last place of want as a float. */
static double ulps(float got, double want)
{
    int exponent;
    frexp(want, &exponent);
    return fabs((double)got - want) / ldexp(1, exponent - FLT_MANT_DIG);
}

/* The float 300 places above x. */
static float later(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (!signbit(x))
        bits += 300;
    else if ((bits & 0x7fffffffu) < 300)
        bits = 0;
    else
        bits -= 300;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

/* Loops as layers have them, so that vectorised code is what is tested. */
static void exp_block(real *y, const real *x)
{
#pragma omp simd
    for (int i = 0; i < BLOCK; i++)
        y[i] = vector_exp(x[i]);
}

static void sigmoid_block(real *y, const real *x)
{
#pragma omp simd
    for (int i = 0; i < BLOCK; i++)
        y[i] = vector_sigmoid(x[i]);
}

/* Calls check with every 300th float from low to high and its function. */
static void sweep(float low, float high, void (*block)(real *y, const real *x),
                  void (*check)(float x, float y))
{
    real x[BLOCK], y[BLOCK];
    for (float next = low; next < high;) {
        for (int i = 0; i < BLOCK; i++) {
            x[i] = (real)(next < high ? next : high);
            next = later(next);
        }
        block(y, x);
        for (int i = 0; i < BLOCK; i++)
            check((float)x[i], (float)y[i]);
    }
}

static double worst;

static void check_exp(float x, float y)
{
    double off = ulps(y, exp((double)x));
    if (off > worst)
        worst = off;
}

static void exp_is_within_two_units_of_the_last_place(void **state)
{
    (void)state;
    worst = 0;
    sweep(-87, 88, exp_block, check_exp);
    print_message("exp: at most %.2f ulp\n", worst);
    assert_true(worst <= 2);
    assert_true(worst > 0.4); /* the sweep has seen something */
}

static void exp_beyond_its_range_is_the_limit(void **state)
{
    (void)state;
    static const float low[] = {-87.01f, -88, -1000, -FLT_MAX, -INFINITY};
    static const float high[] = {88.1f, 89, 1000, FLT_MAX, INFINITY};
    for (int i = 0; i < 5; i++) {
        assert_true(vector_exp(low[i]) == 0);
        assert_close(vector_exp(high[i]), exp(88), 1e-6, 0);
    }
    assert_true(vector_exp(0) == 1);
    assert_true(vector_exp((real)-0.0) == 1);
}

/* A loss that is no number must be seen, not hidden. */
static void no_number_stays_no_number(void **state)
{
    (void)state;
    assert_true(isnan(vector_exp((real)NAN)));
    assert_true(isnan(vector_sigmoid((real)NAN)));
}

static void exp_never_falls_where_x_grows(void **state)
{
    (void)state;
    float before = 0;
    for (float x = -90; x < 90; x += 0.013f) {
        float y = (float)vector_exp((real)x);
        assert_true(y >= before);
        before = y;
    }
}

static void check_sigmoid(float x, float y)
{
    double want = 1 / (1 + exp(-(double)x));
    double off = x < -80 ? fabs((double)y - want) / 1e-34 : ulps(y, want);
    assert_true(y >= 0 && y <= 1);
    if (off > worst)
        worst = off;
}

static void sigmoid_is_within_three_units_of_the_last_place(void **state)
{
    (void)state;
    worst = 0;
    sweep(-200, 200, sigmoid_block, check_sigmoid);
    print_message("sigmoid: at most %.2f ulp\n", worst);
    assert_true(worst <= 3);
    assert_true(worst > 0.4);
}

static void sigmoid_has_its_limits(void **state)
{
    (void)state;
    assert_true(vector_sigmoid(0) == (real)0.5);
    assert_true(vector_sigmoid((real)INFINITY) == 1);
    assert_true(vector_sigmoid((real)FLT_MAX) == 1);
    assert_close(vector_sigmoid((real)-INFINITY), 0, 0, 1e-38);
    assert_close(vector_sigmoid((real)-FLT_MAX), 0, 0, 1e-38);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_two_units_of_the_last_place),
        cmocka_unit_test(exp_beyond_its_range_is_the_limit),
        cmocka_unit_test(no_number_stays_no_number),
        cmocka_unit_test(exp_never_falls_where_x_grows),
        cmocka_unit_test(sigmoid_is_within_three_units_of_the_last_place),
        cmocka_unit_test(sigmoid_has_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
