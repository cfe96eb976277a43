/* Transcripts as other programs read them. */
#ifndef RECIPES_COMMANDS_FORMATS_H
#define RECIPES_COMMANDS_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "audio/status.h"
#include "model/text/transcript.h"

/* Those before FORMAT_SRT are one or more lines for each recording and may
 * follow each other in a file; the others are a file for each.
 *
 * txt       NAME TAB TEXT; as in trn, NAME#N for the channels of a recording
 * json      one object a line: of a table's recordings id; path, seconds,
 * channel (0: mixed), text, and lines of start, end, score, text, words of
 * start, end, confidence, text and, if asked for, alternatives of score, text
 * ctm       NIST's: ID CHANNEL START DURATION WORD CONFIDENCE, a word a line
 * trn       sclite's: TEXT (ID)
 * srt       SubRip: see subtitles.h
 * vtt       WebVTT, the same
 * TextGrid  Praat's long text format: a tier "words" of the whole recording
 *
 * Times are written in milliseconds (0.001). They never run backwards and no
 * word is shorter than one, whatever they were. Bytes that are not UTF-8 are
 * written as '?', control characters as a space; as '_' are written in ctm
 * white space in an ID or a word, and the ";;" that would begin a comment, in
 * trn white space and ( ) in an ID. A double quote is doubled in TextGrid, and
 * vtt has & < > as entities. */
enum format {
    FORMAT_TXT,
    FORMAT_JSON,
    FORMAT_CTM,
    FORMAT_TRN,
    FORMAT_SRT,
    FORMAT_VTT,
    FORMAT_TEXTGRID,
    FORMAT_COUNT
};

/* "srt", as it is asked for and as the ending of a file. */
const char *format_name(enum format format);

/* Reads "txt,srt", in any case, into formats [FORMAT_COUNT]. Refuses an unknown
 * one, naming those there are. */
MUST_CHECK struct status formats_parse(bool *formats, const char *text);

/* Writes a transcript, whose lines have ended. Failures are out's (ferror). */
void format_write(FILE *out, enum format format,
                  const struct transcript *transcript);

/* A line by itself, as an object of json's "lines". */
void format_write_live(FILE *out, const struct transcript_line *line);

/* ---- For the formats ---- */

/* Whole milliseconds. */
struct format_times {
    long start_ms, end_ms;
};

/* Of word, which begins no earlier than clock_ms: moves that on to its end. */
struct format_times format_times(long *clock_ms,
                                 const struct transcript_word *word);

/* What a character becomes in a format. */
struct format_escape {
    const char *character; /* NULL: the end of the list */
    const char *written;
};

/* Writes text with what is escaped, control characters as a space, and bytes
 * that are not UTF-8 as '?'. */
void format_text(FILE *out, const char *text,
                 const struct format_escape *escapes);

void format_write_textgrid(FILE *out, const struct transcript *transcript);

#endif
