/* Turns feature vectors into the discrete targets of masked prediction. */
#ifndef MODEL_PRETRAIN_QUANTISER_H
#define MODEL_PRETRAIN_QUANTISER_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/kernel/random.h"
#include "model/kernel/team.h"

#define QUANTISER_CODES_MOST 65536

/* For codebook b: code = argmax over v of  codes[b][v] z + bias[b][v],
 * z = projection[b] (x - mean).
 * Random projection (BEST-RQ, Chiu et al. 2022): unit-length codes, bias 0:
 * the nearest code to z / |z|. k-means: bias[v] = -|codes[v]|^2 / 2: the
 * nearest centroid. One structure, so one way to label and one to store.
 * Arrays are owned. */
struct quantiser {
    int codebooks, codes, width, input;
    float *mean;       /* [input] */
    float *projection; /* [codebooks, width, input] */
    float *code;       /* [codebooks, codes, width] */
    float *bias;       /* [codebooks, codes] */
};

/* Random projection after whitening: the mean and the `keep` largest principal
 * directions of sample, each scaled to variance 1, then a Gaussian projection
 * to width dimensions per codebook and Gaussian unit-length codes, functions of
 * key. Without whitening neighbouring mel bins correlate and few codes are
 * used.
 *
 * sample  [count, input]  count > input wanted; else an error that says so
 * keep    1 .. input (0: as many as hold 95 % of the variance) */
MUST_CHECK struct status
quantiser_random_projection(struct quantiser *quantiser, const float *sample,
                            size_t count, int input, int codebooks, int codes,
                            int width, int keep, struct random_key key);

/* k-means (k-means++ start, Lloyd with products by gemm on team until the
 * assignment settles or iterations pass; empty clusters are re-seeded from the
 * largest) on standardised dimensions. One codebook. The same result on any
 * number of workers. */
MUST_CHECK struct status quantiser_kmeans(struct quantiser *quantiser,
                                          const float *sample, size_t count,
                                          int input, int codes, int iterations,
                                          struct random_key key,
                                          struct team *team);

/* codes    [count, codebooks]  out
 * x        [count, input]
 * scratch  [quantiser_scratch]
 *
 * Ties go to the smaller code. Cannot fail. Thread-safe with own scratch. */
void quantiser_label(uint16_t *codes, const struct quantiser *quantiser,
                     const float *x, size_t count, float *scratch);
size_t quantiser_scratch(const struct quantiser *quantiser);

/* All arrays allocated for the given sizes, zeroed (for loading). */
MUST_CHECK struct status quantiser_open(struct quantiser *quantiser,
                                        int codebooks, int codes, int width,
                                        int input);
MUST_CHECK struct status quantiser_copy(struct quantiser *to,
                                        const struct quantiser *from);
void quantiser_close(struct quantiser *quantiser);

#endif
