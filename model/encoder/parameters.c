/* The model's parameters: names, shapes, one block of numbers. */
#include "model/encoder/parameters.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PER_LAYER 33
#define OTHERS 9
#define TOTAL_MOST ((size_t)1 << 33)
#define ALIGNED 16 /* reals */

static struct status check_range(const char *name, int value, int least,
                                 int most)
{
    if (value < least || value > most)
        return status_error(STATUS_INPUT, "%s %d is outside %d .. %d", name,
                            value, least, most);
    return status_ok();
}

static struct status check_shape(const struct model_shape *s)
{
    const struct {
        const char *name;
        int value, least, most;
    } rules[] = {
        {"input", s->input, 1, 1 << 16},
        {"dim", s->dim, 1, 1 << 14},
        {"layers", s->layers, 1, 1 << 10},
        {"heads", s->heads, 1, 1 << 10},
        {"ffn", s->ffn, 1, 1 << 17},
        {"taps", s->taps, 1, 1 << 10},
        {"left", s->left, 0, 1 << 14},
        {"right", s->right, 0, 1 << 14},
        {"vocabulary", s->vocabulary, 0, 1 << 20},
        {"codes", s->codes, 0, 1 << 24},
    };
    struct status status = status_ok();
    for (size_t i = 0;
         i < sizeof rules / sizeof *rules && !status_failed(&status); i++)
        status = check_range(rules[i].name, rules[i].value, rules[i].least,
                             rules[i].most);
    if (!status_failed(&status) && s->dim % s->heads)
        status = status_error(STATUS_INPUT, "heads %d does not divide dim %d",
                              s->heads, s->dim);
    return status;
}

/* The list as it grows. */
struct builder {
    struct parameters *parameters;
    int depth;
    char prefix[56];
};

/* packed: right behind the one before, without a gap. */
static void add(struct builder *b, const char *name, enum parameter_kind kind,
                int packed, int dims, size_t n0, size_t n1, size_t n2)
{
    struct parameters *list = b->parameters;
    struct parameter *p = &list->list[list->count++];
    size_t shape[3] = {n0, n1, n2};
    snprintf(p->name, sizeof p->name, "%s%s", b->prefix, name);
    p->dims = dims;
    p->kind = kind;
    p->depth = b->depth;
    p->count = 1;
    for (int i = 0; i < dims; i++) {
        p->shape[i] = shape[i];
        p->count *= shape[i];
    }
    if (!packed)
        list->total = (list->total + ALIGNED - 1) / ALIGNED * ALIGNED;
    p->offset = list->total;
    list->total += p->count;
}

static void add_linear(struct builder *b, const char *name, size_t out,
                       size_t in)
{
    char full[44];
    snprintf(full, sizeof full, "%s.weight", name);
    add(b, full, PARAMETER_WEIGHT, 0, 2, out, in, 1);
    snprintf(full, sizeof full, "%s.bias", name);
    add(b, full, PARAMETER_BIAS, 0, 1, out, 1, 1);
}

static void add_norm(struct builder *b, const char *name, size_t dim)
{
    char full[44];
    snprintf(full, sizeof full, "%s.weight", name);
    add(b, full, PARAMETER_GAIN, 0, 1, dim, 1, 1);
    snprintf(full, sizeof full, "%s.bias", name);
    add(b, full, PARAMETER_BIAS, 0, 1, dim, 1, 1);
}

static void add_layer(struct builder *b, const struct model_shape *s)
{
    size_t dim = (size_t)s->dim, ffn = (size_t)s->ffn;
    add_norm(b, "ffn1_layer_norm", dim);
    add_linear(b, "ffn1.intermediate_dense", ffn, dim);
    add_linear(b, "ffn1.output_dense", dim, ffn);
    add_norm(b, "self_attn_layer_norm", dim);
    add(b, "self_attn.linear_q.weight", PARAMETER_WEIGHT, 0, 2, dim, dim, 1);
    add(b, "self_attn.linear_k.weight", PARAMETER_WEIGHT, 1, 2, dim, dim, 1);
    add(b, "self_attn.linear_v.weight", PARAMETER_WEIGHT, 1, 2, dim, dim, 1);
    add(b, "self_attn.linear_q.bias", PARAMETER_BIAS, 0, 1, dim, 1, 1);
    add(b, "self_attn.linear_k.bias", PARAMETER_BIAS, 1, 1, dim, 1, 1);
    add(b, "self_attn.linear_v.bias", PARAMETER_BIAS, 1, 1, dim, 1, 1);
    add_linear(b, "self_attn.linear_out", dim, dim);
    add(b, "self_attn.distance_embedding.weight", PARAMETER_TABLE, 0, 2,
        (size_t)s->left + (size_t)s->right + 1, dim / (size_t)s->heads, 1);
    add_norm(b, "conv_module.layer_norm", dim);
    add(b, "conv_module.pointwise_conv1.weight", PARAMETER_WEIGHT, 0, 3,
        2 * dim, dim, 1);
    add(b, "conv_module.depthwise_conv.weight", PARAMETER_WEIGHT, 0, 3, dim, 1,
        (size_t)s->taps);
    add_norm(b, "conv_module.depthwise_layer_norm", dim);
    add(b, "conv_module.pointwise_conv2.weight", PARAMETER_WEIGHT, 0, 3, dim,
        dim, 1);
    add_norm(b, "ffn2_layer_norm", dim);
    add_linear(b, "ffn2.intermediate_dense", ffn, dim);
    add_linear(b, "ffn2.output_dense", dim, ffn);
    add_norm(b, "final_layer_norm", dim);
}

struct status parameters_open(struct parameters *parameters,
                              const struct model_shape *shape)
{
    memset(parameters, 0, sizeof *parameters);
    struct status status = check_shape(shape);
    if (status_failed(&status))
        return status;
    parameters->shape = *shape;
    parameters->list = calloc((size_t)shape->layers * PER_LAYER + OTHERS,
                              sizeof *parameters->list);
    if (!parameters->list)
        return status_memory("parameters");
    size_t dim = (size_t)shape->dim, input = (size_t)shape->input;
    struct builder b = {.parameters = parameters, .prefix = "wav2vec2_bert."};
    add_norm(&b, "feature_projection.layer_norm", input);
    add_linear(&b, "feature_projection.projection", dim, input);
    add(&b, "masked_spec_embed", PARAMETER_TABLE, 0, 1, dim, 1, 1);
    for (int i = 0; i < shape->layers; i++) {
        b.depth = i + 1;
        snprintf(b.prefix, sizeof b.prefix, "wav2vec2_bert.encoder.layers.%d.",
                 i);
        add_layer(&b, shape);
    }
    b.depth = shape->layers + 1;
    b.prefix[0] = '\0';
    if (shape->vocabulary)
        add_linear(&b, "lm_head", (size_t)shape->vocabulary, dim);
    if (shape->codes)
        add_linear(&b, "masked_prediction_head", (size_t)shape->codes, dim);
    parameters->total = (parameters->total + ALIGNED - 1) / ALIGNED * ALIGNED;
    if (parameters->total > TOTAL_MOST) {
        parameters_close(parameters);
        return status_error(STATUS_INPUT,
                            "a model of this shape is too large: lower dim, "
                            "ffn or layers");
    }
    return status;
}

void parameters_close(struct parameters *parameters)
{
    free(parameters->list);
    memset(parameters, 0, sizeof *parameters);
}

const struct parameter *parameters_find(const struct parameters *parameters,
                                        const char *name)
{
    for (size_t i = 0; i < parameters->count; i++)
        if (!strcmp(parameters->list[i].name, name))
            return &parameters->list[i];
    return NULL;
}

size_t parameters_size(const struct parameters *parameters)
{
    size_t size = 0;
    for (size_t i = 0; i < parameters->count; i++)
        size += parameters->list[i].count;
    return size;
}

static uint64_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash;
}

void parameters_initialise(real *block, const struct parameters *parameters,
                           struct random_key key)
{
    memset(block, 0, parameters->total * sizeof *block);
    for (size_t i = 0; i < parameters->count; i++) {
        const struct parameter *p = &parameters->list[i];
        struct random_key own = random_below(key, hash_name(p->name));
        real *values = block + p->offset;
        double fan_out = (double)p->shape[0];
        double fan_in = (double)p->count / fan_out;
        /* Depthwise taps see one channel: both fans are the taps. */
        if (p->dims == 3 && p->shape[2] > 1)
            fan_out = fan_in;
        double reach = sqrt(6 / (fan_in + fan_out)); /* Glorot 2010, eq. 16 */
        for (size_t j = 0; j < p->count; j++)
            switch (p->kind) {
            case PARAMETER_WEIGHT:
                values[j] = (real)(reach * (2 * random_uniform(own, j) - 1));
                break;
            case PARAMETER_GAIN:
                values[j] = 1;
                break;
            case PARAMETER_TABLE:
                values[j] =
                    (real)((p->dims == 2 ? 1 : 0.02) * random_normal(own, j));
                break;
            case PARAMETER_BIAS:
                break;
            }
    }
}
