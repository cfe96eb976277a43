/* Power spectrum of one frame: the only door to FFTW. */
#ifndef AUDIO_SPECTRUM_H
#define AUDIO_SPECTRUM_H

#include "audio/status.h"

/* A real FFT of one size with its own buffers; one per thread. */
struct spectrum;

/* size is a power of two, 2 .. 2^20. */
MUST_CHECK struct status spectrum_open(struct spectrum **spectrum, int size);
void spectrum_close(struct spectrum *spectrum);

/* The input buffer [size], to be filled before spectrum_power. */
double *spectrum_input(struct spectrum *spectrum);

/* power [size / 2 + 1] out: |X[k]|^2 of the input buffer. The plan is an
 * estimated one, so the same input gives the same bits in every run. */
void spectrum_power(float *power, struct spectrum *spectrum);

#endif
