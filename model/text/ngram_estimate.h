/* Probabilities and back-off weights of counted n-grams. */
#ifndef MODEL_TEXT_NGRAM_ESTIMATE_H
#define MODEL_TEXT_NGRAM_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/text/ngram_count.h"

struct ngram_estimate_options {
    /* N-grams of n words that were seen at most prune[n - 1] times are left
     * out. Not decreasing, so that no n-gram loses its context or suffix;
     * prune[0] is 0: the vocabulary limits single words. */
    uint32_t prune[NGRAM_ORDER_MOST];
    /* Words that may stay, or NULL: all. */
    const struct vocabulary *vocabulary;
    /* What discounting takes from single words goes to all words alike (else
     * to "<unk>" alone). */
    bool interpolate_unigrams;
};

/* What is taken from an adjusted count of 1, 2, and 3 or more. */
struct ngram_discounts {
    double taken[4]; /* by count; of 0 nothing */
    bool fallback;   /* 0.5, 1 and 1.5: there was no estimate in range */
};

struct ngram_estimate {
    int order;
    struct ngram_discounts discounts[NGRAM_ORDER_MOST];
    size_t kept[NGRAM_ORDER_MOST]; /* n-grams of the model, by length - 1 */
    /* By length - 1, [n-grams of that length], as they are counted. */
    float *probability[NGRAM_ORDER_MOST]; /* negative: left out; of "<s>" 0 */
    float *backoff[NGRAM_ORDER_MOST];     /* NULL for the longest */
};

/* Interpolated modified Kneser-Ney (Chen and Goodman 1998, eq. 22 to 26), with
 * a the adjusted counts of ngram_count.h, c the n-gram's context:
 *
 *     p(w | c) = (a(c w) - D(a(c w))) / a(c) + b(c) p(w | c without its first)
 *     b(c)     = sum of D(a(c w)) over w / a(c),   a(c) = sum of a(c w)
 *     D(k)     = k - (k + 1) Y n[k+1] / n[k],      Y = n[1] / (n[1] + 2 n[2])
 *
 * n[k] n-grams of one length having the adjusted count k; below single words is
 * 1 / (words with "<unk>" and "</s>"). N-grams that are left out count in n[k]
 * and a(c), and what they had goes to b(c) (Heafield et al. 2013).
 *
 * KenLM's lmplz gives the same, but for the very last n-gram of each length,
 * which it takes into n[k] by how often it was seen.
 *
 * Fails on memory only, empty then. 8 bytes an n-gram, and 16 for each context
 * of one length at a time. */
MUST_CHECK struct status
ngram_estimate(struct ngram_estimate *estimate,
               const struct ngram_counts *counts,
               const struct ngram_estimate_options *options);
void ngram_estimate_free(struct ngram_estimate *estimate);

#endif
