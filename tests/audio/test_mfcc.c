/* Tests of mel-frequency cepstral coefficients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/mfcc.h"
#include "model/kernel/random.h"
#include "tests/close.h"

#include <math.h>

#define PI 3.14159265358979323846

static double lifter(int i)
{
    return 1 + 11 * sin(PI * i / MFCC_LIFTER);
}

static void coefficients_are_the_formulas(void **state)
{
    (void)state;
    float energies[MFCC_BINS], got[MFCC_COEFFICIENTS];
    for (uint64_t round = 0; round < 20; round++) {
        for (uint64_t b = 0; b < MFCC_BINS; b++)
            energies[b] =
                (float)(10 + 5 * random_normal(random_key(round, 99), b));
        mfcc_from_energies(got, energies);
        for (int i = 0; i < MFCC_COEFFICIENTS; i++) {
            double want = 0;
            for (int b = 0; b < MFCC_BINS; b++)
                want +=
                    (double)energies[b] * cos(PI * i * (b + 0.5) / MFCC_BINS);
            want *= sqrt((i ? 2.0 : 1.0) / MFCC_BINS) * lifter(i);
            assert_close(got[i], want, 1e-5, 1e-4);
        }
    }
}

/* Without the lifter, the transform keeps lengths and right angles. */
static void the_transform_is_orthonormal(void **state)
{
    (void)state;
    float rows[MFCC_BINS][MFCC_COEFFICIENTS];
    for (int b = 0; b < MFCC_BINS; b++) {
        float energies[MFCC_BINS] = {0};
        energies[b] = 1;
        mfcc_from_energies(rows[b], energies);
    }
    for (int i = 0; i < MFCC_COEFFICIENTS; i++)
        for (int j = 0; j < MFCC_COEFFICIENTS; j++) {
            double dot = 0;
            for (int b = 0; b < MFCC_BINS; b++)
                dot += (double)rows[b][i] / lifter(i) * rows[b][j] / lifter(j);
            assert_close(dot, i == j, 0, 1e-6);
        }
}

static void a_flat_spectrum_has_the_first_coefficient_alone(void **state)
{
    (void)state;
    float energies[MFCC_BINS], got[MFCC_COEFFICIENTS];
    for (int b = 0; b < MFCC_BINS; b++)
        energies[b] = 8;
    mfcc_from_energies(got, energies);
    assert_close(got[0], 8 * sqrt(MFCC_BINS), 1e-6, 0);
    for (int i = 1; i < MFCC_COEFFICIENTS; i++)
        assert_close(got[i], 0, 0, 1e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coefficients_are_the_formulas),
        cmocka_unit_test(the_transform_is_orthonormal),
        cmocka_unit_test(a_flat_spectrum_has_the_first_coefficient_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
