/* Variations of training data: SpecAugment and speed. */
#include "model/data/augment.h"

#include <math.h>
#include <string.h>

struct augment_settings augment_narrower(const struct augment_settings *s,
                                         double share)
{
    struct augment_settings narrower = *s;
    narrower.time_width = (size_t)round(share * (double)s->time_width);
    narrower.frequency_width = (int)round(share * s->frequency_width);
    return narrower;
}

static void mask_time(real *frames, size_t count, size_t bins,
                      const struct augment_settings *s, struct random_key key)
{
    size_t budget = (size_t)(s->time_share * (double)count);
    for (int i = 0; i < s->time_masks && budget; i++) {
        uint64_t index = 2 * (uint64_t)i;
        size_t width =
            random_below_count(key, index, (uint32_t)s->time_width + 1);
        width = width < budget ? width : budget;
        size_t first =
            random_below_count(key, index + 1, (uint32_t)(count - width + 1));
        memset(frames + first * bins, 0, width * bins * sizeof *frames);
        budget -= width;
    }
}

static void mask_frequency(real *frames, size_t count, int bins,
                           const struct augment_settings *s,
                           struct random_key key)
{
    int widest = s->frequency_width < bins ? s->frequency_width : bins - 1;
    for (int i = 0; i < s->frequency_masks; i++) {
        uint64_t index = 2 * (uint64_t)i;
        int width = (int)random_below_count(key, index, (uint32_t)widest + 1);
        int first = (int)random_below_count(key, index + 1,
                                            (uint32_t)(bins - width + 1));
        for (size_t t = 0; t < count; t++)
            memset(frames + t * (size_t)bins + first, 0,
                   (size_t)width * sizeof *frames);
    }
}

void augment_spec(real *frames, size_t count, int bins,
                  const struct augment_settings *settings,
                  struct random_key key)
{
    mask_time(frames, count, (size_t)bins, settings, random_below(key, 0));
    mask_frequency(frames, count, bins, settings, random_below(key, 1));
}

double augment_speed(double range, struct random_key key)
{
    uint32_t choice = random_below_count(key, 0, 3);
    return choice == 0 ? 1 - range : choice == 1 ? 1 : 1 + range;
}
