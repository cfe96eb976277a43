/* The prefixes that a beam search has met. */
#include "model/ctc/prefix_tree.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 4096 /* nodes; a power of two */

struct status prefix_tree_open(struct prefix_tree *tree)
{
    *tree = (struct prefix_tree){.room = ROOM_LEAST};
    tree->bucket_mask = ROOM_LEAST - 1;
    tree->nodes = malloc(ROOM_LEAST * sizeof *tree->nodes);
    tree->buckets = malloc(ROOM_LEAST * sizeof *tree->buckets);
    if (tree->nodes && tree->buckets)
        return status_ok();
    prefix_tree_close(tree);
    return status_memory("beam search");
}

void prefix_tree_close(struct prefix_tree *tree)
{
    free(tree->nodes);
    free(tree->buckets);
    *tree = (struct prefix_tree){.count = 0};
}

static uint32_t *bucket_of(const struct prefix_tree *tree, uint32_t parent,
                           int32_t token)
{
    uint64_t mixed = ((uint64_t)parent << 32 | (uint32_t)token) *
                     0x9e3779b97f4a7c15; /* 2^64 / the golden ratio */
    return &tree->buckets[(uint32_t)(mixed >> 40) & tree->bucket_mask];
}

static void link_node(struct prefix_tree *tree, uint32_t node)
{
    struct prefix *p = &tree->nodes[node];
    uint32_t *bucket = bucket_of(tree, p->parent, p->token);
    p->next = *bucket;
    *bucket = node;
}

static void link_all(struct prefix_tree *tree)
{
    for (uint32_t i = 0; i <= tree->bucket_mask; i++)
        tree->buckets[i] = PREFIX_NONE;
    /* The root is nobody's child. */
    for (uint32_t n = 1; n < tree->count; n++)
        link_node(tree, n);
}

void prefix_tree_clear(struct prefix_tree *tree, int32_t token,
                       const struct language_state *state)
{
    tree->count = 1;
    tree->full = ROOM_LEAST / 2;
    tree->nodes[PREFIX_ROOT] = (struct prefix){.parent = PREFIX_NONE,
                                               .token = token,
                                               .slot = PREFIX_NONE,
                                               .next = PREFIX_NONE,
                                               .state = *state};
    link_all(tree);
}

uint32_t prefix_tree_find(const struct prefix_tree *tree, uint32_t parent,
                          int32_t token)
{
    uint32_t n = *bucket_of(tree, parent, token);
    while (n != PREFIX_NONE &&
           (tree->nodes[n].parent != parent || tree->nodes[n].token != token))
        n = tree->nodes[n].next;
    return n;
}

static bool grow(struct prefix_tree *tree)
{
    size_t room = 2 * (size_t)tree->room;
    if (room > PREFIX_NONE / 2)
        return false;
    struct prefix *nodes = realloc(tree->nodes, room * sizeof *nodes);
    if (!nodes)
        return false;
    tree->nodes = nodes;
    uint32_t *buckets = realloc(tree->buckets, room * sizeof *buckets);
    if (!buckets)
        return false;
    tree->buckets = buckets;
    tree->room = (uint32_t)room;
    tree->bucket_mask = tree->room - 1;
    link_all(tree);
    return true;
}

uint32_t prefix_tree_add(struct prefix_tree *tree, uint32_t parent,
                         int32_t token, const struct language_state *state)
{
    if (tree->count == tree->room && !grow(tree))
        return PREFIX_NONE;
    uint32_t child = tree->count++;
    tree->nodes[child] = (struct prefix){
        .parent = parent, .token = token, .slot = PREFIX_NONE, .state = *state};
    link_node(tree, child);
    return child;
}

void prefix_tree_prune(uint32_t *kept, struct prefix_tree *tree, size_t count)
{
    struct prefix *nodes = tree->nodes;
    uint32_t live = 0;
    /* `next` of a node is first a mark, then its new number. */
    for (uint32_t n = 0; n < tree->count; n++)
        nodes[n].next = PREFIX_NONE;
    nodes[PREFIX_ROOT].next = 0;
    for (size_t i = 0; i < count; i++)
        for (uint32_t n = kept[i]; nodes[n].next == PREFIX_NONE;
             n = nodes[n].parent)
            nodes[n].next = 0;
    for (uint32_t n = 0; n < tree->count; n++)
        if (nodes[n].next != PREFIX_NONE)
            nodes[n].next = live++;
    for (size_t i = 0; i < count; i++)
        kept[i] = nodes[kept[i]].next;
    /* All parents are renamed before the first node moves. */
    for (uint32_t n = 1; n < tree->count; n++)
        if (nodes[n].next != PREFIX_NONE)
            nodes[n].parent = nodes[nodes[n].parent].next;
    for (uint32_t n = 0; n < tree->count; n++)
        if (nodes[n].next != PREFIX_NONE)
            nodes[nodes[n].next] = nodes[n];
    tree->count = live;
    tree->full = live > ROOM_LEAST / 4 ? 2 * live : ROOM_LEAST / 2;
    link_all(tree);
}
