/* The letter that each row is part of, where CTC says it in a row or two. */
#ifndef MODEL_CTC_ROW_LETTERS_H
#define MODEL_CTC_ROW_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "model/ctc/align.h"

#define ROW_SILENCE 0 /* the blank's id, which no letter has */

/* CTC writes a token somewhere in its sound, and blanks around it. So a row
 * belongs to the nearest letter (of two as near the earlier one, for sounds go
 * on behind their tokens: see model/ctc/words.h), but to none before the first
 * letter, behind the last one, and farther than reach rows from any. A space is
 * no sound: its rows are shared out like blanks.
 *
 * letters  [rows]   out: ids, or ROW_SILENCE
 * spans    [count]  in: of ids [count], as align_tokens gives them
 * space    the token between words; 0: there is none
 *
 * Cannot fail. */
void row_letters(uint16_t *letters, const struct align_span *spans,
                 const int32_t *ids, size_t count, size_t rows, size_t reach,
                 int32_t space);

#endif
