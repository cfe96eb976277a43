/* Tests of the mel filter bank. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/fbank.h"
#include "tests/close.h"

#include <float.h>
#include <math.h>

#define BINS_MOST 128
#define POINTS_MOST 1025

struct bank {
    int bins, rate_hz, size;
    double low_hz, high_hz;
};

static const struct bank banks[] = {
    {80, 16000, 512, 20, 0},       {40, 8000, 256, 20, 0},
    {23, 16000, 512, 20, 0},       {23, 16000, 512, 0, 7600},
    {64, 44100, 2048, 100, -2050}, {1, 16000, 512, 1000, 2000}};
#define BANKS (sizeof banks / sizeof *banks)

static double mel(double hz)
{
    return 1127 * log(1 + hz / 700);
}

static double upper_edge(const struct bank *b)
{
    return b->high_hz > 0 ? b->high_hz : b->high_hz + b->rate_hz / 2.0;
}

/* weights [bins][points]: what a power of one at each point alone gives. */
static void find_weights(double (*weights)[POINTS_MOST], const struct bank *b)
{
    struct fbank *fbank;
    float power[POINTS_MOST] = {0}, energies[BINS_MOST];
    assert_ok(fbank_open(&fbank, b->bins, b->rate_hz, b->size, b->low_hz,
                         b->high_hz));
    for (int k = 0; k <= b->size / 2; k++) {
        power[k] = 1024;
        fbank_log_energies(energies, fbank, power);
        power[k] = 0;
        for (int i = 0; i < b->bins; i++)
            weights[i][k] = energies[i] < -15 ? 0 : exp(energies[i]) / 1024;
    }
    fbank_close(fbank);
}

static void triangles_are_straight_in_the_mel_domain(void **state)
{
    (void)state;
    static double weights[BINS_MOST][POINTS_MOST];
    for (size_t n = 0; n < BANKS; n++) {
        const struct bank *b = &banks[n];
        double low = mel(b->low_hz);
        double step = (mel(upper_edge(b)) - low) / (b->bins + 1);
        find_weights(weights, b);
        for (int i = 0; i < b->bins; i++)
            for (int k = 0; k <= b->size / 2; k++) {
                double m = mel((double)b->rate_hz * k / b->size);
                double want = 1 - fabs(m - (low + (i + 1) * step)) / step;
                if (want < 0 || k == b->size / 2)
                    want = 0;
                assert_close(weights[i][k], want, 0, 2e-6);
            }
    }
}

static void triangles_sum_to_one_between_the_outer_centres(void **state)
{
    (void)state;
    static double weights[BINS_MOST][POINTS_MOST];
    for (size_t n = 0; n < BANKS; n++) {
        const struct bank *b = &banks[n];
        double low = mel(b->low_hz);
        double step = (mel(upper_edge(b)) - low) / (b->bins + 1);
        find_weights(weights, b);
        for (int k = 0; k < b->size / 2; k++) {
            double m = mel((double)b->rate_hz * k / b->size), sum = 0;
            int holders = 0;
            for (int i = 0; i < b->bins; i++) {
                sum += weights[i][k];
                holders += weights[i][k] > 0;
            }
            assert_in_range(holders, 0, 2);
            if (m >= low + step && m <= low + b->bins * step)
                assert_close(sum, 1, 0, 2e-6);
            if (m < low || m > low + (b->bins + 1) * step)
                assert_int_equal(holders, 0);
        }
    }
}

static void silence_is_the_floor(void **state)
{
    (void)state;
    struct fbank *fbank;
    const float power[257] = {0};
    float energies[80];
    assert_ok(fbank_open(&fbank, 80, 16000, 512, 20, 0));
    fbank_log_energies(energies, fbank, power);
    for (int i = 0; i < 80; i++)
        assert_close(energies[i], log((double)FLT_EPSILON), 1e-7, 0);
    fbank_close(fbank);
}

/* Powers of every size that a recording can have, and beyond. */
static void the_logarithm_is_libms(void **state)
{
    (void)state;
    struct fbank *fbank;
    float power[257] = {0}, energies[23], one[23];
    assert_ok(fbank_open(&fbank, 23, 16000, 512, 20, 0));
    power[40] = 1;
    fbank_log_energies(one, fbank, power);
    /* A power of two times the weight is exact, so the difference is. */
    for (int e = -10; e < 120; e++) {
        power[40] = ldexpf(1, e);
        fbank_log_energies(energies, fbank, power);
        for (int i = 0; i < 23; i++)
            if (one[i] > -5)
                assert_close(energies[i] - one[i], e * log(2), 4e-7, 4e-7);
    }
    for (double p = 1; p < 1e30; p *= 1.0137) {
        power[40] = (float)p;
        fbank_log_energies(energies, fbank, power);
        for (int i = 0; i < 23; i++)
            if (one[i] > -5)
                assert_close((double)energies[i] - (double)one[i],
                             log((double)power[40]), 4e-7, 4e-7);
    }
    fbank_close(fbank);
}

static void an_upper_edge_below_zero_is_from_the_top(void **state)
{
    (void)state;
    static double a[BINS_MOST][POINTS_MOST], b[BINS_MOST][POINTS_MOST];
    const struct bank below = {20, 16000, 512, 20, -400};
    const struct bank above = {20, 16000, 512, 20, 7600};
    find_weights(a, &below);
    find_weights(b, &above);
    assert_memory_equal(a, b, sizeof a);
}

/* The count that the message gives works, and one more does not. */
static void empty_triangles_are_refused_with_a_count_that_works(void **state)
{
    (void)state;
    static const struct bank bad[] = {{128, 8000, 256, 20, 0},
                                      {500, 16000, 512, 20, 0},
                                      {100, 16000, 512, 20, 400},
                                      {40, 1000, 32, 20, 0}};
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        const struct bank *b = &bad[n];
        struct fbank *fbank;
        struct status status = fbank_open(&fbank, b->bins, b->rate_hz, b->size,
                                          b->low_hz, b->high_hz);
        const char *at_most = strstr(status.text, "at most ");
        assert_null(fbank);
        assert_int_equal(status.code, STATUS_INPUT);
        assert_non_null(strstr(status.text, "mel bin "));
        assert_non_null(at_most);
        int most = atoi(at_most + 8);
        assert_in_range(most, 1, b->bins - 1);
        assert_ok(fbank_open(&fbank, most, b->rate_hz, b->size, b->low_hz,
                             b->high_hz));
        fbank_close(fbank);
        assert_refused(fbank_open(&fbank, most + 1, b->rate_hz, b->size,
                                  b->low_hz, b->high_hz),
                       "holds no point");
    }
}

static void edges_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct bank bad[] = {
        {80, 16000, 512, 20, 8001},       {80, 16000, 512, 20, -8000},
        {80, 16000, 512, 20, -7980},      {80, 16000, 512, 5000, 4000},
        {80, 16000, 512, 20, 20},         {80, 16000, 512, -1, 8000},
        {80, 16000, 512, 8000, 0},        {80, 16000, 512, (double)NAN, 0},
        {80, 16000, 512, 20, (double)NAN}};
    struct fbank *fbank;
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        const struct bank *b = &bad[n];
        assert_refused(fbank_open(&fbank, b->bins, b->rate_hz, b->size,
                                  b->low_hz, b->high_hz),
                       "not within 0 .. 8000 Hz");
        assert_null(fbank);
    }
    assert_refused(fbank_open(&fbank, 0, 16000, 512, 20, 0), "below 1");
    assert_refused(fbank_open(&fbank, -5, 16000, 512, 20, 0), "below 1");
    fbank_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triangles_are_straight_in_the_mel_domain),
        cmocka_unit_test(triangles_sum_to_one_between_the_outer_centres),
        cmocka_unit_test(silence_is_the_floor),
        cmocka_unit_test(the_logarithm_is_libms),
        cmocka_unit_test(an_upper_edge_below_zero_is_from_the_top),
        cmocka_unit_test(empty_triangles_are_refused_with_a_count_that_works),
        cmocka_unit_test(edges_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
