/* Softmax and cross-entropy over rows. */
#ifndef MODEL_LAYER_SOFTMAX_LOSS_H
#define MODEL_LAYER_SOFTMAX_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "model/kernel/real.h"

/* Sum over rows of -log softmax(logits[r])[targets[r]].
 *
 * d_logits  [rows, ld]  out: softmax - one_hot, may be logits; NULL: not wanted
 * correct              added to: rows whose largest logit is the target's
 * logits    [rows, ld]  in, the first classes columns of each row
 * targets   [rows * target_step] in: row r's is targets[r * target_step], each
 *                       < classes */
double softmax_loss(real *d_logits, size_t *correct, const real *logits,
                    const uint16_t *targets, size_t target_step, size_t rows,
                    size_t classes, size_t ld);

/* logits [rows, classes] in place to log-probabilities. */
void log_softmax(real *logits, size_t rows, size_t classes);

#endif
