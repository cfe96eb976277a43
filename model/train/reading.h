/* What the head reads of a layer, and what it learns from that. */
#ifndef MODEL_TRAIN_READING_H
#define MODEL_TRAIN_READING_H

#include <stddef.h>

#include "audio/status.h"
#include "model/encoder/parameters.h"
#include "model/encoder/settings.h"
#include "model/kernel/real.h"
#include "model/layer/dropout.h"
#include "model/layer/pack.h"
#include "model/train/joining.h"
#include "model/train/trainer.h"
#include "model/train/utterance_losses.h"

/* One worker's memory. */
struct reading {
    size_t dim, tokens;
    size_t head_weight, head_bias; /* offsets */
    real *output;                  /* [rows, dim] after dropout */
    real *logits;                  /* [rows, tokens] */
    struct utterance_losses losses;
};

/* For packs of up to rows rows, and utterances of up to longest rows and labels
 * labels, by the head "lm_head" of parameters. Fails on memory. */
MUST_CHECK struct status reading_open(struct reading *reading,
                                      const struct parameters *parameters,
                                      const struct settings *settings,
                                      size_t rows, size_t longest,
                                      size_t labels);
void reading_close(struct reading *reading);

/* Adds the losses of what the head reads of layer, after dropout, to sums, and
 * their gradients, weight times, to the head's. Cannot fail.
 *
 * layer  [pack->rows, dim]  in: the layer's output
 * d      [pack->rows, dim]  out: weight times its gradient */
void reading_learn(struct lane_sums *sums, real *gradients, real *d,
                   struct reading *reading, const real *weights,
                   const real *layer, const struct pack *pack,
                   const struct joining *joining, struct dropout dropout,
                   real weight);

#endif
