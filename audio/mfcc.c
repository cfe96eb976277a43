/* Mel-frequency cepstral coefficients from log mel energies, Kaldi's. */
#include "audio/mfcc.h"

#include <math.h>
#include <pthread.h>

#define PI 3.14159265358979323846

/* The DCT and the lifter, in one matrix. */
static float matrix[MFCC_COEFFICIENTS][MFCC_BINS];
static pthread_once_t filled = PTHREAD_ONCE_INIT;

static void fill_matrix(void)
{
    for (int i = 0; i < MFCC_COEFFICIENTS; i++) {
        double norm = sqrt((i ? 2.0 : 1.0) / MFCC_BINS);
        double lifter = 1 + 0.5 * MFCC_LIFTER * sin(PI * i / MFCC_LIFTER);
        for (int b = 0; b < MFCC_BINS; b++)
            matrix[i][b] =
                (float)(norm * lifter * cos(PI / MFCC_BINS * (b + 0.5) * i));
    }
}

void mfcc_from_energies(float *coefficients, const float *energies)
{
    pthread_once(&filled, fill_matrix);
    for (int i = 0; i < MFCC_COEFFICIENTS; i++) {
        float sum = 0;
        for (int b = 0; b < MFCC_BINS; b++)
            sum += energies[b] * matrix[i][b];
        coefficients[i] = sum;
    }
}
