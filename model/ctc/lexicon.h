/* The words that a search knows, as a trie of their tokens. */
#ifndef MODEL_CTC_LEXICON_H
#define MODEL_CTC_LEXICON_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/ctc/token_trie.h"
#include "model/text/ngram.h"
#include "model/text/normalise.h"
#include "model/text/tokens.h"

/* Immutable once made; any number of threads may read it. */
struct lexicon {
    const struct ngram *ngram; /* whose words these are; NULL: nobody's */
    struct token_trie trie;    /* an entry at the end of every word */
    size_t word_count;
    uint32_t *words; /* [word_count] of each entry: the n-gram model's word */
    float *best;     /* [trie.count] largest ln P(word) without context of the
                      * words that end at or below a node; 0 without n-grams */
    size_t left_out; /* words that the tokens cannot spell */
};

/* From all words of an n-gram model, which must outlive the lexicon. They are
 * normalised, so a model in upper case serves tokens in lower case; of words
 * that become equal the likeliest is kept. <s>, </s> and <unk> are no words.
 * Words with characters that are no tokens are left out and counted; a lexicon
 * without any word is refused. name is for messages. NULL on failure. */
MUST_CHECK struct status
lexicon_from_ngram(struct lexicon **lexicon, const struct ngram *ngram,
                   const char *name, const struct tokens *tokens,
                   const struct normalise_settings *how);

/* From text, a word a line, normalised in the same way (empty lines are passed
 * over; CR LF is accepted). Words that vocabulary, the lexicon of the n-gram
 * model, lacks are its <unk>; NULL: there is no such model. Refuses two words
 * on a line, naming it. */
MUST_CHECK struct status lexicon_parse(struct lexicon **lexicon,
                                       const char *text, const char *name,
                                       const struct tokens *tokens,
                                       const struct normalise_settings *how,
                                       const struct lexicon *vocabulary);

void lexicon_free(struct lexicon *lexicon);

#endif
