/* CTC loss and gradient of ten seconds of speech, against PyTorch. */
#include <stdlib.h>

#include "model/ctc/ctc_loss.h"
#include "model/kernel/random.h"
#include "tests/bench.h"
#include "tests/peer.h"

#define FRAMES 250
#define LABELS 120
#define VOCABULARY 28
#define UTTERANCES 8
#define TURNS 21

struct work {
    real *logits, *d_logits;
    int32_t labels[LABELS];
    double *scratch;
};

static void compute(void *context)
{
    struct work *w = context;
    for (int u = 0; u < UTTERANCES; u++)
        ctc_loss(w->d_logits, w->logits, FRAMES, VOCABULARY, w->labels, LABELS,
                 w->scratch);
}

int main(void)
{
    struct random_key key = random_key(1, RANDOM_NOISE);
    size_t size = FRAMES * VOCABULARY;
    struct work w = {.logits = calloc(size, sizeof *w.logits),
                     .d_logits = calloc(size, sizeof *w.d_logits),
                     .scratch = calloc(ctc_scratch(FRAMES, VOCABULARY, LABELS),
                                       sizeof *w.scratch)};
    if (!w.logits || !w.d_logits || !w.scratch)
        return 1;
    for (size_t i = 0; i < size; i++)
        w.logits[i] = (real)random_normal(key, i);
    for (size_t i = 0; i < LABELS; i++)
        w.labels[i] = 1 + (int32_t)random_below_count(key, i, VOCABULARY - 1);
    static const struct rival rival = {"torch", "ctc 1 250 120 28 8"};
    double seconds = peer_against("ctc_loss", compute, &w, TURNS, &rival, 1);
    bench_print("ctc_loss", UTTERANCES * FRAMES / seconds / 1e6,
                "million rows/s");
    free(w.logits);
    free(w.d_logits);
    free(w.scratch);
    return 0;
}
