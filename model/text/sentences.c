/* The sentences of a text, as language models take them. */
#include "model/text/sentences.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/text/line_reader.h"
#include "model/text/tokens.h"

/* What Windows writes before UTF-8. */
static const char mark[] = "\xef\xbb\xbf";

/* text's characters as words [owned by the caller]; NULL without memory. */
static char *spell(const char *text)
{
    /* A space becomes the most: a word and the space behind it. */
    char *words = malloc(strlen(text) * (sizeof SENTENCE_SPACE + 1) + 1);
    char *out = words;
    for (size_t length; words && *text; text += length) {
        length = tokens_character_length(text);
        bool space = length == 1 && *text == ' ';
        if (out > words)
            *out++ = ' ';
        size_t count = space ? strlen(SENTENCE_SPACE) : length;
        memcpy(out, space ? SENTENCE_SPACE : text, count);
        out += count;
    }
    if (words)
        *out = '\0';
    return words;
}

struct status sentence_give(sentence_taker *taker, void *context,
                            const char *raw, const char *path, size_t line,
                            const struct sentence_settings *s)
{
    char *text, *words = NULL;
    struct status status = normalise_text(&text, raw, &s->normalise);
    if (status.code == STATUS_INPUT)
        return status_error(STATUS_INPUT, "%s:%zu: %s", path, line,
                            status.text);
    if (status_failed(&status))
        return status;
    if (s->unit == UNIT_CHARACTER && !(words = spell(text)))
        status = status_memory(path);
    else if (*text)
        status = taker(context, words ? words : text, path, line);
    free(words);
    free(text);
    return status;
}

struct counting_taker {
    sentence_taker *taker;
    void *context;
    size_t sentences;
};

static struct status take(void *context, const char *sentence, const char *path,
                          size_t line)
{
    struct counting_taker *counting = context;
    counting->sentences++;
    return counting->taker(counting->context, sentence, path, line);
}

struct status sentences_read(sentence_taker *taker, void *context,
                             const char *path,
                             const struct sentence_settings *s)
{
    struct counting_taker counting = {taker, context, 0};
    struct line_reader reader;
    struct status status = line_reader_open(&reader, path);
    if (status_failed(&status))
        return status;
    while (true) {
        char *text;
        size_t length;
        status = line_reader_next(&text, &length, &reader);
        if (status_failed(&status) || !text)
            break;
        if (reader.line == 1 && !strncmp(text, mark, strlen(mark)))
            text += strlen(mark);
        status =
            sentence_give(take, &counting, text, reader.path, reader.line, s);
        if (status_failed(&status))
            break;
    }
    line_reader_close(&reader);
    if (!status_failed(&status) && !counting.sentences)
        status = status_error(STATUS_INPUT, "%s: holds no words", reader.path);
    return status;
}
