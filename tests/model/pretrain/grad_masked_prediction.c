/* Gradients of the masked-prediction head against differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "model/pretrain/masked_prediction.h"
#include "tests/gradient.h"

#define ROWS 7
#define DIM 6
#define BOOKS 2
#define CODES 5

static const unsigned char hidden[ROWS] = {0, 1, 1, 0, 0, 1, 0};
static const uint16_t codes[ROWS * BOOKS] = {0, 1, 2, 3, 4, 0, 1,
                                             2, 3, 4, 0, 4, 2, 2};

struct head {
    struct masked_prediction_shape shape;
    real *output, *weight, *bias, *scratch;
};

static double loss_of(void *context)
{
    struct head *h = context;
    struct masked_prediction_result result;
    masked_prediction(&result, NULL, NULL, NULL, h->output, hidden, codes,
                      h->weight, h->bias, ROWS, &h->shape, h->scratch);
    return result.loss;
}

static void check(double visible_weight)
{
    const struct masked_prediction_shape shape = {DIM, BOOKS, CODES,
                                                  visible_weight};
    struct head h = {
        shape,

        gradient_random(ROWS * DIM, 1), gradient_random(BOOKS * CODES * DIM, 2),
        gradient_random(BOOKS * CODES, 3),
        calloc(masked_prediction_scratch(&shape, ROWS), sizeof(real))};
    real *d_output = gradient_random(ROWS * DIM, 4);
    real *d_weight = calloc(BOOKS * CODES * DIM, sizeof(real));
    real *d_bias = calloc(BOOKS * CODES, sizeof(real));
    struct masked_prediction_result result;
    masked_prediction(&result, d_output, d_weight, d_bias, h.output, hidden,
                      codes, h.weight, h.bias, ROWS, &h.shape, h.scratch);
    assert_int_equal(result.hidden, 3 * BOOKS);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t i = 0; i < DIM; i++)
            assert_true((hidden[r] || visible_weight > 0) ==
                        (d_output[r * DIM + i] != 0));
    assert_gradient("output", d_output, loss_of, &h, h.output, ROWS * DIM,
                    ROWS * DIM);
    assert_gradient("weight", d_weight, loss_of, &h, h.weight,
                    BOOKS * CODES * DIM, BOOKS * CODES * DIM);
    assert_gradient("bias", d_bias, loss_of, &h, h.bias, BOOKS * CODES,
                    BOOKS * CODES);
    real *all[] = {h.output, h.weight, h.bias, h.scratch,
                   d_output, d_weight, d_bias};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void head_gradients_are_right(void **state)
{
    (void)state;
    check(0);
}

static void visible_rows_weigh_as_asked(void **state)
{
    (void)state;
    check(0.3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_gradients_are_right),
        cmocka_unit_test(visible_rows_weigh_as_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
