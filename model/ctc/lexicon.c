/* The words that a search knows. */
#include "model/ctc/lexicon.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Words as they are gathered, one behind the other. */
struct gathering {
    const char *name;
    const struct tokens *tokens;
    const struct normalise_settings *how;
    int32_t *ids;
    size_t id_count, id_room;
    size_t *starts;  /* [words_most + 1] */
    uint32_t *words; /* [words_most] */
    size_t word_count, left_out;
};

static struct status open_gathering(struct gathering *g, size_t words_most,
                                    const char *name,
                                    const struct tokens *tokens,
                                    const struct normalise_settings *how)
{
    *g = (struct gathering){.name = name, .tokens = tokens, .how = how};
    g->starts = calloc(words_most + 1, sizeof *g->starts);
    g->words = calloc(words_most + 1, sizeof *g->words);
    return g->starts && g->words ? status_ok() : status_memory(name);
}

static void close_gathering(struct gathering *g)
{
    free(g->ids);
    free(g->starts);
    free(g->words);
}

static struct status append(struct gathering *g, const int32_t *ids,
                            size_t count, uint32_t word)
{
    if (g->id_count + count > g->id_room) {
        size_t room = 2 * g->id_room + count + 256;
        int32_t *grown = realloc(g->ids, room * sizeof *grown);
        if (!grown)
            return status_memory(g->name);
        g->ids = grown;
        g->id_room = room;
    }
    memcpy(g->ids + g->id_count, ids, count * sizeof *ids);
    g->id_count += count;
    g->words[g->word_count++] = word;
    g->starts[g->word_count] = g->id_count;
    return status_ok();
}

static uint32_t find_word(const struct lexicon *l, const int32_t *ids,
                          size_t count)
{
    uint32_t node = TRIE_ROOT;
    for (size_t i = 0; i < count && node != TRIE_NONE; i++)
        node = token_trie_step(&l->trie, node, ids[i]);
    return node == TRIE_NONE || l->trie.entries[node] == TRIE_NONE
               ? NGRAM_UNKNOWN
               : l->words[l->trie.entries[node]];
}

/* Adds what raw is when normalised, unless it is nothing; where vocabulary is
 * given, word is looked up there. *whole: it is no more than one word. */
static struct status gather(bool *whole, struct gathering *g, const char *raw,
                            uint32_t word, const struct lexicon *vocabulary)
{
    char *text = NULL;
    int32_t *ids = NULL;
    size_t count = 0, unknown = 0;
    *whole = true;
    struct status status = normalise_text(&text, raw, g->how);
    if (status_failed(&status))
        return status;
    *whole = !strchr(text, ' ');
    if (*whole)
        status = tokens_encode(&ids, &count, &unknown, g->tokens, text);
    g->left_out += unknown > 0;
    if (vocabulary)
        word = find_word(vocabulary, ids, count);
    if (!status_failed(&status) && count && !unknown)
        status = append(g, ids, count, word);
    free(ids);
    free(text);
    return status;
}

static double score_alone(const struct lexicon *l, uint32_t entry)
{
    uint32_t after;
    return l->ngram ? ngram_score(&after, l->ngram, ngram_empty(l->ngram),
                                  l->words[entry])
                    : 0;
}

/* Of equal words the trie has the last: where an earlier one is likelier, it
 * stands for all of them. */
static void choose_likeliest(struct lexicon *l, const struct gathering *g)
{
    for (size_t i = 0; l->ngram && i < g->word_count; i++) {
        uint32_t node = TRIE_ROOT;
        for (size_t k = g->starts[i]; k < g->starts[i + 1]; k++)
            node = token_trie_step(&l->trie, node, g->ids[k]);
        uint32_t *entry = &l->trie.entries[node];
        if (score_alone(l, (uint32_t)i) > score_alone(l, *entry))
            *entry = (uint32_t)i;
    }
}

/* From the leaves to the root. */
static void set_best(struct lexicon *l)
{
    const struct token_trie *trie = &l->trie;
    for (uint32_t n = trie->count; n-- > 0;) {
        float best = -INFINITY;
        if (trie->entries[n] != TRIE_NONE)
            best = (float)score_alone(l, trie->entries[n]);
        for (uint32_t k = trie->children[n]; k < trie->children[n + 1]; k++)
            best = l->best[k] > best ? l->best[k] : best;
        l->best[n] = best;
    }
}

/* Makes the lexicon of what was gathered. */
static struct status build(struct lexicon **out, struct gathering *g,
                           const struct ngram *ngram)
{
    struct status status = status_ok();
    if (!g->word_count)
        return status_error(STATUS_INPUT,
                            "%s: holds no word that the model's tokens spell",
                            g->name);
    struct lexicon *l = calloc(1, sizeof *l);
    if (!l)
        return status_memory(g->name);
    l->ngram = ngram;
    l->word_count = g->word_count;
    l->left_out = g->left_out;
    status = token_trie_build(&l->trie, g->ids, g->starts, g->word_count);
    if (!status_failed(&status)) {
        l->words = g->words;
        g->words = NULL;
        l->best = malloc(l->trie.count * sizeof *l->best);
        if (!l->best)
            status = status_memory(g->name);
    }
    if (status_failed(&status)) {
        lexicon_free(l);
        return status;
    }
    choose_likeliest(l, g);
    set_best(l);
    *out = l;
    return status;
}

struct status lexicon_from_ngram(struct lexicon **lexicon,
                                 const struct ngram *ngram, const char *name,
                                 const struct tokens *tokens,
                                 const struct normalise_settings *how)
{
    struct gathering g;
    size_t count = ngram_words(ngram);
    bool whole;
    *lexicon = NULL;
    struct status status = open_gathering(&g, count, name, tokens, how);
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        const char *word = ngram_text(ngram, (uint32_t)i);
        if (i != NGRAM_UNKNOWN && strcmp(word, "<s>") && strcmp(word, "</s>"))
            status = gather(&whole, &g, word, (uint32_t)i, NULL);
    }
    if (!status_failed(&status))
        status = build(lexicon, &g, ngram);
    close_gathering(&g);
    return status;
}

struct status lexicon_parse(struct lexicon **lexicon, const char *text,
                            const char *name, const struct tokens *tokens,
                            const struct normalise_settings *how,
                            const struct lexicon *vocabulary)
{
    struct gathering g;
    size_t lines = 1;
    *lexicon = NULL;
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    struct status status = open_gathering(&g, lines, name, tokens, how);
    for (size_t line = 1; *text && !status_failed(&status); line++) {
        bool whole = true;
        size_t length = strcspn(text, "\n");
        char *word = strndup(text, length);
        if (word)
            status = gather(&whole, &g, word, NGRAM_UNKNOWN, vocabulary);
        else
            status = status_memory(name);
        if (!status_failed(&status) && !whole)
            status =
                status_error(STATUS_INPUT, "%s:%zu: \"%.60s\" is not one word",
                             name, line, word);
        free(word);
        text += length + (text[length] == '\n');
    }
    if (!status_failed(&status))
        status = build(lexicon, &g, vocabulary ? vocabulary->ngram : NULL);
    close_gathering(&g);
    return status;
}

void lexicon_free(struct lexicon *l)
{
    if (!l)
        return;
    token_trie_free(&l->trie);
    free(l->words);
    free(l->best);
    free(l);
}
