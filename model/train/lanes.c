/* Lanes: the fixed parts that an update's gradient is summed in. */
#include "model/train/lanes.h"

#include <stdlib.h>
#include <string.h>

#define SEVERAL (-1)

/* Whose the sum of lane i and lane i + step is, each with what it has taken up
 * before: lanes i .. i + 2 step - 1. */
static int rank_of_sum(const struct lanes *lanes, size_t i, size_t step)
{
    size_t end = i + 2 * step < lanes->count ? i + 2 * step : lanes->count;
    return lanes->rank[i] == lanes->rank[end - 1] ? lanes->rank[i] : SEVERAL;
}

struct status lanes_open(struct lanes *lanes, size_t count, size_t items,
                         const struct ranks *ranks)
{
    size_t starts = (size_t)ranks->count + 1;
    *lanes = (struct lanes){.count = count, .own = ranks->own};
    lanes->starts = calloc(starts, sizeof *lanes->starts);
    lanes->head_starts = calloc(starts, sizeof *lanes->head_starts);
    lanes->heads = calloc(count, sizeof *lanes->heads);
    lanes->rank = calloc(count, sizeof *lanes->rank);
    lanes->gradients = calloc(count, sizeof *lanes->gradients);
    if (!lanes->starts || !lanes->head_starts || !lanes->heads ||
        !lanes->rank || !lanes->gradients) {
        lanes_close(lanes);
        return status_memory("lanes");
    }
    for (int r = 0; r < ranks->count; r++) {
        lanes->starts[r + 1] = ranks_start(ranks, r + 1, count);
        for (size_t l = lanes->starts[r]; l < lanes->starts[r + 1]; l++)
            lanes->rank[l] = r;
    }
    size_t heads = 0;
    for (size_t l = 0; l < count; l++) {
        size_t step = l & -l; /* at which l is added to l - step */
        bool head = !l || rank_of_sum(lanes, l - step, step) == SEVERAL;
        if (head)
            lanes->heads[heads++] = l;
        lanes->head_starts[lanes->rank[l] + 1] = heads;
        if (!head && lanes->rank[l] != ranks->own)
            continue;
        lanes->gradients[l] = calloc(items, sizeof **lanes->gradients);
        if (!lanes->gradients[l]) {
            lanes_close(lanes);
            return status_memory("gradients (lower --lanes)");
        }
    }
    return status_ok();
}

void lanes_close(struct lanes *lanes)
{
    for (size_t l = 0; lanes->gradients && l < lanes->count; l++)
        free(lanes->gradients[l]);
    free(lanes->gradients);
    free(lanes->starts);
    free(lanes->head_starts);
    free(lanes->heads);
    free(lanes->rank);
    *lanes = (struct lanes){.count = 0};
}

void lanes_sum(const struct lanes *lanes, size_t first, size_t count, bool rest)
{
    for (size_t step = 1; step < lanes->count; step *= 2) {
        for (size_t i = 0; i + step < lanes->count; i += 2 * step) {
            int rank = rank_of_sum(lanes, i, step);
            if (rank != lanes->own && !(rest && rank == SEVERAL))
                continue;
            real *sum = lanes->gradients[i] + first;
            real *part = lanes->gradients[i + step] + first;
            for (size_t k = 0; k < count; k++)
                sum[k] += part[k];
            memset(part, 0, count * sizeof *part);
        }
    }
}
