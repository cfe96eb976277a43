/* The codes that an encoder learned to predict. */
#include "recipes/commands/probe_targets.h"

#include "audio/mfcc.h"

struct status probe_targets_open(struct targets *targets,
                                 const struct recordings *data,
                                 const struct settings *settings,
                                 const struct quantiser *quantiser,
                                 struct team *team)
{
    struct settings own = *settings;
    size_t input = (size_t)quantiser->input;
    size_t stacked = (size_t)own.bins * (size_t)own.stride;
    size_t mfcc = 3 * MFCC_COEFFICIENTS * (size_t)own.stride;
    if (input == stacked || input == mfcc)
        own.target_model[0] = '\0';
    else if (!own.target_model[0])
        return status_error(STATUS_INPUT,
                            "%s: its codes are clusters of another model's "
                            "layer: name it with --target-model",
                            own.model);
    own.targets = input == stacked ? TARGET_RANDOM_PROJECTION : TARGET_KMEANS;
    return targets_open(targets, &data->manifest, data->features, &own,
                        quantiser, team);
}
