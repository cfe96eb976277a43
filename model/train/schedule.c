/* What changes over a run: the learning rate, and masks. */
#include "model/train/schedule.h"

#include <math.h>
#include <stdbool.h>

double schedule_factor(const struct settings *s, uint64_t update)
{
    double updates = s->updates, now = (double)update;
    double warm = floor(s->warmup * updates);
    if (now < warm)
        return (now + 1) / (warm + 1);
    if (s->schedule == SCHEDULE_CONSTANT)
        return 1;
    double flat =
        s->schedule == SCHEDULE_TRI_STAGE ? floor(s->hold * updates) : 0;
    if (now < warm + flat)
        return 1;
    double rest = updates - warm - flat;
    double progress = rest > 1 ? (now - warm - flat) / (rest - 1) : 1;
    if (progress > 1)
        progress = 1;
    if (s->schedule == SCHEDULE_TRI_STAGE)
        return pow(s->final_scale > 0 ? s->final_scale : 1e-8, progress);
    return s->final_scale +
           (1 - s->final_scale) * 0.5 * (1 + cos(acos(-1.0) * progress));
}

int schedule_rates(struct adamw_rate *rates, const struct settings *s,
                   enum verb verb, int layers, uint64_t update)
{
    double peak = s->learning_rate * schedule_factor(s, update);
    bool tuning = verb == VERB_FINETUNE;
    uint64_t frozen = tuning ? (uint64_t)s->freeze_updates : 0;
    for (int depth = 0; depth <= layers; depth++) {
        double decay = tuning ? pow(s->layer_decay, layers - depth) : 1;
        rates[depth] = (struct adamw_rate){
            .learning_rate = update < frozen ? 0 : peak * decay,
            .step = update < frozen ? 0 : update - frozen + 1};
    }
    rates[layers + 1] =
        (struct adamw_rate){.learning_rate = peak * (tuning ? s->head_rate : 1),
                            .step = update + 1};
    return update < frozen ? layers + 1 : 0;
}

double schedule_mask_share(const struct settings *s, uint64_t update)
{
    double grown = floor(s->mask_warmup * s->updates), now = (double)update;
    return now < grown ? now / grown : 1;
}
