/* Spans of frames hidden from the encoder. */
#ifndef MODEL_PRETRAIN_SPAN_MASK_H
#define MODEL_PRETRAIN_SPAN_MASK_H

#include <stddef.h>

#include "model/kernel/random.h"

/* hidden [rows] out: 1 where hidden. Each row starts a span of span rows with
 * probability start (spans overlap; w2v 2.0 and BEST-RQ); clipped at the end;
 * at least one span of min(span, max(1, rows / 2)) rows is hidden in every
 * utterance, and at least one row is left visible where rows > 1.
 *
 * Returns how many are hidden. A function of key and rows. Cannot fail. */
size_t span_mask(unsigned char *hidden, size_t rows, double start, size_t span,
                 struct random_key key);

#endif
