/* What a beam search expects of a text, token by token: n-grams of words or
 * of characters, a bonus for words, a lexicon, hotwords. */
#ifndef MODEL_CTC_LANGUAGE_H
#define MODEL_CTC_LANGUAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/ctc/hotwords.h"
#include "model/ctc/lexicon.h"
#include "model/text/ngram.h"
#include "model/text/tokens.h"

struct language_settings {
    double lm_weight;     /* of ln P, at least 0 */
    double word_bonus;    /* added for each word */
    double unknown_score; /* added for each word (of n-grams of characters:
                           * each character) that the n-gram model lacks */
    bool closed;          /* there are no words but the lexicon's; for tokens
                           * without a space: no texts */
};

/* Immutable once open; any number of threads may read it. */
struct language;

/* What is known of a text that has been written so far. */
struct language_state {
    uint32_t context; /* n-gram state after the last whole word or character */
    uint32_t spelt;   /* node of the lexicon that the word at hand has reached:
                       * TRIE_ROOT between words, TRIE_NONE off the lexicon */
    uint32_t matched; /* state of hotwords */
    double lm;        /* ln P of what is whole */
    double score;     /* lm_weight lm + bonuses + boosts, and the most that is
                       * to be hoped for of the word at hand */
};

/* ngram, lexicon and hotwords may be NULL, and must outlive the language. An
 * n-gram model that knows "<space>" is one of characters, and so is one for
 * tokens without a space; any other is of words and wants a lexicon: its own
 * (lexicon_from_ngram) or one made with that; a closed language wants one, too.
 * N-grams of words want tokens with a space. Fails when memory runs out. */
MUST_CHECK struct status language_open(struct language **language,
                                       const struct language_settings *settings,
                                       const struct tokens *tokens,
                                       const struct ngram *ngram,
                                       const struct lexicon *lexicon,
                                       const struct hotwords *hotwords);
void language_close(struct language *language);

/* Tokens with the blank, and the id of the space (0: there is none). */
size_t language_vocabulary(const struct language *language);
int32_t language_space(const struct language *language);

/* The state of no text. Cannot fail. */
void language_begin(struct language_state *state,
                    const struct language *language);

/* The state after another token (no blank; no space after a space or at the
 * beginning). False where a closed language has no such text. Cannot fail. */
bool language_step(struct language_state *next, const struct language *language,
                   const struct language_state *state, int32_t token);

/* Most that a step with token can add to the score: INFINITY where only the
 * step itself can tell. Cannot fail. */
double language_most(const struct language *language, int32_t token);

/* ln P and score of the text as a whole, with its end. False where a closed
 * language has no such text. Cannot fail. */
bool language_end(double *lm, double *score, const struct language *language,
                  const struct language_state *state);

#endif
