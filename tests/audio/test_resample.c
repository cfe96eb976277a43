/* Tests of changing the sampling rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/resample.h"
#include "tests/close.h"

#include <math.h>

#define PI 3.14159265358979323846

static float *make_tone(double hz, double rate_hz, size_t count)
{
    float *x = malloc((count + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)(0.5 * sin(2 * PI * hz * (double)i / rate_hz));
    return x;
}

/* The whole of in, in blocks of up to most samples. */
static struct status resample_by(size_t most, float **out, size_t *count,
                                 const float *in, size_t in_count, double ratio)
{
    struct resampler *r;
    size_t room = (size_t)((double)in_count * ratio) + 16, at = 0, made, used;
    *out = NULL;
    *count = 0;
    struct status status = resampler_open(&r, ratio);
    if (status_failed(&status))
        return status;
    *out = malloc(room * sizeof **out);
    assert_non_null(*out);
    for (uint32_t bits = 1;; bits = bits * 1664525u + 1013904223u) {
        size_t take = 1 + (bits >> 8) % most, give = 1 + (bits >> 16) % most;
        take = take < in_count - at ? take : in_count - at;
        give = give < room - *count ? give : room - *count;
        bool last = at + take == in_count;
        assert_ok(resampler_run(&made, &used, r, *out + *count, give, in + at,
                                take, last));
        assert_true(made <= give && used <= take);
        *count += made;
        at += used;
        if (at == in_count && !made)
            break;
    }
    resampler_close(r);
    return status;
}

static struct status resample(float **out, size_t *count, const float *in,
                              size_t in_count, double ratio)
{
    return resample_by(SIZE_MAX / 2, out, count, in, in_count, ratio);
}

/* Sample by sample: level, frequency and phase. */
static void a_tone_stays_the_tone(void **state)
{
    (void)state;
    static const struct {
        double from_hz, to_hz, tone_hz;
    } rates[] = {{16000, 8000, 440},  {8000, 16000, 440},   {8000, 16000, 3000},
                 {44100, 16000, 440}, {48000, 16000, 6000}, {16000, 22050, 100},
                 {16000, 17600, 440}, {16000, 14545, 440}};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        size_t count, in = (size_t)rates[i].from_hz;
        float *x = make_tone(rates[i].tone_hz, rates[i].from_hz, in), *y;
        assert_ok(
            resample(&y, &count, x, in, rates[i].to_hz / rates[i].from_hz));
        for (size_t k = count / 8; k < count - count / 8; k++)
            assert_close(y[k],
                         0.5 * sin(2 * PI * rates[i].tone_hz * (double)k /
                                   rates[i].to_hz),
                         0, 2e-5);
        free(x);
        free(y);
    }
}

static void what_the_new_rate_cannot_hold_is_gone(void **state)
{
    (void)state;
    size_t count;
    float *x = make_tone(5000, 16000, 16000), *y;
    assert_ok(resample(&y, &count, x, 16000, 0.5));
    for (size_t k = 1000; k < count - 1000; k++)
        assert_close(y[k], 0, 0, 1e-5);
    free(x);
    free(y);
}

static void a_constant_stays_constant(void **state)
{
    (void)state;
    size_t count;
    float x[4000], *y;
    for (size_t i = 0; i < 4000; i++)
        x[i] = 0.25f;
    assert_ok(resample(&y, &count, x, 4000, 1 / 1.1));
    for (size_t k = 500; k < count - 500; k++)
        assert_close(y[k], 0.25, 1e-4, 0);
    free(y);
}

static void the_length_is_that_of_the_ratio(void **state)
{
    (void)state;
    static const double ratios[] = {1.0 / 256, 1 / 6.0, 16.0 / 44.1, 0.5,
                                    1 / 1.1,   1 / 0.9, 2,           256};
    float x[3000] = {0};
    for (size_t r = 0; r < sizeof ratios / sizeof *ratios; r++)
        for (size_t in = 0; in < 3000; in += 1 + in / 3) {
            float *y;
            size_t count;
            assert_ok(resample(&y, &count, x, in, ratios[r]));
            assert_close((double)count, (double)in * ratios[r], 0, 1);
            free(y);
        }
}

static void the_same_rate_copies(void **state)
{
    (void)state;
    const float x[] = {0.1f, -3, 1e-30f, 0.7f};
    float *y;
    size_t count;
    assert_ok(resample(&y, &count, x, 4, 1));
    assert_int_equal(count, 4);
    assert_memory_equal(y, x, sizeof x);
    free(y);
}

static void blocks_of_any_size_give_the_same_bits(void **state)
{
    (void)state;
    static const double ratios[] = {16.0 / 44.1, 0.5, 1 / 1.1, 1, 2, 7.3};
    static const size_t sizes[] = {1, 7, 160, 5000};
    float *x = make_tone(440, 16000, 9000);
    for (size_t r = 0; r < sizeof ratios / sizeof *ratios; r++) {
        float *whole, *y;
        size_t count, again;
        assert_ok(resample(&whole, &count, x, 9000, ratios[r]));
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            assert_ok(resample_by(sizes[i], &y, &again, x, 9000, ratios[r]));
            assert_int_equal(again, count);
            assert_memory_equal(y, whole, count * sizeof *y);
            free(y);
        }
        free(whole);
    }
    free(x);
}

static void changes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const double ratios[] = {0,    -1,          1e-3,
                                    1000, (double)NAN, (double)INFINITY};
    for (size_t r = 0; r < sizeof ratios / sizeof *ratios; r++) {
        const float x = 0;
        float *y;
        size_t count;
        assert_refused(resample(&y, &count, &x, 1, ratios[r]), "1/256 .. 256");
        assert_null(y);
        assert_int_equal(count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tone_stays_the_tone),
        cmocka_unit_test(what_the_new_rate_cannot_hold_is_gone),
        cmocka_unit_test(a_constant_stays_constant),
        cmocka_unit_test(the_length_is_that_of_the_ratio),
        cmocka_unit_test(the_same_rate_copies),
        cmocka_unit_test(blocks_of_any_size_give_the_same_bits),
        cmocka_unit_test(changes_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
