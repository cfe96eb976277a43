/* Which recordings make up an update, and who computes them: a function of
 * the seed and the update's number alone. */
#ifndef MODEL_DATA_BATCH_H
#define MODEL_DATA_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/data/features.h"

/* A piece of a recording. */
struct batch_item {
    struct features_key key;
    uint64_t pass;  /* how often all recordings were gone through before */
    uint32_t first; /* row it begins at (cropped recordings) */
    uint32_t rows;  /* at most; at another speed than 0 there may be fewer */
    uint32_t view;  /* 0, or 1: the same piece, augmented differently */
};

/* Items packed end to end, computed at once. */
struct micro_batch {
    size_t first, count; /* items */
    size_t rows;         /* sum of the items' rows */
    size_t lane;
};

/* One update. Micro-batches are in the order of lanes, and within a lane in
 * the order in which they are summed. */
struct batch {
    struct batch_item *items;
    struct features_key *keys; /* of the items, for features_hold */
    size_t item_count;
    struct micro_batch *micros;
    size_t micro_count;
    size_t *lane_micros; /* [lanes + 1]: lane l is micros lane_micros[l] ..
                          * lane_micros[l + 1] - 1 */
};

/* How updates are made. */
struct batch_settings {
    uint64_t seed;
    size_t lanes;
    size_t batch_rows; /* an update takes recordings until it has these */
    size_t micro_rows; /* rows computed at once, at most (one recording may be
                        * longer) */
    size_t longest;    /* longer recordings are cropped to this many rows */
    double speed;      /* perturbation; 0: none */
};

struct batch_plan;

/* rows [count] is copied: recordings with 0 rows are never chosen. Fails on
 * memory, or if all are 0. */
MUST_CHECK struct status batch_plan_open(struct batch_plan **plan,
                                         const struct batch_settings *settings,
                                         const uint32_t *rows, size_t count);
void batch_plan_close(struct batch_plan *plan);

/* Most rows a micro-batch, and one item, can have. */
size_t batch_plan_micro_rows(const struct batch_plan *plan);
size_t batch_plan_longest(const struct batch_plan *plan);
size_t batch_plan_micro_items(const struct batch_plan *plan);

/* Memory for one update. */
MUST_CHECK struct status batch_open(struct batch *batch,
                                    const struct batch_plan *plan);
void batch_close(struct batch *batch);

/* The next update: recordings follow each other in a fresh random order in
 * each pass, across the ends of updates; they are dealt to the lanes longest
 * first, each to the lane that has least, so that lanes weigh the same. (No
 * buckets of equal length: packed utterances need no padding.) Allocates
 * nothing. */
void batch_next(struct batch *batch, struct batch_plan *plan);

/* Keys [*count] of the items of lanes first .. end - 1. */
const struct features_key *batch_keys(size_t *count, const struct batch *batch,
                                      size_t first, size_t end);

/* Passes over updates 0 .. count - 1: what comes next is update `count`. */
void batch_plan_seek(struct batch_plan *plan, struct batch *scratch,
                     uint64_t count);

/* Passes over the recordings that are done. */
double batch_plan_passes(const struct batch_plan *plan);

#endif
