/* Tests of dropout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/layer/dropout.h"
#include "tests/close.h"

#include <math.h>

#define COUNT 100000

static real x[COUNT], y[COUNT];

static void fill(real *values)
{
    for (size_t i = 0; i < COUNT; i++)
        values[i] = (real)(1 + i % 7);
}

static struct dropout make(float rate, uint64_t seed)
{
    struct dropout dropout = {.key = random_key(seed, RANDOM_DROPOUT),
                              .rate = rate};
    return dropout;
}

static void the_share_is_the_rate_and_the_rest_is_scaled(void **state)
{
    (void)state;
    static const float rates[] = {0.01f, 0.1f, 0.5f, 0.9f};
    for (size_t n = 0; n < 4; n++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            double rate = (double)rates[n];
            size_t gone = 0;
            fill(x);
            dropout_apply(x, COUNT, make(rates[n], seed), seed << 33);
            for (size_t i = 0; i < COUNT; i++) {
                gone += x[i] == 0;
                if (x[i] != 0)
                    assert_close(x[i], (double)(1 + i % 7) / (1 - rate), 1e-6,
                                 0);
            }
            assert_close((double)gone / COUNT, rate, 0,
                         4.5 * sqrt(rate * (1 - rate) / COUNT));
        }
}

static void a_rate_of_zero_does_nothing(void **state)
{
    (void)state;
    fill(x);
    fill(y);
    dropout_apply(x, COUNT, make(0, 1), 0);
    assert_memory_equal(x, y, sizeof x);
}

static void the_same_key_gives_the_same_mask(void **state)
{
    (void)state;
    fill(x);
    fill(y);
    dropout_apply(x, COUNT, make(0.3f, 1), 5);
    dropout_apply(y, COUNT, make(0.3f, 1), 5);
    assert_memory_equal(x, y, sizeof x);
}

/* What backward and packing rest on. */
static void pieces_are_masked_as_the_whole(void **state)
{
    (void)state;
    fill(x);
    fill(y);
    dropout_apply(x, COUNT, make(0.3f, 1), 0);
    for (size_t at = 0, piece = 1; at < COUNT; at += piece, piece += 13) {
        size_t left = COUNT - at;
        dropout_apply(y + at, piece < left ? piece : left, make(0.3f, 1), at);
    }
    assert_memory_equal(x, y, sizeof x);
}

/* Share of values that are gone in both of two masks. */
static double both(struct dropout a, size_t first_a, struct dropout b,
                   size_t first_b)
{
    size_t gone = 0;
    fill(x);
    fill(y);
    dropout_apply(x, COUNT, a, first_a);
    dropout_apply(y, COUNT, b, first_b);
    for (size_t i = 0; i < COUNT; i++)
        gone += x[i] == 0 && y[i] == 0;
    return (double)gone / COUNT;
}

/* Other keys, neighbouring and far indices, and those above 32 bits: masks
 * that know nothing of each other are both zero at a quarter of places. */
static void other_masks_are_independent(void **state)
{
    (void)state;
    struct dropout a = make(0.5f, 1), b = make(0.5f, 2);
    double within = 4.5 * sqrt(0.25 * 0.75 / COUNT);
    assert_close(both(a, 0, b, 0), 0.25, 0, within);
    for (int shift = 0; shift < 60; shift += 4)
        assert_close(both(a, 0, a, (size_t)1 << shift), 0.25, 0, within);
    assert_close(both(a, 0, a, 0), 0.5, 0, within);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_is_the_rate_and_the_rest_is_scaled),
        cmocka_unit_test(a_rate_of_zero_does_nothing),
        cmocka_unit_test(the_same_key_gives_the_same_mask),
        cmocka_unit_test(pieces_are_masked_as_the_whole),
        cmocka_unit_test(other_masks_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
