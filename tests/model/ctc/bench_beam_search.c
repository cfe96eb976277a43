/* Beam search of rows as a trained model writes them, on one thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/ctc/beam_search.h"
#include "model/kernel/random.h"
#include "tests/bench.h"

#define ROWS 10000
#define LETTERS " abcdefghijklmnopqrstuvwxyz'"
#define VOCABULARY 29
#define TURNS 5

struct work {
    struct beam_search *search;
    real *rows;
};

static void compute(void *context)
{
    struct work *w = context;
    const struct hypothesis *list;
    size_t count;
    beam_search_start(w->search);
    struct status status = beam_search_feed(w->search, w->rows, ROWS);
    if (!status_failed(&status))
        status = beam_search_finish(&list, &count, w->search, 1);
    if (status_failed(&status) || !list[0].count)
        abort();
}

/* Two rows of three are silence; in the others a token stands out from the
 * rest, by less in every fourth. */
static void fill(real *rows)
{
    struct random_key key = random_key(1, RANDOM_NOISE);
    for (size_t t = 0; t < ROWS; t++) {
        real *row = rows + t * VOCABULARY;
        double logits[VOCABULARY], sum = 0;
        struct random_key own = random_below(key, t);
        uint32_t token = t % 3 ? 0 : random_below_count(own, 99, VOCABULARY);
        for (size_t k = 0; k < VOCABULARY; k++)
            logits[k] = 2 * random_normal(own, k);
        logits[token] += t % 4 ? 12 : 4;
        for (size_t k = 0; k < VOCABULARY; k++)
            sum += exp(logits[k]);
        for (size_t k = 0; k < VOCABULARY; k++)
            row[k] = (real)(logits[k] - log(sum));
    }
}

int main(void)
{
    static const char *const letters[] = {LETTERS};
    static const size_t widths[] = {16, 64, 256};
    const struct language_settings none = {.word_bonus = 0};
    struct tokens tokens;
    struct language *language = NULL;
    struct work w = {.rows = calloc(ROWS * VOCABULARY, sizeof *w.rows)};
    if (!w.rows)
        return 1;
    fill(w.rows);
    struct status status = tokens_from_texts(&tokens, letters, 1);
    if (!status_failed(&status))
        status = language_open(&language, &none, &tokens, NULL, NULL, NULL);
    for (size_t i = 0; i < 3 && !status_failed(&status); i++) {
        const struct beam_settings settings = {
            .width = widths[i], .threshold = 14, .token_floor = -9};
        status = beam_search_open(&w.search, &settings, language);
        if (status_failed(&status))
            break;
        char name[40];
        snprintf(name, sizeof name, "beam_search_%zu", widths[i]);
        bench_print(name, ROWS / bench_median(compute, &w, TURNS) / 1e3,
                    "thousand rows/s");
        beam_search_close(w.search);
    }
    language_close(language);
    tokens_free(&tokens);
    free(w.rows);
    return status_failed(&status);
}
