/* Scores hypotheses against references: WER and CER, per speaker, interval. */
#include "model/text/score_text.h"

#include <stdlib.h>
#include <string.h>

#include "model/kernel/random.h"

#define RESAMPLES 1000

static size_t errors(const struct edit_counts *c)
{
    return c->insertions + c->deletions + c->substitutions;
}

static void add(struct edit_counts *to, const struct edit_counts *from)
{
    to->reference += from->reference;
    to->insertions += from->insertions;
    to->deletions += from->deletions;
    to->substitutions += from->substitutions;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The interval that holds 95 % of the WERs of resampled test sets. */
static void bootstrap(struct score *score, double *rates,
                      const struct edit_counts *words, size_t count,
                      uint64_t seed)
{
    struct random_key key = random_key(seed, RANDOM_BOOTSTRAP);
    for (size_t b = 0; b < RESAMPLES; b++) {
        struct edit_counts sum = {.reference = 0};
        struct random_key own = random_below(key, b);
        for (size_t i = 0; i < count; i++)
            add(&sum, &words[random_below_count(own, i, (uint32_t)count)]);
        rates[b] = edit_rate(&sum);
    }
    qsort(rates, RESAMPLES, sizeof *rates, compare_doubles);
    score->low = rates[RESAMPLES * 25 / 1000];
    score->high = rates[RESAMPLES * 975 / 1000 - 1];
}

struct status score_pairs(struct score *score, const struct score_pair *pairs,
                          size_t count, uint64_t seed)
{
    struct status status = status_ok();
    memset(score, 0, sizeof *score);
    struct edit_counts *words = calloc(count + 1, sizeof *words);
    double *rates = calloc(RESAMPLES, sizeof *rates);
    if (!words || !rates)
        status = status_memory("score");
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        const struct score_pair *p = &pairs[i];
        status = edit_distance_text(&words[i], p->reference, p->hypothesis, 0);
        if (!status_failed(&status))
            status = edit_distance_text(&score->characters, p->reference,
                                        p->hypothesis, 1);
        add(&score->words, &words[i]);
        score->utterances_wrong += errors(&words[i]) > 0;
    }
    score->utterances = count;
    if (status_failed(&status))
        memset(score, 0, sizeof *score);
    else if (count)
        bootstrap(score, rates, words, count, seed);
    free(words);
    free(rates);
    return status;
}

/* ---- Printing ---- */

static int compare_speakers(const void *a, const void *b)
{
    const struct score_pair *x = *(const struct score_pair *const *)a;
    const struct score_pair *y = *(const struct score_pair *const *)b;
    int order =
        strcmp(x->speaker ? x->speaker : "", y->speaker ? y->speaker : "");
    return order ? order : strcmp(x->id, y->id);
}

static struct status print_speakers(FILE *out, const struct score_pair *pairs,
                                    size_t count)
{
    const struct score_pair **order = calloc(count + 1, sizeof *order);
    char text[128];
    struct status status = status_ok();
    if (!order)
        return status_memory("score");
    for (size_t i = 0; i < count; i++)
        order[i] = &pairs[i];
    qsort(order, count, sizeof *order, compare_speakers);
    for (size_t i = 0; i < count && !status_failed(&status);) {
        const char *speaker = order[i]->speaker ? order[i]->speaker : "";
        struct edit_counts sum = {.reference = 0};
        size_t utterances = 0;
        for (; i < count && !status_failed(&status) &&
               !strcmp(order[i]->speaker ? order[i]->speaker : "", speaker);
             i++, utterances++)
            status = edit_distance_text(&sum, order[i]->reference,
                                        order[i]->hypothesis, 0);
        edit_format(text, sizeof text, &sum);
        fprintf(out, "%-20s %5zu utterances  WER %s\n",
                *speaker ? speaker : "(unknown)", utterances, text);
    }
    free(order);
    return status;
}

static const char **split(char *text, size_t *count)
{
    const char **words = calloc(strlen(text) / 2 + 2, sizeof *words);
    char *rest = NULL;
    *count = 0;
    for (char *word = strtok_r(text, " \t\r\n", &rest); words && word;
         word = strtok_r(NULL, " \t\r\n", &rest))
        words[(*count)++] = word;
    return words;
}

/* Columns are as wide as the longer word, in bytes: enough for the eye. */
static void print_row(FILE *out, const char *name, const char *const *words,
                      const char *const *others, const enum edit *edits,
                      size_t count, enum edit absent)
{
    size_t i = 0, j = 0;
    fprintf(out, "%s", name);
    for (size_t k = 0; k < count; k++) {
        const char *own = edits[k] == absent ? "***" : words[i++];
        enum edit other_absent =
            absent == EDIT_INSERTION ? EDIT_DELETION : EDIT_INSERTION;
        const char *other = edits[k] == other_absent ? "***" : others[j++];
        size_t a = strlen(own), b = strlen(other);
        fprintf(out, " %-*s", (int)(a > b ? a : b), own);
    }
    fprintf(out, "\n");
}

static struct status print_alignment(FILE *out, const struct score_pair *p)
{
    char *reference = strdup(p->reference), *hypothesis = strdup(p->hypothesis);
    const char **r = NULL, **h = NULL;
    enum edit *edits = NULL;
    size_t n = 0, m = 0, count = 0;
    struct edit_counts counts = {.reference = 0};
    struct status status = status_memory("alignment");
    if (reference && hypothesis) {
        r = split(reference, &n);
        h = split(hypothesis, &m);
    }
    if (r && h)
        status = edit_distance(&counts, &edits, &count, r, n, h, m);
    if (!status_failed(&status) && errors(&counts)) {
        fprintf(out, "%s\n", p->id);
        print_row(out, "REF:", r, h, edits, count, EDIT_INSERTION);
        print_row(out, "HYP:", h, r, edits, count, EDIT_DELETION);
    }
    free(edits);
    free(r);
    free(h);
    free(reference);
    free(hypothesis);
    return status;
}

struct status score_print(FILE *out, const struct score *score,
                          const struct score_pair *pairs, size_t count,
                          int alignment)
{
    char text[128];
    struct status status = status_ok();
    for (size_t i = 0; alignment && i < count && !status_failed(&status); i++)
        status = print_alignment(out, &pairs[i]);
    if (!status_failed(&status))
        status = print_speakers(out, pairs, count);
    if (status_failed(&status))
        return status;
    fprintf(out, "%zu utterances, %zu with errors\n", score->utterances,
            score->utterances_wrong);
    fprintf(out, "WER 95 %% interval %.2f .. %.2f\n", score->low, score->high);
    edit_format(text, sizeof text, &score->characters);
    fprintf(out, "%%CER %s\n", text);
    edit_format(text, sizeof text, &score->words);
    fprintf(out, "%%WER %s\n", text);
    return status;
}
