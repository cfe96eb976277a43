/* A linear probe: how much of the letters can be read off a layer's rows by
 * multinomial logistic regression. */
#ifndef MODEL_TRAIN_LINEAR_PROBE_H
#define MODEL_TRAIN_LINEAR_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/kernel/random.h"
#include "model/kernel/real.h"

/* Rows and their labels; the caller's. */
struct probe_rows {
    const real *x;          /* [count, width] */
    const uint16_t *labels; /* [count] each < classes */
    size_t count, width;
};

struct probe_result {
    size_t rows, correct;          /* of the held-out rows */
    size_t spoken, spoken_correct; /* of those whose label is not 0 */
};

/* Fits on `fit` (dimensions standardised by its means and variances; 20 passes
 * of AdamW over fixed mini-batches in an order that key decides, the rate
 * falling to 0 as a cosine), and counts what it gets right of `test`. One
 * thread; the same bits every time. A probe without rows to fit to says 0.
 *
 * Fails on memory. */
MUST_CHECK struct status linear_probe(struct probe_result *result,
                                      const struct probe_rows *fit,
                                      const struct probe_rows *test,
                                      size_t classes, struct random_key key);

#endif
