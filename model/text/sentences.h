/* The sentences of a text, as language models take them. */
#ifndef MODEL_TEXT_SENTENCES_H
#define MODEL_TEXT_SENTENCES_H

#include <stddef.h>

#include "audio/status.h"
#include "model/text/normalise.h"

enum sentence_unit { UNIT_WORD, UNIT_CHARACTER };

#define SENTENCE_SPACE "<space>" /* the space, as a word */

struct sentence_settings {
    struct normalise_settings normalise;
    enum sentence_unit unit;
};

/* Takes a sentence: words with single spaces between them. */
typedef struct status sentence_taker(void *context, const char *sentence,
                                     const char *path, size_t line);

/* Gives taker a raw text, normalised, as words; or as user-perceived characters
 * with spaces between them, its own spaces as SENTENCE_SPACE. A text of no
 * words is no sentence (to KenLM an empty line is one). Fails on what is not
 * UTF-8, naming path and line, on memory, and as taker does. */
MUST_CHECK struct status sentence_give(sentence_taker *taker, void *context,
                                       const char *raw, const char *path,
                                       size_t line,
                                       const struct sentence_settings *s);

/* The same with every line of a text file, plain or gzip ("-": stdin). A byte
 * order mark is passed over. Fails also as line_reader_next does, and on a file
 * that has no words. */
MUST_CHECK struct status sentences_read(sentence_taker *taker, void *context,
                                        const char *path,
                                        const struct sentence_settings *s);

#endif
