/* The search for the weight of a language model, and the bonus for words, that
 * make few errors. */
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
    size_t count;
    size_t least;  /* the point with fewest errors */
    size_t chosen; /* the point to use */
};

/* Sets the counts of *point. */
typedef struct status tuning_trial(void *context, struct tuning_point *point);

/* Tries lm_weight and word_bonus, points[0]; then a grid of weights 0 to 2.5
 * by 0.5 and bonuses -1 to 3 by 1; then the neighbours of the least, which
 * leads off the grid (four steps at most) where the least lies at its edge;
 * then those half a step and those a quarter of a step away. Nothing outside
 * the settings' ranges is tried, and nothing twice.
 *
 * The least of so many points owes some of that to chance: of all whose errors
 * are within one standard deviation of the least's (n errors have sqrt(n)) the
 * one nearest to points[0] is chosen (distances in steps of the grid; of equals
 * the one with fewer errors, or that was tried first). Breiman et al. 1984, the
 * one-standard-error rule.
 *
 * Fails as trial does. */
MUST_CHECK struct status tuning_search(struct tuning *tuning,
                                       tuning_trial *trial, void *context,
                                       double lm_weight, double word_bonus);

/* Insertions, deletions and substitutions. */
size_t tuning_errors(const struct tuning_point *point);

#endif
