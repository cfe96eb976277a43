/* Transcripts as other programs read them. */
#include "recipes/commands/formats.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "model/text/normalise.h"
#include "recipes/commands/subtitles.h"

#define LONGEST_MS 3600000000.0 /* a thousand hours */

static const char *const names[FORMAT_COUNT] = {"txt", "json", "ctm",     "trn",
                                                "srt", "vtt",  "TextGrid"};

const char *format_name(enum format format)
{
    return names[format];
}

struct status formats_parse(bool *formats, const char *text)
{
    memset(formats, 0, FORMAT_COUNT * sizeof *formats);
    for (;;) {
        size_t length = strcspn(text, ","), i = 0;
        while (i < FORMAT_COUNT && (strlen(names[i]) != length ||
                                    strncasecmp(names[i], text, length)))
            i++;
        if (i < FORMAT_COUNT)
            formats[i] = true;
        else
            return status_error(STATUS_INPUT,
                                "\"%.*s\" is no format: txt, json, ctm, trn, "
                                "srt, vtt, TextGrid, or several with commas",
                                (int)(length < 40 ? length : 40), text);
        if (!text[length])
            break;
        text += length + 1;
    }
    return status_ok();
}

static long milliseconds(double seconds)
{
    double ms = seconds * 1000;
    return ms > 0 ? lround(ms < LONGEST_MS ? ms : LONGEST_MS) : 0;
}

struct format_times format_times(long *clock_ms,
                                 const struct transcript_word *word)
{
    struct format_times times = {.start_ms = milliseconds(word->start_s),
                                 .end_ms = milliseconds(word->end_s)};
    if (times.start_ms < *clock_ms)
        times.start_ms = *clock_ms;
    if (times.end_ms <= times.start_ms)
        times.end_ms = times.start_ms + 1;
    *clock_ms = times.end_ms;
    return times;
}

static const struct format_escape *find_escape(const struct format_escape *all,
                                               const char *text)
{
    for (; all->character; all++)
        if (!strncmp(text, all->character, strlen(all->character)))
            return all;
    return NULL;
}

void format_text(FILE *out, const char *text,
                 const struct format_escape *escapes)
{
    size_t length = strlen(text), bad = 0;
    const char *end = text + length;
    while (text < end) {
        if (normalise_is_utf8(text, (size_t)(end - text), &bad))
            bad = (size_t)(end - text);
        for (const char *stop = text + bad; text < stop;) {
            const struct format_escape *escape = find_escape(escapes, text);
            unsigned char c = (unsigned char)*text;
            if (escape) {
                fputs(escape->written, out);
                text += strlen(escape->character);
                continue;
            }
            fputc(c < 0x20 || c == 0x7f ? ' ' : c, out);
            text++;
        }
        if (text < end) {
            fputc('?', out);
            text++;
        }
    }
}

/* ---- Lines ---- */

static const struct format_escape plain[] = {{NULL, NULL}};
static const struct format_escape json[] = {
    {"\"", "\\\""}, {"\\", "\\\\"}, {"\n", "\\n"}, {"\t", "\\t"}, {NULL, NULL}};
static const struct format_escape ctm[] = {
    {" ", "_"},  {"\t", "_"},     {"\n", "_"},     {"\r", "_"}, {"\v", "_"},
    {"\f", "_"}, {"\u00a0", "_"}, {"\u3000", "_"}, {NULL, NULL}};
static const struct format_escape trn[] = {
    {" ", "_"},  {"\t", "_"}, {"\n", "_"},     {"\r", "_"},
    {"\v", "_"}, {"\f", "_"}, {"\u00a0", "_"}, {"\u3000", "_"},
    {"(", "_"},  {")", "_"},  {NULL, NULL}};

/* The texts of the lines, with a space between. */
static void write_lines(FILE *out, const struct transcript *t,
                        const struct format_escape *escapes)
{
    bool any = false;
    for (size_t i = 0; i < t->line_count; i++) {
        if (any && *t->lines[i].text)
            fputc(' ', out);
        any = any || *t->lines[i].text;
        format_text(out, t->lines[i].text, escapes);
    }
}

/* Which side of a conversation it is. */
static void write_side(FILE *out, const struct transcript *t)
{
    if (t->side)
        fprintf(out, "#%d", t->channel);
}

static void write_txt(FILE *out, const struct transcript *t)
{
    format_text(out, t->name, plain);
    write_side(out, t);
    fputc('\t', out);
    write_lines(out, t, plain);
    fputc('\n', out);
}

static void write_trn(FILE *out, const struct transcript *t)
{
    write_lines(out, t, plain);
    fputs(" (", out);
    format_text(out, t->name, trn);
    write_side(out, t);
    fputs(")\n", out);
}

static void write_ctm(FILE *out, const struct transcript *t)
{
    long clock_ms = 0;
    for (size_t i = 0; i < t->line_count; i++)
        for (size_t k = 0; k < t->lines[i].word_count; k++) {
            const struct transcript_word *word = &t->lines[i].words[k];
            struct format_times times = format_times(&clock_ms, word);
            bool comment = !strncmp(t->name, ";;", 2);
            if (comment || !*t->name)
                fputc('_', out);
            format_text(out, t->name + comment, ctm);
            fprintf(out, " %d %.3f %.3f ", t->channel ? t->channel : 1,
                    (double)times.start_ms / 1000,
                    (double)(times.end_ms - times.start_ms) / 1000);
            format_text(out, word->text, ctm);
            fprintf(out, " %.3f\n", word->confidence);
        }
}

static void write_json_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, "\"%s\": \"", key);
    format_text(out, text, json);
    fputc('"', out);
}

static void write_json_alternatives(FILE *out,
                                    const struct transcript_line *line)
{
    if (!line->alternative_count)
        return;
    fputs(", \"alternatives\": [", out);
    for (size_t i = 0; i < line->alternative_count; i++) {
        fprintf(out, "%s{\"score\": %.3f, ", i ? ", " : "",
                line->alternatives[i].score);
        write_json_text(out, "text", line->alternatives[i].text);
        fputc('}', out);
    }
    fputc(']', out);
}

static void write_json_line(FILE *out, const struct transcript_line *line,
                            long *clock_ms)
{
    struct transcript_word whole = {.start_s = line->start_s,
                                    .end_s = line->end_s};
    long ahead_ms = *clock_ms;
    struct format_times times = format_times(&ahead_ms, &whole);
    fprintf(out, "{\"start\": %.3f, \"end\": %.3f, \"score\": ",
            (double)times.start_ms / 1000, (double)times.end_ms / 1000);
    if (isfinite(line->score))
        fprintf(out, "%.3f, ", line->score);
    else
        fputs("null, ", out);
    write_json_text(out, "text", line->text);
    fputs(", \"words\": [", out);
    for (size_t i = 0; i < line->word_count; i++) {
        const struct transcript_word *word = &line->words[i];
        times = format_times(clock_ms, word);
        fprintf(out,
                "%s{\"start\": %.3f, \"end\": %.3f, \"confidence\": %.3f, ",
                i ? ", " : "", (double)times.start_ms / 1000,
                (double)times.end_ms / 1000, word->confidence);
        write_json_text(out, "text", word->text);
        fputc('}', out);
    }
    fputc(']', out);
    write_json_alternatives(out, line);
    fputc('}', out);
    if (!line->word_count)
        *clock_ms = ahead_ms;
}

static void write_json(FILE *out, const struct transcript *t)
{
    long clock_ms = 0;
    fputc('{', out);
    if (t->path) {
        write_json_text(out, "id", t->name);
        fputs(", ", out);
    }
    write_json_text(out, "path", t->path ? t->path : t->name);
    fprintf(out, ", \"seconds\": %.3f, \"channel\": %d, \"text\": \"",
            t->length_s, t->channel);
    write_lines(out, t, json);
    fputs("\", \"lines\": [", out);
    for (size_t i = 0; i < t->line_count; i++) {
        fputs(i ? ", " : "", out);
        write_json_line(out, &t->lines[i], &clock_ms);
    }
    fputs("]}\n", out);
}

void format_write_live(FILE *out, const struct transcript_line *line)
{
    long clock_ms = 0;
    write_json_line(out, line, &clock_ms);
    fputc('\n', out);
}

/* ---- All ---- */

void format_write(FILE *out, enum format format,
                  const struct transcript *transcript)
{
    static void (*const writers[FORMAT_COUNT])(
        FILE *, const struct transcript *) = {write_txt,
                                              write_json,
                                              write_ctm,
                                              write_trn,
                                              subtitles_write_srt,
                                              subtitles_write_vtt,
                                              format_write_textgrid};
    writers[format](out, transcript);
}
