/* CTC prefix beam search: the likeliest texts of a matrix of log-probabilities,
 * each summed over its alignments, with what a language expects. */
#ifndef MODEL_CTC_BEAM_SEARCH_H
#define MODEL_CTC_BEAM_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/ctc/language.h"
#include "model/kernel/real.h"

struct beam_settings {
    size_t width;       /* hypotheses that are kept, at least 1 */
    double threshold;   /* those worse than the best by more are dropped */
    double token_floor; /* log-probability below which a token is not tried as
                         * a text's next */
};

/* A text and its scores, all natural logs. */
struct hypothesis {
    const int32_t *ids; /* [count] no blank; single spaces between words */
    size_t count;
    double ctc;   /* ln P of all alignments that the search kept */
    double lm;    /* ln P of the n-gram model, unweighted, with </s> */
    double score; /* ctc and what the language makes of the text */
};

struct beam_search;

/* The language must outlive the search. Fails when memory runs out. */
MUST_CHECK struct status beam_search_open(struct beam_search **search,
                                          const struct beam_settings *settings,
                                          const struct language *language);
void beam_search_close(struct beam_search *search);

/* Forgets everything: before each recording. Cannot fail. */
void beam_search_start(struct beam_search *search);

/* Goes on with more rows; how they are cut into calls changes nothing.
 *
 * log_probs  [rows, vocabulary]  logs of probabilities; 0 is the blank; a NaN
 *                                is -INFINITY
 *
 * Spaces at the ends of a text and doubled ones are no part of it: the paths
 * that write them are summed with those that do not. A row that no hypothesis
 * survives is passed over. Probabilities are kept in double: sums over minutes
 * lose nothing to rounding, and -INFINITY is a value. Memory is that of the
 * texts that are in play; it grows only in here, and only that can fail: start
 * anew then. Hannun et al. 2014, algorithm 1. */
MUST_CHECK struct status beam_search_feed(struct beam_search *search,
                                          const real *log_probs, size_t rows);

/* The texts of all rows fed, with their ends, best first: at most `most`, all
 * different; at least one. Where a lexicon knows none of them as a whole, the
 * best is given without its last, unfinished word. They are the search's,
 * until the next call. Feeding may go on. Fails when memory runs out. */
MUST_CHECK struct status beam_search_finish(const struct hypothesis **list,
                                            size_t *count,
                                            struct beam_search *search,
                                            size_t most);

#endif
