/* The features of a manifest's recordings: read ahead by threads of its own,
 * kept while memory lasts. */
#ifndef MODEL_DATA_FEATURES_H
#define MODEL_DATA_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/data/manifest.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"

#define FEATURES_SPEEDS 3 /* as recorded, slower, faster */

/* One recording at one speed: 0 as recorded, 1 at 1 - settings.speed, 2 at
 * 1 + settings.speed. */
struct features_key {
    uint32_t utterance;
    uint8_t speed;
};

struct features;

/* manifest and settings stay the caller's and must outlive it. mean, scale
 * [bins] are the stored statistics, NULL when there are none (yet). */
MUST_CHECK struct status features_open(struct features **features,
                                       const struct manifest *manifest,
                                       const struct settings *settings,
                                       const float *mean, const float *scale);
void features_close(struct features *features);

/* Reads every recording once, on the workers of team, so that lengths are
 * known and bad files are named before the work begins. progress, if not NULL,
 * is called on the calling thread's worker with recordings done and all there
 * are. A recording that cannot be read is an error (the first in the
 * manifest's order), or with settings.skip_bad counts as no rows. */
MUST_CHECK struct status
features_scan(struct features *features, struct team *team,
              void (*progress)(size_t done, size_t all));

/* Rows of the encoder (stacked frames) at speed 0; 0 for a skipped one. */
size_t features_rows(const struct features *features, size_t utterance);

/* Why a recording was skipped, or NULL. */
const char *features_problem(const struct features *features, size_t utterance);

/* Seconds of audio in all. */
double features_seconds(const struct features *features);

/* Statistics over all that was scanned [bins], valid after the scan where
 * settings.cmvn asks for them; else NULL. */
const float *features_mean(const struct features *features);
const float *features_scale(const struct features *features);

/* Begins reading keys [count] and holds them; returns at once. */
void features_hold(struct features *features, const struct features_key *keys,
                   size_t count);

/* Waits until all that is held is there. Fails with the reading error, or on a
 * recording that is longer or shorter than when it was scanned. */
MUST_CHECK struct status features_wait(struct features *features);

/* A held recording's frames [*frames, bins], normalised; *frames is a multiple
 * of the stride. Valid until released. */
const float *features_get(size_t *frames, struct features *features,
                          struct features_key key);

void features_release(struct features *features,
                      const struct features_key *keys, size_t count);

/* What normalisation the settings ask for, on frames [count, bins] of one
 * whole recording. mean, scale may be NULL for cmvn = utterance. */
MUST_CHECK struct status features_normalise(float *frames, size_t count,
                                            const struct settings *settings,
                                            const float *mean,
                                            const float *scale);

#endif
