/* What fine-tuning learns from a pack of utterances. */
#include "model/train/utterance_losses.h"

#include <stdlib.h>
#include <string.h>

#include "model/ctc/consistency.h"
#include "model/ctc/ctc_loss.h"
#include "model/layer/softmax_loss.h"

int utterance_views(const struct settings *settings)
{
    return settings->consistency > 0 ? 2 : 1;
}

size_t utterance_views_fill(struct batch_item *views,
                            const struct batch_item *items, size_t count,
                            const struct settings *settings)
{
    size_t all = count * (size_t)utterance_views(settings);
    for (size_t i = 0; i < all; i++) {
        views[i] = items[i % count];
        views[i].view = (uint32_t)(i / count);
    }
    return all;
}

struct status utterance_losses_open(struct utterance_losses *l,
                                    const struct settings *settings,
                                    size_t rows, size_t longest, size_t labels,
                                    size_t tokens)
{
    size_t compared = utterance_views(settings) > 1 ? rows : 1;
    size_t scratch = ctc_scratch(longest, tokens, labels);
    l->settings = settings;
    l->tokens = tokens;
    l->log_p = calloc(compared, tokens * sizeof *l->log_p);
    l->scratch = calloc(scratch, sizeof *l->scratch);
    return l->log_p && l->scratch ? status_ok() : status_memory("workers");
}

void utterance_losses_close(struct utterance_losses *l)
{
    free(l->log_p);
    free(l->scratch);
    memset(l, 0, sizeof *l);
}

void utterance_losses(struct lane_sums *sums, real *logits,
                      struct utterance_losses *l, const struct pack *pack,
                      const struct joining *j)
{
    size_t tokens = l->tokens;
    bool compared = utterance_views(l->settings) > 1;
    if (compared) {
        memcpy(l->log_p, logits, pack->rows * tokens * sizeof *logits);
        log_softmax(l->log_p, pack->rows, tokens);
    }
    for (size_t i = 0; i < pack->utterances; i++) {
        size_t start = j->starts[i], rows = j->starts[i + 1] - start;
        size_t count = j->label_starts[i + 1] - j->label_starts[i];
        const int32_t *labels = j->labels + j->label_starts[i];
        real *own = logits + start * tokens;
        double loss =
            ctc_loss(own, own, rows, tokens, labels, count, l->scratch);
        sums->rows += (double)rows;
        sums->seconds += (double)rows * l->settings->stride / 100;
        /* Faster speech may leave too few frames. */
        if (rows < ctc_frames_needed(labels, count))
            continue;
        sums->loss += loss;
        sums->weight += (double)count;
    }
    if (compared)
        sums->loss += consistency_loss(logits, l->log_p, pack->rows / 2, tokens,
                                       l->settings->consistency);
}
