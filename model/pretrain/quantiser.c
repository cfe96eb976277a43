/* Turns feature vectors into the discrete targets of masked prediction. */
#include "model/pretrain/quantiser.h"

#include <stdlib.h>
#include <string.h>

#include "model/kernel/gemm.h"

#define BLOCK 256 /* vectors labelled at a time */

struct status quantiser_open(struct quantiser *q, int codebooks, int codes,
                             int width, int input)
{
    *q = (struct quantiser){
        .codebooks = codebooks, .codes = codes, .width = width, .input = input};
    size_t b = (size_t)codebooks, v = (size_t)codes;
    size_t w = (size_t)width, n = (size_t)input;
    q->mean = calloc(n, sizeof *q->mean);
    q->projection = calloc(b * w, n * sizeof *q->projection);
    q->code = calloc(b * v, w * sizeof *q->code);
    q->bias = calloc(b, v * sizeof *q->bias);
    if (q->mean && q->projection && q->code && q->bias)
        return status_ok();
    quantiser_close(q);
    return status_memory("targets");
}

struct status quantiser_copy(struct quantiser *to, const struct quantiser *from)
{
    struct status status = quantiser_open(to, from->codebooks, from->codes,
                                          from->width, from->input);
    if (status_failed(&status))
        return status;
    size_t b = (size_t)from->codebooks, v = (size_t)from->codes;
    size_t w = (size_t)from->width, n = (size_t)from->input;
    memcpy(to->mean, from->mean, n * sizeof *to->mean);
    memcpy(to->projection, from->projection,
           b * w * n * sizeof *to->projection);
    memcpy(to->code, from->code, b * v * w * sizeof *to->code);
    memcpy(to->bias, from->bias, b * v * sizeof *to->bias);
    return status;
}

void quantiser_close(struct quantiser *q)
{
    free(q->mean);
    free(q->projection);
    free(q->code);
    free(q->bias);
    *q = (struct quantiser){.codes = 0};
}

size_t quantiser_scratch(const struct quantiser *q)
{
    return BLOCK * ((size_t)q->input + (size_t)q->width + (size_t)q->codes);
}

static uint16_t best_code(const float *score, const float *bias, size_t codes)
{
    size_t best = 0;
    float top = score[0] + bias[0];
    for (size_t v = 1; v < codes; v++) {
        float value = score[v] + bias[v];
        if (value > top) {
            top = value;
            best = v;
        }
    }
    return (uint16_t)best;
}

void quantiser_label(uint16_t *codes, const struct quantiser *q, const float *x,
                     size_t count, float *scratch)
{
    size_t input = (size_t)q->input, width = (size_t)q->width;
    size_t all = (size_t)q->codes, books = (size_t)q->codebooks;
    float *centred = scratch, *z = centred + BLOCK * input;
    float *score = z + BLOCK * width;
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t rows = count - first < BLOCK ? count - first : BLOCK;
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < input; i++)
                centred[r * input + i] =
                    x[(first + r) * input + i] - q->mean[i];
        for (size_t b = 0; b < books; b++) {
            gemm_nt_single(z, width, centred, input,
                           q->projection + b * width * input, input, rows,
                           width, input, 1, 0);
            gemm_nt_single(score, all, z, width, q->code + b * all * width,
                           width, rows, all, width, 1, 0);
            for (size_t r = 0; r < rows; r++)
                codes[(first + r) * books + b] =
                    best_code(score + r * all, q->bias + b * all, all);
        }
    }
}
