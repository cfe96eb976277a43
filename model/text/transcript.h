/* What was said in a recording: lines of words with times and confidence. */
#ifndef MODEL_TEXT_TRANSCRIPT_H
#define MODEL_TEXT_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"

/* Times are in seconds of the recording. Strings are UTF-8 and owned. */
struct transcript_word {
    char *text;
    double start_s, end_s;
    double confidence; /* 0 .. 1: how probably the word is right */
};

/* Another text that a decoder found. */
struct transcript_alternative {
    char *text;
    double score;
};

/* What is said between two pauses. */
struct transcript_line {
    double start_s, end_s;
    double score; /* natural log of its probability, as the decoder has it */
    char *text;   /* NULL until it is ended */
    size_t word_count;
    struct transcript_word *words; /* in order, none begins before the last
                                    * one ends */
    size_t alternative_count;      /* 0 unless they were asked for */
    struct transcript_alternative *alternatives; /* best first: text too */
};

/* Zero is empty. */
struct transcript {
    char *name;       /* of the recording: its path, or a table's id */
    const char *path; /* where name is an id; the caller's */
    int channel;      /* 0: all, mixed */
    bool side;        /* there is a transcript for each channel */
    double length_s;
    size_t line_count;
    struct transcript_line *lines;
};

/* Makes *transcript empty, with a copy of name. */
MUST_CHECK struct status transcript_open(struct transcript *transcript,
                                         const char *name, int channel,
                                         double length_s);

/* Appends a line without words; *line is good until the next is appended. */
MUST_CHECK struct status transcript_add_line(struct transcript_line **line,
                                             struct transcript *transcript);

/* Appends *line, which is empty then, also on failure. */
MUST_CHECK struct status transcript_take_line(struct transcript *transcript,
                                              struct transcript_line *line);

/* Appends a word, whose text [length bytes] is copied. */
MUST_CHECK struct status transcript_add_word(struct transcript_line *line,
                                             const char *text, size_t length,
                                             double start_s, double end_s,
                                             double confidence);

/* Appends a text, which is copied. */
MUST_CHECK struct status
transcript_add_alternative(struct transcript_line *line, const char *text,
                           double score);

/* Gives line its text, the words with one space between, and, if it has words,
 * the times of the first and the last. Again after more words. */
MUST_CHECK struct status transcript_end_line(struct transcript_line *line);

void transcript_free_line(struct transcript_line *line);
void transcript_free(struct transcript *transcript);

#endif
