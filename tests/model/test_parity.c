/* The whole network against transformers' Wav2Vec2BertForCTC: logits, loss
 * and the gradient of every tensor (tests/reference/parity.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/ctc_loss.h"
#include "model/encoder/encoder.h"
#include "model/layer/linear.h"
#include "model/store/safetensors.h"
#include "tests/close.h"

#define UTTERANCES 2
#define RELATIVE 1e-4

static int number(const struct safetensors *file, const char *key)
{
    const char *text = safetensors_find_text(file, key);
    assert_non_null(text);
    return atoi(text);
}

static const struct safetensor *tensor(const struct safetensors *file,
                                       const char *prefix, const char *name)
{
    char key[200];
    snprintf(key, sizeof key, "%s%s", prefix, name);
    return safetensors_find(file, key);
}

static real *to_real(const struct safetensor *from)
{
    assert_non_null(from);
    real *to = calloc(from->count + 1, sizeof *to);
    assert_non_null(to);
    for (size_t i = 0; i < from->count; i++)
        to[i] = (real)from->data[i];
    return to;
}

/* The utterances packed end to end, where the reference took one at a time. */
struct utterances {
    struct pack pack;
    size_t starts[UTTERANCES + 1];
    real *input, *logits;
    int32_t labels[UTTERANCES][64];
    size_t label_count[UTTERANCES];
};

static real *join(const struct safetensors *file, const char *prefix,
                  struct utterances *u)
{
    real *all = NULL;
    size_t count = 0;
    for (size_t i = 0; i < UTTERANCES; i++) {
        char name[8];
        snprintf(name, sizeof name, "%zu", i);
        const struct safetensor *one = tensor(file, prefix, name);
        assert_non_null(one);
        all = realloc(all, (count + one->count) * sizeof *all);
        assert_non_null(all);
        for (size_t k = 0; k < one->count; k++)
            all[count + k] = (real)one->data[k];
        count += one->count;
        u->starts[i + 1] = u->starts[i] + one->shape[0];
    }
    return all;
}

static void read_utterances(struct utterances *u,
                            const struct safetensors *file)
{
    memset(u, 0, sizeof *u);
    u->logits = join(file, "logits.", u);
    u->input = join(file, "input.", u);
    u->pack = (struct pack){u->starts[UTTERANCES], UTTERANCES, u->starts};
    for (size_t i = 0; i < UTTERANCES; i++) {
        const struct safetensor *labels =
            tensor(file, "labels.", i ? "1" : "0");
        u->label_count[i] = labels->count;
        for (size_t k = 0; k < labels->count; k++)
            u->labels[i][k] = (int32_t)labels->data[k];
    }
}

/* Copies the file's weights, whose set and shapes must be ours. */
static real *read_weights(const struct parameters *p,
                          const struct safetensors *file)
{
    real *weights = calloc(p->total, sizeof *weights);
    for (size_t i = 0; i < p->count; i++) {
        const struct parameter *to = &p->list[i];
        const struct safetensor *from = tensor(file, "", to->name);
        if (!from)
            fail_msg("%s: not among the reference's tensors", to->name);
        assert_int_equal(from->count, to->count);
        assert_int_equal(from->dims, to->dims);
        for (int k = 0; k < to->dims; k++)
            assert_int_equal(from->shape[k], to->shape[k]);
        for (size_t k = 0; k < to->count; k++)
            weights[to->offset + k] = (real)from->data[k];
    }
    return weights;
}

static void check_gradients(const struct parameters *p, const real *gradients,
                            const struct safetensors *file)
{
    size_t compared = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct parameter *own = &p->list[i];
        const struct safetensor *theirs = tensor(file, "gradient.", own->name);
        if (!theirs) {
            /* Nothing is hidden here. */
            assert_string_equal(own->name, "wav2vec2_bert.masked_spec_embed");
            continue;
        }
        compared++;
        real *want = to_real(theirs);
        /* Keys' biases have none: only rounding is left of theirs and ours. */
        if (strstr(own->name, "linear_k.bias"))
            for (size_t k = 0; k < own->count; k++)
                assert_close(gradients[own->offset + k], 0, 0, 1e-4);
        else
            close_check_all(gradients + own->offset, want, own->count, RELATIVE,
                            own->name, __FILE__, __LINE__);
        free(want);
    }
    assert_int_equal(compared, p->count - 1);
}

static void check(const char *path)
{
    struct safetensors file;
    struct utterances u;
    struct parameters parameters;
    struct encoder *encoder;
    assert_ok(safetensors_read(&file, path));
    read_utterances(&u, &file);
    struct model_shape shape = {.input = number(&file, "input"),
                                .dim = number(&file, "dim"),
                                .layers = number(&file, "layers"),
                                .heads = number(&file, "heads"),
                                .ffn = number(&file, "ffn"),
                                .taps = number(&file, "taps"),
                                .left = number(&file, "left"),
                                .right = number(&file, "right"),
                                .vocabulary = number(&file, "vocabulary")};
    size_t rows = u.pack.rows, dim = (size_t)shape.dim;
    size_t vocabulary = (size_t)shape.vocabulary;
    assert_ok(parameters_open(&parameters, &shape));
    real *weights = read_weights(&parameters, &file);
    real *gradients = calloc(parameters.total, sizeof *gradients);
    assert_ok(encoder_open(&encoder, &parameters, rows, rows, true));

    real *head =
        weights + parameters_find(&parameters, "lm_head.weight")->offset;
    real *bias = weights + parameters_find(&parameters, "lm_head.bias")->offset;
    real *logits = calloc(rows * vocabulary, sizeof *logits);
    const real *output =
        encoder_forward(encoder, weights, u.input, NULL, &u.pack, NULL);
    linear_forward(logits, output, head, bias, rows, dim, vocabulary);
    assert_all_close(logits, u.logits, rows * vocabulary, RELATIVE);

    double loss = 0;
    double *scratch =
        calloc(ctc_scratch(rows, vocabulary, 64), sizeof *scratch);
    for (size_t i = 0; i < UTTERANCES; i++) {
        real *own = logits + u.starts[i] * vocabulary;
        loss += ctc_loss(own, own, u.starts[i + 1] - u.starts[i], vocabulary,
                         u.labels[i], u.label_count[i], scratch);
    }
    assert_close(loss, safetensors_find(&file, "loss")->data[0], RELATIVE, 0);

    real *d_output = calloc(rows * dim, sizeof *d_output);
    linear_backward(d_output, 0, gradients + (head - weights),
                    gradients + (bias - weights), logits, output, head, rows,
                    dim, vocabulary);
    encoder_backward(encoder, gradients, d_output, NULL, 0);
    check_gradients(&parameters, gradients, &file);

    encoder_close(encoder);
    parameters_close(&parameters);
    safetensors_free(&file);
    real *all[] = {weights, gradients, logits, d_output, u.input, u.logits};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(scratch);
}

static void a_small_network_is_transformers(void **state)
{
    (void)state;
    check("tests/model/golden/parity_small.safetensors");
}

static void a_network_of_odd_sizes_is_transformers(void **state)
{
    (void)state;
    check("tests/model/golden/parity_odd.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_network_is_transformers),
        cmocka_unit_test(a_network_of_odd_sizes_is_transformers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
