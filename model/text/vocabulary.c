/* Words and their numbers. */
#include "model/text/vocabulary.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, folded. */
static size_t hash(const char *text, size_t length)
{
    uint64_t state = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        state = (state ^ (unsigned char)text[i]) * 0x100000001b3u;
    return (size_t)(state ^ state >> 32);
}

/* The slot that holds the text, or the free one where it would be. */
static size_t find_slot(const struct vocabulary *words, const char *text,
                        size_t length)
{
    size_t slot = hash(text, length) & (words->slots - 1);
    while (words->table[slot] != VOCABULARY_NONE) {
        const char *other = vocabulary_text(words, words->table[slot]);
        if (!strncmp(other, text, length) && !other[length])
            break;
        slot = (slot + 1) & (words->slots - 1);
    }
    return slot;
}

uint32_t vocabulary_find(const struct vocabulary *words, const char *text,
                         size_t length)
{
    if (!words->slots)
        return VOCABULARY_NONE;
    return words->table[find_slot(words, text, length)];
}

static bool grow_table(struct vocabulary *words)
{
    size_t slots = words->slots ? 2 * words->slots : 1024;
    uint32_t *table = malloc(slots * sizeof *table);
    if (!table)
        return false;
    memset(table, 0xff, slots * sizeof *table);
    free(words->table);
    words->table = table;
    words->slots = slots;
    for (size_t i = 0; i < words->count; i++) {
        const char *text = vocabulary_text(words, (uint32_t)i);
        table[find_slot(words, text, strlen(text))] = (uint32_t)i;
    }
    return true;
}

static bool grow_words(struct vocabulary *words)
{
    size_t room = words->room ? 2 * words->room : 512;
    size_t *starts = realloc(words->starts, room * sizeof *starts);
    if (!starts)
        return false;
    words->starts = starts;
    words->room = room;
    return true;
}

static bool grow_bytes(struct vocabulary *words, size_t wanted)
{
    size_t room = words->byte_room ? 2 * words->byte_room : 8192;
    while (room < wanted)
        room *= 2;
    char *bytes = realloc(words->bytes, room);
    if (!bytes)
        return false;
    words->bytes = bytes;
    words->byte_room = room;
    return true;
}

struct status vocabulary_add(struct vocabulary *words, const char *text,
                             size_t length)
{
    size_t wanted = words->byte_count + length + 1;
    if (2 * (words->count + 1) > words->slots && !grow_table(words))
        return status_memory("words");
    if (words->count == words->room && !grow_words(words))
        return status_memory("words");
    if (wanted > words->byte_room && !grow_bytes(words, wanted))
        return status_memory("words");
    memcpy(words->bytes + words->byte_count, text, length);
    words->bytes[wanted - 1] = '\0';
    words->table[find_slot(words, text, length)] = (uint32_t)words->count;
    words->starts[words->count++] = words->byte_count;
    words->byte_count = wanted;
    return status_ok();
}

void vocabulary_free(struct vocabulary *words)
{
    free(words->starts);
    free(words->bytes);
    free(words->table);
    *words = (struct vocabulary){.count = 0};
}
