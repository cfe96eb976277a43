/* Which recordings make up an update, and who computes them. */
#include "model/data/batch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/augment.h"
#include "model/kernel/random.h"

struct batch_plan {
    struct batch_settings settings;
    uint32_t *rows;     /* [count] */
    uint32_t *eligible; /* [eligible_count] recordings with rows */
    uint32_t *order;    /* [eligible_count] of this pass */
    size_t eligible_count;
    size_t next; /* in order */
    uint64_t pass;
    size_t items_most, item_rows_most, item_rows_least;
    struct batch_item *sorted; /* [items_most] scratch */
    struct lane *lanes;        /* [lanes] scratch, a heap: least first */
    size_t *next_item;         /* [items_most] scratch, in the same lane */
};

/* What a lane has got of an update. */
struct lane {
    size_t rows, number;
    size_t first, last; /* items, linked by next_item; NONE: none */
};
#define NONE SIZE_MAX

static void start_pass(struct batch_plan *plan)
{
    struct random_key key =
        random_below(random_key(plan->settings.seed, RANDOM_ORDER), plan->pass);
    random_permutation(plan->order, plan->eligible_count, key);
    plan->next = 0;
}

/* Rows at the speed, an upper bound: resampling may round up. */
static uint32_t rows_at(uint32_t rows, double factor)
{
    return factor == 1 ? rows : (uint32_t)(rows / factor) + 2;
}

/* A recording has fewest rows at its own speed where rounding up weighs more
 * than speed. */
static void bound_items(struct batch_plan *p, uint32_t rows)
{
    const double speed = p->settings.speed;
    const double factors[] = {1 - speed, 1, 1 + speed};
    for (size_t i = 0; i < 3; i++) {
        size_t now = rows_at(rows, factors[i]);
        if (now > p->settings.longest)
            now = p->settings.longest;
        if (now > p->item_rows_most)
            p->item_rows_most = now;
        if (now < p->item_rows_least)
            p->item_rows_least = now;
    }
}

struct status batch_plan_open(struct batch_plan **out,
                              const struct batch_settings *settings,
                              const uint32_t *rows, size_t count)
{
    *out = NULL;
    struct batch_plan *p = calloc(1, sizeof *p);
    if (!p)
        return status_memory("batches");
    struct status status = status_ok();
    p->settings = *settings;
    p->rows = calloc(count + 1, sizeof *p->rows);
    p->eligible = calloc(count + 1, sizeof *p->eligible);
    p->order = calloc(count + 1, sizeof *p->order);
    p->lanes = calloc(settings->lanes, sizeof *p->lanes);
    if (!p->rows || !p->eligible || !p->order || !p->lanes) {
        batch_plan_close(p);
        return status_memory("batches");
    }
    memcpy(p->rows, rows, count * sizeof *rows);
    p->item_rows_least = SIZE_MAX;
    for (size_t u = 0; u < count; u++) {
        if (!rows[u])
            continue;
        p->eligible[p->eligible_count++] = (uint32_t)u;
        bound_items(p, rows[u]);
    }
    if (!p->eligible_count)
        status = status_error(STATUS_INPUT,
                              "no recording is long enough to learn from");
    if (!status_failed(&status)) {
        p->items_most = settings->batch_rows / p->item_rows_least + 1;
        p->sorted = calloc(p->items_most, sizeof *p->sorted);
        p->next_item = calloc(p->items_most, sizeof *p->next_item);
        if (!p->sorted || !p->next_item)
            status = status_memory("batches");
    }
    if (status_failed(&status)) {
        batch_plan_close(p);
        return status;
    }
    start_pass(p);
    *out = p;
    return status;
}

void batch_plan_close(struct batch_plan *plan)
{
    if (!plan)
        return;
    free(plan->rows);
    free(plan->eligible);
    free(plan->order);
    free(plan->sorted);
    free(plan->lanes);
    free(plan->next_item);
    free(plan);
}

size_t batch_plan_micro_rows(const struct batch_plan *plan)
{
    size_t rows = plan->settings.micro_rows;
    return rows > plan->item_rows_most ? rows : plan->item_rows_most;
}

size_t batch_plan_longest(const struct batch_plan *plan)
{
    return plan->item_rows_most;
}

size_t batch_plan_micro_items(const struct batch_plan *plan)
{
    return batch_plan_micro_rows(plan) / plan->item_rows_least + 1;
}

struct status batch_open(struct batch *batch, const struct batch_plan *plan)
{
    size_t most = plan->items_most;
    memset(batch, 0, sizeof *batch);
    batch->items = calloc(most, sizeof *batch->items);
    batch->keys = calloc(most, sizeof *batch->keys);
    batch->micros = calloc(most, sizeof *batch->micros);
    batch->lane_micros =
        calloc(plan->settings.lanes + 1, sizeof *batch->lane_micros);
    if (batch->items && batch->keys && batch->micros && batch->lane_micros)
        return status_ok();
    batch_close(batch);
    return status_memory("batches");
}

void batch_close(struct batch *batch)
{
    free(batch->items);
    free(batch->keys);
    free(batch->micros);
    free(batch->lane_micros);
    memset(batch, 0, sizeof *batch);
}

static struct batch_item next_item(struct batch_plan *p)
{
    if (p->next == p->eligible_count) {
        p->pass++;
        start_pass(p);
    }
    uint32_t u = p->eligible[p->order[p->next++]];
    struct batch_item item = {.key = {.utterance = u}, .pass = p->pass};
    uint32_t rows = p->rows[u];
    if (p->settings.speed > 0) {
        struct random_key key = random_below(
            random_below(random_key(p->settings.seed, RANDOM_SPEED), p->pass),
            u);
        double factor = augment_speed(p->settings.speed, key);
        item.key.speed = factor == 1 ? 0 : factor < 1 ? 1 : 2;
        rows = rows_at(rows, factor);
    }
    item.rows = rows;
    if (rows > p->settings.longest) {
        struct random_key key =
            random_below(random_key(p->settings.seed, RANDOM_CROP), p->pass);
        item.rows = (uint32_t)p->settings.longest;
        item.first = random_below_count(key, u, rows - item.rows + 1);
    }
    return item;
}

/* Longest first; recordings of one length in their order of arrival. */
static int longer_first(const void *a, const void *b)
{
    const struct batch_item *x = a, *y = b;
    if (x->rows != y->rows)
        return x->rows > y->rows ? -1 : 1;
    if (x->pass != y->pass)
        return x->pass < y->pass ? -1 : 1;
    return (x->key.utterance > y->key.utterance) -
           (x->key.utterance < y->key.utterance);
}

/* ---- Dealing to lanes ---- */

/* Of lanes that have as much, the first one is next. */
static bool has_less(const struct lane *a, const struct lane *b)
{
    return a->rows != b->rows ? a->rows < b->rows : a->number < b->number;
}

/* lanes [count], a heap but for its root, becomes one. */
static void sift_down(struct lane *lanes, size_t count)
{
    size_t at = 0;
    while (true) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < count && has_less(&lanes[child], &lanes[least]))
                least = child;
        if (least == at)
            return;
        struct lane moved = lanes[at];
        lanes[at] = lanes[least];
        lanes[least] = moved;
        at = least;
    }
}

/* The items [count] of sorted, each to the lane that has least. */
static void deal(struct batch_plan *p, size_t count)
{
    size_t lanes = p->settings.lanes;
    for (size_t l = 0; l < lanes; l++)
        p->lanes[l] = (struct lane){.number = l, .first = NONE};
    for (size_t i = 0; i < count; i++) {
        struct lane *least = &p->lanes[0];
        p->next_item[i] = NONE;
        if (least->first == NONE)
            least->first = i;
        else
            p->next_item[least->last] = i;
        least->last = i;
        least->rows += p->sorted[i].rows;
        sift_down(p->lanes, lanes);
    }
}

static int by_number(const void *a, const void *b)
{
    const struct lane *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static void fill_lane(struct batch *batch, const struct batch_plan *p,
                      size_t lane)
{
    size_t micro_rows = batch_plan_micro_rows(p);
    struct micro_batch *micro = NULL;
    batch->lane_micros[lane] = batch->micro_count;
    size_t item_total = batch->item_count;
    for (size_t i = p->lanes[lane].first; i != NONE; i = p->next_item[i]) {
        if (!micro || micro->rows + p->sorted[i].rows > micro_rows) {
            micro = &batch->micros[batch->micro_count++];
            *micro = (struct micro_batch){.first = item_total, .lane = lane};
        }
        batch->keys[item_total] = p->sorted[i].key;
        batch->items[item_total++] = p->sorted[i];
        micro->count++;
        micro->rows += p->sorted[i].rows;
    }
    batch->item_count = item_total;
}

void batch_next(struct batch *batch, struct batch_plan *p)
{
    size_t count = 0, rows = 0, lanes = p->settings.lanes;
    while (rows < p->settings.batch_rows && count < p->items_most) {
        p->sorted[count] = next_item(p);
        rows += p->sorted[count++].rows;
    }
    qsort(p->sorted, count, sizeof *p->sorted, longer_first);
    deal(p, count);
    qsort(p->lanes, lanes, sizeof *p->lanes, by_number);
    batch->item_count = 0;
    batch->micro_count = 0;
    for (size_t l = 0; l < lanes; l++)
        fill_lane(batch, p, l);
    batch->lane_micros[lanes] = batch->micro_count;
}

const struct features_key *batch_keys(size_t *count, const struct batch *batch,
                                      size_t first, size_t end)
{
    *count = 0;
    for (size_t m = batch->lane_micros[first]; m < batch->lane_micros[end]; m++)
        *count += batch->micros[m].count;
    return batch->keys +
           (*count ? batch->micros[batch->lane_micros[first]].first : 0);
}

void batch_plan_seek(struct batch_plan *plan, struct batch *scratch,
                     uint64_t count)
{
    plan->pass = 0;
    start_pass(plan);
    for (uint64_t i = 0; i < count; i++)
        batch_next(scratch, plan);
}

double batch_plan_passes(const struct batch_plan *plan)
{
    return (double)plan->pass +
           (double)plan->next / (double)plan->eligible_count;
}
