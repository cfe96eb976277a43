/* Copies a micro-batch's frames end to end into the encoder's input. */
#ifndef MODEL_TRAIN_PACKING_H
#define MODEL_TRAIN_PACKING_H

#include <stddef.h>

#include "audio/status.h"
#include "model/data/augment.h"
#include "model/data/batch.h"
#include "model/data/features.h"
#include "model/kernel/real.h"
#include "model/layer/pack.h"

/* One worker's. */
struct packing {
    real *input;    /* [rows, bins * stride] */
    size_t *starts; /* [items + 1] */
    size_t *first;  /* [items] row of the recording each begins at */
    struct pack pack;
};

MUST_CHECK struct status packing_open(struct packing *packing, size_t rows,
                                      size_t items, size_t width);
void packing_close(struct packing *packing);

/* Packs items [count], which are held in features. augment NULL: as they are;
 * else SpecAugment with keys of seed, pass and recording. */
void packing_fill(struct packing *packing, const struct batch_item *items,
                  size_t count, struct features *features,
                  const struct settings *settings,
                  const struct augment_settings *augment);

#endif
