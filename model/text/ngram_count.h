/* The n-grams of a text, counted. */
#ifndef MODEL_TEXT_NGRAM_COUNT_H
#define MODEL_TEXT_NGRAM_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/text/ngram.h"
#include "model/text/vocabulary.h"

/* Words that every model has, by number. */
enum { COUNT_UNKNOWN, COUNT_BEGIN, COUNT_END, COUNT_SPECIAL };

/* An n-gram; indices are among the n-grams that are one word shorter. */
struct ngram_count {
    uint32_t context; /* without its last word; 0 of a single word */
    uint32_t suffix;  /* without its first word; 0 of a single word */
    uint32_t word;    /* its last */
    uint32_t seen;    /* times in the text */
    uint32_t before;  /* different words, "<s>" among them, seen before it */
};

/* All n-grams of one length, in the order in which the text has them. Those of
 * one word are numbered as the words. */
struct ngram_level {
    size_t count, room;
    struct ngram_count *list; /* [room] */
    uint32_t *table;          /* [slots] by hash: n-grams */
    size_t slots;             /* a power of two, or 0 */
};

/* 20 bytes for an n-gram and 4 for a slot, of which at most two in three are
 * taken; arrays double: 26 to 52 bytes an n-gram, for a moment half more. */
struct ngram_counts {
    int order;
    uint64_t sentences, words; /* running */
    struct vocabulary vocabulary;
    struct ngram_level levels[NGRAM_ORDER_MOST]; /* [order] by length - 1 */
};

/* 1 <= order <= NGRAM_ORDER_MOST. Empty on failure, which is of memory. */
MUST_CHECK struct status ngram_counts_open(struct ngram_counts *counts,
                                           int order);
void ngram_counts_free(struct ngram_counts *counts);

/* Counts the n-grams of "<s> sentence </s>": words with single spaces between
 * them; nothing where there are none. "<s>" itself is no word that is seen, as
 * nothing predicts it. Refuses the words "<unk>", "<s>" and "</s>", naming path
 * and line, and a text of 2^32 words. After a failure only to be freed. */
MUST_CHECK struct status ngram_counts_add(struct ngram_counts *counts,
                                          const char *sentence,
                                          const char *path, size_t line);

/* Forgets what only counting wants. Cannot fail. */
void ngram_counts_finish(struct ngram_counts *counts);

/* The count that Kneser-Ney smooths: of the longest n-grams, and of those that
 * begin with "<s>", how often they were seen; of others, how many different
 * words were seen before them (Chen and Goodman 1998, eq. 27). */
static inline uint32_t ngram_counts_adjusted(const struct ngram_counts *counts,
                                             int level, size_t n)
{
    const struct ngram_count *count = &counts->levels[level].list[n];
    return level == counts->order - 1 || !count->before ? count->seen
                                                        : count->before;
}

#endif
