/* First and second differences of features over time, Kaldi's add-deltas. */
#ifndef AUDIO_DELTA_H
#define AUDIO_DELTA_H

#include <stddef.h>

/* out [count, 3 dim]: each frame, its delta and its delta-delta, window 2:
 * delta[t] = sum_{n=1,2} n (x[t + n] - x[t - n]) / 10, the first and last
 * frames repeated beyond the ends (kaldi feat/feature-functions.cc). in
 * [count, dim]. Cannot fail. */
void delta_append(float *out, const float *in, size_t count, int dim);

#endif
