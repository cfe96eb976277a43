/* Mel-frequency cepstral coefficients from log mel energies, Kaldi's. */
#include "audio/mfcc.h"

#include <math.h>

#define PI 3.14159265358979323846

void mfcc_from_energies(float *coefficients, const float *energies)
{
    for (int i = 0; i < MFCC_COEFFICIENTS; i++) {
        double sum = 0;
        for (int b = 0; b < MFCC_BINS; b++)
            sum += (double)energies[b] * cos(PI / MFCC_BINS * (b + 0.5) * i);
        double norm = sqrt((i ? 2.0 : 1.0) / MFCC_BINS);
        double lifter = 1 + 0.5 * MFCC_LIFTER * sin(PI * i / MFCC_LIFTER);
        coefficients[i] = (float)(sum * norm * lifter);
    }
}
