/* Tests of the encoder: packing, masking, evaluation, randomness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/encoder/encoder.h"
#include "model/kernel/gemm.h"
#include "tests/close.h"
#include "tests/gradient.h"

#define UTTERANCES 4
#define ROWS 33
#define DIM 16
#define INPUT 12

static const struct model_shape shape = {.input = INPUT,
                                         .dim = DIM,
                                         .layers = 3,
                                         .heads = 2,
                                         .ffn = 24,
                                         .taps = 5,
                                         .left = 4,
                                         .right = 2};
static const size_t starts[UTTERANCES + 1] = {0, 7, 8, 12, ROWS};
static const struct pack pack = {ROWS, UTTERANCES, starts};

static struct parameters parameters;
static real *weights, *input;

static int open_all(void **state)
{
    (void)state;
    gemm_threads(1);
    assert_ok(parameters_open(&parameters, &shape));
    weights = calloc(parameters.total, sizeof *weights);
    input = gradient_random(ROWS * INPUT, 5);
    assert_non_null(weights);
    parameters_initialise(weights, &parameters, random_key(1, RANDOM_INITIAL));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    parameters_close(&parameters);
    free(weights);
    free(input);
    return 0;
}

static struct encoder *open_encoder(size_t rows, size_t longest, bool backward)
{
    struct encoder *encoder;
    assert_ok(encoder_open(&encoder, &parameters, rows, longest, backward));
    return encoder;
}

/* All rows' output [ROWS, DIM], for the caller to free. */
static real *output_of(const unsigned char *hidden,
                       const struct encoder_noise *noise, bool backward)
{
    struct encoder *encoder = open_encoder(ROWS, ROWS, backward);
    real *copy = malloc(ROWS * DIM * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, encoder_forward(encoder, weights, input, hidden, &pack, noise),
           ROWS * DIM * sizeof *copy);
    encoder_close(encoder);
    return copy;
}

static void an_utterance_gives_the_same_alone_as_packed(void **state)
{
    (void)state;
    real *all = output_of(NULL, NULL, false);
    for (size_t u = 0; u < UTTERANCES; u++) {
        size_t rows = starts[u + 1] - starts[u];
        const size_t own[2] = {0, rows};
        const struct pack one = {rows, 1, own};
        struct encoder *encoder = open_encoder(rows, rows, false);
        const real *output = encoder_forward(
            encoder, weights, input + starts[u] * INPUT, NULL, &one, NULL);
        assert_all_close(output, all + starts[u] * DIM, rows * DIM, 1e-5);
        encoder_close(encoder);
    }
    free(all);
}

/* A recording may be shorter than a row once it is faster. */
static void an_utterance_without_rows_changes_no_other(void **state)
{
    (void)state;
    static const size_t gaps[] = {0, 0, 7, 8, 12, 12, ROWS, ROWS};
    const struct pack with = {ROWS, 7, gaps};
    real *all = output_of(NULL, NULL, true);
    struct encoder *encoder = open_encoder(ROWS, ROWS, true);
    real *gradients = calloc(parameters.total, sizeof *gradients);
    real *d_output = gradient_random(ROWS * DIM, 9);
    const real *output =
        encoder_forward(encoder, weights, input, NULL, &with, NULL);
    assert_memory_equal(output, all, ROWS * DIM * sizeof *all);
    encoder_backward(encoder, gradients, d_output, NULL, 0);
    const struct pack none = {0, 1, (size_t[]){0, 0}};
    encoder_forward(encoder, weights, input, NULL, &none, NULL);
    encoder_backward(encoder, gradients, d_output, NULL, 0);
    encoder_close(encoder);
    free(gradients);
    free(d_output);
    free(all);
}

static void what_else_is_packed_does_not_reach_an_utterance(void **state)
{
    (void)state;
    real *before = output_of(NULL, NULL, false);
    for (size_t i = 0; i < 7 * INPUT; i++)
        input[i] += 3;
    real *after = output_of(NULL, NULL, false);
    for (size_t i = 0; i < 7 * INPUT; i++)
        input[i] -= 3;
    assert_true(memcmp(before, after, 7 * DIM * sizeof *before));
    assert_memory_equal(before + 7 * DIM, after + 7 * DIM,
                        (ROWS - 7) * DIM * sizeof *before);
    free(before);
    free(after);
}

static void evaluation_equals_training_without_noise(void **state)
{
    (void)state;
    const struct encoder_noise none = {.key = random_key(3, RANDOM_DROPOUT)};
    real *evaluation = output_of(NULL, NULL, false);
    real *training = output_of(NULL, NULL, true);
    real *noiseless = output_of(NULL, &none, true);
    assert_memory_equal(evaluation, training, ROWS * DIM * sizeof(real));
    assert_memory_equal(evaluation, noiseless, ROWS * DIM * sizeof(real));
    free(evaluation);
    free(training);
    free(noiseless);
}

static void more_memory_than_needed_changes_nothing(void **state)
{
    (void)state;
    real *tight = output_of(NULL, NULL, true);
    struct encoder *encoder = open_encoder(5 * ROWS, 3 * ROWS, true);
    const real *output =
        encoder_forward(encoder, weights, input, NULL, &pack, NULL);
    assert_memory_equal(output, tight, ROWS * DIM * sizeof *tight);
    /* And again: nothing of a pass is left for the next. */
    output = encoder_forward(encoder, weights, input, NULL, &pack, NULL);
    assert_memory_equal(output, tight, ROWS * DIM * sizeof *tight);
    encoder_close(encoder);
    free(tight);
}

static void hidden_rows_use_the_mask_embedding(void **state)
{
    (void)state;
    unsigned char hidden[ROWS] = {0};
    hidden[0] = hidden[7] = hidden[8] = hidden[30] = 1;
    const struct encoder_noise noise = {.key = random_key(1, RANDOM_DROPOUT),
                                        .dropout = 0.3f};
    const real *embedding =
        weights +
        parameters_find(&parameters, "wav2vec2_bert.masked_spec_embed")->offset;
    struct encoder *encoder = open_encoder(ROWS, ROWS, true);
    encoder_forward(encoder, weights, input, hidden, &pack, &noise);
    const real *projected = encoder_layer(encoder, 0);
    for (size_t r = 0; r < ROWS; r++)
        assert_int_equal(
            !memcmp(projected + r * DIM, embedding, DIM * sizeof *embedding),
            hidden[r]);
    encoder_close(encoder);
}

static void the_input_of_hidden_rows_is_not_seen(void **state)
{
    (void)state;
    unsigned char hidden[ROWS] = {0};
    hidden[3] = hidden[20] = 1;
    real *before = output_of(hidden, NULL, false);
    input[3 * INPUT] += 9;
    input[20 * INPUT + 5] -= 9;
    real *after = output_of(hidden, NULL, false);
    input[3 * INPUT] -= 9;
    input[20 * INPUT + 5] += 9;
    assert_memory_equal(before, after, ROWS * DIM * sizeof *before);
    free(before);
    free(after);
}

static void noise_is_a_function_of_its_key(void **state)
{
    (void)state;
    struct encoder_noise noise = {.key = random_key(1, RANDOM_DROPOUT),
                                  .dropout = 0.1f,
                                  .attention_dropout = 0.1f,
                                  .layer_drop = 0.2f};
    real *one = output_of(NULL, &noise, true);
    real *same = output_of(NULL, &noise, true);
    noise.key = random_key(2, RANDOM_DROPOUT);
    real *other = output_of(NULL, &noise, true);
    assert_memory_equal(one, same, ROWS * DIM * sizeof *one);
    assert_true(memcmp(one, other, ROWS * DIM * sizeof *one));
    free(one);
    free(same);
    free(other);
}

static void dropped_layers_let_their_input_through(void **state)
{
    (void)state;
    const struct encoder_noise all = {.key = random_key(1, RANDOM_DROPOUT),
                                      .layer_drop = 1};
    for (int backward = 0; backward < 2; backward++) {
        struct encoder *encoder = open_encoder(ROWS, ROWS, true);
        encoder_forward(encoder, weights, input, NULL, &pack, NULL);
        const real *projected = encoder_layer(encoder, 0);
        real *output = output_of(NULL, &all, backward);
        assert_memory_equal(output, projected, ROWS * DIM * sizeof *output);
        free(output);
        encoder_close(encoder);
    }
}

static void the_last_layer_is_the_output(void **state)
{
    (void)state;
    struct encoder *encoder = open_encoder(ROWS, ROWS, true);
    const real *output =
        encoder_forward(encoder, weights, input, NULL, &pack, NULL);
    assert_ptr_equal(encoder_layer(encoder, shape.layers), output);
    assert_true(
        memcmp(encoder_layer(encoder, 1), output, ROWS * DIM * sizeof *output));
    encoder_close(encoder);
}

/* Below `lowest` nothing is added. */
static void frozen_parts_get_no_gradient(void **state)
{
    (void)state;
    for (int lowest = 0; lowest <= shape.layers + 1; lowest++) {
        struct encoder *encoder = open_encoder(ROWS, ROWS, true);
        real *gradients = calloc(parameters.total, sizeof *gradients);
        real *d_output = gradient_random(ROWS * DIM, 9);
        encoder_forward(encoder, weights, input, NULL, &pack, NULL);
        encoder_backward(encoder, gradients, d_output, NULL, lowest);
        for (size_t i = 0; i < parameters.count; i++) {
            const struct parameter *p = &parameters.list[i];
            bool moved = false;
            for (size_t k = 0; k < p->count; k++)
                moved = moved || gradients[p->offset + k] != 0;
            if (!strstr(p->name, "masked_spec_embed"))
                assert_int_equal(moved, p->depth >= lowest);
        }
        free(gradients);
        free(d_output);
        encoder_close(encoder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_utterance_gives_the_same_alone_as_packed),
        cmocka_unit_test(an_utterance_without_rows_changes_no_other),
        cmocka_unit_test(what_else_is_packed_does_not_reach_an_utterance),
        cmocka_unit_test(evaluation_equals_training_without_noise),
        cmocka_unit_test(more_memory_than_needed_changes_nothing),
        cmocka_unit_test(hidden_rows_use_the_mask_embedding),
        cmocka_unit_test(the_input_of_hidden_rows_is_not_seen),
        cmocka_unit_test(noise_is_a_function_of_its_key),
        cmocka_unit_test(dropped_layers_let_their_input_through),
        cmocka_unit_test(the_last_layer_is_the_output),
        cmocka_unit_test(frozen_parts_get_no_gradient),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
