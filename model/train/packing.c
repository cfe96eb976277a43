/* Copies a micro-batch's frames end to end into the encoder's input. */
#include "model/train/packing.h"

#include <stdlib.h>
#include <string.h>

struct status packing_open(struct packing *p, size_t rows, size_t items,
                           size_t width)
{
    memset(p, 0, sizeof *p);
    p->input = calloc(rows, width * sizeof *p->input);
    p->starts = calloc(items + 1, sizeof *p->starts);
    p->first = calloc(items, sizeof *p->first);
    if (p->input && p->starts && p->first)
        return status_ok();
    packing_close(p);
    return status_memory("input");
}

void packing_close(struct packing *p)
{
    free(p->input);
    free(p->starts);
    free(p->first);
    memset(p, 0, sizeof *p);
}

static struct random_key augment_key(const struct settings *s,
                                     const struct batch_item *item)
{
    struct random_key key = random_key((uint64_t)s->seed, RANDOM_SPECAUGMENT);
    key = random_below(random_below(key, item->pass), item->key.utterance);
    return item->view ? random_below(key, item->view) : key;
}

void packing_fill(struct packing *p, const struct batch_item *items,
                  size_t count, struct features *features,
                  const struct settings *settings,
                  const struct augment_settings *augment)
{
    size_t stride = (size_t)settings->stride, bins = (size_t)settings->bins;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t frames;
        const float *x = features_get(&frames, features, items[i].key);
        size_t there = frames / stride, rows = items[i].rows;
        rows = rows < there ? rows : there;
        size_t first = items[i].first;
        first = first + rows <= there ? first : there - rows;
        real *out = p->input + at * stride * bins;
        x += first * stride * bins;
        for (size_t k = 0; k < rows * stride * bins; k++)
            out[k] = (real)x[k];
        if (augment)
            augment_spec(out, rows * stride, settings->bins, augment,
                         augment_key(settings, &items[i]));
        p->starts[i] = at;
        p->first[i] = first;
        at += rows;
    }
    p->starts[count] = at;
    p->pack =
        (struct pack){.rows = at, .utterances = count, .starts = p->starts};
}
