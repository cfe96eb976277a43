/* Which recordings of an update have a loss or gradient that is not finite. */
#include "model/train/nonfinite.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const struct trainer *trainer;
    const struct trainer_micro *micro;
    const real *weights;
    const struct lanes *lanes;
    size_t first_lane;       /* of this rank */
    struct nonfinite *found; /* [lanes] */
};

static bool all_finite(const real *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static void search_lane(void *context, size_t index, int worker)
{
    const struct search *s = context;
    const struct batch *batch = s->micro->batch;
    size_t lane = s->first_lane + index;
    size_t total = s->trainer->parameters->total;
    real *gradients = s->lanes->gradients[lane];
    struct nonfinite *found = &s->found[lane];
    size_t end = batch->lane_micros[lane + 1];
    for (size_t m = batch->lane_micros[lane]; m < end; m++) {
        const struct micro_batch *whole = &batch->micros[m];
        for (size_t i = whole->first; i < whole->first + whole->count; i++) {
            struct micro_batch alone = {.count = 1,
                                        .rows = batch->items[i].rows};
            struct batch one = {.items = batch->items + i, .micros = &alone};
            struct trainer_micro micro = *s->micro;
            struct lane_sums sums = {.loss = 0};
            micro.batch = &one;
            micro.micro = 0;
            micro.worker = worker;
            s->trainer->task->compute(s->trainer->task->context, &sums,
                                      gradients, s->weights, &micro);
            found->items++;
            if (isfinite(sums.loss) && all_finite(gradients, total)) {
                memset(gradients, 0, total * sizeof *gradients);
                continue;
            }
            if (!found->count++) {
                found->first = batch->items[i].key.utterance;
                found->loss = !isfinite(sums.loss);
            }
            memset(gradients, 0, total * sizeof *gradients);
        }
    }
}

struct status nonfinite_search(struct nonfinite *found,
                               const struct trainer *trainer,
                               const struct trainer_micro *micro,
                               const real *weights, const struct lanes *lanes)
{
    const struct ranks *ranks = trainer->ranks;
    size_t first = lanes->starts[ranks->own], count = lanes->count;
    size_t share = lanes->starts[ranks->own + 1] - first;
    struct search search = {.trainer = trainer,
                            .micro = micro,
                            .weights = weights,
                            .lanes = lanes,
                            .first_lane = first,
                            .found = calloc(count, sizeof *search.found)};
    struct status status = ranks_agree(
        ranks,
        search.found ? status_ok() : status_memory("search for a recording"));
    *found = (struct nonfinite){.count = 0};
    if (!status_failed(&status)) {
        team_run(trainer->team, search_lane, &search, share);
        ranks_gather(ranks, search.found, lanes->starts, sizeof *search.found);
    }
    for (size_t l = 0; l < count && !status_failed(&status); l++) {
        const struct nonfinite *own = &search.found[l];
        if (!found->count) {
            found->first = own->first;
            found->loss = own->loss;
        }
        found->count += own->count;
        found->items += own->items;
    }
    free(search.found);
    return status;
}

void nonfinite_format(char *text, size_t size, const struct nonfinite *found,
                      const struct manifest *manifest, uint64_t update)
{
    const char *what = found->loss ? "loss" : "gradient";
    const struct utterance *u = &manifest->utterances[found->first];
    int length =
        snprintf(text, size, "update %llu: ", (unsigned long long)update);
    text += length;
    size -= (size_t)length;
    if (!found->count)
        snprintf(text, size, "the gradient is not finite");
    else if (found->count == 1)
        snprintf(text, size, "the %s of %s (%s) is not finite", what, u->id,
                 u->path);
    else
        snprintf(text, size,
                 "%zu of %zu recordings are not finite, first the %s of %s "
                 "(%s)",
                 found->count, found->items, what, u->id, u->path);
}
