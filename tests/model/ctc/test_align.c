/* Alignment against every path there is, and against torchaudio. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "tests/close.h"
#include "tests/golden.h"

#include "tests/fault.h"

#include "model/ctc/align.c"

#define ROWS_MOST 7
#define VOCABULARY 3

/* log softmax of random logits [rows, vocabulary] */
static void fill_random(real *out, size_t rows, size_t vocabulary,
                        uint64_t seed)
{
    struct random_key key = random_key(seed, 5);
    for (size_t t = 0; t < rows; t++) {
        real *row = out + t * vocabulary;
        double sum = 0;
        for (size_t k = 0; k < vocabulary; k++) {
            row[k] = (real)(4 * random_uniform(key, t * vocabulary + k));
            sum += exp((double)row[k]);
        }
        for (size_t k = 0; k < vocabulary; k++)
            row[k] -= (real)log(sum);
    }
}

/* Whether path [rows] reads as ids; with a space, also where it has more of
 * them. */
static bool says(const int *path, size_t rows, const int32_t *ids, size_t count,
                 int32_t space)
{
    size_t at = 0;
    for (size_t t = 0; t < rows; t++) {
        if (path[t] == 0 || (t > 0 && path[t] == path[t - 1]))
            continue;
        bool wanted = at < count && ids[at] == space;
        bool gap = !at || at == count || ids[at - 1] == space;
        if (space && path[t] == space && gap && !wanted)
            continue;
        if (at == count || ids[at] != path[t])
            return false;
        at++;
    }
    return at == count;
}

/* The likeliest of all paths into best [rows]; -INFINITY where none says
 * ids. */
static double try_all(int *best, const real *log_probabilities, size_t rows,
                      const int32_t *ids, size_t count, int32_t space)
{
    int path[ROWS_MOST] = {0};
    double top = -INFINITY;
    for (;;) {
        double sum = 0;
        for (size_t t = 0; t < rows; t++)
            sum += (double)log_probabilities[t * VOCABULARY + (size_t)path[t]];
        if (sum > top && says(path, rows, ids, count, space)) {
            top = sum;
            memcpy(best, path, sizeof path);
        }
        size_t t = 0;
        while (t < rows && ++path[t] == VOCABULARY)
            path[t++] = 0;
        if (t == rows)
            return top;
    }
}

static const int32_t cases[][4] = {{0},       {1},       {1, 1},      {1, 2},
                                   {2, 1, 2}, {1, 1, 1}, {2, 2, 1, 1}};
static const size_t counts[] = {0, 1, 2, 2, 3, 3, 4};
#define CASES (sizeof counts / sizeof *counts)

static void no_path_is_likelier(void **state)
{
    (void)state;
    size_t possible = 0;
    for (size_t i = 0; i < CASES; i++)
        for (size_t rows = 1; rows <= ROWS_MOST; rows++) {
            real x[ROWS_MOST * VOCABULARY];
            int best[ROWS_MOST] = {0}, path[ROWS_MOST] = {0};
            struct align_span spans[4];
            double score = 1;
            fill_random(x, rows, VOCABULARY, 10 * i + rows);
            double want = try_all(best, x, rows, cases[i], counts[i], 0);
            if (want == -INFINITY) {
                assert_refused(align_tokens(spans, &score, x, rows, VOCABULARY,
                                            cases[i], counts[i], 0),
                               "rows");
                continue;
            }
            possible++;
            assert_ok(align_tokens(spans, &score, x, rows, VOCABULARY, cases[i],
                                   counts[i], 0));
            assert_close(score, want, 1e-6, 1e-6);
            for (size_t k = 0; k < counts[i]; k++)
                for (size_t t = spans[k].first; t < spans[k].end; t++)
                    path[t] = cases[i][k];
            assert_memory_equal(path, best, sizeof path);
        }
    assert_true(possible > 30);
    assert_int_equal(fault_held(), 0);
}

/* 2 is the space: there may be more of them than in the text. */
static void more_spaces_are_no_other_text(void **state)
{
    (void)state;
    static const int32_t spaced[][4] = {{0}, {1}, {1, 2, 1}, {1, 1}};
    static const size_t lengths[] = {0, 1, 3, 2};
    size_t more = 0;
    for (size_t i = 0; i < 4; i++)
        for (size_t rows = 3; rows <= ROWS_MOST; rows++) {
            real x[ROWS_MOST * VOCABULARY];
            int best[ROWS_MOST] = {0};
            struct align_span spans[4];
            double score = 1, strict = 1;
            fill_random(x, rows, VOCABULARY, 90 * i + rows);
            double want = try_all(best, x, rows, spaced[i], lengths[i], 2);
            assert_ok(align_tokens(spans, &score, x, rows, VOCABULARY,
                                   spaced[i], lengths[i], 2));
            assert_ok(align_tokens(spans, &strict, x, rows, VOCABULARY,
                                   spaced[i], lengths[i], 0));
            assert_close(score, want, 1e-6, 1e-6);
            more += score > strict + 1e-6;
        }
    assert_true(more > 8);
}

static void torchaudio_agrees(void **state)
{
    (void)state;
    struct golden *golden = golden_open("tests/model/ctc/golden/align.txt");
    for (int i = 0; i < 6; i++) {
        static const char *const names[] = {
            "size", "ids", "log_probabilities", "firsts", "ends", "score"};
        const real *found[6];
        size_t count[6];
        for (int k = 0; k < 6; k++) {
            char name[32];
            snprintf(name, sizeof name, "%d.%s", i, names[k]);
            found[k] = golden_array(golden, name, &count[k]);
        }
        struct align_span spans[200];
        int32_t ids[200];
        double score = 1;
        for (size_t k = 0; k < count[1]; k++)
            ids[k] = (int32_t)found[1][k];
        assert_ok(align_tokens(spans, &score, found[2], (size_t)found[0][0],
                               (size_t)found[0][1], ids, count[1], 0));
        assert_close(score, found[5][0], 1e-6, 0);
        for (size_t k = 0; k < count[1]; k++) {
            assert_int_equal(spans[k].first, found[3][k]);
            assert_int_equal(spans[k].end, found[4][k]);
        }
    }
    golden_close(golden);
}

/* Rows that leave no doubt: the path is read back, over many blocks. */
static void a_long_recording_is_followed_to_its_end(void **state)
{
    (void)state;
    enum { TOKENS = 1500, APART = 7, ROWS = TOKENS * APART };
    real *x = malloc(ROWS * VOCABULARY * sizeof *x);
    int32_t *ids = malloc(TOKENS * sizeof *ids);
    struct align_span *spans = malloc(TOKENS * sizeof *spans);
    for (size_t t = 0; t < ROWS; t++) {
        size_t token = t / APART, place = t % APART;
        bool spoken = place >= 2 && place < 2 + 1 + token % 3;
        ids[token] = 1 + (int32_t)(token / 2 % 2);
        for (size_t k = 0; k < VOCABULARY; k++)
            x[t * VOCABULARY + k] = -5;
        x[t * VOCABULARY + (spoken ? (size_t)ids[token] : 0)] = -0.01f;
    }
    assert_ok(align_tokens(spans, NULL, x, ROWS, VOCABULARY, ids, TOKENS, 0));
    for (size_t k = 0; k < TOKENS; k++) {
        assert_int_equal(spans[k].first, k * APART + 2);
        assert_int_equal(spans[k].end, k * APART + 3 + k % 3);
    }
    assert_true(ROWS > 10 * block_rows(ROWS));
    free(spans);
    free(ids);
    free(x);
}

static void what_has_no_probability_is_refused(void **state)
{
    (void)state;
    const real x[2 * VOCABULARY] = {-1, -1, -INFINITY, 0, -2, -INFINITY};
    const int32_t one[] = {1}, two[] = {2};
    struct align_span span;
    double score = 1;
    assert_ok(align_tokens(&span, &score, x, 2, VOCABULARY, one, 1, 0));
    assert_close(score, -1, 1e-12, 0);
    assert_int_equal(span.first, 0);
    assert_int_equal(span.end, 1);
    assert_refused(align_tokens(&span, &score, x, 2, VOCABULARY, two, 1, 0),
                   "no probability");
    assert_int_equal(span.end, 0);
}

static void no_rows_say_nothing_and_nothing_else(void **state)
{
    (void)state;
    const int32_t one[] = {1};
    struct align_span span;
    double score = 1;
    assert_ok(align_tokens(NULL, &score, NULL, 0, VOCABULARY, NULL, 0, 0));
    assert_true(score == 0);
    assert_refused(align_tokens(&span, &score, NULL, 0, VOCABULARY, one, 1, 0),
                   "1 characters want 1 rows, and the recording has 0");
}

static void memory_that_runs_out_is_said(void **state)
{
    (void)state;
    real x[ROWS_MOST * VOCABULARY];
    struct align_span spans[4];
    long n = 0;
    fill_random(x, ROWS_MOST, VOCABULARY, 1);
    for (;; n++) {
        fault_at(n);
        struct status status = align_tokens(spans, NULL, x, ROWS_MOST,
                                            VOCABULARY, cases[6], counts[6], 0);
        assert_int_equal(status.code,
                         fault_happened() ? STATUS_MEMORY : STATUS_OK);
        assert_int_equal(fault_held(), 0);
        if (!fault_happened())
            break;
        assert_int_equal(spans[0].end, 0);
    }
    assert_int_equal(n, 6);
    fault_at(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_path_is_likelier),
        cmocka_unit_test(more_spaces_are_no_other_text),
        cmocka_unit_test(torchaudio_agrees),
        cmocka_unit_test(a_long_recording_is_followed_to_its_end),
        cmocka_unit_test(what_has_no_probability_is_refused),
        cmocka_unit_test(no_rows_say_nothing_and_nothing_else),
        cmocka_unit_test(memory_that_runs_out_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
