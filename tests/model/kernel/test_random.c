/* Tests of counter-based random numbers. */
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

#define COUNT 200000

/* Of a run that is resumed, of other machines, of later versions: these bits
 * are part of every result. */
static void the_bits_are_those_of_all_versions(void **state)
{
    (void)state;
    struct random_key key = random_key(1, RANDOM_INITIAL);
    assert_true(key.value == 0x8d5ecfe262a814a5u);
    assert_true(random_bits(key, 0) == 0xb5110ad959a62c23u);
    assert_true(random_bits(key, 1) == 0x7ebf8306a99f775du);
    assert_true(random_bits(random_below(key, 7), UINT64_MAX) ==
                0x46a17c1d634786f6u);
}

static void a_number_is_a_function_of_seed_stream_and_index(void **state)
{
    (void)state;
    double forward[100];
    for (uint64_t i = 0; i < 100; i++)
        forward[i] = random_normal(random_key(5, RANDOM_MASK), i);
    for (uint64_t i = 100; i-- > 0;) {
        random_uniform(random_key(5, RANDOM_NOISE), i);
        assert_true(random_normal(random_key(5, RANDOM_MASK), i) == forward[i]);
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Neighbouring seeds, streams, keys below keys and indices, all in one bag. */
static void no_two_places_have_the_same_bits(void **state)
{
    (void)state;
    static uint64_t bits[20 * 12 * 20 * 20];
    size_t n = 0;
    for (uint64_t seed = 0; seed < 20; seed++)
        for (int stream = RANDOM_INITIAL; stream <= RANDOM_DITHER; stream++)
            for (uint64_t below = 0; below < 20; below++)
                for (uint64_t i = 0; i < 20; i++)
                    bits[n++] = random_bits(
                        random_below(random_key(seed, stream), below), i);
    assert_int_equal(n, sizeof bits / sizeof *bits);
    qsort(bits, n, sizeof *bits, compare);
    for (size_t i = 1; i < n; i++)
        assert_true(bits[i] != bits[i - 1]);
}

static void uniform_numbers_are_uniform(void **state)
{
    (void)state;
    size_t tenths[10] = {0};
    double sum = 0, square = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        double u = random_uniform(random_key(3, RANDOM_ORDER), i);
        assert_true(u >= 0 && u < 1);
        tenths[(int)(u * 10)]++;
        sum += u;
        square += u * u;
    }
    assert_close(sum / COUNT, 0.5, 0, 0.003); /* 4.6 deviations */
    assert_close(square / COUNT, 1.0 / 3, 0, 0.003);
    double chi = 0;
    for (int k = 0; k < 10; k++)
        chi += pow((double)tenths[k] - COUNT / 10, 2) / (COUNT / 10);
    assert_true(chi < 33.7); /* 9 degrees of freedom, p 1e-4 */
}

static void normal_numbers_are_normal(void **state)
{
    (void)state;
    double sum[5] = {0};
    size_t beyond = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        double x = random_normal(random_key(3, RANDOM_CODEBOOK), i);
        assert_true(isfinite(x));
        for (int power = 1; power < 5; power++)
            sum[power] += pow(x, power) / COUNT;
        beyond += fabs(x) > 1.959964;
    }
    assert_close(sum[1], 0, 0, 0.01);
    assert_close(sum[2], 1, 0, 0.015);
    assert_close(sum[3], 0, 0, 0.04);
    assert_close(sum[4], 3, 0, 0.1);
    assert_close((double)beyond / COUNT, 0.05, 0, 0.0023);
}

/* Streams, keys and lags that should know nothing of each other. */
static void streams_are_independent(void **state)
{
    (void)state;
    struct random_key key = random_key(1, RANDOM_DROPOUT);
    const struct random_key others[] = {
        random_key(1, RANDOM_CODEBOOK), random_key(2, RANDOM_DROPOUT),
        random_below(key, 0), random_below(key, 1), key /* one index on */};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        double product = 0;
        for (uint64_t i = 0; i < COUNT; i++)
            product += random_normal(key, i) *
                       random_normal(others[k], i + (k == 4)) / COUNT;
        assert_close(product, 0, 0, 0.011); /* 4.9 deviations */
    }
}

static void small_counts_are_drawn_evenly(void **state)
{
    (void)state;
    struct random_key key = random_key(4, RANDOM_KMEANS);
    size_t drawn[7] = {0};
    for (uint64_t i = 0; i < 70000; i++) {
        uint32_t k = random_below_count(key, i, 7);
        assert_in_range(k, 0, 6);
        drawn[k]++;
        assert_int_equal(random_below_count(key, i, 1), 0);
        assert_true(random_below_count(key, i, UINT32_MAX) < UINT32_MAX);
    }
    for (int k = 0; k < 7; k++)
        assert_close((double)drawn[k], 10000, 0, 450);
}

static void a_permutation_holds_everything_once(void **state)
{
    (void)state;
    static uint32_t order[1000], again[1000];
    for (size_t count = 0; count <= 1000; count += 1 + count) {
        bool seen[1000] = {false};
        random_permutation(order, count, random_key(count, RANDOM_ORDER));
        for (size_t i = 0; i < count; i++) {
            assert_true(order[i] < count && !seen[order[i]]);
            seen[order[i]] = true;
        }
        random_permutation(again, count, random_key(count, RANDOM_ORDER));
        assert_memory_equal(order, again, count * sizeof *order);
    }
}

static void every_order_is_as_likely(void **state)
{
    (void)state;
    size_t drawn[27] = {0};
    for (uint64_t round = 0; round < 60000; round++) {
        uint32_t order[3];
        random_permutation(order, 3, random_key(round, RANDOM_ORDER));
        drawn[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    static const int orders[] = {5, 7, 11, 15, 19, 21};
    for (int k = 0; k < 6; k++)
        assert_close((double)drawn[orders[k]], 10000, 0, 450);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bits_are_those_of_all_versions),
        cmocka_unit_test(a_number_is_a_function_of_seed_stream_and_index),
        cmocka_unit_test(no_two_places_have_the_same_bits),
        cmocka_unit_test(uniform_numbers_are_uniform),
        cmocka_unit_test(normal_numbers_are_normal),
        cmocka_unit_test(streams_are_independent),
        cmocka_unit_test(small_counts_are_drawn_evenly),
        cmocka_unit_test(a_permutation_holds_everything_once),
        cmocka_unit_test(every_order_is_as_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
