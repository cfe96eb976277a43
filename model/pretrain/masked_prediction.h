/* The masked-prediction head: cross-entropy of the codes of hidden frames. */
#ifndef MODEL_PRETRAIN_MASKED_PREDICTION_H
#define MODEL_PRETRAIN_MASKED_PREDICTION_H

#include <stddef.h>
#include <stdint.h>

#include "model/kernel/real.h"

/* Sizes of the head; weight is [codebooks * codes, dim], bias [codebooks *
 * codes]. */
struct masked_prediction_shape {
    size_t dim, codebooks, codes;
};

struct masked_prediction_result {
    double loss;        /* sum over predictions, nats */
    size_t predictions; /* hidden rows * codebooks */
    size_t correct;
};

/* Reals of scratch for up to rows rows. */
size_t masked_prediction_scratch(const struct masked_prediction_shape *shape,
                                 size_t rows);

/* Loss on hidden rows only, and its gradients.
 *
 * result                  out
 * d_output   [rows, dim]  out: zero on visible rows; NULL: no gradients wanted
 * d_weight, d_bias        added to (NULL with d_output)
 * output     [rows, dim]  in: the encoder's
 * hidden     [rows]       in: 1 where hidden
 * codes      [rows, codebooks]  in
 *
 * Gradients are of the sum; the caller divides. Cannot fail. */
void masked_prediction(struct masked_prediction_result *result, real *d_output,
                       real *d_weight, real *d_bias, const real *output,
                       const unsigned char *hidden, const uint16_t *codes,
                       const real *weight, const real *bias, size_t rows,
                       const struct masked_prediction_shape *shape,
                       real *scratch);

#endif
