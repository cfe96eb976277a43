/* How sure a model is of each token that it wrote. */
#include "model/ctc/confidence.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define CONTEXT 2 /* tokens on either side whose paths may shift */
#define LEAST 0.001
#define STATES (2 * (2 * CONTEXT + 1) + 1)

/* The surroundings of one token. State 2 i is the blank before token i, 2 i + 1
 * the token. */
struct window {
    const real *log_probabilities; /* of its first row */
    size_t rows, vocabulary;
    const int32_t *ids; /* of its first token */
    size_t count, place;
    int32_t space;
    /* [rows + 1, STATES], log-probabilities: alpha of the first rows, the last
     * of them in a state; beta of the rows from there, the first in a state.
     * Beyond both ends there is a blank. */
    double (*alpha)[STATES], (*beta)[STATES];
    double *enter, *leave; /* [rows] of all ways into a new token and out */
    double total;
    int32_t *candidates; /* [candidate_count] */
    size_t candidate_count;
};

static double log_add(double a, double b)
{
    double top = a > b ? a : b, low = a > b ? b : a;
    return low == -INFINITY ? top : top + log1p(exp(low - top));
}

static int32_t token_of(const struct window *w, size_t state)
{
    return state % 2 ? w->ids[state / 2] : 0;
}

/* Whether a token may follow the one before without a blank between. */
static bool follows(const struct window *w, size_t state)
{
    return state % 2 && state > 1 && w->ids[state / 2] != w->ids[state / 2 - 1];
}

static void forward(struct window *w)
{
    size_t states = 2 * w->count + 1;
    for (size_t s = 0; s < states; s++)
        w->alpha[0][s] = s ? -INFINITY : 0;
    for (size_t t = 0; t < w->rows; t++) {
        const real *row = w->log_probabilities + t * w->vocabulary;
        const double *before = w->alpha[t];
        for (size_t s = 0; s < states; s++) {
            double ways = before[s];
            if (s)
                ways = log_add(ways, before[s - 1]);
            if (follows(w, s))
                ways = log_add(ways, before[s - 2]);
            w->alpha[t + 1][s] = ways + (double)row[token_of(w, s)];
        }
    }
    const double *end = w->alpha[w->rows];
    w->total = end[states - 1];
    if (w->count)
        w->total = log_add(w->total, end[states - 2]);
}

static void backward(struct window *w)
{
    size_t states = 2 * w->count + 1;
    for (size_t s = 0; s < states; s++)
        w->beta[w->rows][s] = s + 1 < states ? -INFINITY : 0;
    for (size_t t = w->rows; t-- > 0;) {
        const real *row = w->log_probabilities + t * w->vocabulary;
        const double *after = w->beta[t + 1];
        for (size_t s = 0; s < states; s++) {
            double ways = after[s];
            if (s + 1 < states)
                ways = log_add(ways, after[s + 1]);
            if (s + 2 < states && follows(w, s + 2))
                ways = log_add(ways, after[s + 2]);
            w->beta[t][s] = ways + (double)row[token_of(w, s)];
        }
    }
}

static void find_candidates(struct window *w)
{
    real least = (real)log(LEAST);
    w->candidate_count = 0;
    for (size_t k = 1; k < w->vocabulary; k++)
        for (size_t t = 0; t < w->rows; t++)
            if (w->log_probabilities[t * w->vocabulary + k] > least) {
                w->candidates[w->candidate_count++] = (int32_t)k;
                break;
            }
}

/* Log-probability of the text with token c between the tokens before place and
 * those from after on. */
static double with_token(const struct window *w, int32_t c, size_t after)
{
    size_t in = 2 * w->place, out = 2 * after;
    /* Equal tokens are apart only with a blank between. */
    bool blank_in = !w->place || w->ids[w->place - 1] == c;
    bool blank_out = after == w->count || w->ids[after] == c;
    double own = -INFINITY, sum = -INFINITY;
    for (size_t t = 0; t < w->rows; t++) {
        double p = (double)w->log_probabilities[t * w->vocabulary + (size_t)c];
        own = p + log_add(own, blank_in ? w->alpha[t][in] : w->enter[t]);
        sum =
            log_add(sum, own + (blank_out ? w->beta[t + 1][out] : w->leave[t]));
    }
    return sum;
}

/* Whether one more c before place leaves the text as it is: a space beside a
 * space or at an end is not read, and one more token before its like is the
 * same as one more behind it, and counted there. */
static bool adds_nothing(const struct window *w, int32_t c)
{
    bool first = !w->place, last = w->place == w->count;
    bool gap = first || last || w->ids[w->place - 1] == w->space ||
               w->ids[w->place] == w->space;
    return (c == w->space && gap) || (!last && c == w->ids[w->place]);
}

/* Odds of another token between the tokens before place and those from after
 * on. */
static double with_another(struct window *w, size_t after)
{
    double odds = 0;
    size_t in = 2 * w->place, out = 2 * after;
    for (size_t t = 0; t < w->rows; t++) {
        w->enter[t] = w->alpha[t][in];
        w->leave[t] = w->beta[t + 1][out];
        if (in)
            w->enter[t] = log_add(w->enter[t], w->alpha[t][in - 1]);
        if (after < w->count)
            w->leave[t] = log_add(w->leave[t], w->beta[t + 1][out + 1]);
    }
    for (size_t i = 0; i < w->candidate_count; i++) {
        int32_t c = w->candidates[i];
        bool same =
            after > w->place ? c == w->ids[w->place] : adds_nothing(w, c);
        if (!same)
            odds += exp(with_token(w, c, after) - w->total);
    }
    return odds;
}

static double without_token(const struct window *w)
{
    size_t in = 2 * w->place, next = w->place + 1;
    bool first = !w->place;
    double sum = -INFINITY;
    /* Of two that are equal either is missing: counted once. */
    if (!first && w->ids[w->place - 1] == w->ids[w->place])
        return 0;
    bool touch =
        !first && next < w->count && w->ids[w->place - 1] != w->ids[next];
    if (next == w->count) {
        sum = w->alpha[w->rows][in];
        if (!first)
            sum = log_add(sum, w->alpha[w->rows][in - 1]);
        return exp(sum - w->total);
    }
    for (size_t t = 0; t < w->rows; t++) {
        double ways = w->alpha[t][in];
        if (touch)
            ways = log_add(ways, w->alpha[t][in - 1]);
        sum = log_add(sum, ways + w->beta[t][in + 3]);
    }
    return exp(sum - w->total);
}

/* Tokens first .. end - 1 around i and their rows, to halfway to the tokens
 * beyond. */
struct range {
    size_t first, end, first_row, end_row;
};

static struct range range_around(const struct align_span *spans, size_t rows,
                                 size_t count, size_t i)
{
    struct range r = {.first = i > CONTEXT ? i - CONTEXT : 0,
                      .end = i + CONTEXT + 1 < count ? i + CONTEXT + 1 : count,
                      .first_row = 0,
                      .end_row = rows};
    if (r.first)
        r.first_row = (spans[r.first - 1].end + spans[r.first].first) / 2;
    if (r.end < count)
        r.end_row = (spans[r.end - 1].end + spans[r.end].first + 1) / 2;
    return r;
}

static struct status open_window(struct window *w,
                                 const struct align_span *spans, size_t rows,
                                 size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i <= count; i++) {
        struct range r = range_around(spans, rows, count, i);
        if (r.end_row - r.first_row > most)
            most = r.end_row - r.first_row;
    }
    w->alpha = malloc((most + 1) * sizeof *w->alpha);
    w->beta = malloc((most + 1) * sizeof *w->beta);
    w->enter = malloc((most + 1) * sizeof *w->enter);
    w->leave = malloc((most + 1) * sizeof *w->leave);
    w->candidates = malloc(w->vocabulary * sizeof *w->candidates);
    if (!w->alpha || !w->beta || !w->enter || !w->leave || !w->candidates)
        return status_memory("confidence");
    return status_ok();
}

static void close_window(struct window *w)
{
    free(w->candidates);
    free(w->leave);
    free(w->enter);
    free(w->beta);
    free(w->alpha);
}

struct status confidence_odds(struct confidence_odds *odds,
                              const struct align_span *spans,
                              const real *log_probabilities, size_t rows,
                              size_t vocabulary, const int32_t *ids,
                              size_t count, int32_t space)
{
    struct window w = {.vocabulary = vocabulary, .space = space};
    struct status status = open_window(&w, spans, rows, count);
    for (size_t i = 0; i <= count && !status_failed(&status); i++) {
        struct range r = range_around(spans, rows, count, i);
        w.log_probabilities = log_probabilities + r.first_row * vocabulary;
        w.rows = r.end_row - r.first_row;
        w.ids = ids + r.first;
        w.count = r.end - r.first;
        w.place = i - r.first;
        forward(&w);
        backward(&w);
        find_candidates(&w);
        odds[i].inserted = with_another(&w, w.place);
        odds[i].changed = 0;
        if (i < count)
            odds[i].changed = without_token(&w) + with_another(&w, w.place + 1);
    }
    close_window(&w);
    return status;
}

/* Whether token i is the only space between two words. */
static bool is_between(const int32_t *ids, size_t count, size_t i,
                       int32_t space)
{
    return i > 0 && i + 1 < count && ids[i] == space && ids[i - 1] != space &&
           ids[i + 1] != space;
}

double confidence_of(const struct confidence_odds *odds, const int32_t *ids,
                     size_t count, size_t first, size_t end, int32_t space)
{
    double against = odds[end].inserted;
    for (size_t i = first; i < end; i++)
        against += odds[i].changed + odds[i].inserted;
    if (first && is_between(ids, count, first - 1, space))
        against += odds[first - 1].changed;
    if (is_between(ids, count, end, space))
        against += odds[end].changed;
    /* Not a number where what is blank on the path cannot be blank. */
    return against >= 0 ? 1 / (1 + against) : 0;
}
