/* The Conformer encoder of w2v-BERT 2.0: forward and backward over packed
 * utterances.  Barrault et al. 2023 (SeamlessM4T), transformers
 * modeling_wav2vec2_bert.py. */
#ifndef MODEL_ENCODER_ENCODER_H
#define MODEL_ENCODER_ENCODER_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"
#include "model/encoder/int8_weights.h"
#include "model/encoder/parameters.h"
#include "model/kernel/random.h"
#include "model/kernel/real.h"
#include "model/layer/pack.h"

/* One worker's activations. The weights are the caller's and shared. */
struct encoder;

/* Randomness of one training pass; NULL in evaluation. */
struct encoder_noise {
    struct random_key key; /* of this micro-batch */
    float dropout;         /* after projection, feed-forward (both products),
                            * attention's output, convolution's output */
    float attention_dropout;
    float layer_drop; /* probability that a layer is skipped */
};

/* Memory for micro-batches of up to rows rows, whose longest utterance has up
 * to longest rows. backward: keep what backward wants. Fails on memory. */
MUST_CHECK struct status encoder_open(struct encoder **encoder,
                                      const struct parameters *parameters,
                                      size_t rows, size_t longest,
                                      bool backward);
void encoder_close(struct encoder *encoder);

/* From now on the layers' products in evaluation are those of int8, which must
 * be made of the weights that encoder_forward is given and stay until close;
 * not for an encoder with backward memory. */
void encoder_use_int8(struct encoder *encoder, const struct int8_weights *int8);

/* weights  [total]              in
 * input    [pack->rows, input]  in: normalised stacked frames
 * hidden   [pack->rows]         in: rows that are 1 are replaced by the mask
 *                               embedding after the projection; NULL: none
 *
 * Returns the output [pack->rows, dim], valid until the next call. Keeps
 * references to weights, input, hidden, pack until backward. Cannot fail. */
const real *encoder_forward(struct encoder *encoder, const real *weights,
                            const real *input, const unsigned char *hidden,
                            const struct pack *pack,
                            const struct encoder_noise *noise);

/* Output of layer 1 .. layers of the last forward (0: the projection), as
 * [rows, dim]; only with backward memory. */
const real *encoder_layer(const struct encoder *encoder, int layer);

/* The layer in the middle of 1 .. layers: losses beside the last layer's read
 * it. */
int encoder_middle(int layers);

/* Gradients of the last forward.
 *
 * gradients  [total]        added to
 * d          [rows, dim]    in: of the output of the last layer; destroyed
 * d_middle   [rows, dim]    in: of losses that read the middle layer; or NULL
 * lowest                    layer down to which gradients are wanted; 0: of the
 *                           projection, too; above the last layer: none
 */
void encoder_backward(struct encoder *encoder, real *gradients, real *d,
                      const real *d_middle, int lowest);

#endif
