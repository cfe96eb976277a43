/* Tests of causal depthwise convolution. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "model/layer/convolution.h"
#include "tests/close.h"

#include <stdbool.h>

#define ROWS 40
#define DIM_MOST 70
#define TAPS_MOST 31

static const size_t starts[] = {0, 1, 3, 20, 40};
static const struct pack pack = {
    .rows = ROWS, .utterances = 4, .starts = starts};

static real x[ROWS * DIM_MOST], y[ROWS * DIM_MOST], before[ROWS * DIM_MOST];
static real weight[DIM_MOST * TAPS_MOST], scratch[2 * TAPS_MOST * DIM_MOST];

static void fill(real *values, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)random_normal(random_key(seed, 99), i);
}

static void run(size_t dim, size_t taps)
{
    fill(y, ROWS * dim, 9);
    fill(scratch, 2 * taps * dim, 8);
    convolution_forward(y, x, weight, &pack, dim, taps, scratch);
}

static void the_sum_is_the_formulas(void **state)
{
    (void)state;
    static const size_t dims[] = {1, 5, 32, 70}, all_taps[] = {1, 2, 3, 31};
    fill(x, ROWS * DIM_MOST, 1);
    fill(weight, DIM_MOST * TAPS_MOST, 2);
    for (size_t n = 0; n < 16; n++) {
        size_t dim = dims[n % 4], taps = all_taps[n / 4];
        run(dim, taps);
        for (size_t u = 0; u < pack.utterances; u++)
            for (size_t t = starts[u]; t < starts[u + 1]; t++)
                for (size_t c = 0; c < dim; c++) {
                    double want = 0;
                    for (size_t k = 0; k < taps; k++)
                        if (t + k >= starts[u] + taps - 1)
                            want += (double)weight[c * taps + k] *
                                    (double)x[(t + k + 1 - taps) * dim + c];
                    assert_close(y[t * dim + c], want, 1e-5, 1e-5);
                }
    }
}

/* A change at row t, everywhere: rows before it and other utterances' keep
 * every bit, its own row sees it. */
static void nothing_is_seen_ahead_of_its_time(void **state)
{
    (void)state;
    size_t dim = 33, taps = 5;
    fill(x, ROWS * dim, 1);
    fill(weight, dim * taps, 2);
    run(dim, taps);
    memcpy(before, y, sizeof before);
    for (size_t u = 0; u < pack.utterances; u++)
        for (size_t t = starts[u]; t < starts[u + 1]; t++) {
            fill(x, ROWS * dim, 1);
            for (size_t c = 0; c < dim; c++)
                x[t * dim + c] += 100;
            run(dim, taps);
            for (size_t r = 0; r < ROWS; r++) {
                bool sees = r >= t && r < starts[u + 1] && r < t + taps;
                for (size_t c = 0; c < dim; c++)
                    assert_int_equal(y[r * dim + c] != before[r * dim + c],
                                     sees);
            }
        }
}

static void one_tap_at_the_end_is_a_copy(void **state)
{
    (void)state;
    fill(x, ROWS * DIM_MOST, 3);
    memset(weight, 0, sizeof weight);
    for (size_t c = 0; c < DIM_MOST; c++)
        weight[c * 7 + 6] = 1;
    run(DIM_MOST, 7);
    assert_memory_equal(y, x, sizeof y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_is_the_formulas),
        cmocka_unit_test(nothing_is_seen_ahead_of_its_time),
        cmocka_unit_test(one_tap_at_the_end_is_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
