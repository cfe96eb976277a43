/* Mel filter bank: power spectrum to log mel energies, Kaldi's. */
#ifndef AUDIO_FBANK_H
#define AUDIO_FBANK_H

#include "audio/status.h"

struct fbank;

/* bins triangles, evenly spaced in mel = 1127 ln(1 + f / 700) between low_hz
 * and high_hz (<= 0: added to half the rate), over an FFT of size points at
 * rate_hz; each triangle is straight in the mel domain (kaldi
 * feat/mel-computations.cc). Refuses edges out of order and triangles that
 * hold no FFT bin, naming the first and the largest count that has none. */
MUST_CHECK struct status fbank_open(struct fbank **fbank, int bins, int rate_hz,
                                    int size, double low_hz, double high_hz);
void fbank_close(struct fbank *fbank);

/* energies [bins] out: log(max(FLT_EPSILON, weighted sum of power)).
 * power [size / 2 + 1]. */
void fbank_log_energies(float *energies, const struct fbank *fbank,
                        const float *power);

#endif
