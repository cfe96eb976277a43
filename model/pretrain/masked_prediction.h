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
    double visible_weight; /* of visible rows' losses; 0: hidden rows only.
                            * HuBERT's (1 - alpha) / alpha (Hsu et al. 2021,
                            * section II-B) */
};

struct masked_prediction_result {
    double loss;    /* weighted sum over predictions, nats */
    double weight;  /* of them; a hidden row's prediction weighs 1 */
    size_t hidden;  /* predictions of hidden rows: rows * codebooks */
    size_t correct; /* of these */
};

/* Reals of scratch for up to rows rows. */
size_t masked_prediction_scratch(const struct masked_prediction_shape *shape,
                                 size_t rows);

/* Loss on hidden rows, and on visible ones if these weigh, and its gradients.
 *
 * result                  out
 * d_output   [rows, dim]  out: zero on rows without a loss; NULL: no
 *                         gradients wanted
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
