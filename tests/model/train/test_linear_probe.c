/* Tests of linear probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/gemm.h"
#include "model/train/linear_probe.h"
#include "tests/close.h"

#define CLASSES 4
#define WIDTH 6
#define ROWS 2000

/* Rows of class c are noise around corner c, whose size is `apart`; dimension
 * 4 is far from 0 and says nothing, dimension 5 never changes. */
static void fill(real *x, uint16_t *labels, double apart, uint64_t seed)
{
    struct random_key key = random_key(seed, RANDOM_PROBE);
    for (size_t r = 0; r < ROWS; r++) {
        labels[r] = (uint16_t)random_below_count(key, r, CLASSES);
        for (size_t i = 0; i < WIDTH; i++) {
            double noise = random_normal(random_below(key, i + 1), r);
            x[r * WIDTH + i] = (real)(noise + apart * (labels[r] == i));
        }
        x[r * WIDTH + 4] = (real)(100000 + 300 * (double)x[r * WIDTH + 4]);
        x[r * WIDTH + 5] = 7;
    }
}

static struct probe_result probe(double apart, double apart_later)
{
    static real x[ROWS * WIDTH], y[ROWS * WIDTH];
    static uint16_t labels[ROWS], later[ROWS];
    struct probe_result result;
    fill(x, labels, apart, 1);
    fill(y, later, apart_later, 2);
    const struct probe_rows fit = {x, labels, ROWS, WIDTH};
    const struct probe_rows test = {y, later, ROWS, WIDTH};
    gemm_threads(1);
    assert_ok(linear_probe(&result, &fit, &test, CLASSES,
                           random_key(3, RANDOM_PROBE)));
    assert_int_equal(result.rows, ROWS);
    return result;
}

static void what_can_be_separated_is_learned(void **state)
{
    (void)state;
    struct probe_result result = probe(8, 8);
    assert_true(result.correct >= ROWS * 0.999);
    assert_true(result.spoken > ROWS * 0.7 && result.spoken < ROWS * 0.8);
    assert_true(result.spoken_correct <= result.spoken &&
                result.spoken_correct >= (double)result.spoken * 0.999);
}

static void noise_is_guessed(void **state)
{
    (void)state;
    struct probe_result result = probe(0, 0);
    assert_true(result.correct > ROWS * 0.2 && result.correct < ROWS * 0.3);
}

static void as_much_is_told_as_overlapping_classes_let(void **state)
{
    (void)state;
    /* The best there is, the largest of the four dimensions, is right with
     * probability 0.8228: the integral of phi(z - 2) Phi(z)^3. */
    struct probe_result result = probe(2, 2);
    assert_close((double)result.correct / ROWS, 0.8228, 0, 0.025);
}

static void the_same_rows_give_the_same_probe(void **state)
{
    (void)state;
    struct probe_result one = probe(1, 1), two = probe(1, 1);
    assert_memory_equal(&one, &two, sizeof one);
}

/* The classes are told by one dimension alone, of any mean and size. */
static size_t right_of_one(double mean, double size)
{
    static real x[ROWS];
    static uint16_t labels[ROWS];
    struct random_key key = random_key(5, RANDOM_PROBE);
    struct probe_result result;
    for (size_t r = 0; r < ROWS; r++) {
        labels[r] = (uint16_t)random_below_count(key, r, 2);
        x[r] = (real)(mean + size * (4 * labels[r] +
                                     random_normal(random_below(key, 1), r)));
    }
    const struct probe_rows rows = {x, labels, ROWS, 1};
    gemm_threads(1);
    assert_ok(
        linear_probe(&result, &rows, &rows, 2, random_key(3, RANDOM_PROBE)));
    return result.correct;
}

static void neither_mean_nor_size_matters(void **state)
{
    (void)state;
    /* Phi(2) = 0.977 is the best there is. */
    assert_true(right_of_one(0, 1) > ROWS * 0.96);
    assert_true(right_of_one(10000, 1) > ROWS * 0.96);
    assert_true(right_of_one(0, 0.0001) > ROWS * 0.96);
}

static void without_rows_it_says_the_first(void **state)
{
    (void)state;
    const real x[WIDTH] = {1};
    const uint16_t label = 0;
    const struct probe_rows none = {x, &label, 0, WIDTH};
    const struct probe_rows one = {x, &label, 1, WIDTH};
    struct probe_result result;
    assert_ok(linear_probe(&result, &none, &one, CLASSES,
                           random_key(3, RANDOM_PROBE)));
    assert_int_equal(result.correct, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_separated_is_learned),
        cmocka_unit_test(noise_is_guessed),
        cmocka_unit_test(as_much_is_told_as_overlapping_classes_let),
        cmocka_unit_test(the_same_rows_give_the_same_probe),
        cmocka_unit_test(neither_mean_nor_size_matters),
        cmocka_unit_test(without_rows_it_says_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
