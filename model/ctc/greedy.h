/* Greedy CTC decoding: the best token of each frame, repeats merged, blanks
 * dropped. */
#ifndef MODEL_CTC_GREEDY_H
#define MODEL_CTC_GREEDY_H

#include <stddef.h>
#include <stdint.h>

#include "model/kernel/real.h"

/* ids, begins  [frames]  out: tokens and the frame each begins at (begins may
 *                        be NULL); at most one per frame
 * logits       [frames, vocabulary]
 *
 * Returns how many tokens. Ties go to the smaller id. Cannot fail. */
size_t greedy_decode(int32_t *ids, size_t *begins, const real *logits,
                     size_t frames, size_t vocabulary);

#endif
