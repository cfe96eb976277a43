/* AdamW over a block of parameters, from the gradients of several lanes. */
#include "model/train/adamw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 16384 /* reals: a block of every lane fits in the cache */
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
    /* The job at hand. */
    real *const *lanes;
    size_t lane_count;
    real scale;
    real *weights, *gathered;
    double clip_scale;
    const struct adamw_rate *rates;
};

struct status adamw_open(struct adamw **adamw,
                         const struct parameters *parameters,
                         const struct adamw_settings *settings, real *first,
                         real *second)
{
    *adamw = NULL;
    struct adamw *a = calloc(1, sizeof *a);
    if (!a)
        return status_memory("optimiser");
    a->settings = *settings;
    a->first = first;
    a->second = second;
    size_t most = parameters->total / BLOCK + parameters->count + 1;
    a->blocks = calloc(most, sizeof *a->blocks);
    a->squares = calloc(most, sizeof *a->squares);
    if (!a->blocks || !a->squares) {
        adamw_close(a);
        return status_memory("optimiser");
    }
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
    *adamw = a;
    return status_ok();
}

void adamw_close(struct adamw *a)
{
    if (!a)
        return;
    free(a->blocks);
    free(a->squares);
    free(a);
}

static void gather_block(void *context, size_t index, int worker)
{
    struct adamw *a = context;
    const struct block *b = &a->blocks[index];
    real *sum = a->lanes[0] + b->offset;
    (void)worker;
    for (size_t l = 1; l < a->lane_count; l++) {
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
    a->squares[index] = square;
}

double adamw_gather(struct adamw *a, real *const *lanes, size_t lane_count,
                    double scale, const struct adamw_rate *rates,
                    struct team *team)
{
    double square = 0;
    a->lanes = lanes;
    a->lane_count = lane_count;
    a->scale = (real)scale;
    team_run(team, gather_block, a, a->block_count);
    for (size_t i = 0; i < a->block_count; i++)
        if (rates[a->blocks[i].depth].learning_rate > 0)
            square += a->squares[i];
    return sqrt(square);
}

static void apply_block(void *context, size_t index, int worker)
{
    const struct adamw *a = context;
    const struct block *b = &a->blocks[index];
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
    team_run(team, apply_block, a, a->block_count);
}
