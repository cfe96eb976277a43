/* Forced alignment (Viterbi) in memory of the square root of its length. */
#include "model/ctc/align.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/ctc/ctc_loss.h"

#define EDGE 2 /* -INFINITY before a row: no state is a neighbour */

/* State 2 i is the blank before token i, 2 i + 1 the token. The rows are cut
 * into blocks: the scores before each block are kept, and how its states were
 * entered only for the block at hand. */
struct lattice {
    const real *log_probabilities;
    size_t rows, vocabulary, states, width; /* width: states and edge */
    size_t block;                           /* rows in one */
    int32_t space;
    real *row;       /* [vocabulary + 1] the one at hand, and the likelier of
                      * blank and space */
    int32_t *tokens; /* [states] */
    double *enters;  /* [states] 0 where a state may be entered from two below
                      * it (a token, from another), else -INFINITY */
    double *kept;    /* [blocks + 1, width] scores before each block */
    double *scores;  /* [2, width] after even and odd rows */
    uint8_t *moves;  /* [block, states] how many states below is the one that
                      * each was entered from */
};

static void fill(double *values, double value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

/* A double is 8 moves: as many bytes in rows kept as in a block's moves. */
static size_t block_rows(size_t rows)
{
    size_t block = (size_t)sqrt((double)rows * sizeof(double));
    return block < 64 ? 64 : block;
}

/* Whether the blank before token i is where spaces may be. */
static bool is_gap(const int32_t *ids, size_t count, size_t i, int32_t space)
{
    return !i || i == count || ids[i - 1] == space || ids[i] == space;
}

static struct status open_lattice(struct lattice *l, const int32_t *ids,
                                  size_t count)
{
    size_t blocks = (l->rows + l->block - 1) / l->block;
    size_t moves = l->rows < l->block ? l->rows : l->block;
    l->row = malloc((l->vocabulary + 1) * sizeof *l->row);
    l->tokens = malloc(l->states * sizeof *l->tokens);
    l->enters = malloc(l->states * sizeof *l->enters);
    l->kept = malloc((blocks + 1) * l->width * sizeof *l->kept);
    l->scores = malloc(2 * l->width * sizeof *l->scores);
    l->moves = malloc(moves * l->states + 1);
    if (!l->row || !l->tokens || !l->enters || !l->kept || !l->scores ||
        !l->moves)
        return status_memory("alignment");
    fill(l->enters, -INFINITY, l->states);
    for (size_t i = 0; i <= count; i++) {
        bool gap = l->space && is_gap(ids, count, i, l->space);
        l->tokens[2 * i] = gap ? (int32_t)l->vocabulary : 0;
        if (i == count)
            break;
        l->tokens[2 * i + 1] = ids[i];
        if (i && ids[i] != ids[i - 1])
            l->enters[2 * i + 1] = 0;
    }
    /* As if a row before the first had been the blank before the first token,
     * one state further down: that may go on to either. */
    fill(l->kept, -INFINITY, l->width);
    l->kept[EDGE] = 0;
    return status_ok();
}

static void close_lattice(struct lattice *l)
{
    free(l->moves);
    free(l->scores);
    free(l->kept);
    free(l->enters);
    free(l->tokens);
    free(l->row);
}

/* One row: scores after it from those before it, of the states that the
 * beginning reaches and that reach the end. */
static void step(const struct lattice *l, size_t t, const double *before,
                 double *after, uint8_t *moves)
{
    const real *given = l->log_probabilities + t * l->vocabulary;
    const int32_t *tokens = l->tokens;
    real *row = l->row;
    const double *enters = l->enters;
    size_t left = 2 * (l->rows - t), last = 2 * t + 1;
    size_t first = l->states > left ? l->states - left : 0;
    if (last > l->states - 1)
        last = l->states - 1;
    memcpy(row, given, l->vocabulary * sizeof *row);
    row[l->vocabulary] =
        given[l->space] > given[0] ? given[l->space] : given[0];
#pragma omp simd
    for (size_t s = first; s <= last; s++) {
        double stay = before[s], one = before[s - 1];
        double two = before[s - 2] + enters[s];
        double best = one > stay ? one : stay;
        uint8_t move = one > stay ? 1 : 0;
        move = two > best ? 2 : move;
        best = two > best ? two : best;
        moves[s] = move;
        after[s] = best + (double)row[tokens[s]];
    }
}

/* All rows of a block, from the scores kept before it; keeps those after. */
static void run_block(struct lattice *l, size_t b)
{
    size_t first = b * l->block, end = first + l->block;
    double *before = l->scores, *after = l->scores + l->width;
    if (end > l->rows)
        end = l->rows;
    memcpy(before, l->kept + b * l->width, l->width * sizeof *before);
    fill(after, -INFINITY, l->width);
    for (size_t t = first; t < end; t++) {
        step(l, t, before + EDGE, after + EDGE,
             l->moves + (t - first) * l->states);
        double *swap = before;
        before = after;
        after = swap;
    }
    memcpy(l->kept + (b + 1) * l->width, before, l->width * sizeof *before);
}

/* Reads a block's moves backwards from a state at its last row; returns the
 * state before its first. */
static size_t trace_block(struct align_span *spans, const struct lattice *l,
                          size_t b, size_t state)
{
    size_t first = b * l->block, t = first + l->block;
    if (t > l->rows)
        t = l->rows;
    while (t-- > first) {
        if (state % 2) {
            struct align_span *span = &spans[state / 2];
            if (span->first == span->end)
                span->end = t + 1;
            span->first = t;
        }
        state -= l->moves[(t - first) * l->states + state];
    }
    return state;
}

/* Returns the path's log-probability; -INFINITY when there is no path. */
static double align(struct align_span *spans, struct lattice *l)
{
    size_t blocks = (l->rows + l->block - 1) / l->block;
    for (size_t b = 0; b < blocks; b++)
        run_block(l, b);
    const double *end = l->kept + blocks * l->width + EDGE;
    size_t state = l->states - 1;
    if (state && end[state - 1] > end[state])
        state--;
    double score = end[state];
    for (size_t b = blocks; b-- > 0 && score > -INFINITY;) {
        if (b + 1 < blocks)
            run_block(l, b);
        state = trace_block(spans, l, b, state);
    }
    return score;
}

struct status align_tokens(struct align_span *spans, double *score,
                           const real *log_probabilities, size_t rows,
                           size_t vocabulary, const int32_t *ids, size_t count,
                           int32_t space)
{
    size_t states = 2 * count + 1, needed = ctc_frames_needed(ids, count);
    double found = 0;
    struct lattice l = {.log_probabilities = log_probabilities,
                        .rows = rows,
                        .vocabulary = vocabulary,
                        .states = states,
                        .width = states + EDGE,
                        .block = block_rows(rows),
                        .space = space};
    for (size_t i = 0; i < count; i++)
        spans[i] = (struct align_span){0, 0};
    if (rows < needed)
        return status_error(STATUS_INPUT,
                            "%zu characters want %zu rows, and the recording "
                            "has %zu",
                            count, needed, rows);
    struct status status = open_lattice(&l, ids, count);
    if (!status_failed(&status))
        found = align(spans, &l);
    close_lattice(&l);
    if (!status_failed(&status) && found == -INFINITY)
        status = status_error(STATUS_INPUT, "the text has no probability");
    if (score)
        *score = found;
    return status;
}
