/* The search for the weight of a language model, and the bonus for words, that
 * make fewest errors. */
#ifndef RECIPES_COMMANDS_TUNING_H
#define RECIPES_COMMANDS_TUNING_H

#include <stddef.h>

#include "audio/status.h"
#include "model/text/edit_distance.h"

#define TUNING_USUAL 47 /* points, where the best lies inside the grid */
#define TUNING_MOST 80

struct tuning_point {
    double lm_weight, word_bonus;
    struct edit_counts counts;
};

struct tuning {
    struct tuning_point points[TUNING_MOST]; /* [count] as they were tried */
    size_t count, best;
};

/* Sets the counts of *point. */
typedef struct status tuning_trial(void *context, struct tuning_point *point);

/* Tries lm_weight and word_bonus, points[0]; then a grid of weights 0 to 2.5
 * by 0.5 and bonuses -1 to 3 by 1; then the neighbours of the best, which
 * leads off the grid (four steps at most) where the best lies at its edge; then
 * those half a step and those a quarter of a step away. Nothing outside the
 * settings' ranges is tried, and nothing twice.
 *
 * Of points with as many errors the best is the one nearest to points[0]
 * (distances in steps of the grid), and of those the one that was tried first.
 *
 * Fails as trial does. */
MUST_CHECK struct status tuning_search(struct tuning *tuning,
                                       tuning_trial *trial, void *context,
                                       double lm_weight, double word_bonus);

/* Insertions, deletions and substitutions. */
size_t tuning_errors(const struct tuning_point *point);

#endif
