/* A trie of token sequences, laid out flat: words of a lexicon, hotwords. */
#ifndef MODEL_CTC_TOKEN_TRIE_H
#define MODEL_CTC_TOKEN_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

#define TRIE_ROOT 0
#define TRIE_NONE UINT32_MAX

/* Nodes stand in order of depth, and the children of each side by side, by
 * token: a parent stands before its children. */
struct token_trie {
    uint32_t count;
    uint32_t *children; /* [count + 1] node n's are children[n] ..
                         * children[n + 1] - 1 */
    int32_t *tokens;    /* [count] the token that leads to the node */
    uint32_t *entries;  /* [count] index of the sequence that ends at the node,
                         * of equal ones the last; TRIE_NONE: none does */
};

/* Builds the trie of sequences [count]: sequence i is ids[starts[i]] ..
 * ids[starts[i + 1] - 1]. Fails when memory runs out, or more than UINT32_MAX
 * - 2 tokens are given; trie is empty then. */
MUST_CHECK struct status token_trie_build(struct token_trie *trie,
                                          const int32_t *ids,
                                          const size_t *starts, size_t count);
void token_trie_free(struct token_trie *trie);

/* The node that token leads to from node; TRIE_NONE where there is none. */
uint32_t token_trie_step(const struct token_trie *trie, uint32_t node,
                         int32_t token);

#endif
