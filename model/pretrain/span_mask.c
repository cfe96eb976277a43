/* Spans of frames hidden from the encoder. */
#include "model/pretrain/span_mask.h"

#include <string.h>

static size_t hide(unsigned char *hidden, size_t rows, size_t first,
                   size_t span)
{
    size_t count = 0;
    for (size_t i = first; i < rows && i < first + span; i++) {
        count += !hidden[i];
        hidden[i] = 1;
    }
    return count;
}

size_t span_mask(unsigned char *hidden, size_t rows, double start, size_t span,
                 struct random_key key)
{
    size_t count = 0;
    memset(hidden, 0, rows);
    if (!rows)
        return 0;
    for (size_t i = 0; i < rows; i++)
        if (random_uniform(key, i) < start)
            count += hide(hidden, rows, i, span);
    if (!count) {
        size_t most = rows > 1 ? rows / 2 : 1;
        size_t length = span < most ? span : most;
        size_t first =
            random_below_count(key, rows, (uint32_t)(rows - length + 1));
        count = hide(hidden, rows, first, length);
    }
    if (count == rows && rows > 1) {
        hidden[random_below_count(key, rows + 1, (uint32_t)rows)] = 0;
        count--;
    }
    return count;
}
