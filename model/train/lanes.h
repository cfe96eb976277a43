/* Lanes: the fixed parts that an update's gradient is summed in, dealt to the
 * ranks, and the fixed order of that sum. */
#ifndef MODEL_TRAIN_LANES_H
#define MODEL_TRAIN_LANES_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"
#include "model/kernel/real.h"
#include "model/train/ranks.h"

/* Lanes are summed as a binary tree: 0 + 1, 2 + 3, ..., then (0 + 1) + (2 + 3),
 * and so on, each sum in the place of its first lane. So a rank can sum what is
 * wholly its own without changing a bit of the result, and sends little: what
 * is left of its lanes, its heads. */
struct lanes {
    size_t count;
    real **gradients;    /* [count] of items each: the rank's own lanes, and all
                          * heads, for its share of their items; else NULL */
    size_t *starts;      /* [ranks + 1] lanes dealt to ranks */
    size_t *head_starts; /* [ranks + 1] in heads */
    size_t *heads;       /* lanes */
    int *rank;           /* [count] whose a lane is */
    int own;             /* rank */
};

/* Gradients are 0, and take memory where they are touched. Fails on memory. */
MUST_CHECK struct status lanes_open(struct lanes *lanes, size_t count,
                                    size_t items, const struct ranks *ranks);
void lanes_close(struct lanes *lanes);

/* The sums of items first .. first + count - 1 of gradients that this rank
 * does: those of its own lanes alone, and with `rest`, after it got the other
 * ranks' heads, also those of lanes of several ranks, so that all is in
 * gradients[0]. What was added is cleared. Cannot fail. */
void lanes_sum(const struct lanes *lanes, size_t first, size_t count,
               bool rest);

#endif
