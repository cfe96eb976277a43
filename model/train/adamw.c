/* AdamW over a block of parameters, each rank over a slice of its own. */
#include "model/train/adamw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 16384 /* reals: a block of every lane fits in the cache */
#define GRAIN (ADAMW_GRAIN / sizeof(real))
#define EPSILON 1e-8

#ifdef ATTUNE_DOUBLE
#define real_sqrt sqrt
#else
#define real_sqrt sqrtf
#endif

/* A stretch of one tensor. */
struct block {
    size_t offset, count;
    int depth;
    int decays;
};

struct adamw {
    struct adamw_settings settings;
    real *first, *second;
    size_t block_count;
    struct block *blocks;
    double *squares; /* [block_count] */
    /* What is dealt to ranks: [ranks + 1] each. */
    const struct ranks *ranks;
    size_t *block_starts, *slices, *lane_starts;
    size_t first_block; /* of this rank */
    /* The job at hand. */
    real *const *lanes;
    real scale;
    real *weights, *gathered;
    double clip_scale;
    const struct adamw_rate *rates;
};

/* Cuts the parameters into blocks, and deals blocks and lanes to the ranks. */
static void deal(struct adamw *a, const struct parameters *parameters,
                 size_t lanes)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const struct parameter *p = &parameters->list[i];
        for (size_t done = 0; done < p->count; done += BLOCK) {
            size_t left = p->count - done;
            a->blocks[a->block_count++] =
                (struct block){.offset = p->offset + done,
                               .count = left < BLOCK ? left : BLOCK,
                               .depth = p->depth,
                               .decays = p->kind == PARAMETER_WEIGHT};
        }
    }
    for (int r = 1, count = a->ranks->count; r <= count; r++) {
        size_t b = a->block_starts[r - 1];
        size_t end = ranks_start(a->ranks, r, parameters->total);
        while (b < a->block_count && a->blocks[b].offset < end)
            b++;
        end = b < a->block_count ? a->blocks[b].offset : parameters->total;
        a->block_starts[r] = b;
        a->slices[r] = end / GRAIN;
        a->lane_starts[r] = ranks_start(a->ranks, r, lanes);
    }
    a->first_block = a->block_starts[a->ranks->own];
}

struct status adamw_open(struct adamw **adamw,
                         const struct parameters *parameters,
                         const struct adamw_settings *settings, real *first,
                         real *second, size_t lanes, const struct ranks *ranks)
{
    *adamw = NULL;
    struct adamw *a = calloc(1, sizeof *a);
    if (!a)
        return status_memory("optimiser");
    a->settings = *settings;
    a->first = first;
    a->second = second;
    a->ranks = ranks;
    size_t most = parameters->total / BLOCK + parameters->count + 1;
    size_t starts = (size_t)ranks->count + 1;
    a->blocks = calloc(most, sizeof *a->blocks);
    a->squares = calloc(most, sizeof *a->squares);
    a->block_starts = calloc(3 * starts, sizeof *a->block_starts);
    if (!a->blocks || !a->squares || !a->block_starts) {
        adamw_close(a);
        return status_memory("optimiser");
    }
    a->slices = a->block_starts + starts;
    a->lane_starts = a->slices + starts;
    deal(a, parameters, lanes);
    *adamw = a;
    return status_ok();
}

void adamw_close(struct adamw *a)
{
    if (!a)
        return;
    free(a->blocks);
    free(a->squares);
    free(a->block_starts);
    free(a);
}

const size_t *adamw_slices(const struct adamw *a)
{
    return a->slices;
}

const size_t *adamw_lanes(const struct adamw *a)
{
    return a->lane_starts;
}

static size_t own_blocks(const struct adamw *a)
{
    return a->block_starts[a->ranks->own + 1] - a->first_block;
}

/* Of one of the rank's own lanes, what is of no use here once it was sent. */
static void clear_others(void *context, size_t index, int worker)
{
    const struct adamw *a = context;
    const size_t *slices = a->slices;
    int own = a->ranks->own, count = a->ranks->count;
    real *lane = a->lanes[a->lane_starts[own] + index];
    (void)worker;
    memset(lane, 0, slices[own] * ADAMW_GRAIN);
    memset(lane + slices[own + 1] * GRAIN, 0,
           (slices[count] - slices[own + 1]) * ADAMW_GRAIN);
}

static void gather_block(void *context, size_t index, int worker)
{
    struct adamw *a = context;
    const struct block *b = &a->blocks[a->first_block + index];
    real *sum = a->lanes[0] + b->offset;
    size_t lanes = a->lane_starts[a->ranks->count];
    (void)worker;
    for (size_t l = 1; l < lanes; l++) {
        real *lane = a->lanes[l] + b->offset;
        for (size_t i = 0; i < b->count; i++)
            sum[i] += lane[i];
        memset(lane, 0, b->count * sizeof *lane);
    }
    double square = 0;
    for (size_t i = 0; i < b->count; i++)
        sum[i] *= a->scale;
#pragma omp simd reduction(+ : square)
    for (size_t i = 0; i < b->count; i++)
        square += (double)sum[i] * (double)sum[i];
    a->squares[a->first_block + index] = square;
}

double adamw_gather(struct adamw *a, real *const *lanes, double scale,
                    const struct adamw_rate *rates, struct team *team)
{
    double square = 0;
    int own = a->ranks->own;
    a->lanes = lanes;
    a->scale = (real)scale;
    ranks_exchange(a->ranks, (void *const *)lanes, a->lane_starts, a->slices,
                   ADAMW_GRAIN);
    team_run(team, clear_others, a,
             a->lane_starts[own + 1] - a->lane_starts[own]);
    team_run(team, gather_block, a, own_blocks(a));
    ranks_gather(a->ranks, a->squares, a->block_starts, sizeof *a->squares);
    for (size_t i = 0; i < a->block_count; i++)
        if (rates[a->blocks[i].depth].learning_rate > 0)
            square += a->squares[i];
    return sqrt(square);
}

static void apply_block(void *context, size_t index, int worker)
{
    const struct adamw *a = context;
    const struct block *b = &a->blocks[a->first_block + index];
    const struct adamw_rate *rate = &a->rates[b->depth];
    real *gradient = a->gathered + b->offset;
    real *weight = a->weights + b->offset;
    real *first = a->first + b->offset, *second = a->second + b->offset;
    (void)worker;
    if (rate->learning_rate > 0) {
        double step = (double)rate->step;
        double correct1 = 1 - pow(a->settings.beta1, step);
        double correct2 = 1 - pow(a->settings.beta2, step);
        real clip = (real)a->clip_scale;
        real beta1 = (real)a->settings.beta1, beta2 = (real)a->settings.beta2;
        real size = (real)(rate->learning_rate / correct1);
        real root = (real)(1 / sqrt(correct2)), epsilon = (real)EPSILON;
        real keep = (real)(1 - (b->decays ? rate->learning_rate *
                                                a->settings.weight_decay
                                          : 0));
        for (size_t i = 0; i < b->count; i++) {
            real g = gradient[i] * clip;
            real m = beta1 * first[i] + (1 - beta1) * g;
            real v = beta2 * second[i] + (1 - beta2) * g * g;
            first[i] = m;
            second[i] = v;
            weight[i] =
                keep * weight[i] - size * m / (real_sqrt(v) * root + epsilon);
        }
    }
    memset(gradient, 0, b->count * sizeof *gradient);
}

void adamw_apply(struct adamw *a, real *weights, real *gathered, double norm,
                 const struct adamw_rate *rates, struct team *team)
{
    a->weights = weights;
    a->gathered = gathered;
    a->rates = rates;
    a->clip_scale = a->settings.clip > 0 && norm > a->settings.clip
                        ? a->settings.clip / norm
                        : 1;
    team_run(team, apply_block, a, own_blocks(a));
    ranks_gather(a->ranks, weights, a->slices, ADAMW_GRAIN);
}

void adamw_drop(const struct adamw *a, real *gathered)
{
    for (size_t i = 0; i < own_blocks(a); i++) {
        const struct block *b = &a->blocks[a->first_block + i];
        memset(gathered + b->offset, 0, b->count * sizeof *gathered);
    }
}
