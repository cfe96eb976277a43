/* What discrete codes say of letters: purity and mutual information. */
#ifndef MODEL_PRETRAIN_CODE_QUALITY_H
#define MODEL_PRETRAIN_CODE_QUALITY_H

#include <stddef.h>
#include <stdint.h>

/* Hsu et al. 2021 (HuBERT), section IV-D, with letters instead of phones. */
struct code_quality {
    double letter_purity; /* accuracy of each code's most frequent letter */
    double code_purity;   /* accuracy of each letter's most frequent code */
    double information;   /* I(letter; code) / H(letter), PNMI: 0 .. 1; 0
                           * where there is but one letter */
    double used;          /* codes that occur at all */
    double perplexity;    /* exp(H(code)) */
};

/* quality  out: all 0 where nothing was counted
 * counts   [letters, codes]  rows of each letter that have each code
 *
 * Cannot fail. */
void code_quality(struct code_quality *quality, const uint64_t *counts,
                  size_t letters, size_t codes);

/* Means of all [count], count >= 1. */
struct code_quality code_quality_mean(const struct code_quality *all,
                                      size_t count);

#endif
