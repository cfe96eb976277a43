/* ARPA files: the text form of back-off n-gram models. */
#ifndef MODEL_TEXT_ARPA_H
#define MODEL_TEXT_ARPA_H

#include "audio/status.h"
#include "model/text/ngram_tree.h"

/* Into an empty model; see ngram_read. What is there on failure is to be freed
 * by ngram_tree_free.
 *
 *     \data\
 *     ngram 1=3                          n-grams of 1 .. order words
 *
 *     \1-grams:
 *     -0.5<TAB>word[<TAB>-0.3]           log10 of probability and weight
 *     ...
 *     \end\
 *
 * Text before \data\ is passed over; spaces serve as well as tabs. */
MUST_CHECK struct status arpa_read(struct ngram *model, const char *path);

#endif
