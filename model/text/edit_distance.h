/* Alignment of a reference with a hypothesis, and its errors. */
#ifndef MODEL_TEXT_EDIT_DISTANCE_H
#define MODEL_TEXT_EDIT_DISTANCE_H

#include <stddef.h>

#include "audio/status.h"

struct edit_counts {
    size_t reference; /* words (or characters) in the reference */
    size_t insertions, deletions, substitutions;
};

enum edit { EDIT_MATCH, EDIT_SUBSTITUTION, EDIT_INSERTION, EDIT_DELETION };

/* Fewest errors between two sequences of words, with sclite's costs and ties
 * (match 0, insertion 3, deletion 3, substitution 4), so that the counts are
 * sclite's.
 *
 * edits       [*edit_count]  out, owned by the caller; NULL if not wanted
 * reference   [n]  words; compared by strcmp
 * hypothesis  [m]
 *
 * Adds into *counts. Fails on memory only. */
MUST_CHECK struct status edit_distance(struct edit_counts *counts,
                                       enum edit **edits, size_t *edit_count,
                                       const char *const *reference, size_t n,
                                       const char *const *hypothesis, size_t m);

/* The same over whole texts: split at white space into words, or (characters
 * != 0) into characters, a space between words counting as one. */
MUST_CHECK struct status edit_distance_text(struct edit_counts *counts,
                                            const char *reference,
                                            const char *hypothesis,
                                            int characters);

/* Errors per reference item in per cent; 0 for empty against empty, infinite
 * for an empty reference with insertions. */
double edit_rate(const struct edit_counts *counts);

/* "12.34 [ 95 / 770, 10 ins, 20 del, 65 sub ]" into text [size]. */
void edit_format(char *text, size_t size, const struct edit_counts *counts);

#endif
