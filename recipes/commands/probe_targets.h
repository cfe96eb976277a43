/* The codes that an encoder learned to predict, of other recordings. */
#ifndef RECIPES_COMMANDS_PROBE_TARGETS_H
#define RECIPES_COMMANDS_PROBE_TARGETS_H

#include "audio/status.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"
#include "model/train/run.h"
#include "model/train/targets.h"

/* Labels data, whose features settings are the encoder's, with its quantiser.
 * Clusters of another model's layer want settings.target_model. Else fails on
 * reading and memory. */
MUST_CHECK struct status probe_targets_open(struct targets *targets,
                                            const struct recordings *data,
                                            const struct settings *settings,
                                            const struct quantiser *quantiser,
                                            struct team *team);

#endif
