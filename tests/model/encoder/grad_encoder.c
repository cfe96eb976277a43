/* Gradients of the whole encoder, by its input and every tensor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/encoder/encoder.h"
#include "tests/close.h"
#include "tests/gradient.h"

#define ROWS 17
#define MOST 12 /* checked of each tensor */

static const size_t starts[] = {0, 9, 10, ROWS};
static const struct pack pack = {ROWS, 3, starts};
static const struct model_shape shape = {.input = 10,
                                         .dim = 12,
                                         .layers = 3,
                                         .heads = 3,
                                         .ffn = 20,
                                         .taps = 5,
                                         .left = 4,
                                         .right = 2};

struct network {
    struct encoder *encoder;
    struct parameters parameters;
    real *weights, *gradients, *input, *dy, *d_output;
    unsigned char hidden[ROWS];
    struct encoder_noise noise;
};

static double loss_of(void *context)
{
    struct network *n = context;
    const real *y = encoder_forward(n->encoder, n->weights, n->input, n->hidden,
                                    &pack, &n->noise);
    return gradient_dot(y, n->dy, ROWS * (size_t)shape.dim);
}

static void open_network(struct network *n)
{
    assert_ok(parameters_open(&n->parameters, &shape));
    size_t total = n->parameters.total;
    n->weights = calloc(total, sizeof *n->weights);
    n->gradients = calloc(total, sizeof *n->gradients);
    real *noise = gradient_random(total, 1);
    parameters_initialise(n->weights, &n->parameters, random_key(1, 1));
    /* Gains of 1 and biases of 0 would hide what is multiplied by them. */
    for (size_t i = 0; i < n->parameters.count; i++) {
        const struct parameter *p = &n->parameters.list[i];
        for (size_t k = 0; k < p->count; k++)
            n->weights[p->offset + k] += 0.1 * noise[p->offset + k];
    }
    free(noise);
    n->input = gradient_random(ROWS * (size_t)shape.input, 2);
    n->dy = gradient_random(ROWS * (size_t)shape.dim, 3);
    n->d_output = gradient_random(ROWS * (size_t)shape.dim, 3);
    n->hidden[2] = n->hidden[3] = n->hidden[12] = 1;
    assert_ok(encoder_open(&n->encoder, &n->parameters, ROWS, 9, true));
}

static void close_network(struct network *n)
{
    encoder_close(n->encoder);
    parameters_close(&n->parameters);
    free(n->weights);
    free(n->gradients);
    free(n->input);
    free(n->dy);
    free(n->d_output);
}

static void check(float dropout, float attention_dropout, float layer_drop,
                  int lowest)
{
    struct network n = {.noise = {.key = random_key(3, 3),
                                  .dropout = dropout,
                                  .attention_dropout = attention_dropout,
                                  .layer_drop = layer_drop}};
    open_network(&n);
    loss_of(&n);
    encoder_backward(n.encoder, n.gradients, n.d_output, NULL, lowest);
    for (size_t i = 0; i < n.parameters.count; i++) {
        const struct parameter *p = &n.parameters.list[i];
        if (p->depth >= lowest) {
            /* A layer that was dropped has no gradient at all. */
            if (layer_drop > 0 &&
                gradient_dot(n.gradients + p->offset, n.gradients + p->offset,
                             p->count) == 0)
                continue;
            assert_gradient(p->name, n.gradients + p->offset, loss_of, &n,
                            n.weights + p->offset, p->count, MOST);
            continue;
        }
        for (size_t k = 0; k < p->count; k++)
            assert_true(n.gradients[p->offset + k] == 0);
    }
    close_network(&n);
}

static void gradients_are_right(void **state)
{
    (void)state;
    check(0, 0, 0, 0);
}

static void gradients_are_right_with_dropout(void **state)
{
    (void)state;
    check(0.2f, 0.1f, 0, 0);
}

static void gradients_are_right_with_layer_drop(void **state)
{
    (void)state;
    check(0.1f, 0, 0.5f, 0);
}

static void frozen_layers_get_no_gradient(void **state)
{
    (void)state;
    check(0.1f, 0, 0, 2);
}

/* Of the last layer's output, and of the middle one's. */
static double loss_of_two(void *context)
{
    struct network *n = context;
    return loss_of(n) +
           gradient_dot(encoder_layer(n->encoder, encoder_middle(shape.layers)),
                        n->dy, ROWS * (size_t)shape.dim);
}

static void gradients_are_right_of_two_losses(void **state)
{
    (void)state;
    struct network n = {.noise = {.key = random_key(3, 3), .dropout = 0.1f}};
    open_network(&n);
    loss_of_two(&n);
    encoder_backward(n.encoder, n.gradients, n.d_output, n.dy, 0);
    for (size_t i = 0; i < n.parameters.count; i++) {
        const struct parameter *p = &n.parameters.list[i];
        assert_gradient(p->name, n.gradients + p->offset, loss_of_two, &n,
                        n.weights + p->offset, p->count, MOST);
    }
    close_network(&n);
}

static void two_passes_add_up(void **state)
{
    (void)state;
    struct network n = {.noise = {.key = random_key(3, 3)}};
    open_network(&n);
    size_t total = n.parameters.total;
    real *once = calloc(total, sizeof *once);
    loss_of(&n);
    encoder_backward(n.encoder, n.gradients, n.d_output, NULL, 0);
    memcpy(once, n.gradients, total * sizeof *once);
    loss_of(&n);
    memcpy(n.d_output, n.dy, ROWS * 12 * sizeof *n.dy);
    encoder_backward(n.encoder, n.gradients, n.d_output, NULL, 0);
    for (size_t i = 0; i < total; i++)
        once[i] *= 2;
    assert_all_close(n.gradients, once, total, 1e-12);
    free(once);
    close_network(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(gradients_are_right_with_dropout),
        cmocka_unit_test(gradients_are_right_with_layer_drop),
        cmocka_unit_test(frozen_layers_get_no_gradient),
        cmocka_unit_test(gradients_are_right_of_two_losses),
        cmocka_unit_test(two_passes_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
