/* Mean and variance normalisation of features, per bin. */
#include "audio/cmvn.h"

#include <math.h>
#include <string.h>

#define FLOOR 1e-7

void cmvn_utterance(float *frames, size_t count, int dim)
{
    for (int b = 0; b < dim; b++) {
        double sum = 0, square = 0;
        for (size_t t = 0; t < count; t++)
            sum += (double)frames[t * (size_t)dim + (size_t)b];
        double mean = count ? sum / (double)count : 0;
        for (size_t t = 0; t < count; t++) {
            double d = (double)frames[t * (size_t)dim + (size_t)b] - mean;
            square += d * d;
        }
        double variance = count > 1 ? square / (double)(count - 1) : 0;
        double scale = 1 / sqrt(variance + FLOOR);
        for (size_t t = 0; t < count; t++) {
            float *x = &frames[t * (size_t)dim + (size_t)b];
            *x = (float)(((double)*x - mean) * scale);
        }
    }
}

void cmvn_add(struct cmvn_sums *sums, const float *frames, size_t count,
              int dim)
{
    sums->count += (double)count;
    for (size_t t = 0; t < count; t++)
        for (int b = 0; b < dim; b++) {
            double x = (double)frames[t * (size_t)dim + (size_t)b];
            sums->sum[b] += x;
            sums->sum_square[b] += x * x;
        }
}

void cmvn_statistics(float *mean, float *scale, const struct cmvn_sums *sums,
                     int dim)
{
    for (int b = 0; b < dim; b++) {
        double n = sums->count, m = n > 0 ? sums->sum[b] / n : 0;
        double square = sums->sum_square[b] - n * m * m;
        double variance = n > 1 && square > 0 ? square / (n - 1) : 0;
        mean[b] = (float)m;
        scale[b] = (float)(1 / sqrt(variance + FLOOR));
    }
}

void cmvn_stored(float *frames, const float *mean, const float *scale,
                 size_t count, int dim)
{
    for (size_t t = 0; t < count; t++)
        for (int b = 0; b < dim; b++) {
            float *x = &frames[t * (size_t)dim + (size_t)b];
            *x = (*x - mean[b]) * scale[b];
        }
}

void cmvn_running(float *frames, struct cmvn_sums *sums, const float *mean,
                  const float *scale, double prior_frames, size_t count,
                  int dim)
{
    for (size_t t = 0; t < count; t++) {
        float *x = frames + t * (size_t)dim;
        cmvn_add(sums, x, 1, dim);
        double n = sums->count + prior_frames;
        for (int b = 0; b < dim; b++) {
            double m0 = (double)mean[b], s0 = (double)scale[b];
            double v0 = 1 / (s0 * s0) + m0 * m0;
            double m = (sums->sum[b] + prior_frames * m0) / n;
            double v = (sums->sum_square[b] + prior_frames * v0) / n - m * m;
            x[b] = (float)(((double)x[b] - m) / sqrt((v > 0 ? v : 0) + FLOOR));
        }
    }
}
