/* The Conformer encoder: forward and backward over packed utterances. */
#include "model/encoder/encoder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/encoder/conformer.h"
#include "model/layer/layernorm.h"
#include "model/layer/linear.h"

#define KEY_PROJECTION 0 /* a layer's key is its depth */
#define KEY_LAYER_DROP 1000000

struct encoder {
    const struct parameters *parameters;
    struct arena arena;
    size_t rows, longest;
    bool backward;
    real *normed;      /* [rows, input] */
    real *mean, *rstd; /* [rows] of the projection's norm */
    real **outputs;    /* [layers + 1] each [rows, dim]; in evaluation all the
                        * same */
    struct conformer_kept *kept; /* [layers]; in evaluation all the same */
    struct conformer_scratch scratch;
    struct conformer_weights *weights;   /* [layers] in the last block seen */
    struct conformer_weights *gradients; /* [layers] */
    const real *weights_block, *gradients_block;
    const struct int8_weights *int8; /* or NULL */
    size_t at_gain, at_bias, at_projection, at_offset, at_embedding;
    /* The pass at hand. */
    const real *input;
    const unsigned char *hidden;
    const struct pack *pack;
    struct encoder_noise noise;
    bool *skipped; /* [layers] */
};

/* The same walk sizes the arena and carves it. */
static void carve(struct encoder *e, struct arena *arena)
{
    const struct model_shape *shape = &e->parameters->shape;
    size_t rows = e->rows, dim = (size_t)shape->dim;
    e->normed = arena_real(arena, rows, (size_t)shape->input);
    e->mean = arena_real(arena, rows, 1);
    e->rstd = arena_real(arena, rows, 1);
    for (int i = 0; i <= shape->layers; i++)
        e->outputs[i] = e->backward || i == 0 ? arena_real(arena, rows, dim)
                                              : e->outputs[0];
    for (int i = 0; i < shape->layers; i++) {
        if (e->backward || i == 0)
            conformer_carve_kept(&e->kept[i], arena, shape, rows);
        else
            e->kept[i] = e->kept[0];
    }
    conformer_carve_scratch(&e->scratch, arena, shape, rows, e->longest,
                            e->backward);
}

static size_t offset_of(const struct parameters *p, const char *name)
{
    const struct parameter *parameter = parameters_find(p, name);
    assert(parameter);
    return parameter->offset;
}

static struct status prepare(struct encoder *e,
                             const struct parameters *parameters, size_t rows,
                             size_t longest, bool backward)
{
    size_t layers = (size_t)parameters->shape.layers;
    e->parameters = parameters;
    e->rows = rows;
    e->longest = longest;
    e->backward = backward;
    e->outputs = calloc(layers + 1, sizeof *e->outputs);
    e->kept = calloc(layers, sizeof *e->kept);
    e->weights = calloc(layers, sizeof *e->weights);
    e->gradients = calloc(layers, sizeof *e->gradients);
    e->skipped = calloc(layers, sizeof *e->skipped);
    if (!e->outputs || !e->kept || !e->weights || !e->gradients || !e->skipped)
        return status_memory("encoder");
    e->at_gain = offset_of(
        parameters, "wav2vec2_bert.feature_projection.layer_norm.weight");
    e->at_bias = offset_of(parameters,
                           "wav2vec2_bert.feature_projection.layer_norm.bias");
    e->at_projection =
        offset_of(parameters, "wav2vec2_bert.feature_projection.projection"
                              ".weight");
    e->at_offset = offset_of(
        parameters, "wav2vec2_bert.feature_projection.projection.bias");
    e->at_embedding = offset_of(parameters, "wav2vec2_bert.masked_spec_embed");
    carve(e, &e->arena);
    return status_ok();
}

struct status encoder_open(struct encoder **encoder,
                           const struct parameters *parameters, size_t rows,
                           size_t longest, bool backward)
{
    *encoder = NULL;
    struct encoder *e = calloc(1, sizeof *e);
    if (!e)
        return status_memory("encoder");
    struct status status = prepare(e, parameters, rows, longest, backward);
    if (!status_failed(&status))
        status = arena_open(&e->arena, "encoder's activations");
    if (status_failed(&status)) {
        encoder_close(e);
        return status;
    }
    carve(e, &e->arena);
    *encoder = e;
    return status;
}

void encoder_close(struct encoder *e)
{
    if (!e)
        return;
    arena_close(&e->arena);
    free(e->outputs);
    free(e->kept);
    free(e->weights);
    free(e->gradients);
    free(e->skipped);
    free(e);
}

void encoder_use_int8(struct encoder *e, const struct int8_weights *int8)
{
    assert(!e->backward);
    e->int8 = int8;
    e->weights_block = NULL;
}

/* Pointers into a block, found by name once for each block seen. */
static void bind_weights(struct encoder *e, const real *block)
{
    if (e->weights_block == block)
        return;
    for (int i = 0; i < e->parameters->shape.layers; i++) {
        conformer_weights(&e->weights[i], (real *)block, e->parameters, i);
        if (e->int8)
            int8_weights_bind(&e->weights[i], e->int8, i);
    }
    e->weights_block = block;
}

static void bind_gradients(struct encoder *e, real *block)
{
    if (e->gradients_block == block)
        return;
    for (int i = 0; i < e->parameters->shape.layers; i++)
        conformer_weights(&e->gradients[i], block, e->parameters, i);
    e->gradients_block = block;
}

static struct conformer_noise noise_of(const struct encoder *e, int depth)
{
    struct conformer_noise noise = {
        .key = random_below(e->noise.key, (uint64_t)depth),
        .dropout = e->noise.dropout,
        .attention_dropout = e->noise.attention_dropout};
    return noise;
}

static struct dropout projection_dropout(const struct encoder *e)
{
    struct dropout dropout = {.key = random_below(e->noise.key, KEY_PROJECTION),
                              .rate = e->noise.dropout};
    return dropout;
}

const real *encoder_forward(struct encoder *e, const real *weights,
                            const real *input, const unsigned char *hidden,
                            const struct pack *pack,
                            const struct encoder_noise *noise)
{
    const struct model_shape *shape = &e->parameters->shape;
    size_t rows = pack->rows, dim = (size_t)shape->dim;
    size_t in = (size_t)shape->input;
    assert(rows <= e->rows);
    bind_weights(e, weights);
    e->input = input;
    e->hidden = hidden;
    e->pack = pack;
    e->noise = noise ? *noise : (struct encoder_noise){.dropout = 0};
    layernorm_forward(e->normed, e->mean, e->rstd, input, weights + e->at_gain,
                      weights + e->at_bias, rows, in);
    linear_forward(e->outputs[0], e->normed, weights + e->at_projection,
                   weights + e->at_offset, rows, in, dim);
    dropout_apply(e->outputs[0], rows * dim, projection_dropout(e), 0);
    for (size_t r = 0; hidden && r < rows; r++)
        if (hidden[r])
            memcpy(e->outputs[0] + r * dim, weights + e->at_embedding,
                   dim * sizeof *weights);
    struct random_key drop = random_below(e->noise.key, KEY_LAYER_DROP);
    for (int i = 0; i < shape->layers; i++) {
        struct conformer_noise own = noise_of(e, i + 1);
        e->skipped[i] =
            random_uniform(drop, (uint64_t)i) < (double)e->noise.layer_drop;
        if (!e->skipped[i])
            conformer_forward(e->outputs[i + 1], e->outputs[i], &e->kept[i],
                              &e->scratch, &e->weights[i], pack, shape, &own);
        else if (e->outputs[i + 1] != e->outputs[i])
            memcpy(e->outputs[i + 1], e->outputs[i],
                   rows * dim * sizeof *weights);
    }
    return e->outputs[shape->layers];
}

const real *encoder_layer(const struct encoder *e, int layer)
{
    assert(e->backward && layer >= 0 && layer <= e->parameters->shape.layers);
    return e->outputs[layer];
}

/* Through the mask and the projection. */
static void projection_backward(struct encoder *e, real *gradients, real *d)
{
    size_t rows = e->pack->rows, dim = (size_t)e->parameters->shape.dim;
    size_t in = (size_t)e->parameters->shape.input;
    const real *weights = e->weights_block;
    for (size_t r = 0; e->hidden && r < rows; r++) {
        if (!e->hidden[r])
            continue;
        real *embedding = gradients + e->at_embedding;
        for (size_t c = 0; c < dim; c++) {
            embedding[c] += d[r * dim + c];
            d[r * dim + c] = 0;
        }
    }
    dropout_apply(d, rows * dim, projection_dropout(e), 0);
    /* e->normed is forward's; nothing wrote over it. Its gradient lands in
     * it, because only the norm's own parameters still want it. */
    linear_backward(NULL, 0, gradients + e->at_projection,
                    gradients + e->at_offset, d, e->normed,
                    weights + e->at_projection, rows, in, dim);
    linear_backward(e->normed, 0, NULL, NULL, d, NULL,
                    weights + e->at_projection, rows, in, dim);
    layernorm_backward(e->normed, 0, gradients + e->at_gain,
                       gradients + e->at_bias, e->normed, e->input, e->mean,
                       e->rstd, weights + e->at_gain, rows, in);
}

int encoder_middle(int layers)
{
    return (layers + 1) / 2;
}

void encoder_backward(struct encoder *e, real *gradients, real *d,
                      const real *d_middle, int lowest)
{
    const struct model_shape *shape = &e->parameters->shape;
    size_t size = e->pack->rows * (size_t)shape->dim;
    int middle = encoder_middle(shape->layers);
    assert(e->backward);
    bind_gradients(e, gradients);
    for (int i = shape->layers - 1; i >= 0 && i + 1 >= lowest; i--) {
        struct conformer_noise own = noise_of(e, i + 1);
        for (size_t k = 0; d_middle && i + 1 == middle && k < size; k++)
            d[k] += d_middle[k];
        if (!e->skipped[i])
            conformer_backward(d, &e->gradients[i], &e->kept[i], &e->scratch,
                               &e->weights[i], e->pack, shape, &own);
    }
    if (lowest == 0)
        projection_backward(e, gradients, d);
}
