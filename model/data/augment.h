/* Variations of training data: SpecAugment and speed. */
#ifndef MODEL_DATA_AUGMENT_H
#define MODEL_DATA_AUGMENT_H

#include <stddef.h>

#include "model/kernel/random.h"
#include "model/kernel/real.h"

struct augment_settings {
    int time_masks;    /* of uniformly drawn width, at most ... */
    size_t time_width; /* ... this many frames */
    double time_share; /* all together at most this share of the frames */
    int frequency_masks;
    int frequency_width; /* bins */
};

/* The settings with masks that are `share` (0 to 1) as wide, at most. */
struct augment_settings
augment_narrower(const struct augment_settings *settings, double share);

/* Masks frames [count, bins] of one utterance in place with 0, the mean of
 * normalised features. A function of key. Park et al. 2019, without the
 * warping. */
void augment_spec(real *frames, size_t count, int bins,
                  const struct augment_settings *settings,
                  struct random_key key);

/* 1 - range, 1 or 1 + range, each as likely (Ko et al. 2015). */
double augment_speed(double range, struct random_key key);

#endif
