/* A linear probe. */
#include "model/train/linear_probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/layer/linear.h"
#include "model/layer/softmax_loss.h"
#include "model/train/adamw.h"

#define PASSES 20
#define BATCH 256 /* rows */
#define RATE 0.005
#define DECAY 0.01
#define VARIANCE_LEAST 1e-10 /* of a dimension that never changes */

struct probe {
    size_t width, classes;
    real *mean, *scale;       /* [width] */
    struct parameter list[2]; /* weight, bias */
    struct parameters parameters;
    real *weights, *first, *second; /* [parameters.total] */
    real *x;                        /* [BATCH, width] standardised */
    real *logits;                   /* [BATCH, classes] */
    uint16_t labels[BATCH];
    struct ranks ranks; /* this one */
    struct lanes lanes;
    struct adamw *adamw;
    struct team *team;
};

/* Behind a count, where the next tensor begins: slices are whole grains. */
static size_t aligned(size_t count)
{
    return (count + 15) / 16 * 16;
}

static struct status open_probe(struct probe *p, size_t width, size_t classes)
{
    static const struct adamw_settings settings = {
        .beta1 = 0.9, .beta2 = 0.99, .weight_decay = DECAY};
    size_t weight = aligned(width * classes);
    *p = (struct probe){
        .width = width, .classes = classes, .ranks = {.count = 1}};
    p->list[0] =
        (struct parameter){.count = width * classes, .kind = PARAMETER_WEIGHT};
    p->list[1] = (struct parameter){
        .offset = weight, .count = classes, .kind = PARAMETER_BIAS};
    p->parameters = (struct parameters){
        .count = 2, .list = p->list, .total = weight + aligned(classes)};
    p->mean = calloc(width, sizeof *p->mean);
    p->scale = calloc(width, sizeof *p->scale);
    p->weights = calloc(p->parameters.total, sizeof *p->weights);
    p->first = calloc(p->parameters.total, sizeof *p->first);
    p->second = calloc(p->parameters.total, sizeof *p->second);
    p->x = calloc(BATCH, width * sizeof *p->x);
    p->logits = calloc(BATCH, classes * sizeof *p->logits);
    if (!p->mean || !p->scale || !p->weights || !p->first || !p->second ||
        !p->x || !p->logits)
        return status_memory("probe");
    struct status status = team_open(&p->team, 1);
    if (!status_failed(&status))
        status = lanes_open(&p->lanes, 1, p->parameters.total, &p->ranks);
    if (!status_failed(&status))
        status = adamw_open(&p->adamw, &p->parameters, &settings, p->first,
                            p->second, &p->lanes, &p->ranks);
    return status;
}

static void close_probe(struct probe *p)
{
    adamw_close(p->adamw);
    lanes_close(&p->lanes);
    team_close(p->team);
    free(p->mean);
    free(p->scale);
    free(p->weights);
    free(p->first);
    free(p->second);
    free(p->x);
    free(p->logits);
}

/* Mean and 1 / deviation of every dimension. */
static void measure(struct probe *p, const struct probe_rows *rows)
{
    for (size_t i = 0; i < p->width; i++) {
        double sum = 0, square = 0, mean;
        for (size_t r = 0; r < rows->count; r++)
            sum += (double)rows->x[r * p->width + i];
        mean = rows->count ? sum / (double)rows->count : 0;
        for (size_t r = 0; r < rows->count; r++) {
            double value = (double)rows->x[r * p->width + i] - mean;
            square += value * value;
        }
        square = rows->count ? square / (double)rows->count : 0;
        p->mean[i] = (real)mean;
        p->scale[i] = (real)(square > VARIANCE_LEAST ? 1 / sqrt(square) : 0);
    }
}

/* Logits of rows order [count] (NULL: first, first + 1, ...). */
static void compute(struct probe *p, const struct probe_rows *rows,
                    const uint32_t *order, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t r = order ? order[first + i] : first + i;
        const real *x = rows->x + r * p->width;
        for (size_t k = 0; k < p->width; k++)
            p->x[i * p->width + k] = (x[k] - p->mean[k]) * p->scale[k];
        p->labels[i] = rows->labels[r];
    }
    linear_forward(p->logits, p->x, p->weights, p->weights + p->list[1].offset,
                   count, p->width, p->classes);
}

static void learn(struct probe *p, const struct probe_rows *rows,
                  const uint32_t *order, size_t first, double done,
                  uint64_t step)
{
    size_t left = rows->count - first, correct = 0;
    size_t count = left < BATCH ? left : BATCH;
    real *gradient = p->lanes.gradients[0];
    struct adamw_rate rates[2] = {
        {.learning_rate = RATE * (0.5 + 0.5 * cos(acos(-1) * done)),
         .step = step}};
    compute(p, rows, order, first, count);
    softmax_loss(p->logits, &correct, p->logits, p->labels, 1, count,
                 p->classes, p->classes);
    linear_backward(NULL, 0, gradient, gradient + p->list[1].offset, p->logits,
                    p->x, NULL, count, p->width, p->classes);
    double norm = adamw_gather(p->adamw, 1 / (double)count, rates, p->team);
    adamw_apply(p->adamw, p->weights, norm, rates, p->team);
}

static struct status fit_probe(struct probe *p, const struct probe_rows *rows,
                               struct random_key key)
{
    uint64_t step = 0, steps = (rows->count + BATCH - 1) / BATCH * PASSES;
    uint32_t *order = malloc((rows->count + 1) * sizeof *order);
    if (!order)
        return status_memory("probe");
    measure(p, rows);
    for (uint64_t pass = 0; pass < PASSES; pass++) {
        random_permutation(order, rows->count, random_below(key, pass));
        for (size_t first = 0; first < rows->count; first += BATCH) {
            double done = (double)step / (double)steps;
            learn(p, rows, order, first, done, ++step);
        }
    }
    free(order);
    return status_ok();
}

static size_t best_of(const real *logits, size_t classes)
{
    size_t best = 0;
    for (size_t c = 1; c < classes; c++)
        if (logits[c] > logits[best])
            best = c;
    return best;
}

static void count_right(struct probe_result *result, struct probe *p,
                        const struct probe_rows *rows)
{
    for (size_t first = 0; first < rows->count; first += BATCH) {
        size_t left = rows->count - first;
        size_t count = left < BATCH ? left : BATCH;
        compute(p, rows, NULL, first, count);
        for (size_t i = 0; i < count; i++) {
            size_t label = p->labels[i];
            bool right =
                best_of(p->logits + i * p->classes, p->classes) == label;
            result->rows++;
            result->correct += right;
            result->spoken += label != 0;
            result->spoken_correct += label != 0 && right;
        }
    }
}

struct status linear_probe(struct probe_result *result,
                           const struct probe_rows *fit,
                           const struct probe_rows *test, size_t classes,
                           struct random_key key)
{
    struct probe p;
    *result = (struct probe_result){.rows = 0};
    struct status status = open_probe(&p, fit->width, classes);
    if (!status_failed(&status))
        status = fit_probe(&p, fit, key);
    if (!status_failed(&status))
        count_right(result, &p, test);
    close_probe(&p);
    return status;
}
