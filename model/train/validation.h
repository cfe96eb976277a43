/* Word and character errors of a model on transcribed recordings. */
#ifndef MODEL_TRAIN_VALIDATION_H
#define MODEL_TRAIN_VALIDATION_H

#include "audio/status.h"
#include "model/data/features.h"
#include "model/encoder/encoder.h"
#include "model/kernel/team.h"
#include "model/text/edit_distance.h"
#include "model/text/tokens.h"
#include "model/train/packing.h"
#include "model/train/ranks.h"

/* One worker's. encoder and packing are for the longest recording. */
struct validation_worker {
    struct encoder *encoder;
    struct packing *packing;
    real *logits; /* [rows, tokens] */
};

struct validation {
    const struct settings *settings;
    struct features *features;
    char *const *texts; /* [count] normalised references */
    size_t count;
    const struct tokens *tokens;
    size_t head_weight, head_bias; /* offsets in weights */
    struct validation_worker *workers;
    struct team *team;
    const struct ranks *ranks;
};

/* Greedy decoding of every recording, dealt to the ranks: errors over all. The
 * same on any number of ranks, which agree, and workers. */
MUST_CHECK struct status validation_run(struct edit_counts *words,
                                        struct edit_counts *characters,
                                        const struct validation *validation,
                                        const real *weights);

#endif
