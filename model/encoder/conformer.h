/* One Conformer layer over packed utterances: forward and backward.
 *
 *     x += 1/2 FFN1(LN(x));  x += Attention(LN(x));  x += Conv(LN(x));
 *     x += 1/2 FFN2(LN(x));  x = LN(x)
 *
 * Gulati et al. 2020, as in transformers' Wav2Vec2BertEncoderLayer. */
#ifndef MODEL_ENCODER_CONFORMER_H
#define MODEL_ENCODER_CONFORMER_H

#include <stddef.h>

#include "model/encoder/parameters.h"
#include "model/kernel/arena.h"
#include "model/kernel/random.h"
#include "model/layer/attention.h"
#include "model/layer/linear.h"
#include "model/layer/pack.h"

/* A layer's tensors inside a block of weights, or of gradients. */
struct conformer_ffn_weights {
    real *norm_gain, *norm_bias;
    struct linear in, out;
};
struct conformer_weights {
    struct conformer_ffn_weights ffn1, ffn2;
    real *attention_gain, *attention_bias;
    struct linear qkv; /* [3 dim, dim] */
    struct linear out;
    real *table;
    real *conv_gain, *conv_bias, *taps;
    struct linear pointwise1;
    real *depthwise_gain, *depthwise_bias;
    struct linear pointwise2;
    real *final_gain, *final_bias;
};

/* Where layer (0 ..) lies in block. */
void conformer_weights(struct conformer_weights *weights, real *block,
                       const struct parameters *parameters, int layer);

/* A layer's matrices. */
#define CONFORMER_MATRICES 8
struct conformer_matrix {
    struct linear *linear; /* in weights */
    size_t out, in;
};
void conformer_matrices(struct conformer_matrix matrices[CONFORMER_MATRICES],
                        struct conformer_weights *weights,
                        const struct model_shape *shape);

/* What forward keeps for backward: products of gemm and inputs of norms;
 * norms' outputs, swish and GLU are computed again. All [rows, ...]. */
struct conformer_kept {
    const real *x;  /* [rows, dim] forward's input, the caller's */
    real *after[4]; /* [rows, dim] after each module: input of the next */
    real *mean[6], *rstd[6]; /* of the six norms */
    real *ffn_inner[2];      /* [rows, ffn] before swish */
    real *qkv;               /* [rows, 3 dim] */
    real *attended;          /* [rows, dim] heads' outputs */
    real *maximum, *sum;     /* [rows, heads] */
    real *gates;             /* [rows, 2 dim] before GLU */
    real *depthwise;         /* [rows, dim] before its norm */
};

/* Shared by all layers. */
struct conformer_scratch {
    real *wide[2];   /* [rows, max(ffn, 3 dim)] */
    real *narrow[3]; /* [rows, dim] */
    real *attention, *taps;
    void *int8; /* of products in evaluation; else NULL */
};

/* Carves; in evaluation every layer may share one `kept`. */
void conformer_carve_kept(struct conformer_kept *kept, struct arena *arena,
                          const struct model_shape *shape, size_t rows);
void conformer_carve_scratch(struct conformer_scratch *scratch,
                             struct arena *arena,
                             const struct model_shape *shape, size_t rows,
                             size_t longest, int backward);

/* Chances of one pass; all zero in evaluation. */
struct conformer_noise {
    struct random_key key; /* of this layer in this micro-batch */
    float dropout, attention_dropout;
};

/* y [rows, dim] out, may be x; x [rows, dim] in, kept by reference (then y may
 * be x only in evaluation). */
void conformer_forward(real *y, const real *x, struct conformer_kept *kept,
                       const struct conformer_scratch *scratch,
                       const struct conformer_weights *weights,
                       const struct pack *pack, const struct model_shape *shape,
                       const struct conformer_noise *noise);

/* d [rows, dim]: in the gradient of y, out that of x. */
void conformer_backward(real *d, const struct conformer_weights *gradients,
                        const struct conformer_kept *kept,
                        const struct conformer_scratch *scratch,
                        const struct conformer_weights *weights,
                        const struct pack *pack,
                        const struct model_shape *shape,
                        const struct conformer_noise *noise);

#endif
