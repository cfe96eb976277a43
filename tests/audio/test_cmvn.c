/* Tests of mean and variance normalisation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/cmvn.h"
#include "model/kernel/random.h"
#include "tests/close.h"

#include <math.h>

#define COUNT 200
#define DIM 5

/* Bins of other means and spreads each, such as log energies have. */
static void fill(float *frames, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count * DIM; i++)
        frames[i] = (float)(10 * (double)(i % DIM) - 15 +
                            (1 + (double)(i % DIM)) *
                                random_normal(random_key(seed, 99), i));
}

static void assert_standard(const float *frames, size_t count)
{
    for (size_t b = 0; b < DIM; b++) {
        double sum = 0, square = 0;
        for (size_t t = 0; t < count; t++)
            sum += (double)frames[t * DIM + b];
        assert_close(sum / (double)count, 0, 0, 1e-5);
        for (size_t t = 0; t < count; t++)
            square += pow((double)frames[t * DIM + b] - sum / (double)count, 2);
        assert_close(square / (double)(count - 1), 1, 1e-5, 0);
    }
}

static void assert_zeros(const float *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_close(frames[i], 0, 0, 1e-3);
}

struct own_sums {
    double sum[DIM], sum_square[DIM];
    struct cmvn_sums sums;
};

static struct cmvn_sums *clear(struct own_sums *own)
{
    memset(own, 0, sizeof *own);
    own->sums =
        (struct cmvn_sums){.sum = own->sum, .sum_square = own->sum_square};
    return &own->sums;
}

static void an_utterance_gets_mean_zero_and_variance_one(void **state)
{
    (void)state;
    float x[COUNT * DIM];
    for (size_t count = 2; count <= COUNT; count += 33) {
        fill(x, count, count);
        cmvn_utterance(x, count, DIM);
        assert_standard(x, count);
    }
}

static void level_and_gain_do_not_change_a_normalised_utterance(void **state)
{
    (void)state;
    float x[COUNT * DIM], y[COUNT * DIM];
    fill(x, COUNT, 1);
    for (size_t i = 0; i < COUNT * DIM; i++)
        y[i] = 3 * x[i] + 7;
    cmvn_utterance(x, COUNT, DIM);
    cmvn_utterance(y, COUNT, DIM);
    for (size_t i = 0; i < COUNT * DIM; i++)
        assert_close(y[i], x[i], 0, 1e-5);
}

/* Digital silence, and recordings of one frame or none. */
static void what_does_not_vary_becomes_zeros(void **state)
{
    (void)state;
    float x[COUNT * DIM], mean[DIM], scale[DIM];
    struct own_sums own;
    for (size_t count = 0; count <= COUNT; count += count < 3 ? 1 : 197) {
        for (size_t i = 0; i < count * DIM; i++)
            x[i] = -15.9423847f;
        cmvn_utterance(x, count, DIM);
        assert_zeros(x, count * DIM);
        for (size_t i = 0; i < count * DIM; i++)
            x[i] = -15.9423847f;
        cmvn_add(clear(&own), x, count, DIM);
        cmvn_statistics(mean, scale, &own.sums, DIM);
        cmvn_stored(x, mean, scale, count, DIM);
        assert_zeros(x, count * DIM);
        for (int b = 0; b < DIM; b++) {
            assert_true(isfinite(mean[b]) && isfinite(scale[b]));
            mean[b] = 0;
            scale[b] = 1;
        }
        for (size_t i = 0; i < count * DIM; i++)
            x[i] = -15.9423847f;
        cmvn_running(x, clear(&own), mean, scale, 0, count, DIM);
        assert_zeros(x, count * DIM);
    }
}

static void stored_statistics_are_those_of_all_frames(void **state)
{
    (void)state;
    float x[COUNT * DIM], mean[DIM], scale[DIM], mean2[DIM], scale2[DIM];
    struct own_sums own, parts;
    fill(x, COUNT, 2);
    cmvn_add(clear(&own), x, COUNT, DIM);
    cmvn_statistics(mean, scale, &own.sums, DIM);
    clear(&parts);
    for (size_t t = 0; t < COUNT; t += 8)
        cmvn_add(&parts.sums, x + t * DIM, 8, DIM);
    cmvn_statistics(mean2, scale2, &parts.sums, DIM);
    assert_memory_equal(mean, mean2, sizeof mean);
    assert_memory_equal(scale, scale2, sizeof scale);
    assert_close(own.sums.count, COUNT, 0, 0);
    cmvn_stored(x, mean, scale, COUNT, DIM);
    assert_standard(x, COUNT);
}

/* Frame t by the stream up to t and the prior, summed anew for each. */
static void running_statistics_are_those_of_the_stream_so_far(void **state)
{
    (void)state;
    static const double priors[] = {0, 1, 50.5, 1e9};
    const float mean[DIM] = {1, 2, -3, 0, 20},
                scale[DIM] = {1, 0.5f, 2, 0.1f, 0.2f};
    for (size_t p = 0; p < 4; p++) {
        float x[COUNT * DIM], y[COUNT * DIM];
        struct own_sums own;
        fill(x, COUNT, 3);
        memcpy(y, x, sizeof x);
        cmvn_running(y, clear(&own), mean, scale, priors[p], COUNT, DIM);
        for (size_t t = 0; t < COUNT; t++)
            for (size_t b = 0; b < DIM; b++) {
                double m0 = (double)mean[b], n = priors[p];
                double sum = n * m0, square = 0;
                for (size_t k = 0; k <= t; k++, n++)
                    sum += (double)x[k * DIM + b];
                square += priors[p] *
                          (pow((double)scale[b], -2) + pow(m0 - sum / n, 2));
                for (size_t k = 0; k <= t; k++)
                    square += pow((double)x[k * DIM + b] - sum / n, 2);
                assert_close(y[t * DIM + b],
                             ((double)x[t * DIM + b] - sum / n) /
                                 sqrt(square / n + 1e-7),
                             1e-4, 1e-4);
            }
    }
}

static void blocks_of_any_size_give_the_same_bits(void **state)
{
    (void)state;
    const float mean[DIM] = {1, 2, -3, 0, 20}, scale[DIM] = {1, 1, 2, 1, 1};
    float x[COUNT * DIM], y[COUNT * DIM];
    struct own_sums own;
    fill(x, COUNT, 4);
    cmvn_running(x, clear(&own), mean, scale, 10, COUNT, DIM);
    for (uint64_t round = 0; round < 20; round++) {
        fill(y, COUNT, 4);
        clear(&own);
        for (size_t t = 0, step = 0; t < COUNT; step++) {
            size_t block = random_below_count(random_key(round, 99), step,
                                              2 + (uint32_t)round * 3);
            block = block > COUNT - t ? COUNT - t : block;
            cmvn_running(y + t * DIM, &own.sums, mean, scale, 10, block, DIM);
            t += block;
        }
        assert_memory_equal(x, y, sizeof x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_utterance_gets_mean_zero_and_variance_one),
        cmocka_unit_test(level_and_gain_do_not_change_a_normalised_utterance),
        cmocka_unit_test(what_does_not_vary_becomes_zeros),
        cmocka_unit_test(stored_statistics_are_those_of_all_frames),
        cmocka_unit_test(running_statistics_are_those_of_the_stream_so_far),
        cmocka_unit_test(blocks_of_any_size_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
