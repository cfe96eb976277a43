/* Random-projection targets: whitening, then BEST-RQ's quantiser. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "model/kernel/gemm.h"
#include "model/pretrain/quantiser.h"

#define VARIANCE_KEPT 0.95
/* Of the largest variance: below is no direction; of the mean's square: below
 * is rounding. */
#define FLOOR 1e-10

/* mean [n] and covariance [n, n] of sample, in double. */
static void covariance(double *mean, double *cov, const float *sample,
                       size_t count, size_t n)
{
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < n; i++)
            mean[i] += (double)sample[t * n + i] / (double)count;
    for (size_t t = 0; t < count; t++) {
        const float *x = sample + t * n;
        for (size_t i = 0; i < n; i++) {
            double d = (double)x[i] - mean[i];
            double *row = cov + i * n;
            for (size_t j = 0; j < n; j++)
                row[j] += d * ((double)x[j] - mean[j]);
        }
    }
    for (size_t i = 0; i < n * n; i++)
        cov[i] /= (double)(count - 1);
}

/* Whether the largest variance is more than the rounding of the mean. */
static bool varies(double variance, const double *mean, size_t n)
{
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += mean[i] * mean[i];
    return variance > FLOOR * square;
}

static int directions(const double *values, int input, int keep)
{
    double sum = 0, kept = 0;
    for (int i = 0; i < input; i++)
        sum += values[i] > 0 ? values[i] : 0;
    int most = 0;
    while (most < input && values[most] > FLOOR * values[0])
        most++;
    if (keep)
        return keep < most ? keep : most;
    while (keep < most && kept < VARIANCE_KEPT * sum)
        kept += values[keep++];
    return keep;
}

/* projection = gaussian [width, keep] times whitening [keep, input]. */
static void project(float *projection, const double *values,
                    const double *vectors, int width, int keep, int input,
                    struct random_key key)
{
    for (int w = 0; w < width; w++)
        for (int k = 0; k < keep; k++) {
            double g =
                random_normal(key, (uint64_t)(w * keep + k)) / sqrt(values[k]);
            const double *direction = vectors + (size_t)k * (size_t)input;
            float *row = projection + (size_t)w * (size_t)input;
            for (int i = 0; i < input; i++)
                row[i] += (float)(g * direction[i]);
        }
}

static void draw_codes(float *code, int codes, int width, struct random_key key)
{
    for (int v = 0; v < codes; v++) {
        float *row = code + (size_t)v * (size_t)width;
        double square = 0;
        for (int w = 0; w < width; w++) {
            row[w] = (float)random_normal(key, (uint64_t)(v * width + w));
            square += (double)row[w] * (double)row[w];
        }
        for (int w = 0; w < width; w++)
            row[w] = (float)((double)row[w] / sqrt(square));
    }
}

struct status quantiser_random_projection(struct quantiser *q,
                                          const float *sample, size_t count,
                                          int input, int codebooks, int codes,
                                          int width, int keep,
                                          struct random_key key)
{
    size_t n = (size_t)input;
    struct status status = quantiser_open(q, codebooks, codes, width, input);
    if (status_failed(&status))
        return status;
    double *mean = calloc(n, sizeof *mean);
    double *values = calloc(n, sizeof *values);
    double *vectors = calloc(n * n, sizeof *vectors);
    if (!mean || !values || !vectors) {
        status = status_memory("whitening");
    } else if (count <= n) {
        status = status_error(STATUS_INPUT,
                              "%zu frames are too few to whiten %d dimensions: "
                              "more audio is needed",
                              count, input);
    } else {
        covariance(mean, vectors, sample, count, n);
        int failed = gemm_eigen(values, vectors, n);
        if (failed < 0)
            status = status_memory("whitening");
        else if (failed || !varies(values[0], mean, n))
            status = status_error(STATUS_INPUT,
                                  "the features do not vary: nothing can be "
                                  "learned from this audio");
    }
    if (!status_failed(&status)) {
        int kept = directions(values, input, keep);
        for (size_t i = 0; i < n; i++)
            q->mean[i] = (float)mean[i];
        for (int b = 0; b < codebooks; b++) {
            struct random_key own = random_below(key, (uint64_t)b);
            project(q->projection + (size_t)b * (size_t)width * n, values,
                    vectors, width, kept, input, random_below(own, 0));
            draw_codes(q->code + (size_t)b * (size_t)codes * (size_t)width,
                       codes, width, random_below(own, 1));
        }
    }
    free(mean);
    free(values);
    free(vectors);
    if (status_failed(&status))
        quantiser_close(q);
    return status;
}
