/* From aligned tokens to words with times and confidence. */
#include "model/ctc/words.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/ctc/align.h"
#include "model/ctc/confidence.h"

#define HOP_S 0.010
/* A frame of 25 ms stands for the 10 ms in its middle. */
#define FRAME_MIDDLE_S 0.0075

struct words {
    const struct tokens *tokens;
    const real *log_probabilities; /* [rows, tokens->count] */
    size_t rows;
    const struct words_place *place;
    int32_t space; /* 0: the model has none */
    size_t count;
    int32_t *ids;                 /* [count] */
    struct align_span *spans;     /* [count] */
    struct confidence_odds *odds; /* [count + 1] */
};

/* Tokens of a word, first .. end - 1; none (first == end) behind the last
 * word. */
struct word {
    size_t first, end;
};

static struct word next_word(const struct words *w, size_t from)
{
    while (from < w->count && w->ids[from] == w->space)
        from++;
    struct word word = {.first = from, .end = from};
    while (word.end < w->count && w->ids[word.end] != w->space)
        word.end++;
    return word;
}

/* When a row begins (or the one before it ends). */
static double row_s(const struct words *w, size_t row)
{
    return w->place->start_s + FRAME_MIDDLE_S +
           HOP_S * w->place->stride * (double)row;
}

/* before: where the token before the word ends; after: where the one after it
 * begins; or the ends of all. */
static struct status add_word(struct transcript_line *line,
                              const struct words *w, struct word word,
                              double least_s, double most_s)
{
    char *text;
    struct status status = tokens_join(&text, w->tokens, w->ids + word.first,
                                       word.end - word.first);
    if (status_failed(&status))
        return status;
    double first_s = row_s(w, w->spans[word.first].first);
    double last_s = row_s(w, w->spans[word.end - 1].end);
    double start_s = fmax(first_s - WORDS_BEFORE_S, least_s);
    double end_s = fmax(last_s + WORDS_AFTER_S, start_s + WORDS_SHORTEST_S);
    end_s = fmin(end_s, most_s);
    status = transcript_add_word(line, text, strlen(text), start_s, end_s,
                                 confidence_of(w->odds, w->ids, w->count,
                                               word.first, word.end, w->space));
    free(text);
    return status;
}

static struct status add_words(struct transcript_line *line,
                               const struct words *w)
{
    struct status status = status_ok();
    struct word word = next_word(w, 0);
    double least_s = w->place->start_s;
    while (word.first < word.end && !status_failed(&status)) {
        struct word next = next_word(w, word.end);
        double most_s = w->place->end_s;
        if (next.first < next.end)
            most_s = (row_s(w, w->spans[word.end - 1].end) +
                      row_s(w, w->spans[next.first].first)) /
                     2;
        status = add_word(line, w, word, least_s, most_s);
        least_s = most_s;
        word = next;
    }
    return status;
}

static int32_t find_space(const struct tokens *tokens)
{
    for (int i = 1; i < tokens->count; i++)
        if (!strcmp(tokens->texts[i], " "))
            return i;
    return 0;
}

/* Room for count tokens. */
static struct status open_words(struct words *w, size_t count)
{
    w->ids = malloc((count + 1) * sizeof *w->ids);
    w->spans = malloc((count + 1) * sizeof *w->spans);
    w->odds = malloc((count + 1) * sizeof *w->odds);
    if (!w->ids || !w->spans || !w->odds)
        return status_memory("words");
    return status_ok();
}

static void close_words(struct words *w)
{
    free(w->odds);
    free(w->spans);
    free(w->ids);
}

static void add_token(struct words *w, int32_t id, struct align_span span)
{
    w->ids[w->count] = id;
    w->spans[w->count++] = span;
}

/* Adds the spaces that rows first .. end - 1 say. */
static void add_spaces(struct words *w, size_t first, size_t end)
{
    size_t before = end; /* the last row of a space */
    for (size_t t = first; t < end; t++) {
        const real *row = w->log_probabilities + t * (size_t)w->tokens->count;
        if (row[w->space] <= row[0])
            continue;
        if (before + 1 == t)
            w->spans[w->count - 1].end = t + 1;
        else
            add_token(w, w->space, (struct align_span){t, t + 1});
        before = t;
    }
}

/* Fills w with tokens ids [count] as they were aligned, but with the spaces
 * that the rows between words say, one or more: without those that are not
 * read, the words beside them would be in doubt. */
static void fill_words(struct words *w, const int32_t *ids,
                       const struct align_span *spans, size_t count)
{
    size_t row = 0; /* behind the last token that is no space */
    bool gap = true;
    struct align_span given = {0, 0};
    for (size_t i = 0; i <= count; i++) {
        if (i < count && ids[i] == w->space) {
            given = spans[i];
            gap = true;
            continue;
        }
        size_t end = i < count ? spans[i].first : w->rows, had = w->count;
        if ((gap || i == count) && w->space)
            add_spaces(w, row, end);
        /* A space that no row says. */
        if (given.end > row && w->count == had && i < count && row > 0)
            add_token(w, w->space, given);
        if (i == count)
            break;
        add_token(w, ids[i], spans[i]);
        row = spans[i].end;
        gap = false;
    }
}

struct status words_align(struct transcript_line *line,
                          const struct tokens *tokens, const int32_t *ids,
                          size_t count, const real *log_probabilities,
                          size_t rows, const struct words_place *place)
{
    size_t vocabulary = (size_t)tokens->count;
    double score;
    struct words w = {.tokens = tokens,
                      .log_probabilities = log_probabilities,
                      .rows = rows,
                      .place = place,
                      .space = find_space(tokens)};
    struct align_span *spans = malloc((count + 1) * sizeof *spans);
    struct status status = open_words(&w, count + rows);
    if (!status_failed(&status) && !spans)
        status = status_memory("words");
    if (!status_failed(&status))
        status = align_tokens(spans, &score, log_probabilities, rows,
                              vocabulary, ids, count, w.space);
    if (!status_failed(&status)) {
        fill_words(&w, ids, spans, count);
        status = confidence_odds(w.odds, w.spans, log_probabilities, rows,
                                 vocabulary, w.ids, w.count, w.space);
    }
    if (!status_failed(&status)) {
        line->score = score;
        line->start_s = place->start_s;
        line->end_s = place->end_s;
        status = add_words(line, &w);
    }
    if (!status_failed(&status))
        status = transcript_end_line(line);
    close_words(&w);
    free(spans);
    return status;
}
