/* Multi-head self-attention with relative-key positions: forward and
 * backward. */
#ifndef MODEL_LAYER_ATTENTION_H
#define MODEL_LAYER_ATTENTION_H

#include <stddef.h>

#include "model/kernel/real.h"
#include "model/layer/dropout.h"
#include "model/layer/pack.h"

/* d = dim / heads. Query i sees every key j of its utterance:
 *   scores[i][j] = (q[i] k[j] + q[i] table[clip(j - i, -left, right) + left])
 *                  / sqrt(d)
 *   y[i] = sum_j dropout(softmax(scores[i]))[j] v[j]
 * Shaw et al. 2018, keys only; one table for all heads; what transformers'
 * Wav2Vec2BertSelfAttention calls "relative_key". */
struct attention_shape {
    size_t dim, heads, left, right;
};

/* Reals of scratch for utterances of up to longest rows: grows linearly with
 * longest (query rows go in tiles), never with its square. */
size_t attention_scratch(const struct attention_shape *shape, size_t longest,
                         int backward);

/* y         [rows, dim]            out
 * maximum, sum  [rows, heads]      out, of each softmax row (before dropout,
 *                                  sum of exp(score - maximum)); wanted by
 *                                  attention_backward
 * qkv       [rows, 3 dim]          in: q, k, v beside each other; a head is d
 *                                  neighbouring columns of each
 * table     [left + right + 1, d]  in
 *
 * Cannot fail. */
void attention_forward(real *y, real *maximum, real *sum, const real *qkv,
                       const real *table, const struct pack *pack,
                       const struct attention_shape *shape,
                       struct dropout dropout, real *scratch);

/* d_qkv    [rows, 3 dim]  out, overwritten; may not overlap the others
 * d_table  as table       added to (NULL: frozen)
 * dy       [rows, dim]    in
 * y, maximum, sum, qkv, table, dropout: as in forward (y: its output) */
void attention_backward(real *d_qkv, real *d_table, const real *dy,
                        const real *y, const real *maximum, const real *sum,
                        const real *qkv, const real *table,
                        const struct pack *pack,
                        const struct attention_shape *shape,
                        struct dropout dropout, real *scratch);

#endif
