/* Recordings that are learned from as one. */
#include "model/train/joining.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct status joining_open(struct joining *j, size_t items, size_t labels)
{
    j->starts = calloc(items + 1, sizeof *j->starts);
    j->label_starts = calloc(items + 1, sizeof *j->label_starts);
    j->labels = calloc(items + 1, (labels + 1) * sizeof *j->labels);
    if (j->starts && j->label_starts && j->labels)
        return status_ok();
    joining_close(j);
    return status_memory("labels");
}

void joining_close(struct joining *j)
{
    free(j->starts);
    free(j->label_starts);
    free(j->labels);
    memset(j, 0, sizeof *j);
}

/* The same in each view. */
static bool joins(const struct batch_item *a, const struct batch_item *b,
                  struct random_key key)
{
    return a->view == b->view &&
           random_uniform(random_below(key, b->pass), b->key.utterance) <
               JOINING_SHARE;
}

void joining_fill(struct joining *j, struct pack *pack,
                  const struct batch_item *items,
                  const struct transcripts *texts, size_t longest,
                  int32_t space, struct random_key key)
{
    size_t n = 0, end = 0; /* utterances; labels so far */
    for (size_t i = 0; i < pack->utterances; i++) {
        size_t u = items[i].key.utterance;
        size_t count = texts->starts[u + 1] - texts->starts[u];
        size_t gap = space ? 1 : 0;
        bool joined = i && joins(&items[i - 1], &items[i], key) &&
                      pack->starts[i + 1] - j->starts[n - 1] <= longest &&
                      end - j->label_starts[n - 1] + gap + count <= longest;
        if (joined && space) {
            j->labels[end++] = space;
        } else if (!joined) {
            j->starts[n] = pack->starts[i];
            j->label_starts[n++] = end;
        }
        memcpy(j->labels + end, texts->labels + texts->starts[u],
               count * sizeof *j->labels);
        end += count;
    }
    j->starts[n] = pack->rows;
    j->label_starts[n] = end;
    pack->utterances = n;
    pack->starts = j->starts;
}
