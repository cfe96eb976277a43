/* Tests of linear layers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "model/layer/linear.h"
#include "tests/close.h"

#define ROWS 9
#define WIDE 37

static real x[ROWS * WIDE], y[ROWS * WIDE], weight[WIDE * WIDE], bias[WIDE];

static void fill(real *values, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)(3 * random_normal(random_key(seed, 99), i));
}

static void a_linear_layer_is_the_sum(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {
        {1, 1}, {1, 5}, {7, 1}, {16, 33}, {37, 8}};
    fill(x, ROWS * WIDE, 1);
    fill(weight, WIDE * WIDE, 2);
    fill(bias, WIDE, 3);
    for (size_t n = 0; n < 10; n++) {
        size_t in = sizes[n / 2][0], out = sizes[n / 2][1];
        const real *b = n % 2 ? bias : NULL;
        fill(y, ROWS * WIDE, 4);
        linear_forward(y, x, weight, b, ROWS, in, out);
        for (size_t r = 0; r < ROWS; r++)
            for (size_t o = 0; o < out; o++) {
                double want = b ? (double)b[o] : 0;
                for (size_t i = 0; i < in; i++)
                    want += (double)weight[o * in + i] * (double)x[r * in + i];
                assert_close(y[r * out + o], want, 1e-5, 1e-4);
            }
    }
    linear_forward(NULL, NULL, weight, bias, 0, 5, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_layer_is_the_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
