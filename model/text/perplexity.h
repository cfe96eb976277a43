/* How well a language model foresees a text. */
#ifndef MODEL_TEXT_PERPLEXITY_H
#define MODEL_TEXT_PERPLEXITY_H

#include <stdint.h>
#include <stdio.h>

#include "audio/status.h"
#include "model/text/ngram.h"

struct perplexity {
    const struct ngram *model;
    uint64_t sentences, words, unknown; /* words without "</s>" */
    double log_p;         /* natural, of all words and every "</s>" */
    double log_p_unknown; /* of the unknown words alone */
    double log_p_end;     /* of "</s>" alone */
};

/* Adds a sentence, words with single spaces between them; as "<s> sentence
 * </s>". A sentence_taker; cannot fail. */
MUST_CHECK struct status perplexity_add(void *perplexity, const char *sentence,
                                        const char *path, size_t line);

/* exp(-log P / number), over what is left without... */
double perplexity_of_all(const struct perplexity *p);
double perplexity_of_known(const struct perplexity *p); /* unknown words */
double perplexity_of_words(const struct perplexity *p); /* and "</s>" */

/* A line of name, tab and value for each. */
void perplexity_print(FILE *out, const struct perplexity *p);

#endif
