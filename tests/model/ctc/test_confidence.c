/* Odds against tokens, from the CTC loss of every text that differs by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/ctc_loss.h"
#include "model/kernel/random.h"
#include "model/layer/softmax_loss.h"
#include "tests/close.h"

#include "tests/fault.h"

#include "model/ctc/confidence.c"

#define ROWS 12
#define VOCABULARY 4
#define LONGEST 8

static void fill_random(real *out, size_t rows, uint64_t seed)
{
    struct random_key key = random_key(seed, 7);
    for (size_t i = 0; i < rows * VOCABULARY; i++)
        out[i] = (real)(3 * random_uniform(key, i));
    log_softmax(out, rows, VOCABULARY);
}

/* CTC's probability of ids. */
static double probability(const real *x, size_t rows, const int32_t *ids,
                          size_t count)
{
    double *scratch =
        calloc(ctc_scratch(rows, VOCABULARY, count), sizeof *scratch);
    double loss = ctc_loss(NULL, x, rows, VOCABULARY, ids, count, scratch);
    free(scratch);
    return exp(-loss);
}

/* Of ids with token i replaced by c (0: left out), or c put before it. */
static double edited(const real *x, const int32_t *ids, size_t count, size_t i,
                     int32_t c, bool insertion)
{
    int32_t other[LONGEST + 1];
    size_t n = 0;
    for (size_t k = 0; k <= count; k++) {
        if (k == i && c)
            other[n++] = c;
        if (k < count && (k != i || insertion))
            other[n++] = ids[k];
    }
    return probability(x, ROWS, other, n);
}

static const int32_t texts[][3] = {{0},       {1},       {1, 2},    {1, 1},
                                   {2, 1, 2}, {1, 1, 2}, {3, 3, 3}, {1, 2, 3}};
static const size_t counts[] = {0, 1, 2, 2, 3, 3, 3, 3};
#define TEXTS (sizeof counts / sizeof *counts)

static void every_text_that_differs_by_one_token_counts(void **state)
{
    (void)state;
    for (size_t n = 0; n < TEXTS; n++) {
        const int32_t *ids = texts[n];
        size_t count = counts[n];
        real x[ROWS * VOCABULARY];
        struct align_span spans[3];
        struct confidence_odds odds[4];
        fill_random(x, ROWS, n);
        assert_ok(
            align_tokens(spans, NULL, x, ROWS, VOCABULARY, ids, count, 0));
        assert_ok(
            confidence_odds(odds, spans, x, ROWS, VOCABULARY, ids, count, 0));
        double own = probability(x, ROWS, ids, count);
        /* As long as the whole text is around. */
        for (size_t i = 0; i <= count && i <= CONTEXT; i++) {
            double changed = 0, inserted = 0;
            for (int32_t c = 1; c < VOCABULARY; c++) {
                bool same = i < count && c == ids[i];
                if (i < count && !same)
                    changed += edited(x, ids, count, i, c, false);
                if (!same)
                    inserted += edited(x, ids, count, i, c, true);
            }
            if (i < count && (!i || ids[i - 1] != ids[i]))
                changed += edited(x, ids, count, i, 0, false);
            assert_close(odds[i].changed, changed / own, 1e-5, 1e-12);
            assert_close(odds[i].inserted, inserted / own, 1e-5, 1e-12);
        }
    }
    assert_int_equal(fault_held(), 0);
}

/* Rows that say ids [count], each twice and a blank, with a share of doubt. */
static size_t fill_clear(real *x, const int32_t *ids, size_t count, real doubt)
{
    size_t rows = 3 * count;
    for (size_t t = 0; t < rows; t++) {
        int32_t token = t % 3 < 2 ? ids[t / 3] : 0;
        for (size_t k = 0; k < VOCABULARY; k++)
            x[t * VOCABULARY + k] = (real)log((double)doubt / VOCABULARY);
        x[t * VOCABULARY + (size_t)token] =
            (real)log(1 - (double)doubt + (double)doubt / VOCABULARY);
    }
    return rows;
}

static double confidence(const real *x, size_t rows, const int32_t *ids,
                         size_t count, size_t first, size_t end)
{
    struct align_span spans[LONGEST];
    struct confidence_odds odds[LONGEST + 1];
    assert_ok(align_tokens(spans, NULL, x, rows, VOCABULARY, ids, count, 0));
    assert_ok(confidence_odds(odds, spans, x, rows, VOCABULARY, ids, count, 3));
    return confidence_of(odds, ids, count, first, end, 3);
}

static void doubt_makes_less_sure_and_only_where_it_is(void **state)
{
    (void)state;
    static const int32_t said[LONGEST] = {1, 2, 1, 3, 1, 1, 2, 1};
    real x[3 * LONGEST * VOCABULARY];
    size_t rows = fill_clear(x, said, LONGEST, 0.001f);
    double sure = confidence(x, rows, said, LONGEST, 0, 3);
    double other = confidence(x, rows, said, LONGEST, 4, 8);
    assert_true(sure > 0.98 && sure < 1);
    /* The second token may as well be the first one. */
    for (size_t t = 3; t < 5; t++)
        x[t * VOCABULARY + 2] = x[t * VOCABULARY + 1] = (real)log(0.49);
    assert_true(confidence(x, rows, said, LONGEST, 0, 3) < 0.6);
    assert_close(confidence(x, rows, said, LONGEST, 4, 8), other, 1e-6, 0);
}

static void what_was_not_said_is_not_believed(void **state)
{
    (void)state;
    static const int32_t said[3] = {1, 2, 1}, given[3] = {1, 3, 1};
    real x[3 * LONGEST * VOCABULARY];
    size_t rows = fill_clear(x, said, 3, 0.001f);
    assert_true(confidence(x, rows, said, 3, 0, 3) > 0.98);
    assert_true(confidence(x, rows, given, 3, 0, 3) < 0.01);
    static const int32_t missing[2] = {1, 1};
    assert_true(confidence(x, rows, missing, 2, 0, 2) < 0.01);
}

/* "ab cd" or "abcd": the space decides about both words. */
static void a_space_in_doubt_makes_both_words_doubtful(void **state)
{
    (void)state;
    static const int32_t said[5] = {1, 2, 3, 1, 2};
    real x[3 * LONGEST * VOCABULARY];
    size_t rows = fill_clear(x, said, 5, 0.001f);
    for (size_t t = 6; t < 8; t++)
        x[t * VOCABULARY + 3] = x[t * VOCABULARY] = (real)log(0.4);
    for (size_t k = 0; k < 4; k += 3)
        assert_true(confidence(x, rows, said, 5, k, k + 2) < 0.85);
}

/* One of two spaces, or one at an end, may as well be none. */
static void a_space_that_is_not_read_is_no_reason_to_doubt(void **state)
{
    (void)state;
    static const int32_t said[LONGEST] = {3, 1, 2, 3, 3, 1, 2, 3};
    real x[3 * LONGEST * VOCABULARY];
    size_t rows = fill_clear(x, said, LONGEST, 0.001f);
    for (size_t i = 0; i < LONGEST; i++)
        for (size_t t = 3 * i; said[i] == 3 && i != 3 && t < 3 * i + 2; t++)
            x[t * VOCABULARY + 3] = x[t * VOCABULARY] = (real)log(0.49);
    assert_true(confidence(x, rows, said, LONGEST, 1, 3) > 0.98);
    assert_true(confidence(x, rows, said, LONGEST, 5, 7) > 0.98);
}

static void memory_that_runs_out_is_said(void **state)
{
    (void)state;
    real x[ROWS * VOCABULARY];
    struct align_span spans[3];
    struct confidence_odds odds[4];
    fill_random(x, ROWS, 1);
    assert_ok(align_tokens(spans, NULL, x, ROWS, VOCABULARY, texts[4], 3, 0));
    long n = -1;
    do {
        fault_at(++n);
        struct status status =
            confidence_odds(odds, spans, x, ROWS, VOCABULARY, texts[4], 3, 0);
        assert_int_equal(status.code,
                         fault_happened() ? STATUS_MEMORY : STATUS_OK);
        assert_int_equal(fault_held(), 0);
    } while (fault_happened());
    assert_int_equal(n, 5);
    fault_at(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_that_differs_by_one_token_counts),
        cmocka_unit_test(doubt_makes_less_sure_and_only_where_it_is),
        cmocka_unit_test(what_was_not_said_is_not_believed),
        cmocka_unit_test(a_space_in_doubt_makes_both_words_doubtful),
        cmocka_unit_test(a_space_that_is_not_read_is_no_reason_to_doubt),
        cmocka_unit_test(memory_that_runs_out_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
