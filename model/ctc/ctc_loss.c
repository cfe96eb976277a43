/* Connectionist temporal classification: loss and gradient. */
#include "model/ctc/ctc_loss.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "model/kernel/vector_double.h"

#define EDGE 2 /* -INFINITY on both sides of a row: no state is a neighbour */

size_t ctc_frames_needed(const int32_t *labels, size_t count)
{
    size_t frames = count;
    for (size_t i = 1; i < count; i++)
        frames += labels[i] == labels[i - 1];
    return frames;
}

size_t ctc_scratch(size_t frames, size_t vocabulary, size_t label_count)
{
    size_t row = 2 * label_count + 1 + 2 * EDGE;
    /* Tokens are half a double each. */
    return (frames + 6) * row + frames + vocabulary;
}

/* log(e^a + e^b + e^c); -INFINITY is log 0. */
static inline double log_sum(double a, double b, double c)
{
    double top = a > b ? a : b;
    top = c > top ? c : top;
    top = top < -DBL_MAX ? 0 : top;
    double sum = vector_exp_double(a - top) + vector_exp_double(b - top) +
                 vector_exp_double(c - top);
    double all = top + vector_log_1_to_3(sum);
    return sum > 0 ? all : -INFINITY;
}

/* One utterance; state 2 i is the blank before label i, 2 i + 1 the label.
 * Rows of states have EDGE more on both sides. */
struct lattice {
    const real *logits;
    size_t frames, vocabulary, states, row;
    double *log_total; /* [frames] log sum exp of each row of logits */
    int32_t *tokens;   /* [states] */
    double *enters;    /* [row] 0 where a state may be entered from two below
                        * it (a label, from another), else -INFINITY */
    double *emission;  /* [states] log probabilities at a frame */
    double *alpha;     /* [frames, row] of all ways into a state */
    double *ahead, *beta, *shares; /* [row] */
    double *posterior;             /* [vocabulary] */
    size_t first, last;            /* states in play at the frame at hand */
};

static void fill(double *values, double value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

static void open_lattice(struct lattice *l, const real *logits, size_t frames,
                         size_t vocabulary, const int32_t *labels, size_t count,
                         double *scratch)
{
    size_t states = 2 * count + 1, row = states + 2 * EDGE;
    *l = (struct lattice){.logits = logits,
                          .frames = frames,
                          .vocabulary = vocabulary,
                          .states = states,
                          .row = row,
                          .alpha = scratch,
                          .ahead = scratch + frames * row,
                          .beta = scratch + (frames + 1) * row,
                          .shares = scratch + (frames + 2) * row,
                          .enters = scratch + (frames + 3) * row,
                          .emission = scratch + (frames + 4) * row,
                          .tokens = (int32_t *)(scratch + (frames + 5) * row),
                          .log_total = scratch + (frames + 6) * row,
                          .posterior = scratch + (frames + 6) * row + frames};
    fill(scratch, -INFINITY, (frames + 4) * row);
    for (size_t i = 0; i < count; i++) {
        l->tokens[2 * i] = 0;
        l->tokens[2 * i + 1] = labels[i];
        if (i && labels[i] != labels[i - 1])
            l->enters[EDGE + 2 * i + 1] = 0;
    }
    l->tokens[states - 1] = 0;
    for (size_t t = 0; t < frames; t++) {
        const real *x = logits + t * vocabulary;
        double top = (double)x[0], sum = 0;
#pragma omp simd reduction(max : top)
        for (size_t k = 0; k < vocabulary; k++)
            top = (double)x[k] > top ? (double)x[k] : top;
#pragma omp simd reduction(+ : sum)
        for (size_t k = 0; k < vocabulary; k++)
            sum += vector_exp_double((double)x[k] - top);
        l->log_total[t] = top + log(sum);
    }
}

/* Finds first .. last, the states from which the end can still be reached and
 * that the beginning reaches, at frame t, and their emission. */
static void look_at(struct lattice *l, size_t t)
{
    const real *x = l->logits + t * l->vocabulary;
    double total = l->log_total[t];
    size_t reached = 2 * t + 1, left = 2 * (l->frames - t);
    l->last = reached < l->states - 1 ? reached : l->states - 1;
    l->first = l->states > left ? l->states - left : 0;
#pragma omp simd
    for (size_t s = l->first; s <= l->last; s++)
        l->emission[s] = (double)x[l->tokens[s]] - total;
}

static double forward(struct lattice *l)
{
    for (size_t t = 0; t < l->frames; t++) {
        double *a = l->alpha + t * l->row + EDGE;
        const double *before = a - l->row, *enters = l->enters + EDGE;
        look_at(l, t);
        for (size_t s = 0; !t && s <= l->last; s++)
            a[s] = l->emission[s];
#pragma omp simd
        for (size_t s = t ? l->first : l->states; s <= l->last; s++)
            a[s] = l->emission[s] +
                   log_sum(before[s], before[s - 1], before[s - 2] + enters[s]);
    }
    /* Before the only state of an empty transcript comes the edge. */
    const double *end = l->alpha + (l->frames - 1) * l->row + EDGE;
    return log_sum(end[l->states - 1], end[(ptrdiff_t)l->states - 2],
                   -INFINITY);
}

/* ahead: ways from each state at the frame at hand to the end, frames after
 * it; from beta, the same with the next frame, where that frame is not the
 * end. Then beta of the frame at hand. */
static void step_back(struct lattice *l, bool end)
{
    const double *enters = l->enters + EDGE;
    double *ahead = l->ahead + EDGE, *beta = l->beta + EDGE;
#pragma omp simd
    for (size_t s = l->first; s <= l->last; s++) {
        double ways =
            log_sum(beta[s], beta[s + 1], beta[s + 2] + enters[s + 2]);
        ahead[s] = end ? 0 : ways;
    }
#pragma omp simd
    for (size_t s = l->first; s <= l->last; s++)
        beta[s] = ahead[s] + l->emission[s];
}

/* Share of all ways that goes through each token at frame t. */
static void set_posterior(struct lattice *l, size_t t, double total)
{
    const double *alpha = l->alpha + t * l->row + EDGE;
    const double *ahead = l->ahead + EDGE;
    double *shares = l->shares, blank = 0;
#pragma omp simd
    for (size_t s = l->first; s <= l->last; s++)
        shares[s] = vector_exp_double(alpha[s] + ahead[s] - total);
    fill(l->posterior, 0, l->vocabulary);
    for (size_t s = l->first; s <= l->last; s++)
        if (s % 2)
            l->posterior[l->tokens[s]] += shares[s];
        else
            blank += shares[s];
    l->posterior[0] += blank;
}

/* Goes back and turns each row of logits into its gradient. */
static void backward(real *d_logits, double total, struct lattice *l)
{
    size_t v = l->vocabulary;
    for (size_t t = l->frames; t-- > 0;) {
        const real *x = l->logits + t * v;
        real *d = d_logits + t * v;
        double shift = l->log_total[t];
        look_at(l, t);
        step_back(l, t + 1 == l->frames);
        set_posterior(l, t, total);
#pragma omp simd
        for (size_t k = 0; k < v; k++)
            d[k] = (real)(vector_exp_double((double)x[k] - shift) -
                          l->posterior[k]);
    }
}

double ctc_loss(real *d_logits, const real *logits, size_t frames,
                size_t vocabulary, const int32_t *labels, size_t label_count,
                double *scratch)
{
    struct lattice l;
    if (!frames)
        return label_count ? INFINITY : 0;
    if (frames < ctc_frames_needed(labels, label_count)) {
        if (d_logits)
            memset(d_logits, 0, frames * vocabulary * sizeof *d_logits);
        return INFINITY;
    }
    open_lattice(&l, logits, frames, vocabulary, labels, label_count, scratch);
    double total = forward(&l);
    if (d_logits && total == -INFINITY)
        memset(d_logits, 0, frames * vocabulary * sizeof *d_logits);
    else if (d_logits)
        backward(d_logits, total, &l);
    return -total;
}
