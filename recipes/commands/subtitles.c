/* Subtitles: words cut into what can be read at a time. */
#include "recipes/commands/subtitles.h"

#include <stdbool.h>

#include "recipes/commands/formats.h"

/* Characters of words [count] with a space between. */
static size_t width(const struct transcript_word *words, size_t count)
{
    size_t characters = count ? count - 1 : 0;
    for (size_t i = 0; i < count; i++)
        for (const char *p = words[i].text; *p; p++)
            characters += ((unsigned char)*p & 0xc0) != 0x80;
    return characters;
}

static size_t wider(const struct transcript_word *words, size_t count,
                    size_t first)
{
    size_t one = width(words, first);
    size_t two = width(words + first, count - first);
    return one > two ? one : two;
}

size_t subtitles_first_row(const struct transcript_word *words, size_t count)
{
    size_t best = count;
    if (width(words, count) <= SUBTITLE_WIDTH)
        return count;
    for (size_t i = 1; i < count; i++)
        if (wider(words, count, i) < wider(words, count, best))
            best = i;
    return best;
}

static bool fits(const struct transcript_word *words, size_t count)
{
    size_t first = subtitles_first_row(words, count);
    return wider(words, count, first) <= SUBTITLE_WIDTH &&
           words[count - 1].end_s - words->start_s <= SUBTITLE_LONGEST_S;
}

/* Between word i - 1 and word i. */
static double gap_s(const struct transcript_word *words, size_t i)
{
    return words[i].start_s - words[i - 1].end_s;
}

size_t subtitles_cut(const struct transcript_word *words, size_t count)
{
    size_t most = 1;
    while (most < count && gap_s(words, most) <= SUBTITLE_PAUSE_S &&
           fits(words, most + 1))
        most++;
    if (most == count || gap_s(words, most) > SUBTITLE_PAUSE_S)
        return most;
    size_t best = most;
    for (size_t i = most - 1; i > most / 2; i--)
        if (gap_s(words, i) > gap_s(words, best))
            best = i;
    return best;
}

static void write_clock(FILE *out, long ms, char point)
{
    fprintf(out, "%02ld:%02ld:%02ld%c%03ld", ms / 3600000, ms / 60000 % 60,
            ms / 1000 % 60, point, ms % 1000);
}

static void write_row(FILE *out, const struct transcript_word *words,
                      size_t count, const struct format_escape *escapes)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            fputc(' ', out);
        format_text(out, words[i].text, escapes);
    }
    fputc('\n', out);
}

/* One that is shown; its words move the clock on. */
static void write_one(FILE *out, const struct transcript_word *words,
                      size_t count, long *clock_ms, char point,
                      const struct format_escape *escapes)
{
    struct format_times times = format_times(clock_ms, words);
    write_clock(out, times.start_ms, point);
    for (size_t i = 1; i < count; i++)
        times = format_times(clock_ms, &words[i]);
    fputs(" --> ", out);
    write_clock(out, times.end_ms, point);
    fputc('\n', out);
    size_t first = subtitles_first_row(words, count);
    write_row(out, words, first, escapes);
    if (first < count)
        write_row(out, words + first, count - first, escapes);
    fputc('\n', out);
}

static void write_all(FILE *out, const struct transcript *t, bool numbers,
                      char point, const struct format_escape *escapes)
{
    long clock_ms = 0;
    size_t number = 0;
    for (size_t i = 0; i < t->line_count; i++) {
        const struct transcript_line *line = &t->lines[i];
        for (size_t k = 0; k < line->word_count;) {
            size_t count = subtitles_cut(line->words + k, line->word_count - k);
            if (numbers)
                fprintf(out, "%zu\n", ++number);
            write_one(out, line->words + k, count, &clock_ms, point, escapes);
            k += count;
        }
    }
}

void subtitles_write_srt(FILE *out, const struct transcript *transcript)
{
    static const struct format_escape none[] = {{NULL, NULL}};
    write_all(out, transcript, true, ',', none);
}

void subtitles_write_vtt(FILE *out, const struct transcript *transcript)
{
    static const struct format_escape entities[] = {
        {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {NULL, NULL}};
    fputs("WEBVTT\n\n", out);
    write_all(out, transcript, false, '.', entities);
}
