/* Mel filter bank: power spectrum to log mel energies, Kaldi's. */
#include "audio/fbank.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A triangle: weights of the FFT bins it holds. */
struct triangle {
    int first, count;
    float *weights;
};

struct fbank {
    int bins;
    struct triangle *triangles;
    float *weights; /* all triangles', one block */
};

static double mel(double hz)
{
    return 1127 * log(1 + hz / 700);
}

/* Weight of FFT bin k in triangle b, 0 outside. In single precision where
 * Kaldi is, so that edges fall on the same side. */
static float weight(int b, int k, double low_mel, double step, double hz)
{
    double left = low_mel + b * step, center = left + step;
    double right = center + step, m = mel(hz * k);
    if (m <= left || m >= right)
        return 0;
    return (float)(m <= center ? (m - left) / (center - left)
                               : (right - m) / (right - center));
}

/* Whether every one of bins triangles holds an FFT bin; else *empty is the
 * first that does not. */
static bool all_full(int *empty, int bins, int points, double hz,
                     double low_mel, double high_mel)
{
    double step = (high_mel - low_mel) / (bins + 1);
    for (int b = 0; b < bins; b++) {
        bool full = false;
        for (int k = 0; k < points && !full; k++)
            full = weight(b, k, low_mel, step, hz) > 0;
        if (!full) {
            *empty = b;
            return false;
        }
    }
    return true;
}

static struct status check(int bins, int rate_hz, int points, double hz,
                           double low_hz, double high_hz)
{
    int empty, other;
    if (!(low_hz >= 0 && low_hz < high_hz && high_hz <= rate_hz / 2.0))
        return status_error(STATUS_INPUT,
                            "mel bins from %g to %g Hz are not within 0 .. %g "
                            "Hz (--low-hz, --high-hz)",
                            low_hz, high_hz, rate_hz / 2.0);
    if (bins < 1)
        return status_error(STATUS_INPUT, "--bins %d is below 1", bins);
    if (all_full(&empty, bins, points, hz, mel(low_hz), mel(high_hz)))
        return status_ok();
    int best = bins;
    while (best > 1 &&
           !all_full(&other, best, points, hz, mel(low_hz), mel(high_hz)))
        best--;
    return status_error(STATUS_INPUT,
                        "--bins %d: mel bin %d holds no point of the spectrum "
                        "at %d Hz: take at most %d",
                        bins, empty, rate_hz, best);
}

struct status fbank_open(struct fbank **out, int bins, int rate_hz, int size,
                         double low_hz, double high_hz)
{
    int points = size / 2; /* Kaldi leaves the last point out */
    double hz = (double)rate_hz / size;
    *out = NULL;
    if (high_hz <= 0)
        high_hz += rate_hz / 2.0;
    struct status status = check(bins, rate_hz, points, hz, low_hz, high_hz);
    if (status_failed(&status))
        return status;
    double low_mel = mel(low_hz);
    double step = (mel(high_hz) - low_mel) / (bins + 1);
    struct fbank *f = calloc(1, sizeof *f);
    if (!f)
        return status_memory("mel filter bank");
    f->bins = bins;
    f->triangles = calloc((size_t)bins, sizeof *f->triangles);
    f->weights =
        calloc(2 * (size_t)points + 2 * (size_t)bins, sizeof *f->weights);
    if (!f->triangles || !f->weights) {
        fbank_close(f);
        return status_memory("mel filter bank");
    }
    /* A point lies in two triangles at most. */
    float *next = f->weights;
    for (int b = 0; b < bins; b++) {
        struct triangle *t = &f->triangles[b];
        t->weights = next;
        for (int k = 0; k < points; k++) {
            float w = weight(b, k, low_mel, step, hz);
            if (w <= 0)
                continue;
            if (!t->count)
                t->first = k;
            *next++ = w;
            t->count++;
        }
    }
    *out = f;
    return status_ok();
}

void fbank_close(struct fbank *f)
{
    if (!f)
        return;
    free(f->triangles);
    free(f->weights);
    free(f);
}

/* ln(x) for normal x > 0 to within 2 ulp of the result or 1e-7 absolute:
 * x = 2^e m with m in [sqrt(1/2), sqrt(2)), then an atanh series in
 * s = (m - 1) / (m + 1). Plain C that vectorises. */
static inline float log_normal(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t shifted = bits - 0x3f3504f3u; /* sqrt(1/2) */
    int32_t e = (int32_t)shifted >> 23;
    bits -= (uint32_t)e << 23;
    float m;
    memcpy(&m, &bits, sizeof m);
    float s = (m - 1) / (m + 1), z = s * s;
    float series = 1.0f / 9;
    series = series * z + 1.0f / 7;
    series = series * z + 1.0f / 5;
    series = series * z + 1.0f / 3;
    float r = 2 * s * (z * series) + 2 * s;
    return (float)e * 0.693147181f + r;
}

void fbank_log_energies(float *energies, const struct fbank *f,
                        const float *power)
{
    for (int b = 0; b < f->bins; b++) {
        const struct triangle *t = &f->triangles[b];
        const float *p = power + t->first;
        float sum = 0;
        for (int k = 0; k < t->count; k++)
            sum += t->weights[k] * p[k];
        energies[b] = sum < FLT_EPSILON ? FLT_EPSILON : sum;
    }
#pragma omp simd
    for (int b = 0; b < f->bins; b++)
        energies[b] = log_normal(energies[b]);
}
