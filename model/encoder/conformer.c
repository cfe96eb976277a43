/* One Conformer layer over packed utterances: forward and backward. */
#include "model/encoder/conformer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "model/layer/activation.h"
#include "model/layer/convolution.h"
#include "model/layer/layernorm.h"

#define PIECE                                                                  \
    8192 /* reals: a quarter of a cache of 256 KiB, read and written */

/* The norms, by their place in kept->mean and kept->rstd; the first five begin
 * a module each. */
enum norm {
    NORM_FFN1,
    NORM_ATTENTION,
    NORM_CONV,
    NORM_FFN2,
    NORM_FINAL,
    NORM_DEPTHWISE
};

/* Where dropout happens: a key of its own each. */
enum site {
    SITE_FFN1_INNER,
    SITE_FFN1_OUT,
    SITE_WEIGHTS,
    SITE_ATTENTION_OUT,
    SITE_CONV_OUT,
    SITE_FFN2_INNER,
    SITE_FFN2_OUT
};

static real *at(real *block, const struct parameters *parameters, int layer,
                const char *name)
{
    char full[104];
    snprintf(full, sizeof full, "wav2vec2_bert.encoder.layers.%d.%s", layer,
             name);
    const struct parameter *p = parameters_find(parameters, full);
    assert(p);
    return block + p->offset;
}

static void ffn_weights(struct conformer_ffn_weights *w, real *block,
                        const struct parameters *p, int layer,
                        const char *module)
{
    char name[64];
    const struct {
        const char *suffix;
        real **place;
    } places[] = {{"_layer_norm.weight", &w->norm_gain},
                  {"_layer_norm.bias", &w->norm_bias},
                  {".intermediate_dense.weight", &w->in.weight},
                  {".intermediate_dense.bias", &w->in.bias},
                  {".output_dense.weight", &w->out.weight},
                  {".output_dense.bias", &w->out.bias}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(name, sizeof name, "%s%s", module, places[i].suffix);
        *places[i].place = at(block, p, layer, name);
    }
}

void conformer_weights(struct conformer_weights *w, real *block,
                       const struct parameters *p, int layer)
{
    *w = (struct conformer_weights){.table = NULL};
    ffn_weights(&w->ffn1, block, p, layer, "ffn1");
    ffn_weights(&w->ffn2, block, p, layer, "ffn2");
    w->attention_gain = at(block, p, layer, "self_attn_layer_norm.weight");
    w->attention_bias = at(block, p, layer, "self_attn_layer_norm.bias");
    w->qkv.weight = at(block, p, layer, "self_attn.linear_q.weight");
    w->qkv.bias = at(block, p, layer, "self_attn.linear_q.bias");
    w->out.weight = at(block, p, layer, "self_attn.linear_out.weight");
    w->out.bias = at(block, p, layer, "self_attn.linear_out.bias");
    w->table = at(block, p, layer, "self_attn.distance_embedding.weight");
    w->conv_gain = at(block, p, layer, "conv_module.layer_norm.weight");
    w->conv_bias = at(block, p, layer, "conv_module.layer_norm.bias");
    w->pointwise1.weight =
        at(block, p, layer, "conv_module.pointwise_conv1.weight");
    w->taps = at(block, p, layer, "conv_module.depthwise_conv.weight");
    w->depthwise_gain =
        at(block, p, layer, "conv_module.depthwise_layer_norm.weight");
    w->depthwise_bias =
        at(block, p, layer, "conv_module.depthwise_layer_norm.bias");
    w->pointwise2.weight =
        at(block, p, layer, "conv_module.pointwise_conv2.weight");
    w->final_gain = at(block, p, layer, "final_layer_norm.weight");
    w->final_bias = at(block, p, layer, "final_layer_norm.bias");
}

void conformer_matrices(struct conformer_matrix matrices[CONFORMER_MATRICES],
                        struct conformer_weights *w,
                        const struct model_shape *shape)
{
    size_t dim = (size_t)shape->dim, ffn = (size_t)shape->ffn;
    const struct conformer_matrix own[CONFORMER_MATRICES] = {
        {&w->ffn1.in, ffn, dim},        {&w->ffn1.out, dim, ffn},
        {&w->qkv, 3 * dim, dim},        {&w->out, dim, dim},
        {&w->pointwise1, 2 * dim, dim}, {&w->pointwise2, dim, dim},
        {&w->ffn2.in, ffn, dim},        {&w->ffn2.out, dim, ffn}};
    memcpy(matrices, own, sizeof own);
}

void conformer_carve_kept(struct conformer_kept *k, struct arena *arena,
                          const struct model_shape *shape, size_t rows)
{
    size_t dim = (size_t)shape->dim, heads = (size_t)shape->heads;
    for (int i = 0; i < 4; i++)
        k->after[i] = arena_real(arena, rows, dim);
    for (int i = 0; i < 6; i++) {
        k->mean[i] = arena_real(arena, rows, 1);
        k->rstd[i] = arena_real(arena, rows, 1);
    }
    for (int i = 0; i < 2; i++)
        k->ffn_inner[i] = arena_real(arena, rows, (size_t)shape->ffn);
    k->qkv = arena_real(arena, rows, 3 * dim);
    k->attended = arena_real(arena, rows, dim);
    k->maximum = arena_real(arena, rows, heads);
    k->sum = arena_real(arena, rows, heads);
    k->gates = arena_real(arena, rows, 2 * dim);
    k->depthwise = arena_real(arena, rows, dim);
}

static struct attention_shape attention_shape(const struct model_shape *s)
{
    struct attention_shape shape = {.dim = (size_t)s->dim,
                                    .heads = (size_t)s->heads,
                                    .left = (size_t)s->left,
                                    .right = (size_t)s->right};
    return shape;
}

void conformer_carve_scratch(struct conformer_scratch *s, struct arena *arena,
                             const struct model_shape *shape, size_t rows,
                             size_t longest, int backward)
{
    size_t dim = (size_t)shape->dim, ffn = (size_t)shape->ffn;
    struct attention_shape attention = attention_shape(shape);
    for (int i = 0; i < 2; i++)
        s->wide[i] = arena_real(arena, rows, ffn > 3 * dim ? ffn : 3 * dim);
    for (int i = 0; i < 3; i++)
        s->narrow[i] = arena_real(arena, rows, dim);
    s->attention =
        arena_real(arena, attention_scratch(&attention, longest, backward), 1);
    s->taps = arena_real(arena, 2 * (size_t)shape->taps, dim);
    size_t int8 = gemm_int8_scratch(ffn > dim ? ffn : dim);
    s->int8 = backward ? NULL : arena_carve(arena, int8, 1);
}

static struct dropout dropout_at(const struct conformer_noise *noise,
                                 enum site site)
{
    struct dropout dropout = {.key = random_below(noise->key, (uint64_t)site),
                              .rate = site == SITE_WEIGHTS
                                          ? noise->attention_dropout
                                          : noise->dropout};
    return dropout;
}

/* Input of the module that begins with a norm. */
static const real *input_of(const struct conformer_kept *k, enum norm norm)
{
    return norm == NORM_FFN1 ? k->x : k->after[norm - 1];
}

/* y = dropout(swish(x)), a piece at a time, while it is in the cache. */
static void activate(real *y, const real *x, size_t count,
                     struct dropout dropout)
{
    for (size_t at = 0; at < count; at += PIECE) {
        size_t own = count - at < PIECE ? count - at : PIECE;
        swish_forward(y + at, x + at, own);
        dropout_apply(y + at, own, dropout, at);
    }
}

/* d from the gradient of y to that of x. */
static void activate_backward(real *d, const real *x, size_t count,
                              struct dropout dropout)
{
    for (size_t at = 0; at < count; at += PIECE) {
        size_t own = count - at < PIECE ? count - at : PIECE;
        dropout_apply(d + at, own, dropout, at);
        swish_backward(d + at, d + at, x + at, own);
    }
}

/* y = x + 1/2 dropout(FFN(LN(x))), where x is the input of the module. */
static void ffn_forward(struct conformer_kept *k, int which, enum norm norm,
                        const struct conformer_scratch *s,
                        const struct conformer_ffn_weights *w, size_t rows,
                        const struct model_shape *shape,
                        const struct conformer_noise *noise)
{
    size_t dim = (size_t)shape->dim, ffn = (size_t)shape->ffn;
    enum site inner = which ? SITE_FFN2_INNER : SITE_FFN1_INNER;
    enum site out = which ? SITE_FFN2_OUT : SITE_FFN1_OUT;
    const real *x = input_of(k, norm);
    real *y = k->after[norm];
    layernorm_forward(s->narrow[0], k->mean[norm], k->rstd[norm], x,
                      w->norm_gain, w->norm_bias, rows, dim);
    linear_apply(k->ffn_inner[which], s->narrow[0], &w->in, s->int8, rows, dim,
                 ffn);
    activate(s->wide[0], k->ffn_inner[which], rows * ffn,
             dropout_at(noise, inner));
    linear_apply(y, s->wide[0], &w->out, s->int8, rows, ffn, dim);
    dropout_apply(y, rows * dim, dropout_at(noise, out), 0);
    residual_into(y, x, (real)0.5, rows * dim);
}

static void attention_module_forward(struct conformer_kept *k,
                                     const struct conformer_scratch *s,
                                     const struct conformer_weights *w,
                                     const struct pack *pack,
                                     const struct model_shape *shape,
                                     const struct conformer_noise *noise)
{
    size_t dim = (size_t)shape->dim, rows = pack->rows;
    struct attention_shape attention = attention_shape(shape);
    const real *x = input_of(k, NORM_ATTENTION);
    real *y = k->after[NORM_ATTENTION];
    layernorm_forward(s->narrow[0], k->mean[NORM_ATTENTION],
                      k->rstd[NORM_ATTENTION], x, w->attention_gain,
                      w->attention_bias, rows, dim);
    linear_apply(k->qkv, s->narrow[0], &w->qkv, s->int8, rows, dim, 3 * dim);
    attention_forward(k->attended, k->maximum, k->sum, k->qkv, w->table, pack,
                      &attention, dropout_at(noise, SITE_WEIGHTS),
                      s->attention);
    linear_apply(y, k->attended, &w->out, s->int8, rows, dim, dim);
    dropout_apply(y, rows * dim, dropout_at(noise, SITE_ATTENTION_OUT), 0);
    residual_into(y, x, 1, rows * dim);
}

static void convolution_module_forward(struct conformer_kept *k,
                                       const struct conformer_scratch *s,
                                       const struct conformer_weights *w,
                                       const struct pack *pack,
                                       const struct model_shape *shape,
                                       const struct conformer_noise *noise)
{
    size_t dim = (size_t)shape->dim, rows = pack->rows;
    const real *x = input_of(k, NORM_CONV);
    real *y = k->after[NORM_CONV];
    layernorm_forward(s->narrow[0], k->mean[NORM_CONV], k->rstd[NORM_CONV], x,
                      w->conv_gain, w->conv_bias, rows, dim);
    linear_apply(k->gates, s->narrow[0], &w->pointwise1, s->int8, rows, dim,
                 2 * dim);
    glu_forward(s->narrow[0], k->gates, rows, dim);
    convolution_forward(k->depthwise, s->narrow[0], w->taps, pack, dim,
                        (size_t)shape->taps, s->taps);
    layernorm_forward(s->narrow[0], k->mean[NORM_DEPTHWISE],
                      k->rstd[NORM_DEPTHWISE], k->depthwise, w->depthwise_gain,
                      w->depthwise_bias, rows, dim);
    swish_forward(s->narrow[0], s->narrow[0], rows * dim);
    linear_apply(y, s->narrow[0], &w->pointwise2, s->int8, rows, dim, dim);
    dropout_apply(y, rows * dim, dropout_at(noise, SITE_CONV_OUT), 0);
    residual_into(y, x, 1, rows * dim);
}

void conformer_forward(real *y, const real *x, struct conformer_kept *k,
                       const struct conformer_scratch *s,
                       const struct conformer_weights *w,
                       const struct pack *pack, const struct model_shape *shape,
                       const struct conformer_noise *noise)
{
    size_t rows = pack->rows, dim = (size_t)shape->dim;
    k->x = x;
    ffn_forward(k, 0, NORM_FFN1, s, &w->ffn1, rows, shape, noise);
    attention_module_forward(k, s, w, pack, shape, noise);
    convolution_module_forward(k, s, w, pack, shape, noise);
    ffn_forward(k, 1, NORM_FFN2, s, &w->ffn2, rows, shape, noise);
    layernorm_forward(y, k->mean[NORM_FINAL], k->rstd[NORM_FINAL],
                      input_of(k, NORM_FINAL), w->final_gain, w->final_bias,
                      rows, dim);
}

/* d += the gradient through x + 1/2 dropout(FFN(LN(x))). */
static void ffn_backward(real *d, const struct conformer_ffn_weights *g,
                         const struct conformer_kept *k, int which,
                         enum norm norm, const struct conformer_scratch *s,
                         const struct conformer_ffn_weights *w, size_t rows,
                         const struct model_shape *shape,
                         const struct conformer_noise *noise)
{
    size_t dim = (size_t)shape->dim, ffn = (size_t)shape->ffn;
    enum site inner = which ? SITE_FFN2_INNER : SITE_FFN1_INNER;
    enum site out = which ? SITE_FFN2_OUT : SITE_FFN1_OUT;
    real *d_out = s->narrow[0], *active = s->wide[0], *d_inner = s->wide[1];
    for (size_t i = 0; i < rows * dim; i++)
        d_out[i] = (real)0.5 * d[i];
    dropout_apply(d_out, rows * dim, dropout_at(noise, out), 0);
    activate(active, k->ffn_inner[which], rows * ffn, dropout_at(noise, inner));
    linear_backward(d_inner, 0, g->out.weight, g->out.bias, d_out, active,
                    w->out.weight, rows, ffn, dim);
    activate_backward(d_inner, k->ffn_inner[which], rows * ffn,
                      dropout_at(noise, inner));
    real *normed = s->narrow[0], *d_normed = s->narrow[1];
    layernorm_forward(normed, NULL, NULL, input_of(k, norm), w->norm_gain,
                      w->norm_bias, rows, dim);
    linear_backward(d_normed, 0, g->in.weight, g->in.bias, d_inner, normed,
                    w->in.weight, rows, dim, ffn);
    layernorm_backward(d, 1, g->norm_gain, g->norm_bias, d_normed,
                       input_of(k, norm), k->mean[norm], k->rstd[norm],
                       w->norm_gain, rows, dim);
}

static void attention_module_backward(
    real *d, const struct conformer_weights *g, const struct conformer_kept *k,
    const struct conformer_scratch *s, const struct conformer_weights *w,
    const struct pack *pack, const struct model_shape *shape,
    const struct conformer_noise *noise)
{
    size_t dim = (size_t)shape->dim, rows = pack->rows;
    struct attention_shape attention = attention_shape(shape);
    real *d_out = s->narrow[0], *d_attended = s->narrow[1];
    real *d_qkv = s->wide[0];
    memcpy(d_out, d, rows * dim * sizeof *d);
    dropout_apply(d_out, rows * dim, dropout_at(noise, SITE_ATTENTION_OUT), 0);
    linear_backward(d_attended, 0, g->out.weight, g->out.bias, d_out,
                    k->attended, w->out.weight, rows, dim, dim);
    attention_backward(d_qkv, g->table, d_attended, k->attended, k->maximum,
                       k->sum, k->qkv, w->table, pack, &attention,
                       dropout_at(noise, SITE_WEIGHTS), s->attention);
    real *normed = s->narrow[0], *d_normed = s->narrow[1];
    layernorm_forward(normed, NULL, NULL, input_of(k, NORM_ATTENTION),
                      w->attention_gain, w->attention_bias, rows, dim);
    linear_backward(d_normed, 0, g->qkv.weight, g->qkv.bias, d_qkv, normed,
                    w->qkv.weight, rows, dim, 3 * dim);
    layernorm_backward(d, 1, g->attention_gain, g->attention_bias, d_normed,
                       input_of(k, NORM_ATTENTION), k->mean[NORM_ATTENTION],
                       k->rstd[NORM_ATTENTION], w->attention_gain, rows, dim);
}

static void convolution_module_backward(
    real *d, const struct conformer_weights *g, const struct conformer_kept *k,
    const struct conformer_scratch *s, const struct conformer_weights *w,
    const struct pack *pack, const struct model_shape *shape,
    const struct conformer_noise *noise)
{
    size_t dim = (size_t)shape->dim, rows = pack->rows;
    real *d_out = s->narrow[0], *normed = s->narrow[1], *d_swish = s->narrow[2];
    memcpy(d_out, d, rows * dim * sizeof *d);
    dropout_apply(d_out, rows * dim, dropout_at(noise, SITE_CONV_OUT), 0);
    /* normed = LN(depthwise), swish of it goes into pointwise2. */
    layernorm_forward(normed, NULL, NULL, k->depthwise, w->depthwise_gain,
                      w->depthwise_bias, rows, dim);
    swish_forward(s->wide[0], normed, rows * dim);
    linear_backward(d_swish, 0, g->pointwise2.weight, NULL, d_out, s->wide[0],
                    w->pointwise2.weight, rows, dim, dim);
    swish_backward(d_swish, d_swish, normed, rows * dim);
    layernorm_backward(d_swish, 0, g->depthwise_gain, g->depthwise_bias,
                       d_swish, k->depthwise, k->mean[NORM_DEPTHWISE],
                       k->rstd[NORM_DEPTHWISE], w->depthwise_gain, rows, dim);
    real *gated = s->narrow[0], *d_gated = s->narrow[1];
    real *d_gates = s->wide[0];
    glu_forward(gated, k->gates, rows, dim);
    convolution_backward(d_gated, g->taps, d_swish, gated, w->taps, pack, dim,
                         (size_t)shape->taps, s->taps);
    glu_backward(d_gates, d_gated, k->gates, rows, dim);
    normed = s->narrow[0];
    real *d_normed = s->narrow[1];
    layernorm_forward(normed, NULL, NULL, input_of(k, NORM_CONV), w->conv_gain,
                      w->conv_bias, rows, dim);
    linear_backward(d_normed, 0, g->pointwise1.weight, NULL, d_gates, normed,
                    w->pointwise1.weight, rows, dim, 2 * dim);
    layernorm_backward(d, 1, g->conv_gain, g->conv_bias, d_normed,
                       input_of(k, NORM_CONV), k->mean[NORM_CONV],
                       k->rstd[NORM_CONV], w->conv_gain, rows, dim);
}

void conformer_backward(real *d, const struct conformer_weights *g,
                        const struct conformer_kept *k,
                        const struct conformer_scratch *s,
                        const struct conformer_weights *w,
                        const struct pack *pack,
                        const struct model_shape *shape,
                        const struct conformer_noise *noise)
{
    size_t rows = pack->rows, dim = (size_t)shape->dim;
    layernorm_backward(d, 0, g->final_gain, g->final_bias, d,
                       input_of(k, NORM_FINAL), k->mean[NORM_FINAL],
                       k->rstd[NORM_FINAL], w->final_gain, rows, dim);
    ffn_backward(d, &g->ffn2, k, 1, NORM_FFN2, s, &w->ffn2, rows, shape, noise);
    convolution_module_backward(d, g, k, s, w, pack, shape, noise);
    attention_module_backward(d, g, k, s, w, pack, shape, noise);
    ffn_backward(d, &g->ffn1, k, 0, NORM_FFN1, s, &w->ffn1, rows, shape, noise);
}
