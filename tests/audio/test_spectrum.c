/* Tests of the power spectrum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/spectrum.h"
#include "model/kernel/random.h"
#include "tests/close.h"

#include <math.h>

#define PI 3.14159265358979323846
#define LARGEST 1024

static void fill(double *in, int size, uint64_t seed)
{
    for (int i = 0; i < size; i++)
        in[i] = random_normal(random_key(seed, 99), (uint64_t)i);
}

/* The direct sum in double. */
static double power_at(const double *x, int size, int k)
{
    double re = 0, im = 0;
    for (int i = 0; i < size; i++) {
        double angle = 2 * PI * ((double)i * k) / size;
        re += x[i] * cos(angle);
        im -= x[i] * sin(angle);
    }
    return re * re + im * im;
}

static void power_is_that_of_the_direct_sum(void **state)
{
    (void)state;
    for (int size = 2; size <= LARGEST; size *= 2) {
        struct spectrum *spectrum;
        double x[LARGEST], sum = 0, square = 0;
        float power[LARGEST / 2 + 1];
        assert_ok(spectrum_open(&spectrum, size));
        fill(x, size, (uint64_t)size);
        memcpy(spectrum_input(spectrum), x, (size_t)size * sizeof *x);
        spectrum_power(power, spectrum);
        for (int k = 0; k <= size / 2; k++) {
            assert_close(power[k], power_at(x, size, k), 1e-6, 1e-9);
            sum += (k == 0 || k == size / 2 ? 1 : 2) * (double)power[k];
        }
        for (int i = 0; i < size; i++)
            square += x[i] * x[i];
        assert_close(sum, size * square, 1e-6, 0); /* Parseval */
        spectrum_close(spectrum);
    }
}

static void a_click_is_as_loud_at_every_frequency(void **state)
{
    (void)state;
    struct spectrum *spectrum;
    float power[257];
    assert_ok(spectrum_open(&spectrum, 512));
    memset(spectrum_input(spectrum), 0, 512 * sizeof(double));
    spectrum_input(spectrum)[100] = 3;
    spectrum_power(power, spectrum);
    for (int k = 0; k <= 256; k++)
        assert_close(power[k], 9, 1e-6, 0);
    spectrum_close(spectrum);
}

/* What resume and comparisons of runs rest on. */
static void the_same_input_gives_the_same_bits(void **state)
{
    (void)state;
    struct spectrum *a, *b;
    float first[257], again[257], other[257];
    assert_ok(spectrum_open(&a, 512));
    assert_ok(spectrum_open(&b, 512));
    fill(spectrum_input(a), 512, 1);
    spectrum_power(first, a);
    fill(spectrum_input(b), 512, 2);
    spectrum_power(other, b);
    fill(spectrum_input(a), 512, 1);
    spectrum_power(again, a);
    assert_memory_equal(first, again, sizeof first);
    fill(spectrum_input(b), 512, 1);
    spectrum_power(other, b);
    assert_memory_equal(first, other, sizeof first);
    spectrum_close(a);
    spectrum_close(b);
    spectrum_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_is_that_of_the_direct_sum),
        cmocka_unit_test(a_click_is_as_loud_at_every_frequency),
        cmocka_unit_test(the_same_input_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
