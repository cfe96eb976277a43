/* How well a language model foresees a text. */
#include "model/text/perplexity.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct status perplexity_add(void *perplexity, const char *sentence,
                             const char *path, size_t line)
{
    struct perplexity *p = perplexity;
    uint32_t state = ngram_begin(p->model);
    (void)path;
    (void)line;
    while (*sentence) {
        size_t length = strcspn(sentence, " ");
        uint32_t word = ngram_find(p->model, sentence, length);
        double score = ngram_score(&state, p->model, state, word);
        p->log_p += score;
        p->words++;
        if (word == NGRAM_UNKNOWN) {
            p->unknown++;
            p->log_p_unknown += score;
        }
        sentence += length + (sentence[length] == ' ');
    }
    double score = ngram_score_end(p->model, state);
    p->log_p += score;
    p->log_p_end += score;
    p->sentences++;
    return status_ok();
}

double perplexity_of_all(const struct perplexity *p)
{
    return exp(-p->log_p / (double)(p->words + p->sentences));
}

double perplexity_of_known(const struct perplexity *p)
{
    return exp((p->log_p_unknown - p->log_p) /
               (double)(p->words + p->sentences - p->unknown));
}

double perplexity_of_words(const struct perplexity *p)
{
    return exp((p->log_p_unknown + p->log_p_end - p->log_p) /
               (double)(p->words - p->unknown));
}

void perplexity_print(FILE *out, const struct perplexity *p)
{
    fprintf(out,
            "sentences\t%" PRIu64 "\nwords\t%" PRIu64
            "\nunknown words\t%" PRIu64 "\n",
            p->sentences, p->words, p->unknown);
    fprintf(out, "log10 probability\t%.6g\n", p->log_p / log(10));
    fprintf(out, "perplexity\t%.6g\n", perplexity_of_all(p));
    fprintf(out, "perplexity without unknown words\t%.6g\n",
            perplexity_of_known(p));
    fprintf(out, "perplexity without unknown words and sentence ends\t%.6g\n",
            perplexity_of_words(p));
}
