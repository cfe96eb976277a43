/* The learning rate over a run. */
#ifndef MODEL_TRAIN_SCHEDULE_H
#define MODEL_TRAIN_SCHEDULE_H

#include <stdint.h>

#include "model/encoder/settings.h"

/* Factor of the peak rate at update 0 .. updates - 1, in (0, 1] (0 at the end
 * of a cosine whose final_scale is 0): linear over the warm-up, then as
 * settings->schedule says down to final_scale: cosine (Loshchilov and Hutter
 * 2017), tri-stage (hold, then exponential; Park et al. 2019), constant. */
double schedule_factor(const struct settings *settings, uint64_t update);

#endif
