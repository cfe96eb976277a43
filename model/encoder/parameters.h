/* The model's parameters: names, shapes, one block of numbers. */
#ifndef MODEL_ENCODER_PARAMETERS_H
#define MODEL_ENCODER_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"
#include "model/kernel/random.h"
#include "model/kernel/real.h"

/* Sizes that decide every shape. */
struct model_shape {
    int input; /* bins * stride */
    int dim, layers, heads, ffn;
    int taps;        /* depthwise kernel */
    int left, right; /* reach of relative positions */
    int vocabulary;  /* CTC head's outputs; 0: no such head */
    int codes;       /* masked-prediction head's outputs (codebooks * codes of
                      * each); 0: no such head */
};

enum parameter_kind {
    PARAMETER_WEIGHT, /* matrices and taps: weight decay applies */
    PARAMETER_BIAS,
    PARAMETER_GAIN,
    PARAMETER_TABLE /* position table, mask embedding */
};

struct parameter {
    char name[104]; /* transformers' Wav2Vec2BertForCTC; our own for the
                     * masked-prediction head: "masked_prediction_head.*" */
    int dims;
    size_t shape[3];
    size_t offset, count; /* in the block, in reals */
    enum parameter_kind kind;
    int depth; /* 0: feature projection and mask embedding, 1 .. layers: the
                * layers, layers + 1: a head */
};

/* The list, in block order. Offsets are multiples of 16, so that every tensor
 * is aligned; the gaps are zero and stay zero. Within a layer the weights of
 * linear_q, linear_k, linear_v follow each other without a gap, and so do
 * their biases, aligned or not: one product makes all three. */
struct parameters {
    struct model_shape shape;
    size_t count;
    struct parameter *list;
    size_t total; /* reals in a block, gaps included */
};

/* Refuses shapes out of range (each named: dim not a multiple of heads, sizes
 * < 1 or so large that a product overflows or exceeds 2^33 reals). */
MUST_CHECK struct status parameters_open(struct parameters *parameters,
                                         const struct model_shape *shape);
void parameters_close(struct parameters *parameters);

/* NULL if there is none. */
const struct parameter *parameters_find(const struct parameters *parameters,
                                        const char *name);

/* Numbers in the model, gaps not counted. */
size_t parameters_size(const struct parameters *parameters);

/* block [total] out: initial values, a function of key and each tensor's name
 * alone (Xavier uniform matrices, gains 1, biases 0). */
void parameters_initialise(real *block, const struct parameters *parameters,
                           struct random_key key);

#endif
