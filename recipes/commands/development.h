/* A development set: recordings that the model has heard once, whose words are
 * looked for again and again. */
#ifndef RECIPES_COMMANDS_DEVELOPMENT_H
#define RECIPES_COMMANDS_DEVELOPMENT_H

#include <stddef.h>

#include "audio/status.h"
#include "model/data/manifest.h"
#include "model/kernel/team.h"
#include "model/recogniser.h"
#include "model/text/edit_distance.h"

struct development_item;

struct development {
    const struct recogniser *recogniser;
    struct team *team;
    struct manifest manifest;
    struct development_item *items; /* [manifest.count] */
    double length_s;                /* of all recordings */
};

/* Reads --table of settings, and what the model makes of every recording, each
 * as a whole, on all workers: 4 bytes for each row and token are kept. Refuses,
 * with path and line, a table without text, or without any word in it, and what
 * cannot be read or is longer than RECOGNISER_LONGEST_S. recogniser must
 * outlive it; empty on failure. */
MUST_CHECK struct status development_open(struct development *development,
                                          const struct settings *settings,
                                          const struct recogniser *recogniser);
void development_close(struct development *development);

/* counts out: word errors of all recordings with decoder, as attune score
 * counts them; both texts are normalised as the model's were. */
MUST_CHECK struct status development_errors(struct edit_counts *counts,
                                            struct development *development,
                                            const struct decoder *decoder);

#endif
