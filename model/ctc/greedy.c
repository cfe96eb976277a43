/* Greedy CTC decoding. */
#include "model/ctc/greedy.h"

size_t greedy_decode(int32_t *ids, size_t *begins, const real *logits,
                     size_t frames, size_t vocabulary)
{
    size_t count = 0, before = 0;
    for (size_t t = 0; t < frames; t++) {
        const real *row = logits + t * vocabulary;
        size_t best = 0;
        for (size_t k = 1; k < vocabulary; k++)
            if (row[k] > row[best])
                best = k;
        if (best && best != before) {
            if (begins)
                begins[count] = t;
            ids[count++] = (int32_t)best;
        }
        before = best;
    }
    return count;
}
