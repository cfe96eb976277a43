/* Benchmarks: recordings like speech in length and spectrum. */
#ifndef TESTS_SPEECH_H
#define TESTS_SPEECH_H

#include <stddef.h>

#define SPEECH_CHARACTERS_A_SECOND 12

/* Fills samples [count] with voiced syllables and a little noise. */
void speech_fill(float *samples, size_t count, int rate_hz, unsigned seed);

/* Writes recordings of lengths_s [count] seconds (16 kHz) and a table with
 * made-up text under the scratch folder; returns the table's path, good until
 * the next call. */
const char *speech_corpus(const char *name, const double *lengths_s,
                          size_t count);

#endif
