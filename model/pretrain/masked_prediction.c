/* The masked-prediction head: cross-entropy of the codes of hidden frames. */
#include "model/pretrain/masked_prediction.h"

#include <string.h>

#include "model/layer/linear.h"
#include "model/layer/softmax_loss.h"

size_t masked_prediction_scratch(const struct masked_prediction_shape *s,
                                 size_t rows)
{
    /* Hidden rows' outputs, their gradients, logits, and targets. */
    return rows * (2 * s->dim + s->codebooks * s->codes + s->codebooks);
}

/* Moves hidden rows together, or (back) apart again; returns how many. */
static size_t gather(real *packed, uint16_t *targets, const real *output,
                     const unsigned char *hidden, const uint16_t *codes,
                     size_t rows, const struct masked_prediction_shape *s)
{
    size_t count = 0;
    for (size_t r = 0; r < rows; r++) {
        if (!hidden[r])
            continue;
        memcpy(packed + count * s->dim, output + r * s->dim,
               s->dim * sizeof *packed);
        memcpy(targets + count * s->codebooks, codes + r * s->codebooks,
               s->codebooks * sizeof *targets);
        count++;
    }
    return count;
}

static void scatter(real *d_output, const real *packed,
                    const unsigned char *hidden, size_t rows, size_t dim)
{
    for (size_t r = 0; r < rows; r++) {
        if (hidden[r]) {
            memcpy(d_output + r * dim, packed, dim * sizeof *packed);
            packed += dim;
        } else {
            memset(d_output + r * dim, 0, dim * sizeof *d_output);
        }
    }
}

void masked_prediction(struct masked_prediction_result *result, real *d_output,
                       real *d_weight, real *d_bias, const real *output,
                       const unsigned char *hidden, const uint16_t *codes,
                       const real *weight, const real *bias, size_t rows,
                       const struct masked_prediction_shape *s, real *scratch)
{
    size_t classes = s->codebooks * s->codes;
    real *packed = scratch, *d_packed = packed + rows * s->dim;
    real *logits = d_packed + rows * s->dim;
    uint16_t *targets = (uint16_t *)(logits + rows * classes);
    size_t count = gather(packed, targets, output, hidden, codes, rows, s);
    *result =
        (struct masked_prediction_result){.predictions = count * s->codebooks};
    linear_forward(logits, packed, weight, bias, count, s->dim, classes);
    for (size_t b = 0; b < s->codebooks; b++) {
        real *own = logits + b * s->codes;
        result->loss +=
            softmax_loss(d_output ? own : NULL, &result->correct, own,
                         targets + b, s->codebooks, count, s->codes, classes);
    }
    if (!d_output)
        return;
    linear_backward(d_packed, 0, d_weight, d_bias, logits, packed, weight,
                    count, s->dim, classes);
    scatter(d_output, d_packed, hidden, rows, s->dim);
}
