/* A recogniser of random weights, small enough for tests, that says
 * something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/recording.h"
#include "tests/tiny_model.h"

#define TOKENS 6
#define BINS 12

void tiny_model(struct checkpoint *c, enum cmvn_kind cmvn)
{
    static const char *const texts[TOKENS] = {"<blank>", " ", "a",
                                              "b",       "c", "d"};
    memset(c, 0, sizeof *c);
    struct settings *s = &c->settings;
    settings_default(s, VERB_FINETUNE);
    s->rate = RECORDING_RATE_HZ;
    s->bins = BINS;
    s->stride = 3;
    s->cmvn = (int)cmvn;
    s->dim = 16;
    s->layers = 2;
    s->heads = 2;
    s->ffn = 24;
    s->taps = 5;
    s->left = 8;
    s->right = 3;
    struct model_shape shape = settings_shape(s, TOKENS, 0);
    assert_ok(parameters_open(&c->parameters, &shape));
    c->weights = calloc(c->parameters.total, sizeof *c->weights);
    assert_non_null(c->weights);
    parameters_initialise(c->weights, &c->parameters,
                          random_key(4, RANDOM_INITIAL));
    assert_ok(tokens_from_list(&c->tokens, texts, TOKENS, "tiny model"));
    if (cmvn == CMVN_UTTERANCE)
        return;
    c->cmvn_mean = calloc(BINS, sizeof *c->cmvn_mean);
    c->cmvn_scale = calloc(BINS, sizeof *c->cmvn_scale);
    assert_true(c->cmvn_mean && c->cmvn_scale);
    for (size_t b = 0; b < BINS; b++) {
        c->cmvn_mean[b] = 15 + 0.1f * (float)b;
        c->cmvn_scale[b] = 0.5f;
    }
}
