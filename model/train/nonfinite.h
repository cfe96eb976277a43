/* Which recordings of an update have a loss or gradient that is not finite. */
#ifndef MODEL_TRAIN_NONFINITE_H
#define MODEL_TRAIN_NONFINITE_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/train/lanes.h"
#include "model/train/trainer.h"

/* In the order of lanes. */
struct nonfinite {
    uint32_t first;      /* recording */
    uint32_t loss;       /* of its loss; else of its gradient */
    size_t count, items; /* how many there are, of how many */
};

/* Computes every recording of micro.batch once more, each by itself (so
 * dropout is another, and count may be 0). Gradients are zero before and after;
 * every rank does those of its own lanes. Fails on memory. The ranks agree. */
MUST_CHECK struct status nonfinite_search(struct nonfinite *found,
                                          const struct trainer *trainer,
                                          const struct trainer_micro *micro,
                                          const real *weights,
                                          const struct lanes *lanes);

/* In words, one line into text [size]; update: its number, from 1. */
void nonfinite_format(char *text, size_t size, const struct nonfinite *found,
                      const struct manifest *manifest, uint64_t update);

#endif
