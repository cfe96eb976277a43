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
    const int32_t *ids;
    size_t count;
    int32_t space; /* 0: the model has none */
    const struct words_place *place;
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

struct status words_align(struct transcript_line *line,
                          const struct tokens *tokens, const int32_t *ids,
                          size_t count, const real *log_probabilities,
                          size_t rows, const struct words_place *place)
{
    size_t vocabulary = (size_t)tokens->count;
    struct words w = {.tokens = tokens,
                      .ids = ids,
                      .count = count,
                      .space = find_space(tokens),
                      .place = place};
    w.spans = malloc((count + 1) * sizeof *w.spans);
    w.odds = malloc((count + 1) * sizeof *w.odds);
    double score = 0;
    struct status status = status_ok();
    if (!w.spans || !w.odds)
        status = status_memory("words");
    if (!status_failed(&status))
        status = align_tokens(w.spans, &score, log_probabilities, rows,
                              vocabulary, ids, count);
    if (!status_failed(&status))
        status = confidence_odds(w.odds, w.spans, log_probabilities, rows,
                                 vocabulary, ids, count);
    if (!status_failed(&status)) {
        line->score = score;
        line->start_s = place->start_s;
        line->end_s = place->end_s;
        status = add_words(line, &w);
    }
    if (!status_failed(&status))
        status = transcript_end_line(line);
    free(w.odds);
    free(w.spans);
    return status;
}
