/* The search for the weight of a language model and the bonus for words. */
#include "recipes/commands/tuning.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "model/encoder/settings.h"

#define WEIGHTS 6
#define WEIGHT_STEP 0.5
#define BONUSES 5
#define BONUS_STEP 1.0
#define BONUS_LEAST -1.0
#define STEPS_OFF 4 /* beyond the edge of the grid */

size_t tuning_errors(const struct tuning_point *p)
{
    return p->counts.insertions + p->counts.deletions + p->counts.substitutions;
}

static double distance(const struct tuning_point *a,
                       const struct tuning_point *b)
{
    double weight = (a->lm_weight - b->lm_weight) / WEIGHT_STEP;
    double bonus = (a->word_bonus - b->word_bonus) / BONUS_STEP;
    return weight * weight + bonus * bonus;
}

static bool fewer(const struct tuning *t, const struct tuning_point *a,
                  const struct tuning_point *b)
{
    size_t errors = tuning_errors(a), others = tuning_errors(b);
    return errors < others || (errors == others &&
                               distance(a, t->points) < distance(b, t->points));
}

static bool nearer(const struct tuning *t, const struct tuning_point *a,
                   const struct tuning_point *b)
{
    double far = distance(a, t->points), other = distance(b, t->points);
    return far < other || (far == other && tuning_errors(a) < tuning_errors(b));
}

static void choose(struct tuning *t)
{
    double least = (double)tuning_errors(&t->points[t->least]);
    t->chosen = t->least;
    for (size_t i = 0; i < t->count; i++)
        if ((double)tuning_errors(&t->points[i]) <= least + sqrt(least) &&
            nearer(t, &t->points[i], &t->points[t->chosen]))
            t->chosen = i;
}

static bool in_range(const char *name, double value)
{
    const struct setting *setting = settings_find(name, VERB_TUNE);
    return value >= setting->least && value <= setting->most;
}

static struct status try_point(struct tuning *t, tuning_trial *trial,
                               void *context, double lm_weight,
                               double word_bonus)
{
    if (!in_range("lm-weight", lm_weight) ||
        !in_range("word-bonus", word_bonus))
        return status_ok();
    for (size_t i = 0; i < t->count; i++)
        if (t->points[i].lm_weight == lm_weight &&
            t->points[i].word_bonus == word_bonus)
            return status_ok();
    assert(t->count < TUNING_MOST);
    struct tuning_point *point = &t->points[t->count];
    *point = (struct tuning_point){lm_weight, word_bonus, {.reference = 0}};
    struct status status = trial(context, point);
    if (status_failed(&status))
        return status;
    if (fewer(t, point, &t->points[t->least]))
        t->least = t->count;
    t->count++;
    return status;
}

/* The eight points that are `step` steps of the grid from the least. */
static struct status try_around(struct tuning *t, tuning_trial *trial,
                                void *context, double step)
{
    const struct tuning_point centre = t->points[t->least];
    struct status status = status_ok();
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1 && !status_failed(&status); j++)
            status = try_point(t, trial, context,
                               centre.lm_weight + i * step * WEIGHT_STEP,
                               centre.word_bonus + j * step * BONUS_STEP);
    return status;
}

struct status tuning_search(struct tuning *t, tuning_trial *trial,
                            void *context, double lm_weight, double word_bonus)
{
    t->count = t->least = 0;
    struct status status = try_point(t, trial, context, lm_weight, word_bonus);
    for (int i = 0; i < WEIGHTS; i++)
        for (int j = 0; j < BONUSES && !status_failed(&status); j++)
            status = try_point(t, trial, context, i * WEIGHT_STEP,
                               BONUS_LEAST + j * BONUS_STEP);
    bool moved = true;
    for (int i = 0; i < STEPS_OFF && moved && !status_failed(&status); i++) {
        size_t least = t->least;
        status = try_around(t, trial, context, 1);
        moved = t->least != least;
    }
    for (double step = 0.5; step >= 0.25 && !status_failed(&status); step /= 2)
        status = try_around(t, trial, context, step);
    choose(t);
    return status;
}
