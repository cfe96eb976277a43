/* Gradients of every layer, by every input and parameter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/layer/activation.h"
#include "model/layer/attention.h"
#include "model/layer/convolution.h"
#include "model/layer/dropout.h"
#include "model/layer/layernorm.h"
#include "model/layer/linear.h"
#include "model/layer/softmax_loss.h"
#include "tests/gradient.h"

#define EVERY ((size_t)-1)

/* What every test here has: y = layer(x, parameters), loss = dy . y. */
struct layer {
    void (*forward)(struct layer *layer);
    real *y, *dy, *x, *dx;
    real *parameter[2], *gradient[2];
    size_t rows, in, out, parameters[2];
    real *mean, *rstd, *scratch;
    struct pack pack;
    struct attention_shape shape;
    struct dropout dropout;
};

static double loss_of(void *context)
{
    struct layer *l = context;
    l->forward(l);
    return gradient_dot(l->y, l->dy, l->rows * l->out);
}

static void open_layer(struct layer *l, size_t scratch)
{
    size_t in = l->rows * l->in, out = l->rows * l->out;
    l->y = gradient_random(out, 1);
    l->dy = gradient_random(out, 2);
    l->x = gradient_random(in, 3);
    l->dx = gradient_random(in, 4); /* not zero: overwriting is tested */
    for (uint64_t i = 0; i < 2; i++) {
        l->parameter[i] = gradient_random(l->parameters[i], 5 + i);
        l->gradient[i] = calloc(l->parameters[i] + 1, sizeof(real));
    }
    l->mean = gradient_random(out, 7);
    l->rstd = gradient_random(out, 8);
    l->scratch = gradient_random(scratch, 9);
    loss_of(l);
}

static void check_layer(struct layer *l)
{
    static const char *const names[] = {"first parameter", "second parameter"};
    assert_gradient("input", l->dx, loss_of, l, l->x, l->rows * l->in, EVERY);
    for (int i = 0; i < 2; i++)
        if (l->parameters[i])
            assert_gradient(names[i], l->gradient[i], loss_of, l,
                            l->parameter[i], l->parameters[i], EVERY);
    real *all[] = {l->y,           l->dy,           l->x,
                   l->dx,          l->mean,         l->rstd,
                   l->scratch,     l->parameter[0], l->parameter[1],
                   l->gradient[0], l->gradient[1]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void run_linear(struct layer *l)
{
    linear_forward(l->y, l->x, l->parameter[0], l->parameter[1], l->rows, l->in,
                   l->out);
}

static void linear_gradients_are_right(void **state)
{
    (void)state;
    struct layer l = {.forward = run_linear,
                      .rows = 5,
                      .in = 7,
                      .out = 3,
                      .parameters = {21, 3}};
    open_layer(&l, 0);
    linear_backward(l.dx, 0, l.gradient[0], l.gradient[1], l.dy, l.x,
                    l.parameter[0], l.rows, l.in, l.out);
    check_layer(&l);
}

static void run_layernorm(struct layer *l)
{
    layernorm_forward(l->y, l->mean, l->rstd, l->x, l->parameter[0],
                      l->parameter[1], l->rows, l->in);
}

static void layernorm_gradients_are_right(void **state)
{
    (void)state;
    struct layer l = {.forward = run_layernorm,
                      .rows = 4,
                      .in = 9,
                      .out = 9,
                      .parameters = {9, 9}};
    open_layer(&l, 0);
    layernorm_backward(l.dx, 0, l.gradient[0], l.gradient[1], l.dy, l.x, l.mean,
                       l.rstd, l.parameter[0], l.rows, l.in);
    check_layer(&l);
}

static void run_swish(struct layer *l)
{
    swish_forward(l->y, l->x, l->rows * l->in);
}

static void swish_gradient_is_right(void **state)
{
    (void)state;
    struct layer l = {.forward = run_swish, .rows = 3, .in = 11, .out = 11};
    open_layer(&l, 0);
    swish_backward(l.dx, l.dy, l.x, l.rows * l.in);
    check_layer(&l);
}

static void run_glu(struct layer *l)
{
    glu_forward(l->y, l->x, l->rows, l->out);
}

static void glu_gradient_is_right(void **state)
{
    (void)state;
    struct layer l = {.forward = run_glu, .rows = 3, .in = 10, .out = 5};
    open_layer(&l, 0);
    glu_backward(l.dx, l.dy, l.x, l.rows, l.out);
    check_layer(&l);
}

static void run_convolution(struct layer *l)
{
    convolution_forward(l->y, l->x, l->parameter[0], &l->pack, l->in,
                        l->parameters[0] / l->in, l->scratch);
}

static void convolution_gradients_are_right(void **state)
{
    (void)state;
    /* Utterances shorter and longer than the kernel. */
    static const size_t starts[] = {0, 2, 3, 12};
    struct layer l = {.forward = run_convolution,
                      .rows = 12,
                      .in = 5,
                      .out = 5,
                      .parameters = {5 * 4, 0},
                      .pack = {12, 3, starts}};
    open_layer(&l, 2 * 5 * 4);
    convolution_backward(l.dx, l.gradient[0], l.dy, l.x, l.parameter[0],
                         &l.pack, l.in, 4, l.scratch);
    check_layer(&l);
}

static void run_attention(struct layer *l)
{
    attention_forward(l->y, l->mean, l->rstd, l->x, l->parameter[0], &l->pack,
                      &l->shape, l->dropout, l->scratch);
}

static void check_attention(const size_t *starts, size_t utterances,
                            struct attention_shape shape, float dropout)
{
    size_t rows = starts[utterances], d = shape.dim / shape.heads;
    struct layer l = {.forward = run_attention,
                      .rows = rows,
                      .in = 3 * shape.dim,
                      .out = shape.dim,
                      .parameters = {(shape.left + shape.right + 1) * d, 0},
                      .pack = {rows, utterances, starts},
                      .shape = shape,
                      .dropout = {random_key(5, 5), dropout}};
    open_layer(&l, attention_scratch(&shape, rows, 1));
    attention_backward(l.dx, l.gradient[0], l.dy, l.y, l.mean, l.rstd, l.x,
                       l.parameter[0], &l.pack, &shape, l.dropout, l.scratch);
    check_layer(&l);
}

static void attention_gradients_are_right(void **state)
{
    (void)state;
    static const size_t starts[] = {0, 1, 8, 20};
    check_attention(starts, 3, (struct attention_shape){6, 2, 3, 2}, 0);
}

static void attention_gradients_are_right_with_dropout(void **state)
{
    (void)state;
    static const size_t starts[] = {0, 9, 11};
    check_attention(starts, 2, (struct attention_shape){8, 2, 2, 4}, 0.3f);
}

/* More rows than a tile of queries has. */
static void attention_gradients_are_right_over_tiles(void **state)
{
    (void)state;
    static const size_t starts[] = {0, 133};
    check_attention(starts, 1, (struct attention_shape){2, 1, 5, 1}, 0);
}

static void run_dropout(struct layer *l)
{
    memcpy(l->y, l->x, l->rows * l->in * sizeof *l->y);
    dropout_apply(l->y, l->rows * l->in, l->dropout, 3);
}

static void dropout_gradient_is_right(void **state)
{
    (void)state;
    struct layer l = {.forward = run_dropout,
                      .rows = 4,
                      .in = 25,
                      .out = 25,
                      .dropout = {random_key(1, 2), 0.4f}};
    open_layer(&l, 0);
    memcpy(l.dx, l.dy, 100 * sizeof *l.dx);
    dropout_apply(l.dx, 100, l.dropout, 3);
    check_layer(&l);
}

#define LOSS_ROWS 6
#define CLASSES 5
#define WIDE 9

static const uint16_t targets[] = {0, 9, 4, 9, 1, 9, 2, 9, 3, 9, 4, 9};

static double softmax_of(void *context)
{
    size_t correct = 0;
    return softmax_loss(NULL, &correct, context, targets, 2, LOSS_ROWS, CLASSES,
                        WIDE);
}

static void softmax_loss_gradient_is_right(void **state)
{
    (void)state;
    size_t correct = 0;
    real *logits = gradient_random(LOSS_ROWS * WIDE, 1);
    real *d = calloc(LOSS_ROWS * WIDE, sizeof *d);
    softmax_loss(d, &correct, logits, targets, 2, LOSS_ROWS, CLASSES, WIDE);
    assert_gradient("logits", d, softmax_of, logits, logits, LOSS_ROWS * WIDE,
                    EVERY);
    free(logits);
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_gradients_are_right),
        cmocka_unit_test(layernorm_gradients_are_right),
        cmocka_unit_test(swish_gradient_is_right),
        cmocka_unit_test(glu_gradient_is_right),
        cmocka_unit_test(convolution_gradients_are_right),
        cmocka_unit_test(attention_gradients_are_right),
        cmocka_unit_test(attention_gradients_are_right_with_dropout),
        cmocka_unit_test(attention_gradients_are_right_over_tiles),
        cmocka_unit_test(dropout_gradient_is_right),
        cmocka_unit_test(softmax_loss_gradient_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
