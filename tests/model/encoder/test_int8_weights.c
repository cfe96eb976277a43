/* Tests of the encoder with weights of eight bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/encoder/encoder.h"
#include "model/kernel/gemm.h"
#include "tests/close.h"
#include "tests/gradient.h"

#include "tests/fault.h"

#include "model/encoder/int8_weights.c"

#define ROWS 33
#define DIM 16
#define FFN 24
#define LAYERS 3
#define INPUT 12

static const struct model_shape shape = {.input = INPUT,
                                         .dim = DIM,
                                         .layers = LAYERS,
                                         .heads = 2,
                                         .ffn = FFN,
                                         .taps = 5,
                                         .left = 4,
                                         .right = 2,
                                         .vocabulary = 7};
static const size_t starts[] = {0, 7, 8, 12, ROWS};
static const struct pack pack = {ROWS, 4, starts};

static struct parameters parameters;
static real *weights, *input;

static int open_all(void **state)
{
    (void)state;
    gemm_threads(1);
    assert_ok(parameters_open(&parameters, &shape));
    weights = (calloc)(parameters.total, sizeof *weights);
    input = gradient_random(ROWS * INPUT, 5);
    assert_non_null(weights);
    parameters_initialise(weights, &parameters, random_key(1, RANDOM_INITIAL));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    parameters_close(&parameters);
    (free)(weights);
    (free)(input);
    return 0;
}

/* Gives int8 every parameter; returns how many it took. */
static size_t give_all(struct int8_weights *q)
{
    size_t taken = 0;
    for (size_t i = 0; i < parameters.count; i++) {
        const struct parameter *p = &parameters.list[i];
        float *values = (malloc)(p->count * sizeof *values);
        assert_non_null(values);
        for (size_t k = 0; k < p->count; k++)
            values[k] = (float)weights[p->offset + k];
        taken += int8_weights_take(q, p, values);
        (free)(values);
    }
    return taken;
}

/* Output [ROWS, DIM] with eight bits or without, for the caller to free. */
static real *output_of(const struct int8_weights *q, const real *block)
{
    struct encoder *encoder;
    real *copy = (malloc)(ROWS * DIM * sizeof *copy);
    assert_non_null(copy);
    assert_ok(encoder_open(&encoder, &parameters, ROWS, ROWS, false));
    if (q)
        encoder_use_int8(encoder, q);
    memcpy(copy, encoder_forward(encoder, block, input, NULL, &pack, NULL),
           ROWS * DIM * sizeof *copy);
    encoder_close(encoder);
    return copy;
}

/* Query, key and value weights are one matrix of three parameters. */
static void a_layers_ten_matrices_are_taken_and_nothing_else(void **state)
{
    (void)state;
    struct int8_weights q;
    assert_ok(int8_weights_open(&q, &parameters, weights));
    assert_int_equal(give_all(&q), 10 * LAYERS);
    for (size_t i = 0; i < q.count; i++)
        for (size_t o = 0; o < q.matrices[i].out; o++)
            assert_true(q.matrices[i].scale[o] > 0);
    int8_weights_close(&q);
    int8_weights_close(&q);
}

static void the_output_is_near_that_of_float(void **state)
{
    (void)state;
    struct int8_weights q;
    assert_ok(int8_weights_open(&q, &parameters, weights));
    give_all(&q);
    real *want = output_of(NULL, weights), *got = output_of(&q, weights);
    assert_all_close(got, want, ROWS * DIM, 0.03);
    assert_true(memcmp(got, want, ROWS * DIM * sizeof *got) != 0);
    int8_weights_close(&q);
    (free)(want);
    (free)(got);
}

static void the_matrices_in_the_block_are_not_looked_at(void **state)
{
    (void)state;
    struct int8_weights q;
    real *holes = (malloc)(parameters.total * sizeof *holes);
    assert_non_null(holes);
    memcpy(holes, weights, parameters.total * sizeof *holes);
    assert_ok(int8_weights_open(&q, &parameters, weights));
    give_all(&q);
    for (size_t i = 0; i < q.count; i++)
        for (size_t k = 0; k < q.matrices[i].out * q.matrices[i].in; k++)
            holes[q.offsets[i] + k] = 1e30f;
    real *want = output_of(&q, weights), *got = output_of(&q, holes);
    assert_memory_equal(got, want, ROWS * DIM * sizeof *got);
    int8_weights_close(&q);
    (free)(holes);
    (free)(want);
    (free)(got);
}

static void too_wide_a_layer_is_refused(void **state)
{
    (void)state;
    struct int8_weights q;
    struct parameters wide = parameters;
    wide.shape.ffn = GEMM_INT8_IN_MOST + 1;
    assert_refused(int8_weights_open(&q, &wide, weights), "--precision float");
    assert_int_equal(q.count, 0);
}

static void without_memory_there_is_nothing(void **state)
{
    (void)state;
    size_t failures = 0;
    for (long n = 0;; n++) {
        struct int8_weights q;
        fault_at(n);
        struct status status = int8_weights_open(&q, &parameters, weights);
        bool happened = fault_happened();
        fault_at(-1);
        if (!happened) {
            assert_ok(status);
            int8_weights_close(&q);
            break;
        }
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_int_equal(q.count, 0);
        assert_null(q.matrices);
        assert_int_equal(fault_held(), 0);
    }
    assert_int_equal(fault_held(), 0);
    assert_int_equal(failures, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layers_ten_matrices_are_taken_and_nothing_else),
        cmocka_unit_test(the_output_is_near_that_of_float),
        cmocka_unit_test(the_matrices_in_the_block_are_not_looked_at),
        cmocka_unit_test(too_wide_a_layer_is_refused),
        cmocka_unit_test(without_memory_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
