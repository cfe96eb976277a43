/* Tests of scores and how they are printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"

#include "tests/fault.h"

#include "model/text/edit_distance.c"
#define errors score_errors
#include "model/text/score_text.c"

static const struct score_pair pairs[] = {
    {"u1", "ann", "the cat sat", "the bat"},     /* 1 del, 1 sub */
    {"u2", "bob", "on the mat", "on a the mat"}, /* 1 ins */
    {"u3", "ann", "one two", "one two"},         /* none */
    {"u4", NULL, "caf\u00e9", "cafe"},           /* 1 sub */
    {"u5", "bob", "", ""},                       /* empty */
    {"u6", "bob", "six", ""},                    /* 1 del */
};
#define PAIRS (sizeof pairs / sizeof *pairs)

static void errors_are_those_of_all_utterances(void **state)
{
    (void)state;
    struct score score;
    assert_ok(score_pairs(&score, pairs, PAIRS, 1));
    assert_int_equal(score.utterances, 6);
    assert_int_equal(score.utterances_wrong, 4);
    assert_int_equal(score.words.reference, 10);
    assert_int_equal(score.words.insertions, 1);
    assert_int_equal(score.words.deletions, 2);
    assert_int_equal(score.words.substitutions, 2);
    assert_int_equal(score.characters.reference, 35);
    assert_int_equal(score.characters.insertions, 2);
    assert_int_equal(score.characters.deletions, 7);
    assert_int_equal(score.characters.substitutions, 2);
    assert_ok(score_pairs(&score, NULL, 0, 1));
    assert_int_equal(score.utterances, 0);
    assert_close(score.high, 0, 0, 0);
}

static void the_interval_is_a_function_of_the_seed(void **state)
{
    (void)state;
    struct score first, again, other;
    assert_ok(score_pairs(&first, pairs, PAIRS, 1));
    assert_ok(score_pairs(&again, pairs, PAIRS, 1));
    assert_memory_equal(&first, &again, sizeof first);
    bool differs = false;
    for (uint64_t seed = 2; seed < 6; seed++) {
        assert_ok(score_pairs(&other, pairs, PAIRS, seed));
        differs |= other.low != first.low || other.high != first.high;
        assert_close(other.low, first.low, 0, 6);
        assert_close(other.high, first.high, 0, 25);
    }
    assert_true(differs);
    assert_true(first.low < 50 && 50 < first.high);
}

/* n utterances of one word, a quarter wrong: the share of wrong ones is
 * binomial, and so is its interval. */
static void the_interval_is_that_of_chance(void **state)
{
    (void)state;
    static struct score_pair many[400];
    struct score score;
    for (size_t i = 0; i < 400; i++)
        many[i] = (struct score_pair){"u", NULL, "a", i % 4 ? "a" : "b"};
    assert_ok(score_pairs(&score, many, 400, 7));
    double deviation = 100 * sqrt(0.25 * 0.75 / 400);
    assert_close(score.low, 25 - 1.96 * deviation, 0, 0.6);
    assert_close(score.high, 25 + 1.96 * deviation, 0, 0.6);
    assert_ok(score_pairs(&score, many, 1, 7)); /* no chance in one */
    assert_close(score.low, 100, 0, 0);
    assert_close(score.high, 100, 0, 0);
    assert_ok(score_pairs(&score, many + 1, 3, 7));
    assert_close(score.low, 0, 0, 0);
    assert_close(score.high, 0, 0, 0);
}

/* What score_print writes [owned by the caller of (free)]. */
static char *print(const struct score *score, int alignment)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_ok(score_print(out, score, pairs, PAIRS, alignment));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void
the_table_has_a_line_per_speaker_and_ends_with_the_rate(void **state)
{
    (void)state;
    struct score score;
    assert_ok(score_pairs(&score, pairs, PAIRS, 1));
    char *text = print(&score, 0);
    static const char *const lines[] = {
        "(unknown)                1 utterances  WER 100.00 [ 1 / 1, 0 ins, 0 "
        "del, 1 sub ]\n",
        "ann                      2 utterances  WER 40.00 [ 2 / 5, 0 ins, 1 "
        "del, 1 sub ]\n",
        "bob                      3 utterances  WER 50.00 [ 2 / 4, 1 ins, 1 "
        "del, 0 sub ]\n",
        "6 utterances, 4 with errors\n",
        "WER 95 % interval ",
        "%CER 31.43 [ 11 / 35, 2 ins, 7 del, 2 sub ]\n"};
    const char *at = text;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        at = strstr(at, lines[i]);
        if (!at)
            fail_msg("\"%s\" lacks \"%s\"", text, lines[i]);
    }
    const char *last = "%WER 50.00 [ 5 / 10, 1 ins, 2 del, 2 sub ]\n";
    assert_string_equal(text + strlen(text) - strlen(last), last);
    assert_null(strstr(text, "REF"));
    (free)(text);
}

static void alignments_show_the_errors(void **state)
{
    (void)state;
    struct score score;
    assert_ok(score_pairs(&score, pairs, PAIRS, 1));
    char *text = print(&score, 1);
    static const char *const pieces[] = {
        "u2\nREF: on *** the mat\nHYP: on a   the mat\n",
        "u4\nREF: caf\u00e9\nHYP: cafe \n", "u6\nREF: six\nHYP: ***\n"};
    for (size_t i = 0; i < 3; i++)
        if (!strstr(text, pieces[i]))
            fail_msg("\"%s\" lacks \"%s\"", text, pieces[i]);
    assert_null(strstr(text, "u3\n")); /* right ones are not shown */
    assert_null(strstr(text, "u5\n"));
    (free)(text);
}

static void memory_that_runs_out_leaves_nothing(void **state)
{
    (void)state;
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    for (int way = 0; way < 2; way++)
        for (long n = 0;; n++) {
            struct score score = {.utterances = 0};
            fault_at(n);
            struct status status =
                way ? score_print(out, &score, pairs, PAIRS, 1)
                    : score_pairs(&score, pairs, PAIRS, 1);
            if (!fault_happened()) {
                assert_ok(status);
                assert_true(n > 60);
                break;
            }
            assert_int_equal(status.code, STATUS_MEMORY);
            assert_int_equal(score.utterances, 0);
            assert_int_equal(score.words.reference, 0);
            assert_int_equal(fault_held(), 0);
        }
    fault_at(-1);
    assert_int_equal(fault_held(), 0);
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_those_of_all_utterances),
        cmocka_unit_test(the_interval_is_a_function_of_the_seed),
        cmocka_unit_test(the_interval_is_that_of_chance),
        cmocka_unit_test(
            the_table_has_a_line_per_speaker_and_ends_with_the_rate),
        cmocka_unit_test(alignments_show_the_errors),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
