/* The masked-prediction head: cross-entropy of the codes of hidden frames. */
#include "model/pretrain/masked_prediction.h"

#include <stdbool.h>
#include <string.h>

#include "model/layer/linear.h"
#include "model/layer/softmax_loss.h"

size_t masked_prediction_scratch(const struct masked_prediction_shape *s,
                                 size_t rows)
{
    /* Rows' outputs, their gradients, logits, and targets. */
    return rows * (2 * s->dim + s->codebooks * s->codes + s->codebooks);
}

/* Moves the rows whose flag is `flag` together; returns how many. */
static size_t gather(real *packed, uint16_t *targets, const real *output,
                     const unsigned char *hidden, unsigned char flag,
                     const uint16_t *codes, size_t rows,
                     const struct masked_prediction_shape *s)
{
    size_t count = 0;
    for (size_t r = 0; r < rows; r++) {
        if (hidden[r] != flag)
            continue;
        memcpy(packed + count * s->dim, output + r * s->dim,
               s->dim * sizeof *packed);
        memcpy(targets + count * s->codebooks, codes + r * s->codebooks,
               s->codebooks * sizeof *targets);
        count++;
    }
    return count;
}

/* Back apart again: hidden rows from the front of packed, visible ones from
 * behind them, or zeros. */
static void scatter(real *d_output, const real *packed, size_t hidden_count,
                    bool visible, const unsigned char *hidden, size_t rows,
                    size_t dim)
{
    const real *next[2] = {packed + hidden_count * dim, packed};
    for (size_t r = 0; r < rows; r++) {
        real *row = d_output + r * dim;
        if (hidden[r] || visible) {
            memcpy(row, next[hidden[r]], dim * sizeof *row);
            next[hidden[r]] += dim;
        } else {
            memset(row, 0, dim * sizeof *row);
        }
    }
}

/* Sum of the cross-entropies of count rows, whose logits become gradients. */
static double losses(size_t *correct, real *logits, const uint16_t *targets,
                     size_t count, bool gradients,
                     const struct masked_prediction_shape *s)
{
    size_t classes = s->codebooks * s->codes;
    double loss = 0;
    for (size_t b = 0; b < s->codebooks; b++) {
        real *own = logits + b * s->codes;
        loss += softmax_loss(gradients ? own : NULL, correct, own, targets + b,
                             s->codebooks, count, s->codes, classes);
    }
    return loss;
}

void masked_prediction(struct masked_prediction_result *result, real *d_output,
                       real *d_weight, real *d_bias, const real *output,
                       const unsigned char *hidden, const uint16_t *codes,
                       const real *weight, const real *bias, size_t rows,
                       const struct masked_prediction_shape *s, real *scratch)
{
    size_t classes = s->codebooks * s->codes, ignored = 0;
    real *packed = scratch, *d_packed = packed + rows * s->dim;
    real *logits = d_packed + rows * s->dim;
    uint16_t *targets = (uint16_t *)(logits + rows * classes);
    bool visible = s->visible_weight > 0, gradients = d_output != NULL;
    size_t count = gather(packed, targets, output, hidden, 1, codes, rows, s);
    size_t all = count;
    if (visible)
        all += gather(packed + count * s->dim, targets + count * s->codebooks,
                      output, hidden, 0, codes, rows, s);
    linear_forward(logits, packed, weight, bias, all, s->dim, classes);
    *result = (struct masked_prediction_result){
        .hidden = count * s->codebooks,
        .weight = (double)(count * s->codebooks) +
                  s->visible_weight * (double)((all - count) * s->codebooks)};
    result->loss =
        losses(&result->correct, logits, targets, count, gradients, s);
    real *seen = logits + count * classes;
    result->loss += s->visible_weight * losses(&ignored, seen,
                                               targets + count * s->codebooks,
                                               all - count, gradients, s);
    if (!gradients)
        return;
    for (size_t i = 0; i < (all - count) * classes; i++)
        seen[i] *= (real)s->visible_weight;
    linear_backward(d_packed, 0, d_weight, d_bias, logits, packed, weight, all,
                    s->dim, classes);
    scatter(d_output, d_packed, count, visible, hidden, rows, s->dim);
}
