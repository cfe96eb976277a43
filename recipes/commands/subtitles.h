/* Subtitles: words cut into what can be read at a time. */
#ifndef RECIPES_COMMANDS_SUBTITLES_H
#define RECIPES_COMMANDS_SUBTITLES_H

#include <stddef.h>
#include <stdio.h>

#include "model/text/transcript.h"

/* Customary limits; a word that alone is longer stays whole. */
#define SUBTITLE_WIDTH 42 /* characters in a row, two rows */
#define SUBTITLE_LONGEST_S 7.0
#define SUBTITLE_PAUSE_S 1.0 /* a longer one always begins a new one */

/* How many of words [count], count >= 1, are shown together: all that fit, up
 * to a pause; where more follow at once, up to the longest gap in the second
 * half of what fits. */
size_t subtitles_cut(const struct transcript_word *words, size_t count);

/* How many of words [count], count >= 1, are in the first row: all, where they
 * fit, or else so many that the two rows are as equal as can be. */
size_t subtitles_first_row(const struct transcript_word *words, size_t count);

/* Whole files. None is shown while the one before it is. */
void subtitles_write_srt(FILE *out, const struct transcript *transcript);
void subtitles_write_vtt(FILE *out, const struct transcript *transcript);

#endif
