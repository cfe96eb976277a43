/* From aligned tokens to words with times and confidence. */
#ifndef MODEL_CTC_WORDS_H
#define MODEL_CTC_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/kernel/real.h"
#include "model/text/tokens.h"
#include "model/text/transcript.h"

/* CTC writes a token in a row or two, somewhere in its sound. Against the
 * edges of speech by energy (start and end of each utterance, and pauses of
 * 0.2 s within) of AN4's development set, the first token's first row comes
 * 45 ms after a word begins (median of 166) and the last token's last row ends
 * 95 ms before it ends: 30 ms of words of four letters and more, 160 ms of
 * letters, whose names are short to write and long to say. Hence these; with
 * them the medians are WORDS_MEDIANS, tests/reference/word_times.py. */
#define WORDS_BEFORE_S 0.04   /* a word begins before its first token */
#define WORDS_AFTER_S 0.06    /* and ends after its last one */
#define WORDS_SHORTEST_S 0.25 /* where there is room behind it */

/* Where the rows are in the recording. */
struct words_place {
    double start_s, end_s; /* of the samples that the rows were made of */
    int stride;            /* frames of 10 ms in a row */
};

/* Aligns ids and appends their words to line, whose score becomes the path's
 * log-probability, and ends it. Words are what stands between tokens " ". A
 * word begins WORDS_BEFORE_S before its first token, but not before the middle
 * between that and the last token of the word before; it ends WORDS_AFTER_S
 * after its last token, or lasts WORDS_SHORTEST_S, but not beyond the middle
 * between that token and the next word's first. So no two overlap, and all are
 * within place. A line without words has place's times and the text "".
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
