/* The tree of a language model's n-grams. */
#ifndef MODEL_TEXT_NGRAM_TREE_H
#define MODEL_TEXT_NGRAM_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/text/ngram.h"
#include "model/text/vocabulary.h"

/* Node 0 is without words, a child has one word more. Nodes are numbered by
 * length, then parent, then word, so that children lie side by side, sorted,
 * behind those of the node before. A node of one word is 1 + the word. */
struct ngram {
    int order; /* n-grams of this many words have no children */
    int level; /* the longest that are there */
    uint32_t starts[NGRAM_ORDER_MOST + 2]; /* [level + 2] by length */
    uint32_t *words;                       /* [starts[level + 1]] the last */
    struct ngram_node *nodes;              /* [starts[level + 1]] */
    struct ngram_context *contexts; /* [nodes shorter than order, and one] */
    struct vocabulary vocabulary;
    uint32_t begin; /* a state */
    uint32_t end;   /* "</s>", or VOCABULARY_NONE */
    bool of_characters;
};

struct ngram_node {
    float log_p;
    uint32_t suffix; /* the longest node that ends this one. Once the tree is
                      * whole: that has children or a back-off weight */
};

struct ngram_context {
    float backoff;
    uint32_t first; /* child; the next context's is the end */
};

/* An n-gram to be placed. */
struct ngram_row {
    uint32_t parent, word;
    float log_p; /* NAN: as it follows from shorter n-grams */
    float backoff;
    uint32_t line; /* from the section's first */
};

/* An empty tree for n-grams of up to order words. */
MUST_CHECK struct status ngram_tree_open(struct ngram *tree, int order);

/* Places all n-grams of the next length; those of one word are all words. Fails
 * on memory and on doubled n-grams, naming path and line (after line). */
MUST_CHECK struct status ngram_tree_grow(struct ngram *tree,
                                         const struct ngram_row *rows,
                                         size_t count, const char *path,
                                         size_t line);

/* Makes the suffixes those that scoring wants. Cannot fail. */
void ngram_tree_finish(struct ngram *tree);
void ngram_tree_free(struct ngram *tree);

/* The child of node by word, 0 if there is none. */
static inline uint32_t ngram_tree_child(const struct ngram *tree, uint32_t node,
                                        uint32_t word)
{
    if (!node)
        return 1 + word;
    uint32_t first = tree->contexts[node].first;
    uint32_t count = tree->contexts[node + 1].first - first;
    if (!count)
        return 0;
    /* The last that is not above word, without a branch to mispredict. */
    const uint32_t *at = tree->words + first;
    while (count > 1) {
        uint32_t half = count / 2;
        at += at[half] <= word ? half : 0;
        count -= half;
    }
    return *at == word ? (uint32_t)(at - tree->words) : 0;
}

/* ln P(word | node); *found is the node of the longest n-gram there is. */
static inline double ngram_tree_score(uint32_t *found, const struct ngram *tree,
                                      uint32_t node, uint32_t word)
{
    double score = 0;
    uint32_t child;
    while (!(child = ngram_tree_child(tree, node, word))) {
        score += (double)tree->contexts[node].backoff;
        node = tree->nodes[node].suffix;
    }
    *found = child;
    return score + (double)tree->nodes[child].log_p;
}

/* The state after a node: itself, unless its suffix says as much. */
static inline uint32_t ngram_tree_state(const struct ngram *tree, uint32_t node)
{
    const struct ngram_context *context = tree->contexts + node;
    bool says = node < tree->starts[tree->order] &&
                (context[0].first < context[1].first || context->backoff != 0);
    return says ? node : tree->nodes[node].suffix;
}

#endif
