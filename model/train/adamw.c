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
    const struct ranks *ranks;
    const struct lanes *lanes;
    size_t *block_starts, *slices;   /* [ranks + 1] what is dealt to ranks */
    size_t first_block, block_share; /* of this rank */
    real **heads;                    /* [lanes->count] what ranks send */
    /* The job at hand. */
    real scale;
    real *weights;
    double clip_scale;
    const struct adamw_rate *rates;
};

/* Cuts the parameters into blocks, and deals them to the ranks. */
static void deal(struct adamw *a, const struct parameters *parameters)
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
    }
    a->first_block = a->block_starts[a->ranks->own];
    a->block_share = a->block_starts[a->ranks->own + 1] - a->first_block;
}

struct status adamw_open(struct adamw **adamw,
                         const struct parameters *parameters,
                         const struct adamw_settings *settings, real *first,
                         real *second, const struct lanes *lanes,
                         const struct ranks *ranks)
{
    *adamw = NULL;
    struct adamw *a = calloc(1, sizeof *a);
    if (!a)
        return status_memory("optimiser");
    a->settings = *settings;
    a->first = first;
    a->second = second;
    a->ranks = ranks;
    a->lanes = lanes;
    size_t most = parameters->total / BLOCK + parameters->count + 1;
    size_t starts = (size_t)ranks->count + 1;
    a->blocks = calloc(most, sizeof *a->blocks);
    a->squares = calloc(most, sizeof *a->squares);
    a->block_starts = calloc(starts, sizeof *a->block_starts);
    a->slices = calloc(starts, sizeof *a->slices);
    a->heads = calloc(lanes->count, sizeof *a->heads);
    if (!a->blocks || !a->squares || !a->block_starts || !a->slices ||
        !a->heads) {
        adamw_close(a);
        return status_memory("optimiser");
    }
    deal(a, parameters);
    for (size_t h = 0; h < lanes->head_starts[ranks->count]; h++)
        a->heads[h] = lanes->gradients[lanes->heads[h]];
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
    free(a->slices);
    free(a->heads);
    free(a);
}

const size_t *adamw_slices(const struct adamw *a)
{
    return a->slices;
}

/* Blocks that are not this rank's: its lanes are summed, to be sent. */
static void gather_others(void *context, size_t index, int worker)
{
    const struct adamw *a = context;
    if (index >= a->first_block)
        index += a->block_share;
    (void)worker;
    lanes_sum(a->lanes, a->blocks[index].offset, a->blocks[index].count, false);
}

/* What has been sent. */
static void clear_others(void *context, size_t index, int worker)
{
    const struct adamw *a = context;
    const struct lanes *lanes = a->lanes;
    if (index >= a->first_block)
        index += a->block_share;
    const struct block *b = &a->blocks[index];
    (void)worker;
    for (size_t h = lanes->head_starts[lanes->own];
         h < lanes->head_starts[lanes->own + 1]; h++)
        memset(a->heads[h] + b->offset, 0, b->count * sizeof(real));
}

static void gather_block(void *context, size_t index, int worker)
{
    struct adamw *a = context;
    const struct block *b = &a->blocks[a->first_block + index];
    real *sum = a->lanes->gradients[0] + b->offset;
    (void)worker;
    lanes_sum(a->lanes, b->offset, b->count, true);
    double square = 0;
    for (size_t i = 0; i < b->count; i++)
        sum[i] *= a->scale;
#pragma omp simd reduction(+ : square)
    for (size_t i = 0; i < b->count; i++)
        square += (double)sum[i] * (double)sum[i];
    a->squares[a->first_block + index] = square;
}

double adamw_gather(struct adamw *a, double scale,
                    const struct adamw_rate *rates, struct team *team)
{
    double square = 0;
    size_t others = a->block_count - a->block_share;
    a->scale = (real)scale;
    team_run(team, gather_others, a, others);
    ranks_exchange(a->ranks, (void *const *)a->heads, a->lanes->head_starts,
                   a->slices, ADAMW_GRAIN);
    team_run(team, clear_others, a, others);
    team_run(team, gather_block, a, a->block_share);
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
    real *gradient = a->lanes->gradients[0] + b->offset;
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

void adamw_apply(struct adamw *a, real *weights, double norm,
                 const struct adamw_rate *rates, struct team *team)
{
    a->weights = weights;
    a->rates = rates;
    a->clip_scale = a->settings.clip > 0 && norm > a->settings.clip
                        ? a->settings.clip / norm
                        : 1;
    team_run(team, apply_block, a, a->block_share);
    ranks_gather(a->ranks, weights, a->slices, ADAMW_GRAIN);
}

void adamw_drop(const struct adamw *a)
{
    for (size_t i = 0; i < a->block_share; i++) {
        const struct block *b = &a->blocks[a->first_block + i];
        memset(a->lanes->gradients[0] + b->offset, 0, b->count * sizeof(real));
    }
}
