/* Tests of what codes say of letters. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "model/pretrain/code_quality.h"
#include "tests/close.h"
#include "tests/golden.h"

static void measures_are_as_computed_by_hand(void **state)
{
    (void)state;
    struct code_quality q;
    /* Two letters, three codes, 8 rows: code 0 is always letter 0, code 1 in
     * half of its rows, code 2 does not occur. */
    const uint64_t counts[2][3] = {{4, 2, 0}, {0, 2, 0}};
    code_quality(&q, counts[0], 2, 3);
    assert_close(q.letter_purity, 6. / 8, 1e-12, 0);
    assert_close(q.code_purity, 6. / 8, 1e-12, 0);
    double of_letter = -(0.75 * log(0.75) + 0.25 * log(0.25));
    /* H(letter | code): only in code 1, half of the rows: 1/2 ln 2. */
    assert_close(q.information, 1 - 0.5 * log(2) / of_letter, 1e-12, 0);
    assert_close(q.used, 2, 0, 0);
    assert_close(q.perplexity, 2, 1e-12, 0);
}

static void codes_that_are_the_letters_say_all(void **state)
{
    (void)state;
    struct code_quality q;
    const uint64_t counts[3][3] = {{0, 7, 0}, {0, 0, 5}, {11, 0, 0}};
    code_quality(&q, counts[0], 3, 3);
    assert_close(q.letter_purity, 1, 1e-12, 0);
    assert_close(q.code_purity, 1, 1e-12, 0);
    assert_close(q.information, 1, 1e-12, 0);
}

static void independent_codes_say_nothing(void **state)
{
    (void)state;
    struct code_quality q;
    const uint64_t counts[2][3] = {{3, 6, 9}, {1, 2, 3}};
    code_quality(&q, counts[0], 2, 3);
    assert_close(q.letter_purity, 0.75, 1e-12, 0);
    assert_close(q.code_purity, 0.5, 1e-12, 0);
    assert_close(q.information, 0, 0, 1e-12);
}

static void nothing_and_one_letter_are_no_division_by_zero(void **state)
{
    (void)state;
    struct code_quality q;
    const uint64_t none[4] = {0}, one[4] = {3, 5, 0, 0};
    code_quality(&q, none, 2, 2);
    assert_close(q.information, 0, 0, 0);
    assert_close(q.perplexity, 0, 0, 0);
    code_quality(&q, one, 2, 2);
    assert_close(q.information, 0, 0, 0);
    assert_close(q.letter_purity, 1, 1e-12, 0);
    assert_close(q.code_purity, 5. / 8, 1e-12, 0);
}

static void the_mean_is_of_each_measure(void **state)
{
    (void)state;
    const struct code_quality all[2] = {{0.5, 0.25, 0.125, 3, 2.5},
                                        {1, 0.75, 0.375, 4, 3.5}};
    struct code_quality q = code_quality_mean(all, 2);
    assert_close(q.letter_purity, 0.75, 1e-12, 0);
    assert_close(q.code_purity, 0.5, 1e-12, 0);
    assert_close(q.information, 0.25, 1e-12, 0);
    assert_close(q.used, 3.5, 1e-12, 0);
    assert_close(q.perplexity, 3, 1e-12, 0);
}

static void measures_are_those_of_scikit_learn(void **state)
{
    (void)state;
    struct golden *golden =
        golden_open("tests/model/pretrain/golden/code_quality.txt");
    uint64_t counts[2000];
    char name[32];
    size_t count;
    for (int i = 0; i < 3; i++) {
        struct code_quality q;
        snprintf(name, sizeof name, "%d.size", i);
        const real *size = golden_array(golden, name, &count);
        snprintf(name, sizeof name, "%d.counts", i);
        const real *table = golden_array(golden, name, &count);
        assert_true(count <= sizeof counts / sizeof *counts);
        for (size_t k = 0; k < count; k++)
            counts[k] = (uint64_t)table[k];
        code_quality(&q, counts, (size_t)size[0], (size_t)size[1]);
        snprintf(name, sizeof name, "%d.quality", i);
        const real *wanted = golden_array(golden, name, &count);
        assert_int_equal(count, 5);
        assert_close(q.letter_purity, (double)wanted[0], 1e-6, 0);
        assert_close(q.code_purity, (double)wanted[1], 1e-6, 0);
        assert_close(q.information, (double)wanted[2], 1e-6, 0);
        assert_close(q.used, (double)wanted[3], 0, 0);
        assert_close(q.perplexity, (double)wanted[4], 1e-6, 0);
    }
    golden_close(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_are_as_computed_by_hand),
        cmocka_unit_test(codes_that_are_the_letters_say_all),
        cmocka_unit_test(independent_codes_say_nothing),
        cmocka_unit_test(nothing_and_one_letter_are_no_division_by_zero),
        cmocka_unit_test(measures_are_those_of_scikit_learn),
        cmocka_unit_test(the_mean_is_of_each_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
