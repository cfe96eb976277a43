/* Words and their numbers. */
#ifndef MODEL_TEXT_VOCABULARY_H
#define MODEL_TEXT_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

#define VOCABULARY_NONE UINT32_MAX

/* The zero value is empty. */
struct vocabulary {
    size_t count, room;
    size_t *starts; /* [room] where the words are in bytes */
    char *bytes;    /* [byte_room] the words, each with a zero behind it */
    size_t byte_count, byte_room;
    uint32_t *table; /* [slots] by hash: words, or VOCABULARY_NONE */
    size_t slots;    /* a power of two, or 0 */
};

/* The number of a text of length bytes, VOCABULARY_NONE if it is not there. */
uint32_t vocabulary_find(const struct vocabulary *words, const char *text,
                         size_t length);

/* Adds a text without zeros that is not there yet, as number words->count. At
 * most VOCABULARY_NONE words. Fails on memory only. */
MUST_CHECK struct status vocabulary_add(struct vocabulary *words,
                                        const char *text, size_t length);

static inline const char *vocabulary_text(const struct vocabulary *words,
                                          uint32_t word)
{
    return words->bytes + words->starts[word];
}

void vocabulary_free(struct vocabulary *words);

#endif
