/* The n-grams of a text, counted. */
#include "model/text/ngram_count.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define PLACES_MOST (UINT32_MAX - 16) /* no number and no count overflows */

static size_t hash(uint32_t context, uint32_t word)
{
    uint64_t state = ((uint64_t)context << 32 | word) * 0x9e3779b97f4a7c15u;
    state = (state ^ state >> 32) * 0xd6e8feb86659fd93u;
    return (size_t)(state ^ state >> 32);
}

static bool grow_list(struct ngram_level *level)
{
    size_t room = level->room ? 2 * level->room : 1024;
    struct ngram_count *list = realloc(level->list, room * sizeof *list);
    if (!list)
        return false;
    level->list = list;
    level->room = room;
    return true;
}

static bool grow_table(struct ngram_level *level)
{
    size_t slots = level->slots ? 2 * level->slots : 2048;
    uint32_t *table = malloc(slots * sizeof *table);
    if (!table)
        return false;
    memset(table, 0xff, slots * sizeof *table);
    for (size_t i = 0; i < level->count; i++) {
        const struct ngram_count *count = &level->list[i];
        size_t slot = hash(count->context, count->word) & (slots - 1);
        while (table[slot] != NONE)
            slot = (slot + 1) & (slots - 1);
        table[slot] = (uint32_t)i;
    }
    free(level->table);
    level->table = table;
    level->slots = slots;
    return true;
}

static bool append(struct ngram_level *level, uint32_t context, uint32_t suffix,
                   uint32_t word)
{
    if (level->count == level->room && !grow_list(level))
        return false;
    level->list[level->count++] = (struct ngram_count){
        .context = context, .suffix = suffix, .word = word};
    return true;
}

/* The number of the n-gram context, word; a new one is added. */
static bool find_or_add(uint32_t *found, struct ngram_counts *counts, int n,
                        uint32_t context, uint32_t suffix, uint32_t word)
{
    struct ngram_level *level = &counts->levels[n];
    if (3 * (level->count + 1) > 2 * level->slots && !grow_table(level))
        return false;
    size_t slot = hash(context, word) & (level->slots - 1);
    for (; level->table[slot] != NONE; slot = (slot + 1) & (level->slots - 1)) {
        const struct ngram_count *other = &level->list[level->table[slot]];
        if (other->context == context && other->word == word) {
            *found = level->table[slot];
            return true;
        }
    }
    *found = (uint32_t)level->count;
    if (!append(level, context, suffix, word))
        return false;
    level->table[slot] = *found;
    counts->levels[n - 1].list[suffix].before++;
    return true;
}

/* Counts the n-grams that end with word. history [order - 1] are those that end
 * just before it, of 1 .. *length words, and become those that end with it. */
static bool count_word(struct ngram_counts *counts, uint32_t *history,
                       int *length, uint32_t word)
{
    uint32_t shorter = word;
    counts->levels[0].list[word].seen++;
    for (int n = 0; n < *length; n++) {
        uint32_t found;
        if (!find_or_add(&found, counts, n + 1, history[n], shorter, word))
            return false;
        counts->levels[n + 1].list[found].seen++;
        history[n] = shorter;
        shorter = found;
    }
    if (*length < counts->order - 1)
        history[(*length)++] = shorter;
    return true;
}

static bool add_word(struct ngram_counts *counts, const char *text,
                     size_t length)
{
    struct status status = vocabulary_add(&counts->vocabulary, text, length);
    return !status_failed(&status) &&
           append(&counts->levels[0], 0, 0,
                  (uint32_t)counts->vocabulary.count - 1);
}

struct status ngram_counts_open(struct ngram_counts *counts, int order)
{
    static const char *const special[COUNT_SPECIAL] = {"<unk>", "<s>", "</s>"};
    assert(order >= 1 && order <= NGRAM_ORDER_MOST);
    *counts = (struct ngram_counts){.order = order};
    for (int i = 0; i < COUNT_SPECIAL; i++)
        if (!add_word(counts, special[i], strlen(special[i]))) {
            ngram_counts_free(counts);
            return status_memory("n-grams");
        }
    return status_ok();
}

struct status ngram_counts_add(struct ngram_counts *counts,
                               const char *sentence, const char *path,
                               size_t line)
{
    uint32_t history[NGRAM_ORDER_MOST];
    int history_length = 0;
    if (!*sentence)
        return status_ok();
    if (counts->order > 1)
        history[history_length++] = COUNT_BEGIN;
    for (const char *next = sentence; *next;) {
        size_t length = strcspn(next, " ");
        uint32_t word = vocabulary_find(&counts->vocabulary, next, length);
        if (word < COUNT_SPECIAL)
            return status_error(STATUS_INPUT,
                                "%s:%zu: \"%s\" is not a word: models have "
                                "their own",
                                path, line,
                                vocabulary_text(&counts->vocabulary, word));
        if (counts->words + counts->sentences >= PLACES_MOST)
            return status_error(STATUS_INPUT, "%s:%zu: more than %u words",
                                path, line, PLACES_MOST);
        if (word == VOCABULARY_NONE) {
            word = (uint32_t)counts->vocabulary.count;
            if (!add_word(counts, next, length))
                return status_memory("n-grams");
        }
        if (!count_word(counts, history, &history_length, word))
            return status_memory("n-grams");
        counts->words++;
        next += length + (next[length] == ' ');
    }
    counts->sentences++;
    if (!count_word(counts, history, &history_length, COUNT_END))
        return status_memory("n-grams");
    return status_ok();
}

void ngram_counts_finish(struct ngram_counts *counts)
{
    for (int n = 0; n < counts->order; n++) {
        free(counts->levels[n].table);
        counts->levels[n].table = NULL;
        counts->levels[n].slots = 0;
    }
}

void ngram_counts_free(struct ngram_counts *counts)
{
    ngram_counts_finish(counts);
    for (int n = 0; n < counts->order; n++)
        free(counts->levels[n].list);
    vocabulary_free(&counts->vocabulary);
    *counts = (struct ngram_counts){.order = 0};
}
