/* What the head reads of a layer, and what it learns from that. */
#include "model/train/reading.h"

#include <stdlib.h>
#include <string.h>

#include "model/layer/linear.h"

struct status reading_open(struct reading *r,
                           const struct parameters *parameters,
                           const struct settings *settings, size_t rows,
                           size_t longest, size_t labels)
{
    r->dim = (size_t)parameters->shape.dim;
    r->tokens = (size_t)parameters->shape.vocabulary;
    r->head_weight = parameters_find(parameters, "lm_head.weight")->offset;
    r->head_bias = parameters_find(parameters, "lm_head.bias")->offset;
    r->output = calloc(rows, r->dim * sizeof *r->output);
    r->logits = calloc(rows, r->tokens * sizeof *r->logits);
    struct status status = utterance_losses_open(&r->losses, settings, rows,
                                                 longest, labels, r->tokens);
    if (!status_failed(&status) && (!r->output || !r->logits))
        status = status_memory("workers");
    return status;
}

void reading_close(struct reading *r)
{
    free(r->output);
    free(r->logits);
    utterance_losses_close(&r->losses);
    memset(r, 0, sizeof *r);
}

void reading_learn(struct lane_sums *sums, real *gradients, real *d,
                   struct reading *r, const real *weights, const real *layer,
                   const struct pack *pack, const struct joining *joining,
                   struct dropout dropout, real weight)
{
    size_t rows = pack->rows, dim = r->dim, tokens = r->tokens;
    memcpy(r->output, layer, rows * dim * sizeof *layer);
    dropout_apply(r->output, rows * dim, dropout, 0);
    linear_forward(r->logits, r->output, weights + r->head_weight,
                   weights + r->head_bias, rows, dim, tokens);
    utterance_losses(sums, r->logits, &r->losses, pack, joining);
    for (size_t i = 0; i < rows * tokens; i++)
        r->logits[i] *= weight;
    linear_backward(d, 0, gradients + r->head_weight, gradients + r->head_bias,
                    r->logits, r->output, weights + r->head_weight, rows, dim,
                    tokens);
    dropout_apply(d, rows * dim, dropout, 0);
}
