/* What changes over a run: the learning rate, and masks. */
#ifndef MODEL_TRAIN_SCHEDULE_H
#define MODEL_TRAIN_SCHEDULE_H

#include <stdint.h>

#include "model/encoder/settings.h"
#include "model/train/adamw.h"

/* Factor of the peak rate at update 0 .. updates - 1, in (0, 1] (0 at the end
 * of a cosine whose final_scale is 0): linear over the warm-up, then as
 * settings->schedule says down to final_scale: cosine (Loshchilov and Hutter
 * 2017), tri-stage (hold, then exponential; Park et al. 2019), constant. */
double schedule_factor(const struct settings *settings, uint64_t update);

/* What each depth learns in an update, rates [layers + 2]; returns the lowest
 * depth that learns. In fine-tuning, lower layers learn less, and at first the
 * head learns alone, as the settings say. */
int schedule_rates(struct adamw_rate *rates, const struct settings *settings,
                   enum verb verb, int layers, uint64_t update);

/* Width of SpecAugment's masks in an update, as a share of the whole: from 0,
 * linearly over settings->mask_warmup of the updates, then 1. */
double schedule_mask_share(const struct settings *settings, uint64_t update);

#endif
