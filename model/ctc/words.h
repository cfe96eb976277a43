/* From aligned tokens to words with times and confidence. */
#ifndef MODEL_CTC_WORDS_H
#define MODEL_CTC_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/kernel/real.h"
#include "model/text/tokens.h"
#include "model/text/transcript.h"

/* CTC writes a token in a row or two, somewhere in its sound. Against the edges
 * of speech by energy (where each utterance begins and ends, and pauses of
 * 0.2 s) in AN4's development set, the recipe's model writes a word's first
 * token 80 ms after it begins (the median of 167), and ends its last one 65 ms
 * before it ends. Hence these; with them
 *
 *                     starts: median, mean size   ends
 *     development              0 ms  89 ms       -11 ms  60 ms
 *     test                   -15 ms  73 ms       -20 ms  63 ms
 *     test, scratch model    -10 ms  60 ms        -1 ms  60 ms
 *
 * (tests/reference/word_times.py with attune align --format ctm). No setting
 * does for all models: where in a sound they write its token is left to them.
 */
#define WORDS_BEFORE_S 0.08   /* a word begins before its first token */
#define WORDS_AFTER_S 0.06    /* and ends after its last one */
#define WORDS_SHORTEST_S 0.25 /* where there is room behind it */

/* Where the rows are in the recording. */
struct words_place {
    double start_s, end_s; /* of the samples that the rows were made of */
    int stride;            /* frames of 10 ms in a row */
};

/* Aligns ids and appends their words to line, whose score becomes the path's
 * log-probability, and ends it. Words are what stands between tokens " ", of
 * which rows may say more than the ids. A word begins WORDS_BEFORE_S before its
 * first token, but not before the middle between that and the last token of the
 * word before; it ends WORDS_AFTER_S after its last token, or lasts
 * WORDS_SHORTEST_S, but not beyond the middle between that token and the next
 * word's first. So no two overlap, and all are within place. A line without
 * words has place's times and the text "".
 *
 * line               in, out: emptied by the caller
 * ids                [count]  no blank among them
 * log_probabilities  [rows, tokens->count]
 *
 * Refuses ids that do not fit into rows (align_tokens), line then as it was. */
MUST_CHECK struct status words_align(struct transcript_line *line,
                                     const struct tokens *tokens,
                                     const int32_t *ids, size_t count,
                                     const real *log_probabilities, size_t rows,
                                     const struct words_place *place);

#endif
