/* Multi-head self-attention with relative-key positions. */
#include "model/layer/attention.h"

#include <math.h>
#include <string.h>

#include "model/kernel/gemm.h"
#include "model/kernel/vector.h"

#define TILE 128     /* query rows whose scores are held at a time */
#define ROW_SHIFT 20 /* dropout counts 2^20 keys a query at most */

/* One head of one utterance. Pointers are at its first row and column; q, k, v
 * (and their gradients) have rows 3 dim apart, y and dy dim. */
struct head {
    const real *q, *k, *v;
    size_t rows;      /* of the utterance */
    size_t ld, width; /* 3 dim, dim / heads */
    size_t left, positions;
    const real *table;
    real scale;
    struct dropout dropout;
    size_t dropout_row; /* of the first query */
};

size_t attention_scratch(const struct attention_shape *shape, size_t longest,
                         int backward)
{
    size_t tiles = longest + shape->left + shape->right + 1;
    return TILE * (backward ? 2 * tiles : tiles);
}

static struct head make_head(const real *qkv, const real *table,
                             const struct pack *pack, size_t utterance,
                             size_t index, const struct attention_shape *s,
                             struct dropout dropout)
{
    size_t start = pack->starts[utterance], width = s->dim / s->heads;
    const real *q = qkv + start * 3 * s->dim + index * width;
    struct head head = {.q = q,
                        .k = q + s->dim,
                        .v = q + 2 * s->dim,
                        .rows = pack->starts[utterance + 1] - start,
                        .ld = 3 * s->dim,
                        .width = width,
                        .left = s->left,
                        .positions = s->left + s->right + 1,
                        .table = table,
                        .scale = 1 / real_sqrt((real)width),
                        .dropout = dropout,
                        .dropout_row = index * pack->rows + start};
    return head;
}

/* Where query i's keys reach the table's two ends: keys below *first have
 * position 0, keys from *last on the last one. */
static void reach(size_t *first, size_t *last, const struct head *h, size_t i)
{
    size_t right = h->positions - 1 - h->left;
    *first = i > h->left ? i - h->left : 0;
    *last = i + right < h->rows ? i + right : h->rows;
}

/* scores [count, rows] of queries first .. first + count - 1. */
static void score_tile(real *scores, real *positions, const struct head *h,
                       size_t first, size_t count)
{
    const real *q = h->q + first * h->ld;
    size_t rows = h->rows, p = h->positions;
    gemm_nt(scores, rows, q, h->ld, h->k, h->ld, count, rows, h->width,
            h->scale, 0);
    gemm_nt(positions, p, q, h->ld, h->table, h->width, count, p, h->width,
            h->scale, 0);
    for (size_t r = 0; r < count; r++) {
        size_t i = first + r, from, to;
        real *s = scores + r * rows;
        const real *d = positions + r * p;
        reach(&from, &to, h, i);
        real before = d[0], after = d[p - 1];
        for (size_t j = 0; j < from; j++)
            s[j] += before;
        d += h->left + from - i;
        for (size_t j = from; j < to; j++)
            s[j] += d[j - from];
        for (size_t j = to; j < rows; j++)
            s[j] += after;
    }
}

static void drop_row(real *row, const struct head *h, size_t query)
{
    dropout_apply(row, h->rows, h->dropout,
                  (h->dropout_row + query) << ROW_SHIFT);
}

static void forward_head(real *y, real *maximum, real *sum, size_t dim,
                         size_t heads, const struct head *h, real *scratch)
{
    real *scores = scratch, *positions = scratch + TILE * h->rows;
    for (size_t first = 0; first < h->rows; first += TILE) {
        size_t left = h->rows - first;
        size_t count = left < TILE ? left : TILE;
        score_tile(scores, positions, h, first, count);
        for (size_t r = 0; r < count; r++) {
            real *s = scores + r * h->rows;
            real top = s[0], total = 0;
#pragma omp simd reduction(max : top)
            for (size_t j = 0; j < h->rows; j++)
                top = s[j] > top ? s[j] : top;
#pragma omp simd reduction(+ : total)
            for (size_t j = 0; j < h->rows; j++) {
                real e = vector_exp(s[j] - top);
                s[j] = e;
                total += e;
            }
            maximum[(first + r) * heads] = top;
            sum[(first + r) * heads] = total;
            drop_row(s, h, first + r);
        }
        real *out = y + first * dim;
        gemm_nn(out, dim, scores, h->rows, h->v, h->ld, count, h->width,
                h->rows, 1, 0);
        for (size_t r = 0; r < count; r++) {
            real part = 1 / sum[(first + r) * heads];
            for (size_t c = 0; c < h->width; c++)
                out[r * dim + c] *= part;
        }
    }
}

void attention_forward(real *y, real *maximum, real *sum, const real *qkv,
                       const real *table, const struct pack *pack,
                       const struct attention_shape *shape,
                       struct dropout dropout, real *scratch)
{
    size_t width = shape->dim / shape->heads;
    for (size_t u = 0; u < pack->utterances; u++)
        for (size_t index = 0; index < shape->heads; index++) {
            struct head h =
                make_head(qkv, table, pack, u, index, shape, dropout);
            size_t start = pack->starts[u];
            forward_head(y + start * shape->dim + index * width,
                         maximum + start * shape->heads + index,
                         sum + start * shape->heads + index, shape->dim,
                         shape->heads, &h, scratch);
        }
}

/* d_positions [count, positions] from d_scores: forward's additions summed. */
static void gather_positions(real *d_positions, const real *d_scores,
                             const struct head *h, size_t first, size_t count)
{
    size_t rows = h->rows, p = h->positions;
    memset(d_positions, 0, count * p * sizeof *d_positions);
    for (size_t r = 0; r < count; r++) {
        size_t i = first + r, from, to;
        const real *s = d_scores + r * rows;
        real *d = d_positions + r * p;
        reach(&from, &to, h, i);
        real before = 0, after = 0;
#pragma omp simd reduction(+ : before)
        for (size_t j = 0; j < from; j++)
            before += s[j];
#pragma omp simd reduction(+ : after)
        for (size_t j = to; j < rows; j++)
            after += s[j];
        real *middle = d + h->left + from - i;
        for (size_t j = from; j < to; j++)
            middle[j - from] = s[j];
        d[0] += before;
        d[p - 1] += after;
    }
}

/* Gradients of one head's q, k, v, where d_qkv is at its first row and
 * column of q. */
static void backward_head(real *d_qkv, real *d_table, const real *dy,
                          const real *y, const real *maximum, const real *sum,
                          size_t dim, size_t heads, const struct head *h,
                          real *scratch)
{
    size_t rows = h->rows, p = h->positions, width = h->width;
    real *weights = scratch, *d_scores = weights + TILE * rows;
    real *positions = d_scores + TILE * rows;
    real *dq = d_qkv, *dk = d_qkv + dim, *dv = d_qkv + 2 * dim;
    for (size_t r = 0; r < rows; r++) {
        memset(dk + r * h->ld, 0, width * sizeof *dk);
        memset(dv + r * h->ld, 0, width * sizeof *dv);
    }
    for (size_t first = 0; first < rows; first += TILE) {
        size_t left = rows - first;
        size_t count = left < TILE ? left : TILE;
        const real *g = dy + first * dim, *out = y + first * dim;
        score_tile(weights, positions, h, first, count);
        for (size_t r = 0; r < count; r++) {
            real *w = weights + r * rows;
            real top = maximum[(first + r) * heads];
            real part = 1 / sum[(first + r) * heads];
#pragma omp simd
            for (size_t j = 0; j < rows; j++)
                w[j] = vector_exp(w[j] - top) * part;
        }
        const real *dropped = weights;
        if (h->dropout.rate > 0) {
            memcpy(d_scores, weights, count * rows * sizeof *weights);
            for (size_t r = 0; r < count; r++)
                drop_row(d_scores + r * rows, h, first + r);
            dropped = d_scores;
        }
        gemm_tn(dv, h->ld, dropped, rows, g, dim, rows, width, count, 1, 1);
        gemm_nt(d_scores, rows, g, dim, h->v, h->ld, count, rows, width, 1, 0);
        for (size_t r = 0; r < count; r++) {
            real *d = d_scores + r * rows, *w = weights + r * rows;
            real dot = 0; /* sum over keys of weight and its gradient */
            for (size_t c = 0; c < width; c++)
                dot += g[r * dim + c] * out[r * dim + c];
            drop_row(d, h, first + r);
#pragma omp simd
            for (size_t j = 0; j < rows; j++)
                d[j] = w[j] * (d[j] - dot);
        }
        gather_positions(positions, d_scores, h, first, count);
        const real *q = h->q + first * h->ld;
        gemm_nn(dq + first * h->ld, h->ld, d_scores, rows, h->k, h->ld, count,
                width, rows, h->scale, 0);
        gemm_nn(dq + first * h->ld, h->ld, positions, p, h->table, width, count,
                width, p, h->scale, 1);
        gemm_tn(dk, h->ld, d_scores, rows, q, h->ld, rows, width, count,
                h->scale, 1);
        if (d_table)
            gemm_tn(d_table, width, positions, p, q, h->ld, p, width, count,
                    h->scale, 1);
    }
}

void attention_backward(real *d_qkv, real *d_table, const real *dy,
                        const real *y, const real *maximum, const real *sum,
                        const real *qkv, const real *table,
                        const struct pack *pack,
                        const struct attention_shape *shape,
                        struct dropout dropout, real *scratch)
{
    size_t dim = shape->dim, width = dim / shape->heads;
    for (size_t u = 0; u < pack->utterances; u++)
        for (size_t index = 0; index < shape->heads; index++) {
            struct head h =
                make_head(qkv, table, pack, u, index, shape, dropout);
            size_t start = pack->starts[u], column = index * width;
            backward_head(d_qkv + start * 3 * dim + column, d_table,
                          dy + start * dim + column, y + start * dim + column,
                          maximum + start * shape->heads + index,
                          sum + start * shape->heads + index, dim, shape->heads,
                          &h, scratch);
        }
}
