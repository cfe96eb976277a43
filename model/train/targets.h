/* What masked prediction predicts: a quantiser fitted to the recordings, and
 * every frame's codes. */
#ifndef MODEL_TRAIN_TARGETS_H
#define MODEL_TRAIN_TARGETS_H

#include <stdint.h>

#include "audio/status.h"
#include "model/data/features.h"
#include "model/data/manifest.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"
#include "model/pretrain/health.h"
#include "model/pretrain/quantiser.h"

/* Codes are computed once, from the clean and whole recordings, so that
 * cropping and augmentation cannot change them. */
struct targets {
    struct quantiser quantiser;
    uint16_t *codes; /* [rows of all recordings, codebooks] */
    size_t *starts;  /* [recordings + 1] first row of each, in codes */
    struct codebook_use use;
};

/* Takes over the quantiser `kept`, or (codes 0) fits one, and labels all
 * recordings. Fitted is what the settings ask for (random projection of the
 * stacked frames; k-means of stacked MFCC with deltas, or of a layer of
 * settings->target_model) to rows evenly spread over all recordings. kept is of
 * the same kind of vectors, of a run with the same settings. features is
 * scanned. The same result on any number of workers. */
MUST_CHECK struct status
targets_open(struct targets *targets, const struct manifest *manifest,
             struct features *features, const struct settings *settings,
             const struct quantiser *kept, struct team *team);
void targets_close(struct targets *targets);

/* The layer 1 .. layers of a model that is clustered: chosen; where that is 0,
 * the middle one, which tells most letters apart, but of a recogniser, which
 * has heard of letters, the last but one. */
int targets_layer(int chosen, int layers, bool recogniser);

/* Size of codes. */
size_t targets_bytes(const struct targets *targets, size_t recordings);

/* Codes [rows, codebooks] of a recording from row first on. */
const uint16_t *targets_codes(const struct targets *targets, size_t recording,
                              size_t first);

#endif
