/* What fine-tuning learns from a pack of utterances: CTC, and that two views of
 * a recording are read alike. */
#ifndef MODEL_TRAIN_UTTERANCE_LOSSES_H
#define MODEL_TRAIN_UTTERANCE_LOSSES_H

#include <stddef.h>

#include "audio/status.h"
#include "model/data/batch.h"
#include "model/encoder/settings.h"
#include "model/kernel/real.h"
#include "model/layer/pack.h"
#include "model/train/joining.h"
#include "model/train/trainer.h"

/* Views of each recording: two where settings.consistency asks for it. */
int utterance_views(const struct settings *settings);

/* The items, and after them those of the second view; their number.
 *
 * views  out [views * count] */
size_t utterance_views_fill(struct batch_item *views,
                            const struct batch_item *items, size_t count,
                            const struct settings *settings);

/* One worker's memory. */
struct utterance_losses {
    const struct settings *settings;
    size_t tokens;
    real *log_p;     /* [rows, tokens] of two views */
    double *scratch; /* of CTC */
};

/* For packs of up to rows rows, and utterances of up to longest rows and labels
 * labels. Fails on memory. */
MUST_CHECK struct status utterance_losses_open(struct utterance_losses *losses,
                                               const struct settings *settings,
                                               size_t rows, size_t longest,
                                               size_t labels, size_t tokens);
void utterance_losses_close(struct utterance_losses *losses);

/* Adds to sums; logits [pack->rows, tokens] become their gradients. An
 * utterance with more labels than its rows can hold teaches nothing. Cannot
 * fail. */
void utterance_losses(struct lane_sums *sums, real *logits,
                      struct utterance_losses *losses, const struct pack *pack,
                      const struct joining *joining);

#endif
