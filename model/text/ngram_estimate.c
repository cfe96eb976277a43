/* Probabilities and back-off weights of counted n-grams. */
#include "model/text/ngram_estimate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_OUT (-1.0f)

/* Of one context: the adjusted counts of its n-grams, and what is taken. */
struct sum {
    double all, taken;
};

static double discount(const struct ngram_discounts *discounts, uint32_t count)
{
    return discounts->taken[count < 3 ? count : 3];
}

/* Chen and Goodman 1998, eq. 26. */
static void find_discounts(struct ngram_discounts *discounts,
                           const struct ngram_counts *counts, int level)
{
    static const struct ngram_discounts fallback = {{0, 0.5, 1, 1.5}, true};
    double n[5] = {0};
    for (size_t i = 0; i < counts->levels[level].count; i++) {
        uint32_t count = ngram_counts_adjusted(counts, level, i);
        if (count < 5)
            n[count]++;
    }
    *discounts = (struct ngram_discounts){.fallback = false};
    for (int k = 1; k <= 3; k++) {
        double y = n[1] / (n[1] + 2 * n[2]);
        double taken = n[k] > 0 ? k - (k + 1) * y * n[k + 1] / n[k] : -1;
        if (!(taken >= 0 && taken <= k)) {
            *discounts = fallback;
            return;
        }
        discounts->taken[k] = taken;
    }
}

/* Marks what is left out. A context or a suffix that is left out was seen more
 * often, or has the same word: with it goes the n-gram. */
static void choose(struct ngram_estimate *estimate,
                   const struct ngram_counts *counts, int level,
                   const struct ngram_estimate_options *options)
{
    float *own = estimate->probability[level];
    for (size_t i = 0; i < counts->levels[level].count; i++) {
        const struct ngram_count *count = &counts->levels[level].list[i];
        bool keep = true;
        if (level > 0)
            keep = count->seen > options->prune[level] &&
                   estimate->probability[level - 1][count->context] >= 0 &&
                   estimate->probability[level - 1][count->suffix] >= 0;
        else if (options->vocabulary && i >= COUNT_SPECIAL) {
            const char *word =
                vocabulary_text(&counts->vocabulary, count->word);
            keep = vocabulary_find(options->vocabulary, word, strlen(word)) !=
                   VOCABULARY_NONE;
        }
        own[i] = keep ? 0 : LEFT_OUT;
        estimate->kept[level] += keep;
    }
}

static void add_up(struct sum *sums, const struct ngram_estimate *estimate,
                   const struct ngram_counts *counts, int level)
{
    for (size_t i = 0; i < counts->levels[level].count; i++) {
        struct sum *sum = &sums[counts->levels[level].list[i].context];
        uint32_t count = ngram_counts_adjusted(counts, level, i);
        sum->all += count;
        sum->taken += estimate->probability[level][i] < 0
                          ? count
                          : discount(&estimate->discounts[level], count);
    }
}

static void interpolate(struct ngram_estimate *estimate,
                        const struct ngram_counts *counts, int level,
                        const struct sum *sums, bool interpolate_unigrams)
{
    float *own = estimate->probability[level];
    const float *lower = level ? estimate->probability[level - 1] : NULL;
    double uniform = interpolate_unigrams
                         ? 1.0 / (double)(estimate->kept[0] - 1)
                         : 0; /* "<s>" follows nothing */
    for (size_t i = 0; i < counts->levels[level].count; i++) {
        const struct ngram_count *ngram = &counts->levels[level].list[i];
        const struct sum *sum = &sums[ngram->context];
        uint32_t count = ngram_counts_adjusted(counts, level, i);
        if (own[i] < 0 || !(sum->all > 0))
            continue;
        double below = lower ? (double)lower[ngram->suffix] : uniform;
        double above = count - discount(&estimate->discounts[level], count);
        own[i] = (float)((above + sum->taken * below) / sum->all);
    }
    if (level)
        return;
    if (!interpolate_unigrams && sums->all > 0)
        own[COUNT_UNKNOWN] = (float)(sums->taken / sums->all);
    own[COUNT_BEGIN] = 0;
}

static struct status
estimate_level(struct ngram_estimate *estimate,
               const struct ngram_counts *counts, int level,
               const struct ngram_estimate_options *options)
{
    size_t count = counts->levels[level].count;
    size_t contexts = level ? counts->levels[level - 1].count : 1;
    struct sum *sums = calloc(contexts, sizeof *sums);
    float *own = malloc((count + 1) * sizeof *own), *weights = NULL;
    estimate->probability[level] = own;
    if (level) {
        weights = malloc(contexts * sizeof *weights);
        estimate->backoff[level - 1] = weights;
    }
    if (!sums || !own || (level && !weights)) {
        free(sums);
        return status_memory("n-grams");
    }
    find_discounts(&estimate->discounts[level], counts, level);
    choose(estimate, counts, level, options);
    add_up(sums, estimate, counts, level);
    interpolate(estimate, counts, level, sums, options->interpolate_unigrams);
    for (size_t i = 0; weights && i < contexts; i++)
        weights[i] =
            sums[i].all > 0 ? (float)(sums[i].taken / sums[i].all) : 1.0f;
    free(sums);
    return status_ok();
}

struct status ngram_estimate(struct ngram_estimate *estimate,
                             const struct ngram_counts *counts,
                             const struct ngram_estimate_options *options)
{
    struct status status = status_ok();
    assert(options->prune[0] == 0);
    *estimate = (struct ngram_estimate){.order = counts->order};
    for (int level = 0; level < counts->order && !status_failed(&status);
         level++)
        status = estimate_level(estimate, counts, level, options);
    if (status_failed(&status))
        ngram_estimate_free(estimate);
    return status;
}

void ngram_estimate_free(struct ngram_estimate *estimate)
{
    for (int level = 0; level < estimate->order; level++) {
        free(estimate->probability[level]);
        free(estimate->backoff[level]);
    }
    *estimate = (struct ngram_estimate){.order = 0};
}
