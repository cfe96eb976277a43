/* Tests of attention against its formula, in double and without tiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/gemm.h"
#include "model/kernel/random.h"
#include "model/layer/attention.h"
#include "tests/close.h"

#include <math.h>
#include <stdbool.h>

#define DIM 12
#define ROWS_MOST 420
#define POSITIONS_MOST 80

/* Utterances of one row, of two, of less than a tile, and of more than two. */
static const size_t starts[] = {0, 1, 3, 60, 188, 420};
static const struct pack pack = {
    .rows = ROWS_MOST, .utterances = 5, .starts = starts};

static real qkv[ROWS_MOST * 3 * DIM], table[POSITIONS_MOST * DIM];
static real y[ROWS_MOST * DIM], maximum[ROWS_MOST * DIM], sum[ROWS_MOST * DIM];
static const struct dropout none = {.rate = 0};

static void fill(real *values, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)random_normal(random_key(seed, 99), i);
}

/* Scratch is as large as is asked for, and full of what is no number. */
static void run(const struct pack *p, const struct attention_shape *shape,
                struct dropout dropout)
{
    size_t longest = 0;
    for (size_t u = 0; u < p->utterances; u++)
        if (p->starts[u + 1] - p->starts[u] > longest)
            longest = p->starts[u + 1] - p->starts[u];
    size_t room = attention_scratch(shape, longest, 0);
    real *scratch = malloc(room * sizeof *scratch);
    assert_non_null(scratch);
    for (size_t i = 0; i < room; i++)
        scratch[i] = (real)NAN;
    attention_forward(y, maximum, sum, qkv, table, p, shape, dropout, scratch);
    free(scratch);
}

static double score(const struct attention_shape *s, size_t head, size_t i,
                    size_t j)
{
    size_t width = s->dim / s->heads;
    long at = (long)j - (long)i + (long)s->left;
    long last = (long)(s->left + s->right);
    const real *q = qkv + i * 3 * s->dim + head * width;
    const real *k = qkv + j * 3 * s->dim + s->dim + head * width;
    const real *d = table + (at < 0 ? 0 : at > last ? last : at) * (long)width;
    double dot = 0;
    for (size_t c = 0; c < width; c++)
        dot += (double)q[c] * ((double)k[c] + (double)d[c]);
    return dot / sqrt((double)width);
}

static void check_row(const struct attention_shape *s, size_t head,
                      size_t start, size_t end, size_t i)
{
    size_t width = s->dim / s->heads;
    double top = -INFINITY, total = 0, want[DIM] = {0};
    for (size_t j = start; j < end; j++)
        top = fmax(top, score(s, head, i, j));
    for (size_t j = start; j < end; j++) {
        double e = exp(score(s, head, i, j) - top);
        total += e;
        for (size_t c = 0; c < width; c++)
            want[c] +=
                e * (double)qkv[j * 3 * s->dim + 2 * s->dim + head * width + c];
    }
    assert_close(maximum[i * s->heads + head], top, 1e-5, 1e-5);
    assert_close(sum[i * s->heads + head], total, 1e-5, 0);
    for (size_t c = 0; c < width; c++)
        assert_close(y[i * s->dim + head * width + c], want[c] / total, 1e-5,
                     1e-5);
}

static void every_row_is_the_formulas(void **state)
{
    (void)state;
    static const struct attention_shape shapes[] = {
        {DIM, 1, 64, 8}, {DIM, 3, 64, 8}, {DIM, 12, 3, 2},
        {DIM, 2, 0, 5},  {DIM, 2, 5, 0},  {DIM, 2, 0, 0}};
    fill(qkv, ROWS_MOST * 3 * DIM, 1);
    fill(table, POSITIONS_MOST * DIM, 2);
    for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++) {
        fill(y, ROWS_MOST * DIM, 3);
        run(&pack, &shapes[n], none);
        for (size_t u = 0; u < pack.utterances; u++)
            for (size_t i = starts[u]; i < starts[u + 1]; i++)
                for (size_t h = 0; h < shapes[n].heads; h++)
                    check_row(&shapes[n], h, starts[u], starts[u + 1], i);
    }
}

static const struct attention_shape usual = {DIM, 3, 64, 8};

static void one_row_attends_to_itself(void **state)
{
    (void)state;
    static const size_t alone[] = {0, 1};
    const struct pack one = {.rows = 1, .utterances = 1, .starts = alone};
    fill(qkv, 3 * DIM, 4);
    run(&one, &usual, none);
    for (size_t c = 0; c < DIM; c++)
        assert_close(y[c], qkv[2 * DIM + c], 1e-6, 0);
}

/* Equal keys and no positions: weights are equal, y is the mean of values,
 * and so within them. */
static void equal_keys_give_the_mean(void **state)
{
    (void)state;
    fill(qkv, ROWS_MOST * 3 * DIM, 5);
    memset(table, 0, sizeof table);
    for (size_t i = 0; i < ROWS_MOST; i++)
        for (size_t c = 0; c < DIM; c++)
            qkv[i * 3 * DIM + DIM + c] = 1;
    run(&pack, &usual, none);
    for (size_t u = 0; u < pack.utterances; u++)
        for (size_t c = 0; c < DIM; c++) {
            double mean = 0, count = (double)(starts[u + 1] - starts[u]);
            for (size_t i = starts[u]; i < starts[u + 1]; i++)
                mean += (double)qkv[i * 3 * DIM + 2 * DIM + c] / count;
            for (size_t i = starts[u]; i < starts[u + 1]; i++)
                assert_close(y[i * DIM + c], mean, 0, 1e-5);
        }
}

static void packed_utterances_do_not_see_each_other(void **state)
{
    (void)state;
    static real before[ROWS_MOST * DIM];
    fill(qkv, ROWS_MOST * 3 * DIM, 1);
    fill(table, POSITIONS_MOST * DIM, 2);
    run(&pack, &usual, none);
    memcpy(before, y, sizeof before);
    for (size_t u = 0; u < pack.utterances; u++) {
        fill(qkv, ROWS_MOST * 3 * DIM, 1);
        for (size_t i = starts[u] * 3 * DIM; i < starts[u + 1] * 3 * DIM; i++)
            qkv[i] = (real)NAN;
        run(&pack, &usual, none);
        for (size_t i = 0; i < ROWS_MOST * DIM; i++) {
            size_t row = i / DIM;
            if (row >= starts[u] && row < starts[u + 1])
                assert_true(isnan(y[i]));
            else
                assert_memory_equal(&y[i], &before[i], sizeof *y);
        }
    }
}

/* An utterance gives what it gives alone: packing is no setting. */
static void packing_does_not_change_an_utterance(void **state)
{
    (void)state;
    static real packed[ROWS_MOST * DIM];
    fill(qkv, ROWS_MOST * 3 * DIM, 1);
    fill(table, POSITIONS_MOST * DIM, 2);
    run(&pack, &usual, none);
    memcpy(packed, y, sizeof packed);
    for (size_t u = 0; u < pack.utterances; u++) {
        size_t rows = starts[u + 1] - starts[u], own[] = {0, rows};
        const struct pack alone = {
            .rows = rows, .utterances = 1, .starts = own};
        fill(qkv, ROWS_MOST * 3 * DIM, 1);
        memmove(qkv, qkv + starts[u] * 3 * DIM, rows * 3 * DIM * sizeof *qkv);
        run(&alone, &usual, none);
        assert_memory_equal(y, packed + starts[u] * DIM,
                            rows * DIM * sizeof *y);
    }
}

/* With values of one, y is the share of weights that dropout leaves, scaled:
 * one on average. */
static void dropout_keeps_the_sum_of_weights_on_average(void **state)
{
    (void)state;
    struct dropout half = {.key = random_key(1, RANDOM_DROPOUT), .rate = 0.5f};
    static real first[ROWS_MOST * DIM];
    fill(qkv, ROWS_MOST * 3 * DIM, 6);
    fill(table, POSITIONS_MOST * DIM, 2);
    for (size_t i = 0; i < ROWS_MOST; i++)
        for (size_t c = 0; c < DIM; c++)
            qkv[i * 3 * DIM + 2 * DIM + c] = 1;
    run(&pack, &usual, half);
    double mean = 0;
    bool differs = false;
    for (size_t i = 60 * DIM; i < ROWS_MOST * DIM; i++) {
        mean += (double)y[i] / (double)((ROWS_MOST - 60) * DIM);
        differs = differs || fabs((double)y[i] - 1) > 0.01;
    }
    assert_close(mean, 1, 0, 0.03);
    assert_true(differs);
    memcpy(first, y, sizeof first);
    run(&pack, &usual, half);
    assert_memory_equal(first, y, sizeof first);
    half.key = random_key(2, RANDOM_DROPOUT);
    run(&pack, &usual, half);
    assert_true(memcmp(first, y, sizeof first) != 0);
}

static void scratch_grows_with_rows_and_not_with_their_square(void **state)
{
    (void)state;
    for (int backward = 0; backward < 2; backward++) {
        size_t one = attention_scratch(&usual, 10000, backward);
        size_t two = attention_scratch(&usual, 20000, backward);
        assert_true(two <= 2 * one);
        assert_true(one < (size_t)10000 * 10000 / 30);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_the_formulas),
        cmocka_unit_test(one_row_attends_to_itself),
        cmocka_unit_test(equal_keys_give_the_mean),
        cmocka_unit_test(packed_utterances_do_not_see_each_other),
        cmocka_unit_test(packing_does_not_change_an_utterance),
        cmocka_unit_test(dropout_keeps_the_sum_of_weights_on_average),
        cmocka_unit_test(scratch_grows_with_rows_and_not_with_their_square),
    };
    gemm_threads(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
