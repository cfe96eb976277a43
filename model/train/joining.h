/* Recordings that are learned from as one, as if said in one breath: what a
 * recogniser hears of long recordings begins and ends anywhere. */
#ifndef MODEL_TRAIN_JOINING_H
#define MODEL_TRAIN_JOINING_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/data/batch.h"
#include "model/kernel/random.h"
#include "model/layer/pack.h"
#include "model/train/transcripts.h"

#define JOINING_SHARE 0.5 /* of recordings that go on into the next */

/* One worker's. */
struct joining {
    size_t *starts;       /* [items + 1] first row of each utterance */
    size_t *label_starts; /* [items + 1] */
    int32_t *labels;      /* of all utterances, end to end */
};

/* For up to items recordings of up to labels labels each. Fails on memory. */
MUST_CHECK struct status joining_open(struct joining *joining, size_t items,
                                      size_t labels);
void joining_close(struct joining *joining);

/* Makes neighbours in pack one utterance at random, up to longest rows and as
 * many labels (CTC wants a row for each; 0: none): pack becomes that of the
 * utterances, whose labels are those of their recordings with a space between
 * (0: the tokens have none). Cannot fail.
 *
 * pack   in: of items; out: its starts are joining's
 * items  in */
void joining_fill(struct joining *joining, struct pack *pack,
                  const struct batch_item *items,
                  const struct transcripts *texts, size_t longest,
                  int32_t space, struct random_key key);

#endif
