/* What discrete codes say of letters: purity and mutual information. */
#include "model/pretrain/code_quality.h"

#include <math.h>

/* Of one letter (step 1) or code (step codes): how many rows in all, and with
 * their most frequent partner. */
struct line {
    double total, most;
};

static struct line look(const uint64_t *counts, size_t count, size_t step)
{
    struct line line = {.total = 0};
    for (size_t i = 0; i < count; i++) {
        line.total += (double)counts[i * step];
        line.most = fmax(line.most, (double)counts[i * step]);
    }
    return line;
}

/* -p ln p */
static double surprise(double p)
{
    return p > 0 ? -p * log(p) : 0;
}

void code_quality(struct code_quality *quality, const uint64_t *counts,
                  size_t letters, size_t codes)
{
    *quality = (struct code_quality){.used = 0};
    double all = look(counts, letters * codes, 1).total;
    double of_letter = 0, of_code = 0, of_both = 0;
    if (all <= 0)
        return;
    for (size_t l = 0; l < letters; l++) {
        struct line line = look(counts + l * codes, codes, 1);
        quality->code_purity += line.most / all;
        of_letter += surprise(line.total / all);
    }
    for (size_t c = 0; c < codes; c++) {
        struct line line = look(counts + c, letters, codes);
        quality->letter_purity += line.most / all;
        quality->used += line.total > 0;
        of_code += surprise(line.total / all);
    }
    for (size_t i = 0; i < letters * codes; i++)
        of_both += surprise((double)counts[i] / all);
    if (of_letter > 0)
        quality->information =
            fmax(0, (of_letter + of_code - of_both) / of_letter);
    quality->perplexity = exp(of_code);
}

struct code_quality code_quality_mean(const struct code_quality *all,
                                      size_t count)
{
    struct code_quality mean = {.used = 0};
    double part = 1 / (double)count;
    for (size_t i = 0; i < count; i++) {
        mean.letter_purity += part * all[i].letter_purity;
        mean.code_purity += part * all[i].code_purity;
        mean.information += part * all[i].information;
        mean.used += part * all[i].used;
        mean.perplexity += part * all[i].perplexity;
    }
    return mean;
}
