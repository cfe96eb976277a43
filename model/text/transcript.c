/* What was said in a recording: lines of words with times and confidence. */
#include "model/text/transcript.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more in array [count] of elements of size: arrays double when
 * count is a power of two. */
static bool grow(void **array, size_t count, size_t size)
{
    if (count & (count - 1))
        return true;
    void *more = realloc(*array, (count ? 2 * count : 1) * size);
    if (more)
        *array = more;
    return more != NULL;
}

struct status transcript_open(struct transcript *transcript, const char *name,
                              int channel, double length_s)
{
    *transcript = (struct transcript){
        .name = strdup(name), .channel = channel, .length_s = length_s};
    if (transcript->name)
        return status_ok();
    transcript_free(transcript);
    return status_memory(name);
}

struct status transcript_add_line(struct transcript_line **line,
                                  struct transcript *transcript)
{
    void *lines = transcript->lines;
    *line = NULL;
    if (!grow(&lines, transcript->line_count, sizeof **line))
        return status_memory("transcript");
    transcript->lines = lines;
    *line = &transcript->lines[transcript->line_count++];
    **line = (struct transcript_line){.text = NULL};
    return status_ok();
}

struct status transcript_take_line(struct transcript *transcript,
                                   struct transcript_line *line)
{
    struct transcript_line *place;
    struct status status = transcript_add_line(&place, transcript);
    if (status_failed(&status)) {
        transcript_free_line(line);
    } else {
        *place = *line;
        *line = (struct transcript_line){.text = NULL};
    }
    return status;
}

struct status transcript_add_word(struct transcript_line *line,
                                  const char *text, size_t length,
                                  double start_s, double end_s,
                                  double confidence)
{
    void *words = line->words;
    char *copy = strndup(text, length);
    bool room = copy && grow(&words, line->word_count, sizeof *line->words);
    if (!room) {
        free(copy);
        return status_memory("transcript");
    }
    line->words = words;
    line->words[line->word_count++] =
        (struct transcript_word){.text = copy,
                                 .start_s = start_s,
                                 .end_s = end_s,
                                 .confidence = confidence};
    return status_ok();
}

struct status transcript_add_alternative(struct transcript_line *line,
                                         const char *text, double score)
{
    void *list = line->alternatives;
    char *copy = strdup(text);
    if (!copy ||
        !grow(&list, line->alternative_count, sizeof *line->alternatives)) {
        free(copy);
        return status_memory("transcript");
    }
    line->alternatives = list;
    line->alternatives[line->alternative_count++] =
        (struct transcript_alternative){.text = copy, .score = score};
    return status_ok();
}

struct status transcript_end_line(struct transcript_line *line)
{
    const struct transcript_word *words = line->words;
    size_t count = line->word_count, room = 1;
    for (size_t i = 0; i < count; i++)
        room += strlen(words[i].text) + 1;
    char *text = malloc(room), *end = text;
    if (!text)
        return status_memory("transcript");
    for (size_t i = 0; i < count; i++) {
        if (i)
            *end++ = ' ';
        end = stpcpy(end, words[i].text);
    }
    *end = '\0';
    free(line->text);
    line->text = text;
    if (count) {
        line->start_s = words[0].start_s;
        line->end_s = words[count - 1].end_s;
    }
    return status_ok();
}

void transcript_free_line(struct transcript_line *line)
{
    for (size_t i = 0; i < line->alternative_count; i++)
        free(line->alternatives[i].text);
    free(line->alternatives);
    for (size_t i = 0; i < line->word_count; i++)
        free(line->words[i].text);
    free(line->words);
    free(line->text);
    *line = (struct transcript_line){.text = NULL};
}

void transcript_free(struct transcript *transcript)
{
    for (size_t i = 0; i < transcript->line_count; i++)
        transcript_free_line(&transcript->lines[i]);
    free(transcript->lines);
    free(transcript->name);
    *transcript = (struct transcript){.name = NULL};
}
