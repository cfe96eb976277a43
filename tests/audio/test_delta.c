/* Tests of the differences of features over time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/delta.h"
#include "model/kernel/random.h"
#include "tests/close.h"

#define COUNT 20
#define DIM 3

/* One order by its formula, frames repeated beyond the ends of what it is
 * given: order 2 is the first's filter on the first's filter on x. */
static double once(const float *x, long t, long count, int i)
{
    double sum = 0;
    for (long n = -2; n <= 2; n++) {
        long at = t + n < 0 ? 0 : t + n >= count ? count - 1 : t + n;
        sum += (double)n * (double)x[at * DIM + i] / 10;
    }
    return sum;
}

static double twice(const float *x, long t, long count, int i)
{
    double sum = 0;
    for (long n = -2; n <= 2; n++)
        for (long m = -2; m <= 2; m++) {
            long at = t + n + m;
            at = at < 0 ? 0 : at >= count ? count - 1 : at;
            sum += (double)(n * m) * (double)x[at * DIM + i] / 100;
        }
    return sum;
}

static void differences_are_the_formulas(void **state)
{
    (void)state;
    float x[COUNT * DIM], y[COUNT * 3 * DIM];
    for (uint64_t i = 0; i < COUNT * DIM; i++)
        x[i] = (float)random_normal(random_key(1, 99), i);
    for (long count = 0; count <= COUNT; count++) {
        delta_append(y, x, (size_t)count, DIM);
        for (long t = 0; t < count; t++)
            for (int i = 0; i < DIM; i++) {
                const float *row = y + t * 3 * DIM + i;
                assert_close(row[0], x[t * DIM + i], 0, 0);
                assert_close(row[DIM], once(x, t, count, i), 0, 1e-6);
                assert_close(row[2 * DIM], twice(x, t, count, i), 0, 1e-6);
            }
    }
}

static void what_does_not_change_has_no_difference(void **state)
{
    (void)state;
    float x[COUNT], y[COUNT * 3];
    for (int t = 0; t < COUNT; t++)
        x[t] = 7;
    delta_append(y, x, COUNT, 1);
    for (int t = 0; t < COUNT; t++) {
        assert_close(y[3 * t + 1], 0, 0, 1e-6);
        assert_close(y[3 * t + 2], 0, 0, 1e-6);
    }
}

static void a_slope_is_its_own_difference(void **state)
{
    (void)state;
    float x[COUNT], y[COUNT * 3];
    for (int t = 0; t < COUNT; t++)
        x[t] = 0.5f * (float)t + 3;
    delta_append(y, x, COUNT, 1);
    for (int t = 4; t < COUNT - 4; t++) {
        assert_close(y[3 * t + 1], 0.5, 0, 1e-6);
        assert_close(y[3 * t + 2], 0, 0, 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_the_formulas),
        cmocka_unit_test(what_does_not_change_has_no_difference),
        cmocka_unit_test(a_slope_is_its_own_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
