/* Mean and variance normalisation of features, per bin. */
#ifndef AUDIO_CMVN_H
#define AUDIO_CMVN_H

#include <stddef.h>

/* frames[t][b] = (frames[t][b] - mean[b]) / sqrt(var[b] + 1e-7), mean and
 * variance (divisor count - 1) over the utterance: what w2v-BERT 2.0's
 * SeamlessM4TFeatureExtractor does. One frame alone becomes zeros.
 *
 * frames  [count, dim]  in and out
 *
 * Cannot fail. */
void cmvn_utterance(float *frames, size_t count, int dim);

/* Sums that stored and running statistics are made of. */
struct cmvn_sums {
    double count;
    double *sum;        /* [dim] */
    double *sum_square; /* [dim] */
};

/* Adds frames [count, dim] to the sums. */
void cmvn_add(struct cmvn_sums *sums, const float *frames, size_t count,
              int dim);

/* mean, scale  [dim]  out: scale = 1 / sqrt(var + 1e-7), var with divisor
 * count - 1. */
void cmvn_statistics(float *mean, float *scale, const struct cmvn_sums *sums,
                     int dim);

/* frames = (frames - mean) * scale. */
void cmvn_stored(float *frames, const float *mean, const float *scale,
                 size_t count, int dim);

/* Running normalisation for live input: each frame is normalised by the
 * statistics of the stream up to and including it, started from stored ones
 * that weigh prior_frames frames (sums hold the stream, in and out). The same
 * in blocks of any size. */
void cmvn_running(float *frames, struct cmvn_sums *sums, const float *mean,
                  const float *scale, double prior_frames, size_t count,
                  int dim);

#endif
