/* The tree of a language model's n-grams. */
#include "model/text/ngram_tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct status ngram_tree_open(struct ngram *tree, int order)
{
    tree->order = order;
    tree->level = 0;
    tree->starts[0] = 0;
    tree->starts[1] = 1;
    tree->words = calloc(1, sizeof *tree->words);
    tree->nodes = calloc(1, sizeof *tree->nodes);
    tree->contexts = calloc(2, sizeof *tree->contexts);
    if (!tree->words || !tree->nodes || !tree->contexts)
        return status_memory("n-grams");
    return status_ok();
}

static bool grow_arrays(struct ngram *tree, size_t count)
{
    uint32_t *words = realloc(tree->words, count * sizeof *words);
    if (!words)
        return false;
    tree->words = words;
    struct ngram_node *nodes = realloc(tree->nodes, count * sizeof *nodes);
    if (!nodes)
        return false;
    tree->nodes = nodes;
    if (tree->level + 1 == tree->order)
        return true;
    struct ngram_context *contexts =
        realloc(tree->contexts, (count + 1) * sizeof *contexts);
    if (!contexts)
        return false;
    tree->contexts = contexts;
    return true;
}

/* order [count] out: rows by word, else as they are.
 * ends [words]      scratch */
static void sort_by_word(uint32_t *order, uint32_t *ends,
                         const struct ngram_row *rows, size_t count,
                         size_t words)
{
    uint32_t sum = 0;
    memset(ends, 0, words * sizeof *ends);
    for (size_t i = 0; i < count; i++)
        ends[rows[i].word]++;
    for (size_t i = 0; i < words; i++) {
        uint32_t more = ends[i];
        ends[i] = sum;
        sum += more;
    }
    for (size_t i = 0; i < count; i++)
        order[ends[rows[i].word]++] = (uint32_t)i;
}

/* Puts the rows, which come by word, below their parents: a stable counting
 * sort. Nodes keep their lines where the suffixes will be. */
static void place(struct ngram *tree, const struct ngram_row *rows,
                  const uint32_t *order, size_t count)
{
    int level = tree->level;
    uint32_t low = tree->starts[level], high = tree->starts[level + 1];
    bool inner = level + 1 < tree->order;
    struct ngram_context *contexts = tree->contexts;
    uint32_t sum = high;
    for (size_t p = low; p < high; p++)
        contexts[p].first = 0;
    for (size_t i = 0; i < count; i++)
        contexts[rows[i].parent].first++;
    for (size_t p = low; p < high; p++) {
        uint32_t more = contexts[p].first;
        contexts[p].first = sum;
        sum += more;
    }
    for (size_t i = 0; i < count; i++) {
        const struct ngram_row *row = &rows[order[i]];
        uint32_t at = contexts[row->parent].first++;
        tree->words[at] = row->word;
        tree->nodes[at].log_p = row->log_p;
        tree->nodes[at].suffix = row->line;
        if (inner)
            contexts[at].backoff = row->backoff;
    }
    /* Each parent's place is at its end, where the next begins. */
    for (size_t p = high - 1; p > low; p--)
        contexts[p].first = contexts[p - 1].first;
    contexts[low].first = high;
    contexts[high].first = sum;
}

static struct status check_doubles(const struct ngram *tree, uint32_t first,
                                   uint32_t end, const char *path, size_t line)
{
    for (size_t c = (size_t)first + 1; c < end; c++)
        if (tree->words[c] == tree->words[c - 1])
            return status_error(
                STATUS_INPUT, "%s:%zu: this n-gram is that of line %zu", path,
                line + tree->nodes[c].suffix, line + tree->nodes[c - 1].suffix);
    return status_ok();
}

/* Suffixes of a parent's children, and what the file left open. */
static void link_children(struct ngram *tree, uint32_t parent, uint32_t first,
                          uint32_t end)
{
    uint32_t shorter = tree->nodes[parent].suffix;
    for (uint32_t c = first; c < end; c++) {
        struct ngram_node *node = &tree->nodes[c];
        uint32_t word = tree->words[c];
        if (!parent) {
            node->suffix = 0;
            continue;
        }
        double log_p = ngram_tree_score(&node->suffix, tree, shorter, word);
        if (isnan(node->log_p))
            node->log_p =
                (float)(log_p + (double)tree->contexts[parent].backoff);
    }
}

struct status ngram_tree_grow(struct ngram *tree, const struct ngram_row *rows,
                              size_t count, const char *path, size_t line)
{
    struct status status = status_ok();
    uint32_t low = tree->starts[tree->level];
    uint32_t high = tree->starts[tree->level + 1];
    size_t words = tree->vocabulary.count;
    uint32_t *order = malloc((count ? count : 1) * sizeof *order);
    uint32_t *ends = malloc(words * sizeof *ends);
    if (!order || !ends || !grow_arrays(tree, high + count)) {
        status = status_memory("n-grams");
    } else {
        sort_by_word(order, ends, rows, count, words);
        place(tree, rows, order, count);
        tree->level++;
        tree->starts[tree->level + 1] = high + (uint32_t)count;
    }
    free(ends);
    free(order);
    for (uint32_t p = low; p < high && !status_failed(&status); p++) {
        uint32_t first = tree->contexts[p].first;
        uint32_t end = tree->contexts[p + 1].first;
        status = check_doubles(tree, first, end, path, line);
        if (!status_failed(&status))
            link_children(tree, p, first, end);
    }
    return status;
}

void ngram_tree_finish(struct ngram *tree)
{
    for (uint32_t i = 1; i < tree->starts[tree->order + 1]; i++)
        tree->nodes[i].suffix = ngram_tree_state(tree, tree->nodes[i].suffix);
}

void ngram_tree_free(struct ngram *tree)
{
    free(tree->words);
    free(tree->nodes);
    free(tree->contexts);
    vocabulary_free(&tree->vocabulary);
    *tree = (struct ngram){.order = 0};
}
