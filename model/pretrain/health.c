/* Is masked prediction learning? */
#include "model/pretrain/health.h"

#include <math.h>
#include <stdio.h>

void health_codebooks(struct codebook_use *use, const uint64_t *counts,
                      int codebooks, int codes)
{
    *use = (struct codebook_use){.used = codes};
    for (int b = 0; b < codebooks; b++) {
        const uint64_t *own = counts + (size_t)b * (size_t)codes;
        double total = 0, entropy = 0, most = 0;
        int used = 0;
        for (int v = 0; v < codes; v++) {
            total += (double)own[v];
            most = fmax(most, (double)own[v]);
            used += own[v] > 0;
        }
        for (int v = 0; v < codes; v++)
            if (own[v])
                entropy -= (double)own[v] / total * log((double)own[v] / total);
        use->used = used < use->used ? used : use->used;
        use->perplexity += exp(entropy) / codebooks;
        use->guess += total > 0 ? most / total / codebooks : 0;
    }
}

void health_format(char *text, size_t size, const struct health *h)
{
    snprintf(text, size,
             "codes %d/%d perplexity %.1f accuracy %.3f (guess %.3f) hidden "
             "%.2f gradient %.2f",
             h->codebooks.used, h->codes, h->codebooks.perplexity, h->accuracy,
             h->codebooks.guess, h->hidden_share, h->gradient_norm);
}

int health_alarm(char *text, size_t size, const struct health *h,
                 uint64_t warmup)
{
    double least = h->codes * 0.1;
    if (h->codebooks.perplexity < (least > 4 ? least : 4) &&
        h->codebooks.perplexity < h->codes * 0.9)
        snprintf(text, size,
                 "codes have collapsed: perplexity %.1f of %d: lower --codes "
                 "or raise --whiten",
                 h->codebooks.perplexity, h->codes);
    else if (h->accuracy > 0.95)
        snprintf(text, size,
                 "targets leak: %.1f %% of hidden frames are predicted: "
                 "lengthen --mask-span or raise --codes",
                 100 * h->accuracy);
    else if (h->hidden_share < 0.15 || h->hidden_share > 0.85)
        snprintf(text, size,
                 "%.0f %% of the frames are hidden: change --mask-start or "
                 "--mask-span",
                 100 * h->hidden_share);
    else if (h->update > warmup && h->update >= 300 &&
             h->accuracy < 1.1 * h->codebooks.guess)
        snprintf(text, size,
                 "nothing is learned: accuracy %.3f, always the same code "
                 "%.3f: change --learning-rate",
                 h->accuracy, h->codebooks.guess);
    else
        return 0;
    return 1;
}
