/* The masked-prediction head against naive code in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/pretrain/masked_prediction.h"
#include "tests/close.h"
#include "tests/gradient.h"

#include <math.h>

#define ROWS 11
#define DIM 6
#define BOOKS 3
#define CODES 5
#define CLASSES (BOOKS * CODES)

static const unsigned char hidden[ROWS] = {1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0};
static real *output, *weight, *bias, *scratch;
static uint16_t codes[ROWS * BOOKS];
static struct masked_prediction_shape shape = {DIM, BOOKS, CODES, 0};

static int open_all(void **state)
{
    (void)state;
    output = gradient_random(ROWS * DIM, 1);
    weight = gradient_random(CLASSES * DIM, 2);
    bias = gradient_random(CLASSES, 3);
    scratch = calloc(masked_prediction_scratch(&shape, ROWS), sizeof *scratch);
    for (size_t i = 0; i < ROWS * BOOKS; i++)
        codes[i] = (uint16_t)(i * i % CODES);
    return scratch ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    real *all[] = {output, weight, bias, scratch};
    for (size_t i = 0; i < 4; i++)
        free(all[i]);
    return 0;
}

struct naive {
    double loss, correct;
    real d_output[ROWS * DIM], d_weight[CLASSES * DIM], d_bias[CLASSES];
};

/* One row and codebook; loss and gradient times share. */
static void add_naive(struct naive *n, size_t r, size_t b, double share)
{
    double p[CODES], sum = 0;
    size_t target = codes[r * BOOKS + b], best = 0;
    for (size_t v = 0; v < CODES; v++) {
        size_t k = b * CODES + v;
        p[v] = (double)bias[k];
        for (size_t i = 0; i < DIM; i++)
            p[v] += (double)weight[k * DIM + i] * (double)output[r * DIM + i];
        best = p[v] > p[best] ? v : best;
        sum += exp(p[v]);
    }
    n->loss += share * (log(sum) - p[target]);
    n->correct += hidden[r] && best == target;
    for (size_t v = 0; v < CODES; v++) {
        size_t k = b * CODES + v;
        double d = share * (exp(p[v]) / sum - (v == target));
        n->d_bias[k] += (real)d;
        for (size_t i = 0; i < DIM; i++) {
            n->d_weight[k * DIM + i] += (real)(d * (double)output[r * DIM + i]);
            n->d_output[r * DIM + i] += (real)(d * (double)weight[k * DIM + i]);
        }
    }
}

static void compare(double visible_weight)
{
    struct naive want, got;
    struct masked_prediction_result result, alone;
    memset(&want, 0, sizeof want);
    memset(&got, 0, sizeof got);
    memset(got.d_output, 0x7f, sizeof got.d_output); /* is overwritten */
    shape.visible_weight = visible_weight;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t b = 0; b < BOOKS; b++)
            if (hidden[r] || visible_weight > 0)
                add_naive(&want, r, b, hidden[r] ? 1 : visible_weight);
    masked_prediction(&result, got.d_output, got.d_weight, got.d_bias, output,
                      hidden, codes, weight, bias, ROWS, &shape, scratch);
    assert_close(result.loss, want.loss, 1e-5, 0);
    assert_int_equal(result.hidden, 5 * BOOKS);
    assert_int_equal(result.correct, want.correct);
    assert_close(result.weight, 5 * BOOKS + visible_weight * 6 * BOOKS, 1e-12,
                 0);
    assert_all_close(got.d_output, want.d_output, ROWS * DIM, 1e-5);
    assert_all_close(got.d_weight, want.d_weight, CLASSES * DIM, 1e-5);
    assert_all_close(got.d_bias, want.d_bias, CLASSES, 1e-5);
    /* Gradients of weights are added. */
    masked_prediction(&result, got.d_output, got.d_weight, got.d_bias, output,
                      hidden, codes, weight, bias, ROWS, &shape, scratch);
    for (size_t i = 0; i < CLASSES; i++)
        want.d_bias[i] *= 2;
    assert_all_close(got.d_bias, want.d_bias, CLASSES, 1e-5);
    assert_all_close(got.d_output, want.d_output, ROWS * DIM, 1e-5);
    /* And the loss needs none. */
    masked_prediction(&alone, NULL, NULL, NULL, output, hidden, codes, weight,
                      bias, ROWS, &shape, scratch);
    assert_memory_equal(&alone, &result, sizeof result);
}

static void hidden_rows_are_predicted(void **state)
{
    (void)state;
    compare(0);
}

static void visible_rows_weigh_as_asked(void **state)
{
    (void)state;
    compare(0.25);
    compare(1);
    compare(3);
}

static void visible_rows_have_no_gradient_unless_they_weigh(void **state)
{
    (void)state;
    struct masked_prediction_result result;
    real d_output[ROWS * DIM], d_weight[CLASSES * DIM] = {0};
    real d_bias[CLASSES] = {0};
    shape.visible_weight = 0;
    masked_prediction(&result, d_output, d_weight, d_bias, output, hidden,
                      codes, weight, bias, ROWS, &shape, scratch);
    for (size_t i = 0; i < ROWS * DIM; i++)
        assert_int_equal(d_output[i] != 0, hidden[i / DIM]);
}

static void rows_all_hidden_or_all_visible_are_taken(void **state)
{
    (void)state;
    unsigned char flags[ROWS];
    struct masked_prediction_result result;
    real d_output[ROWS * DIM], d_weight[CLASSES * DIM] = {0};
    real d_bias[CLASSES] = {0};
    shape.visible_weight = 0;
    memset(flags, 0, sizeof flags);
    masked_prediction(&result, d_output, d_weight, d_bias, output, flags, codes,
                      weight, bias, ROWS, &shape, scratch);
    assert_close(result.loss, 0, 0, 0);
    assert_close(result.weight, 0, 0, 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        assert_true(d_output[i] == 0);
    memset(flags, 1, sizeof flags);
    masked_prediction(&result, NULL, NULL, NULL, output, flags, codes, weight,
                      bias, ROWS, &shape, scratch);
    assert_int_equal(result.hidden, ROWS * BOOKS);
    assert_true(result.loss > 0 && result.correct < ROWS * BOOKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_rows_are_predicted),
        cmocka_unit_test(visible_rows_weigh_as_asked),
        cmocka_unit_test(visible_rows_have_no_gradient_unless_they_weigh),
        cmocka_unit_test(rows_all_hidden_or_all_visible_are_taken),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
