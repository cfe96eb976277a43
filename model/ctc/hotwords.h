/* Phrases that a search is to favour. */
#ifndef MODEL_CTC_HOTWORDS_H
#define MODEL_CTC_HOTWORDS_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/ctc/token_trie.h"
#include "model/text/normalise.h"
#include "model/text/tokens.h"

#define HOTWORDS_LARGEST 1000 /* boost, either way */

/* An automaton over tokens that finds all phrases at once (Aho and Corasick
 * 1975). A phrase counts wherever it stands as whole words: the automaton sees
 * a space before the first token and one after the last. Where the tokens have
 * no space, it counts wherever it stands. Immutable once made; any number of
 * threads may read it. */
struct hotwords {
    struct token_trie trie;
    int32_t space;   /* 0: the tokens have none */
    uint32_t begin;  /* state before the first token */
    uint32_t *falls; /* [trie.count] node of the longest proper suffix */
    double *award;   /* [trie.count] boosts of the phrases that end here */
    double *hope;    /* [trie.count] given in advance for the longest match at
                      * hand, taken back with the next token: of a phrase's
                      * boost the share of its tokens that are there */
    double gain;     /* most that one token can add, at least 0 */
    size_t left_out; /* phrases that the tokens cannot spell */
};

/* From text, a phrase a line, each with TAB and its boost (a natural log, -1000
 * .. 1000) or without, which is usual_boost; or, of a list such as one on a
 * command line, phrases between commas with a colon before the boost. Phrases
 * are normalised first; of equal ones the last counts. Those with characters
 * that are no tokens are left out and counted. Refuses a boost that is none,
 * naming the line. name is for messages. NULL on failure. */
MUST_CHECK struct status hotwords_parse(struct hotwords **hotwords,
                                        const char *text, const char *name,
                                        const struct tokens *tokens,
                                        const struct normalise_settings *how,
                                        double usual_boost);
MUST_CHECK struct status
hotwords_parse_list(struct hotwords **hotwords, const char *text,
                    const char *name, const struct tokens *tokens,
                    const struct normalise_settings *how, double usual_boost);
void hotwords_free(struct hotwords *hotwords);

/* The state after token (no blank). *score gains the step's award and the
 * change of hope. At the end of a text its hope is to be taken away. Cannot
 * fail. */
uint32_t hotwords_step(double *score, const struct hotwords *hotwords,
                       uint32_t state, int32_t token);

#endif
