/* Scores hypotheses against references: WER and CER, per speaker, interval. */
#ifndef MODEL_TEXT_SCORE_TEXT_H
#define MODEL_TEXT_SCORE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "audio/status.h"
#include "model/text/edit_distance.h"

/* One utterance to score. Texts are UTF-8, normalised by the caller. */
struct score_pair {
    const char *id;
    const char *speaker; /* NULL: unknown */
    const char *reference;
    const char *hypothesis;
};

struct score {
    struct edit_counts words, characters;
    size_t utterances, utterances_wrong;
    double low, high; /* 95 % bootstrap interval of the WER over utterances
                       * (1,000 resamples; Bisani and Ney 2004) */
};

MUST_CHECK struct status score_pairs(struct score *score,
                                     const struct score_pair *pairs,
                                     size_t count, uint64_t seed);

/* Prints the per-speaker table, with alignment != 0 also every wrong
 * utterance's alignment (REF and HYP lines), then "%CER ...", the interval,
 * and last "%WER 12.34 [ 95 / 770, 10 ins, 20 del, 65 sub ]". */
MUST_CHECK struct status score_print(FILE *out, const struct score *score,
                                     const struct score_pair *pairs,
                                     size_t count, int alignment);

#endif
