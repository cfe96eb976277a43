/* Mel-frequency cepstral coefficients from log mel energies, Kaldi's. */
#ifndef AUDIO_MFCC_H
#define AUDIO_MFCC_H

#define MFCC_BINS 23
#define MFCC_COEFFICIENTS 13
#define MFCC_LIFTER 22

/* coefficients [MFCC_COEFFICIENTS] out: orthonormal DCT-II of the log energies
 * [MFCC_BINS], liftered by 1 + 11 sin(pi i / 22). The first is the DCT's own
 * (Kaldi's use_energy = false). (kaldi feat/feature-mfcc.cc) */
void mfcc_from_energies(float *coefficients, const float *energies);

#endif
