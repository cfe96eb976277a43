/* Back-off n-gram language models, from ARPA files. */
#ifndef MODEL_TEXT_NGRAM_H
#define MODEL_TEXT_NGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

/* P(word | context) is the probability of the longest n-gram that is in the
 * model and ends with word, times the back-off weights of the longer contexts
 * (Katz 1987). Probabilities are natural logarithms. A model is immutable: any
 * number of threads may ask it.
 *
 * A state is what the model remembers of the words so far: equal states give
 * the same probabilities to all that follows. */
struct ngram;

#define NGRAM_ORDER_MOST 10
#define NGRAM_UNKNOWN 0 /* the word "<unk>" */

/* Reads an ARPA file, plain or gzip. Words are compared by their bytes; "<UNK>"
 * is "<unk>", and where a file has none, an unknown word has a probability of
 * 10^-100, as in KenLM. A context that is in no n-gram of its own (of a pruned
 * model) has the probability that follows from the shorter ones. Refuses,
 * naming path and line, what is not such a file, is cut short, or has n-grams
 * of unknown words, doubled n-grams, or others than it says. *model is NULL on
 * failure. */
MUST_CHECK struct status ngram_read(struct ngram **model, const char *path);
void ngram_close(struct ngram *model);

/* Words are 0 .. ngram_words - 1; "<unk>", "<s>" and "</s>" are among them. */
size_t ngram_words(const struct ngram *model);
const char *ngram_text(const struct ngram *model, uint32_t word);

/* The word of a text of length bytes; NGRAM_UNKNOWN if it is not there. */
uint32_t ngram_find(const struct ngram *model, const char *word, size_t length);

/* Whether the model is of characters: every word but "<unk>", "<s>" and "</s>"
 * is one user-perceived character, or "<space>", which stands for the space
 * between words. */
bool ngram_of_characters(const struct ngram *model);

/* The states after "<s>" (without context where the model has no such word),
 * and without context. */
uint32_t ngram_begin(const struct ngram *model);
uint32_t ngram_empty(const struct ngram *model);

/* ln P(word | state); *next is the state after it, and may be state's own
 * place. word < ngram_words. */
double ngram_score(uint32_t *next, const struct ngram *model, uint32_t state,
                   uint32_t word);

/* ln P("</s>" | state); 0 where the model has no such word. */
double ngram_score_end(const struct ngram *model, uint32_t state);

#endif
