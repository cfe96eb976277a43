/* k-means targets: k-means++ and Lloyd's iterations over workers. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/pretrain/quantiser.h"

#define BLOCK 4096 /* vectors a worker takes; sums go in block order */

struct clustering {
    struct quantiser *q;
    const float *points; /* [count, width] standardised */
    size_t count;
    uint16_t *labels;  /* [count] */
    double *sums;      /* [blocks, codes, width] */
    uint32_t *members; /* [blocks, codes] */
    float **scratch;   /* [workers] */
};

static void assign_block(void *context, size_t block, int worker)
{
    struct clustering *c = context;
    size_t width = (size_t)c->q->width, codes = (size_t)c->q->codes;
    size_t first = block * BLOCK;
    size_t count = c->count - first < BLOCK ? c->count - first : BLOCK;
    double *sums = c->sums + block * codes * width;
    uint32_t *members = c->members + block * codes;
    quantiser_label(c->labels + first, c->q, c->points + first * width, count,
                    c->scratch[worker]);
    memset(sums, 0, codes * width * sizeof *sums);
    memset(members, 0, codes * sizeof *members);
    for (size_t t = first; t < first + count; t++) {
        double *sum = sums + c->labels[t] * width;
        members[c->labels[t]]++;
        for (size_t i = 0; i < width; i++)
            sum[i] += (double)c->points[t * width + i];
    }
}

static void set_centroid(struct quantiser *q, size_t v, const float *x)
{
    size_t width = (size_t)q->width;
    double square = 0;
    for (size_t i = 0; i < width; i++) {
        q->code[v * width + i] = x[i];
        square += (double)x[i] * (double)x[i];
    }
    q->bias[v] = (float)(-square / 2);
}

static double distance(const float *a, const float *b, size_t width)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < width; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return (double)sum;
}

/* k-means++ (Arthur and Vassilvitskii 2007): the next centre is a point drawn
 * by its squared distance from the nearest so far. */
static void seed(struct clustering *c, double *nearest, struct random_key key)
{
    size_t width = (size_t)c->q->width;
    size_t chosen = random_below_count(key, 0, (uint32_t)c->count);
    for (size_t t = 0; t < c->count; t++)
        nearest[t] = INFINITY;
    for (size_t v = 0; v < (size_t)c->q->codes; v++) {
        const float *centre = c->points + chosen * width;
        double total = 0;
        set_centroid(c->q, v, centre);
        for (size_t t = 0; t < c->count; t++) {
            double d = distance(c->points + t * width, centre, width);
            nearest[t] = d < nearest[t] ? d : nearest[t];
            total += nearest[t];
        }
        double drawn = total * random_uniform(key, v + 1);
        for (chosen = 0; chosen + 1 < c->count; chosen++) {
            drawn -= nearest[chosen];
            if (drawn < 0)
                break;
        }
    }
}

/* New centres; an empty cluster takes a member of the largest. */
static void update(struct clustering *c, size_t blocks, float *centre)
{
    size_t width = (size_t)c->q->width, codes = (size_t)c->q->codes;
    for (size_t k = 1; k < blocks; k++) {
        for (size_t i = 0; i < codes * width; i++)
            c->sums[i] += c->sums[k * codes * width + i];
        for (size_t v = 0; v < codes; v++)
            c->members[v] += c->members[k * codes + v];
    }
    for (size_t v = 0; v < codes; v++) {
        if (!c->members[v])
            continue;
        for (size_t i = 0; i < width; i++)
            centre[i] = (float)(c->sums[v * width + i] / c->members[v]);
        set_centroid(c->q, v, centre);
    }
    for (size_t v = 0; v < codes; v++) {
        size_t largest = 0, t = 0;
        if (c->members[v])
            continue;
        for (size_t w = 1; w < codes; w++)
            if (c->members[w] > c->members[largest])
                largest = w;
        while (t < c->count && c->labels[t] != largest)
            t++;
        if (t == c->count)
            continue;
        c->labels[t] = (uint16_t)v;
        c->members[largest]--;
        c->members[v] = 1;
        set_centroid(c->q, v, c->points + t * width);
    }
}

/* Mean and 1 / deviation of each dimension; points standardised copies. */
static void standardise(float *points, float *mean, float *scale,
                        const float *sample, size_t count, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0, square = 0;
        for (size_t t = 0; t < count; t++)
            sum += (double)sample[t * n + i];
        double m = sum / (double)count;
        for (size_t t = 0; t < count; t++) {
            double d = (double)sample[t * n + i] - m;
            square += d * d;
        }
        mean[i] = (float)m;
        scale[i] = (float)(1 / sqrt(square / (double)count + 1e-10));
        for (size_t t = 0; t < count; t++)
            points[t * n + i] = (sample[t * n + i] - mean[i]) * scale[i];
    }
}

/* While clustering, q works on standardised points; then it is made to
 * standardise by itself. */
static void set_projection(struct quantiser *q, const float *mean,
                           const float *scale)
{
    size_t n = (size_t)q->input;
    memset(q->projection, 0, n * n * sizeof *q->projection);
    for (size_t i = 0; i < n; i++) {
        q->mean[i] = mean ? mean[i] : 0;
        q->projection[i * n + i] = scale ? scale[i] : 1;
    }
}

static void run(struct clustering *c, int iterations, double *nearest,
                float *centre, uint16_t *before, struct random_key key,
                struct team *team)
{
    size_t blocks = (c->count + BLOCK - 1) / BLOCK;
    seed(c, nearest, key);
    for (int i = 0; i < iterations; i++) {
        memcpy(before, c->labels, c->count * sizeof *before);
        team_run(team, assign_block, c, blocks);
        if (i && !memcmp(before, c->labels, c->count * sizeof *before))
            break;
        update(c, blocks, centre);
    }
}

struct status quantiser_kmeans(struct quantiser *q, const float *sample,
                               size_t count, int input, int codes,
                               int iterations, struct random_key key,
                               struct team *team)
{
    size_t n = (size_t)input, blocks = (count + BLOCK - 1) / BLOCK;
    int workers = team_workers(team);
    struct status status = quantiser_open(q, 1, codes, input, input);
    if (status_failed(&status))
        return status;
    if (count < (size_t)codes) {
        quantiser_close(q);
        return status_error(STATUS_INPUT,
                            "%zu frames are too few for %d clusters: lower "
                            "--codes or give more audio",
                            count, codes);
    }
    struct clustering c = {.q = q, .count = count};
    float *points = malloc(count * n * sizeof *points);
    float *mean = malloc(3 * n * sizeof *mean);
    double *nearest = malloc(count * sizeof *nearest);
    uint16_t *before = malloc(count * sizeof *before);
    c.points = points;
    c.labels = calloc(count, sizeof *c.labels);
    c.sums = calloc(blocks * (size_t)codes, n * sizeof *c.sums);
    c.members = calloc(blocks * (size_t)codes, sizeof *c.members);
    c.scratch = calloc((size_t)workers, sizeof *c.scratch);
    bool whole = points && mean && nearest && before && c.labels && c.sums &&
                 c.members && c.scratch;
    for (int i = 0; whole && i < workers; i++) {
        c.scratch[i] = malloc(quantiser_scratch(q) * sizeof **c.scratch);
        whole = c.scratch[i] != NULL;
    }
    if (whole) {
        float *scale = mean + n, *centre = scale + n;
        standardise(points, mean, scale, sample, count, n);
        set_projection(q, NULL, NULL);
        run(&c, iterations, nearest, centre, before, key, team);
        set_projection(q, mean, scale);
    } else {
        quantiser_close(q);
        status = status_memory("clusters");
    }
    for (int i = 0; c.scratch && i < workers; i++)
        free(c.scratch[i]);
    free(c.scratch);
    free(c.members);
    free(c.sums);
    free(c.labels);
    free(before);
    free(nearest);
    free(mean);
    free(points);
    return status;
}
