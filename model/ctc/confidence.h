/* How sure a model is of each token that it wrote. */
#ifndef MODEL_CTC_CONFIDENCE_H
#define MODEL_CTC_CONFIDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/ctc/align.h"
#include "model/kernel/real.h"

/* Odds against one token of a text: CTC's probability of the texts that differ
 * from it there alone, over that of the text (each summed over all paths). */
struct confidence_odds {
    double changed;  /* another token in its place, or none */
    double inserted; /* one more token before it */
};

/* The odds against every token, and against the end (where changed is 0): the
 * probability that a word is right, if at most one token is wrong, is
 * 1 / (1 + the sum of its tokens' odds).
 *
 * odds               [count + 1]  out: >= 0, perhaps infinite
 * spans              [count]  the text's alignment (align_tokens)
 * log_probabilities  [rows, vocabulary]  of which 0 is the blank
 * ids                [count]
 * space              the token between words (0: there is none); where there is
 *                    one, or at the ends, one more is not another text
 *
 * Paths are summed between the rows of the two tokens before and the two after,
 * and tokens that are nowhere there as probable as 0.001 are passed over: both
 * change nothing that can be measured. Fails on memory only. */
MUST_CHECK struct status
confidence_odds(struct confidence_odds *odds, const struct align_span *spans,
                const real *log_probabilities, size_t rows, size_t vocabulary,
                const int32_t *ids, size_t count, int32_t space);

/* 0 .. 1: the confidence in a word of tokens first .. end - 1. Whether the
 * spaces beside it are there decides about the word, too.
 *
 * It needs no calibration. For the words that the AN4 recipe's model writes
 * greedily (770 of the test set, 85.6 % right; tests/reference/confidence.py)
 * the normalised cross entropy, by sclite too, is 0.460, the expected
 * calibration error 0.025 and the area under the ROC curve 0.934; development
 * set 0.423, 0.029, 0.916. Other measures on the same words:
 *
 *     product of the tokens' largest posteriors        0.361  0.045  0.908
 *     the least of them                                0.298  0.058  0.899
 *     the tokens' mean                                 0.242  0.058  0.875
 *     1 - Tsallis entropy, the least (Laptev and       0.224  0.063  0.869
 *     Ginsburg 2023)
 *
 * A logistic curve fitted to the development set takes this one to 0.471 and
 * 0.018, and those to at most 0.391 and 0.037: not worth two constants that
 * belong to one model. */
double confidence_of(const struct confidence_odds *odds, const int32_t *ids,
                     size_t count, size_t first, size_t end, int32_t space);

#endif
