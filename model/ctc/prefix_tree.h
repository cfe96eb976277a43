/* The prefixes that a beam search has met: a tree in one block of memory. */
#ifndef MODEL_CTC_PREFIX_TREE_H
#define MODEL_CTC_PREFIX_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/ctc/language.h"

#define PREFIX_ROOT 0 /* the empty text */
#define PREFIX_NONE UINT32_MAX

/* Equal texts are one node. Parents stand before their children. */
struct prefix {
    uint32_t parent;
    int32_t token;
    uint32_t slot; /* the hypothesis that stands here; PREFIX_NONE: none */
    uint32_t next; /* of the same bucket */
    struct language_state state;
};

struct prefix_tree {
    struct prefix *nodes;
    uint32_t count, room;
    uint32_t *buckets; /* [bucket_mask + 1] first nodes */
    uint32_t bucket_mask;
    uint32_t full; /* nodes from which on prefix_tree_prune is worth its time */
};

/* Fails when memory runs out. */
MUST_CHECK struct status prefix_tree_open(struct prefix_tree *tree);
void prefix_tree_close(struct prefix_tree *tree);

/* Leaves the root alone, with the state and last token of no text. */
void prefix_tree_clear(struct prefix_tree *tree, int32_t token,
                       const struct language_state *state);

/* The child of parent, or PREFIX_NONE. */
uint32_t prefix_tree_find(const struct prefix_tree *tree, uint32_t parent,
                          int32_t token);

/* Adds a child that is not there yet, and gives it. Nodes may move in memory;
 * where that runs out, PREFIX_NONE, and the tree is as before. */
uint32_t prefix_tree_add(struct prefix_tree *tree, uint32_t parent,
                         int32_t token, const struct language_state *state);

/* Drops the nodes from which no kept node [count] descends, and renumbers the
 * others, kept as well. Cannot fail. */
void prefix_tree_prune(uint32_t *kept, struct prefix_tree *tree, size_t count);

#endif
