/* Connectionist temporal classification: loss and gradient. */
#include "model/ctc/ctc_loss.h"

#include <math.h>
#include <string.h>

size_t ctc_frames_needed(const int32_t *labels, size_t count)
{
    size_t frames = count;
    for (size_t i = 1; i < count; i++)
        frames += labels[i] == labels[i - 1];
    return frames;
}

size_t ctc_scratch(size_t frames, size_t vocabulary, size_t label_count)
{
    size_t states = 2 * label_count + 1;
    return frames * states + 2 * states + frames + vocabulary;
}

/* log(e^a + e^b + e^c); -INFINITY is log 0. */
static inline double log_sum(double a, double b, double c)
{
    double top = a > b ? a : b;
    top = c > top ? c : top;
    if (top == -INFINITY)
        return top;
    return top + log(exp(a - top) + exp(b - top) + exp(c - top));
}

/* One utterance; state 2 i is the blank before label i, 2 i + 1 the label. */
struct lattice {
    const real *logits;
    const double *log_total; /* [frames] log sum exp of each row */
    size_t frames, vocabulary;
    const int32_t *labels;
    size_t states;
};

static int32_t token(const struct lattice *l, size_t state)
{
    return state % 2 ? l->labels[state / 2] : 0;
}

static double log_probability(const struct lattice *l, size_t t, size_t state)
{
    return (double)l->logits[t * l->vocabulary + (size_t)token(l, state)] -
           l->log_total[t];
}

/* A label may be entered from the label before, unless they are the same. */
static int skips(const struct lattice *l, size_t state)
{
    return state % 2 && state >= 2 && token(l, state) != token(l, state - 2);
}

/* States from which the end can still be reached, and that the beginning
 * reaches, at frame t: first .. *last. */
static size_t band(size_t *last, const struct lattice *l, size_t t)
{
    size_t reached = 2 * t + 1, left = 2 * (l->frames - t);
    *last = reached < l->states - 1 ? reached : l->states - 1;
    return l->states > left ? l->states - left : 0;
}

/* alpha [frames, states]: log probability of all ways into a state. */
static double forward(double *alpha, const struct lattice *l)
{
    size_t n = l->states, last;
    for (size_t i = 0; i < l->frames * n; i++)
        alpha[i] = -INFINITY;
    for (size_t t = 0; t < l->frames; t++) {
        const double *before = alpha + (t - 1) * n;
        for (size_t s = band(&last, l, t); s <= last; s++) {
            double ways = t || s > 1 ? -INFINITY : 0;
            if (t)
                ways = log_sum(before[s], s ? before[s - 1] : -INFINITY,
                               skips(l, s) ? before[s - 2] : -INFINITY);
            alpha[t * n + s] = ways + log_probability(l, t, s);
        }
    }
    const double *end = alpha + (l->frames - 1) * n;
    return log_sum(end[n - 1], n > 1 ? end[n - 2] : -INFINITY, -INFINITY);
}

/* Goes back with beta and turns each row of logits into its gradient. */
static void backward(real *d_logits, const double *alpha, double *beta,
                     double *ahead, double *posterior, double total,
                     const struct lattice *l)
{
    size_t n = l->states, v = l->vocabulary, last;
    for (size_t s = 0; s < n; s++)
        ahead[s] = s + 2 >= n ? 0 : -INFINITY;
    for (size_t t = l->frames; t-- > 0;) {
        /* ahead: ways from a state at t to the end, frames after t. */
        memset(posterior, 0, v * sizeof *posterior);
        for (size_t s = band(&last, l, t); s <= last; s++)
            posterior[token(l, s)] += exp(alpha[t * n + s] + ahead[s] - total);
        for (size_t s = 0; s < n; s++)
            beta[s] = ahead[s] == -INFINITY
                          ? -INFINITY
                          : ahead[s] + log_probability(l, t, s);
        for (size_t s = 0; s < n; s++)
            ahead[s] =
                log_sum(beta[s], s + 1 < n ? beta[s + 1] : -INFINITY,
                        s + 2 < n && skips(l, s + 2) ? beta[s + 2] : -INFINITY);
        for (size_t k = 0; k < v; k++)
            d_logits[t * v + k] =
                (real)(exp((double)l->logits[t * v + k] - l->log_total[t]) -
                       posterior[k]);
    }
}

double ctc_loss(real *d_logits, const real *logits, size_t frames,
                size_t vocabulary, const int32_t *labels, size_t label_count,
                double *scratch)
{
    size_t states = 2 * label_count + 1;
    double *alpha = scratch, *beta = alpha + frames * states;
    double *ahead = beta + states, *log_total = ahead + states;
    double *posterior = log_total + frames;
    struct lattice l = {.logits = logits,
                        .log_total = log_total,
                        .frames = frames,
                        .vocabulary = vocabulary,
                        .labels = labels,
                        .states = states};
    double total = -INFINITY;
    if (!frames)
        return label_count ? INFINITY : 0;
    if (frames >= ctc_frames_needed(labels, label_count)) {
        for (size_t t = 0; t < frames; t++) {
            const real *row = logits + t * vocabulary;
            double top = (double)row[0], sum = 0;
            for (size_t k = 1; k < vocabulary; k++)
                top = (double)row[k] > top ? (double)row[k] : top;
            for (size_t k = 0; k < vocabulary; k++)
                sum += exp((double)row[k] - top);
            log_total[t] = top + log(sum);
        }
        total = forward(alpha, &l);
    }
    if (d_logits && total == -INFINITY)
        memset(d_logits, 0, frames * vocabulary * sizeof *d_logits);
    else if (d_logits)
        backward(d_logits, alpha, beta, ahead, posterior, total, &l);
    return -total;
}
