/* Is masked prediction learning? Codes in use, accuracy, and an alarm. */
#ifndef MODEL_PRETRAIN_HEALTH_H
#define MODEL_PRETRAIN_HEALTH_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

/* Counts of codes over the whole training set: a property of the targets. */
struct codebook_use {
    int used;          /* codes that occur at all, smallest over codebooks */
    double perplexity; /* exp(entropy), mean over codebooks */
    double guess;      /* accuracy of always saying the most frequent code,
                        * mean over codebooks */
};

/* counts [codebooks, codes] */
void health_codebooks(struct codebook_use *use, const uint64_t *counts,
                      int codebooks, int codes);

/* What is seen of the run since the last look. */
struct health {
    struct codebook_use codebooks;
    int codes;
    double accuracy;     /* on hidden frames */
    double loss;         /* nats per prediction */
    double hidden_share; /* of all frames */
    double gradient_norm;
    uint64_t update, updates;
};

/* One line for the screen: "codes 187/256 perplexity 143.2 accuracy 0.21
 * (guess 0.03) hidden 0.48 gradient 1.32". */
void health_format(char *text, size_t size, const struct health *health);

/* true and a line that names the setting to change, when codes have collapsed
 * (perplexity under a tenth of the codes or under 4: fewer --codes, more
 * --whiten), when the targets leak (accuracy over 0.95: longer --mask-span,
 * more codes), when nothing is learned (after warm-up and at least 300 updates
 * accuracy not above guess by a tenth of guess: --learning-rate), or when
 * hidden_share leaves 0.15 .. 0.85 (--mask-start, --mask-span). */
int health_alarm(char *text, size_t size, const struct health *health,
                 uint64_t warmup);

#endif
