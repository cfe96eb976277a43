/* Tests of the spans that are hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/pretrain/span_mask.h"
#include "tests/close.h"

#include <math.h>

#define MOST 1000

static size_t count_hidden(const unsigned char *hidden, size_t rows)
{
    size_t count = 0;
    for (size_t i = 0; i < rows; i++) {
        assert_true(hidden[i] <= 1);
        count += hidden[i];
    }
    return count;
}

static struct random_key key_of(uint64_t seed)
{
    return random_key(seed, RANDOM_MASK);
}

/* A row is visible if none of the span's rows up to it starts one. */
static void the_share_hidden_is_as_expected(void **state)
{
    (void)state;
    static const struct {
        double start;
        size_t span;
    } cases[] = {{0.04, 10}, {0.01, 40}, {0.1, 5}, {0.3, 1}};
    unsigned char hidden[MOST];
    for (size_t i = 0; i < 4; i++) {
        double count = 0;
        for (uint64_t seed = 0; seed < 400; seed++)
            count += (double)span_mask(hidden, MOST, cases[i].start,
                                       cases[i].span, key_of(seed));
        double want = 1 - pow(1 - cases[i].start, (double)cases[i].span);
        /* The first rows have fewer before them; two standard errors. */
        assert_close(count / (400 * MOST), want, 0.02, 0.005);
    }
}

static void some_row_is_hidden_and_some_is_not(void **state)
{
    (void)state;
    static const double starts[] = {0, 0.0001, 0.04, 0.5, 1};
    static const size_t spans[] = {1, 2, 10, 500};
    unsigned char hidden[64 + 1];
    for (size_t rows = 2; rows <= 64; rows++)
        for (size_t i = 0; i < 5; i++)
            for (size_t k = 0; k < 4; k++) {
                memset(hidden, 7, sizeof hidden);
                size_t count = span_mask(hidden, rows, starts[i], spans[k],
                                         key_of(rows * 100 + i * 10 + k));
                assert_int_equal(count, count_hidden(hidden, rows));
                assert_true(count >= 1 && count < rows);
                assert_int_equal(hidden[rows], 7);
            }
}

static void without_a_start_one_span_is_hidden(void **state)
{
    (void)state;
    unsigned char hidden[64];
    for (size_t rows = 2; rows <= 64; rows++) {
        size_t most = rows / 2, want = most < 8 ? most : 8, first = 0;
        assert_int_equal(span_mask(hidden, rows, 0, 8, key_of(rows)), want);
        while (!hidden[first])
            first++;
        assert_int_equal(count_hidden(hidden + first, want), want);
    }
}

static void spans_are_as_long_as_asked(void **state)
{
    (void)state;
    unsigned char hidden[MOST];
    for (uint64_t seed = 0; seed < 50; seed++) {
        size_t run = 0;
        span_mask(hidden, MOST, 0.02, 12, key_of(seed));
        for (size_t i = 0; i < MOST; i++) {
            if (run && !hidden[i])
                assert_true(run >= 12);
            run = hidden[i] ? run + 1 : 0;
        }
    }
}

static void one_row_is_hidden_and_none_is_nothing(void **state)
{
    (void)state;
    unsigned char hidden[1] = {7};
    assert_int_equal(span_mask(hidden, 0, 0.5, 10, key_of(1)), 0);
    assert_int_equal(hidden[0], 7);
    assert_int_equal(span_mask(hidden, 1, 0.04, 10, key_of(1)), 1);
    assert_int_equal(hidden[0], 1);
}

static void a_mask_is_a_function_of_its_key(void **state)
{
    (void)state;
    unsigned char one[MOST], same[MOST], other[MOST];
    span_mask(one, MOST, 0.04, 10, key_of(1));
    span_mask(same, MOST, 0.04, 10, key_of(1));
    span_mask(other, MOST, 0.04, 10, key_of(2));
    assert_memory_equal(one, same, MOST);
    assert_true(memcmp(one, other, MOST));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_hidden_is_as_expected),
        cmocka_unit_test(some_row_is_hidden_and_some_is_not),
        cmocka_unit_test(without_a_start_one_span_is_hidden),
        cmocka_unit_test(spans_are_as_long_as_asked),
        cmocka_unit_test(one_row_is_hidden_and_none_is_nothing),
        cmocka_unit_test(a_mask_is_a_function_of_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
