/* Gradients of what the head reads of a layer, by the layer and the head. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/train/reading.h"
#include "tests/close.h"
#include "tests/gradient.h"

#define ROWS 11
#define DIM 6
#define WEIGHT 0.3

static const struct model_shape shape = {.input = 4,
                                         .dim = DIM,
                                         .layers = 1,
                                         .heads = 2,
                                         .ffn = 8,
                                         .taps = 3,
                                         .left = 2,
                                         .right = 2,
                                         .vocabulary = 4};
static int32_t labels[] = {1, 2, 2, 3};
static size_t label_starts[] = {0, 3, 4}, starts[] = {0, 7, ROWS};
static const struct joining joining = {
    .starts = starts, .label_starts = label_starts, .labels = labels};
static const struct pack pack = {ROWS, 2, starts};

static struct reading reading;
static struct settings settings;
static real *weights, *layer, *gradients;
static real d[ROWS * DIM];

static double loss_of(void *context)
{
    struct lane_sums sums = {.loss = 0};
    const struct dropout *dropout = context;
    reading_learn(&sums, gradients, d, &reading, weights, layer, &pack,
                  &joining, *dropout, (real)WEIGHT);
    return WEIGHT * sums.loss;
}

static void check(float rate)
{
    struct dropout dropout = {.key = random_key(1, 2), .rate = rate};
    struct parameters parameters;
    assert_ok(parameters_open(&parameters, &shape));
    settings_default(&settings, VERB_FINETUNE);
    settings.consistency = 0;
    assert_ok(reading_open(&reading, &parameters, &settings, ROWS, 7, 3));
    weights = gradient_random(parameters.total, 1);
    layer = gradient_random((size_t)ROWS * DIM, 2);
    gradients = calloc(parameters.total, sizeof *gradients);
    loss_of(&dropout);
    real *own = gradients;
    gradients = calloc(parameters.total, sizeof *gradients); /* not asked of */
    real of_layer[ROWS * DIM];
    memcpy(of_layer, d, sizeof d);
    assert_gradient("layer", of_layer, loss_of, &dropout, layer,
                    (size_t)ROWS * DIM, (size_t)ROWS * DIM);
    size_t head = 0;
    for (size_t i = 0; i < parameters.count; i++) {
        const struct parameter *p = &parameters.list[i];
        if (strncmp(p->name, "lm_head", 7) != 0)
            continue;
        head += p->count;
        assert_gradient(p->name, own + p->offset, loss_of, &dropout,
                        weights + p->offset, p->count, p->count);
    }
    assert_int_equal(head, (DIM + 1) * 4);
    free(own);
    free(gradients);
    free(layer);
    free(weights);
    reading_close(&reading);
    parameters_close(&parameters);
}

static void gradients_are_right(void **state)
{
    (void)state;
    check(0);
}

static void gradients_are_right_with_dropout(void **state)
{
    (void)state;
    check(0.3f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(gradients_are_right_with_dropout)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
