/* A trie of token sequences, laid out flat. */
#include "model/ctc/token_trie.h"

#include <stdlib.h>

struct sequences {
    const int32_t *ids;
    const size_t *starts;
};

/* By token, a prefix before what it begins, equal ones as given. */
static int compare(const void *a, const void *b, void *context)
{
    const struct sequences *s = context;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    size_t i = s->starts[left], i_end = s->starts[left + 1];
    size_t k = s->starts[right], k_end = s->starts[right + 1];
    for (; i < i_end && k < k_end; i++, k++)
        if (s->ids[i] != s->ids[k])
            return s->ids[i] < s->ids[k] ? -1 : 1;
    if (i < i_end || k < k_end)
        return i < i_end ? 1 : -1;
    return left < right ? -1 : left > right;
}

/* The sequences of a node: order[begin] .. order[end - 1]. */
struct span {
    size_t begin, end;
};

/* Fills the trie level by level. */
static void fill(struct token_trie *trie, struct span *spans,
                 const size_t *order, size_t count, const struct sequences *s)
{
    uint32_t next = 1, level_end = 1;
    size_t depth = 0;
    spans[0] = (struct span){0, count};
    trie->tokens[0] = 0;
    for (uint32_t n = 0; n < next; n++) {
        if (n == level_end) {
            level_end = next;
            depth++;
        }
        size_t i = spans[n].begin;
        trie->children[n] = next;
        trie->entries[n] = TRIE_NONE;
        /* Those that end here stand first. */
        for (; i < spans[n].end &&
               s->starts[order[i] + 1] - s->starts[order[i]] == depth;
             i++)
            trie->entries[n] = (uint32_t)order[i];
        while (i < spans[n].end) {
            int32_t token = s->ids[s->starts[order[i]] + depth];
            size_t begin = i;
            while (i < spans[n].end &&
                   s->ids[s->starts[order[i]] + depth] == token)
                i++;
            trie->tokens[next] = token;
            spans[next++] = (struct span){begin, i};
        }
    }
    trie->children[next] = next;
    trie->count = next;
}

/* Nodes of the sorted sequences: the root, and each one's tokens behind what
 * it shares with the one before. */
static size_t count_nodes(const size_t *order, size_t count,
                          const struct sequences *s)
{
    size_t nodes = 1;
    for (size_t i = 0; i < count; i++) {
        size_t at = s->starts[order[i]], end = s->starts[order[i] + 1];
        if (i) {
            size_t b = s->starts[order[i - 1]],
                   b_end = s->starts[order[i - 1] + 1];
            while (at < end && b < b_end && s->ids[at] == s->ids[b]) {
                at++;
                b++;
            }
        }
        nodes += end - at;
    }
    return nodes;
}

struct status token_trie_build(struct token_trie *trie, const int32_t *ids,
                               const size_t *starts, size_t count)
{
    struct sequences s = {ids, starts};
    *trie = (struct token_trie){.count = 0};
    if (starts[count] > UINT32_MAX - 2 || count > UINT32_MAX - 2)
        return status_error(STATUS_INPUT, "a trie of more than %u tokens",
                            UINT32_MAX - 2);
    size_t *order = calloc(count + 1, sizeof *order);
    if (!order)
        return status_memory("trie");
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, compare, &s);
    size_t nodes = count_nodes(order, count, &s);
    struct span *spans = malloc(nodes * sizeof *spans);
    trie->children = malloc((nodes + 1) * sizeof *trie->children);
    trie->tokens = malloc(nodes * sizeof *trie->tokens);
    trie->entries = malloc(nodes * sizeof *trie->entries);
    bool whole = spans && trie->children && trie->tokens && trie->entries;
    if (whole)
        fill(trie, spans, order, count, &s);
    else
        token_trie_free(trie);
    free(spans);
    free(order);
    return whole ? status_ok() : status_memory("trie");
}

void token_trie_free(struct token_trie *trie)
{
    free(trie->children);
    free(trie->tokens);
    free(trie->entries);
    *trie = (struct token_trie){.count = 0};
}

uint32_t token_trie_step(const struct token_trie *trie, uint32_t node,
                         int32_t token)
{
    uint32_t low = trie->children[node], high = trie->children[node + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (trie->tokens[middle] == token)
            return middle;
        if (trie->tokens[middle] < token)
            low = middle + 1;
        else
            high = middle;
    }
    return TRIE_NONE;
}
