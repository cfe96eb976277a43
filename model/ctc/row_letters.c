/* The letter that each row is part of. */
#include "model/ctc/row_letters.h"

/* The next of ids from i on that is no space. */
static size_t next_letter(const int32_t *ids, size_t i, size_t count,
                          int32_t space)
{
    while (i < count && space && ids[i] == space)
        i++;
    return i;
}

void row_letters(uint16_t *letters, const struct align_span *spans,
                 const int32_t *ids, size_t count, size_t rows, size_t reach,
                 int32_t space)
{
    size_t now = next_letter(ids, 0, count, space);
    for (size_t t = 0; t < rows; t++)
        letters[t] = ROW_SILENCE;
    while (now < count) {
        size_t next = next_letter(ids, now + 1, count, space);
        for (size_t t = spans[now].first; t < spans[now].end; t++)
            letters[t] = (uint16_t)ids[now];
        /* Blanks between the two. */
        for (size_t t = spans[now].end; next < count && t < spans[next].first;
             t++) {
            size_t after = t + 1 - spans[now].end;
            size_t before = spans[next].first - t;
            size_t nearest = after <= before ? now : next;
            if ((after <= before ? after : before) <= reach)
                letters[t] = (uint16_t)ids[nearest];
        }
        now = next;
    }
}
