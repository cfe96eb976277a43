/* Tests of alignment and its errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "tests/close.h"

#include "tests/fault.h"

#include "model/text/edit_distance.c"

#define LONGEST 6

static const char *const letters[] = {"a", "b", "c"};

/* Fewest costs by trying everything. */
static unsigned try_all(const char *const *r, size_t n, const char *const *h,
                        size_t m)
{
    if (!n || !m)
        return 3 * (unsigned)(n + m);
    unsigned best =
        try_all(r + 1, n - 1, h + 1, m - 1) + (strcmp(*r, *h) ? 4 : 0);
    unsigned deletion = try_all(r + 1, n - 1, h, m) + 3;
    unsigned insertion = try_all(r, n, h + 1, m - 1) + 3;
    best = deletion < best ? deletion : best;
    return insertion < best ? insertion : best;
}

/* The steps lead from the one to the other, and cost what they say. */
static void walk(const enum edit *edits, size_t count, const char *const *r,
                 size_t n, const char *const *h, size_t m)
{
    size_t i = 0, j = 0;
    for (size_t k = 0; k < count; k++) {
        if (edits[k] == EDIT_MATCH || edits[k] == EDIT_SUBSTITUTION) {
            assert_true(i < n && j < m);
            assert_int_equal(!strcmp(r[i], h[j]), edits[k] == EDIT_MATCH);
        }
        i += edits[k] != EDIT_INSERTION;
        j += edits[k] != EDIT_DELETION;
    }
    assert_int_equal(i, n);
    assert_int_equal(j, m);
}

static void alignments_are_the_cheapest_there_are(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 4000; round++) {
        struct random_key key = random_key(round, 99);
        const char *r[LONGEST], *h[LONGEST];
        size_t n = random_below_count(key, 0, LONGEST + 1);
        size_t m = random_below_count(key, 1, LONGEST + 1), count = 0;
        for (size_t i = 0; i < LONGEST; i++) {
            r[i] = letters[random_below_count(key, 2 + i, 3)];
            h[i] = letters[random_below_count(key, 50 + i, 3)];
        }
        enum edit *edits;
        struct edit_counts c = {.reference = 0};
        assert_ok(edit_distance(&c, &edits, &count, r, n, h, m));
        assert_int_equal(3 * c.insertions + 3 * c.deletions +
                             4 * c.substitutions,
                         try_all(r, n, h, m));
        assert_int_equal(c.reference, n);
        assert_int_equal(n + c.insertions, m + c.deletions);
        walk(edits, count, r, n, h, m);
        free(edits);
    }
    assert_int_equal(fault_held(), 0);
}

/* Among cheapest ways: seen from the end, a match or substitution before an
 * insertion, that before a deletion. */
static void ties_go_as_sclites_do(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 1000; round++) {
        struct random_key key = random_key(round, 98);
        const char *r[LONGEST], *h[LONGEST];
        size_t n = random_below_count(key, 0, LONGEST + 1);
        size_t m = random_below_count(key, 1, LONGEST + 1), count = 0;
        for (size_t i = 0; i < LONGEST; i++) {
            r[i] = letters[random_below_count(key, 2 + i, 2)];
            h[i] = letters[random_below_count(key, 50 + i, 2)];
        }
        enum edit *edits;
        struct edit_counts c = {.reference = 0};
        assert_ok(edit_distance(&c, &edits, &count, r, n, h, m));
        while (count--) {
            unsigned all = try_all(r, n, h, m);
            bool same = n && m && !strcmp(r[n - 1], h[m - 1]);
            enum edit want = EDIT_DELETION;
            if (n && m && all == try_all(r, n - 1, h, m - 1) + (same ? 0 : 4))
                want = same ? EDIT_MATCH : EDIT_SUBSTITUTION;
            else if (m && all == try_all(r, n, h, m - 1) + 3)
                want = EDIT_INSERTION;
            assert_int_equal(edits[count], want);
            n -= want != EDIT_INSERTION;
            m -= want != EDIT_DELETION;
        }
        free(edits);
    }
}

struct known {
    const char *reference, *hypothesis;
    struct edit_counts words, characters;
};

static const struct known known[] = {
    {"", "", {0, 0, 0, 0}, {0, 0, 0, 0}},
    {"a b c", "a b c", {3, 0, 0, 0}, {5, 0, 0, 0}},
    {"", "a b", {0, 2, 0, 0}, {0, 3, 0, 0}},
    {"a b", "", {2, 0, 2, 0}, {3, 0, 3, 0}},
    {"the cat sat", "the bat", {3, 0, 1, 1}, {11, 0, 4, 1}},
    {" a\t b\r\n", "a b", {2, 0, 0, 0}, {3, 0, 0, 0}},
    {"ab", "a b", {1, 1, 0, 1}, {2, 1, 0, 0}},
    {"caf\u00e9", "cafe", {1, 0, 0, 1}, {4, 0, 0, 1}},
    {"\u4f60\u597d", "\u4f60", {1, 0, 0, 1}, {2, 0, 1, 0}},
    {"a b c d", "b c d e", {4, 1, 1, 0}, {7, 2, 2, 0}},
};

static void check_counts(const struct edit_counts *got,
                         const struct edit_counts *want)
{
    assert_int_equal(got->reference, want->reference);
    assert_int_equal(got->insertions, want->insertions);
    assert_int_equal(got->deletions, want->deletions);
    assert_int_equal(got->substitutions, want->substitutions);
}

static void texts_are_cut_into_words_and_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct edit_counts words = {.reference = 0}, characters = words;
        assert_ok(edit_distance_text(&words, known[i].reference,
                                     known[i].hypothesis, 0));
        check_counts(&words, &known[i].words);
        assert_ok(edit_distance_text(&characters, known[i].reference,
                                     known[i].hypothesis, 1));
        check_counts(&characters, &known[i].characters);
    }
    assert_int_equal(fault_held(), 0);
}

static void counts_are_added(void **state)
{
    (void)state;
    struct edit_counts counts = {10, 20, 30, 40};
    const struct edit_counts want = {13, 20, 31, 41};
    assert_ok(edit_distance_text(&counts, "the cat sat", "the bat", 0));
    check_counts(&counts, &want);
}

static void rates_are_in_per_cent_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        struct edit_counts counts;
        double rate;
        const char *text;
    } rates[] = {{{770, 10, 20, 65},
                  12.3376623,
                  "12.34 [ 95 / 770, 10 ins, 20 del, 65 sub ]"},
                 {{0, 0, 0, 0}, 0, "0.00 [ 0 / 0, 0 ins, 0 del, 0 sub ]"},
                 {{2, 4, 0, 0}, 200, "200.00 [ 4 / 2, 4 ins, 0 del, 0 sub ]"}};
    char text[100];
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        assert_close(edit_rate(&rates[i].counts), rates[i].rate, 1e-8, 0);
        edit_format(text, sizeof text, &rates[i].counts);
        assert_string_equal(text, rates[i].text);
    }
    const struct edit_counts endless = {0, 1, 0, 0};
    assert_true(isinf(edit_rate(&endless)));
    edit_format(text, sizeof text, &endless);
    assert_string_equal(text, "inf [ 1 / 0, 1 ins, 0 del, 0 sub ]");
}

static void memory_that_runs_out_leaves_nothing(void **state)
{
    (void)state;
    static const struct edit_counts none = {0, 0, 0, 0};
    for (long n = 0;; n++) {
        struct edit_counts counts = none;
        enum edit *edits = (enum edit *)&counts;
        size_t count = 99;
        fault_at(n);
        struct status status =
            edit_distance(&counts, &edits, &count, letters, 3, letters, 2);
        if (!fault_happened()) {
            assert_ok(status);
            assert_int_equal(n, 3);
            free(edits);
            break;
        }
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_null(edits);
        assert_int_equal(count, 0);
        check_counts(&counts, &none);
        assert_int_equal(fault_held(), 0);
    }
    for (long n = 0;; n++) {
        struct edit_counts counts = none;
        fault_at(n);
        struct status status = edit_distance_text(&counts, "a b", "a", 1);
        if (!fault_happened()) {
            assert_ok(status);
            assert_int_equal(n, 7);
            break;
        }
        assert_int_equal(status.code, STATUS_MEMORY);
        check_counts(&counts, &none);
        assert_int_equal(fault_held(), 0);
    }
    fault_at(-1);
    assert_int_equal(fault_held(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alignments_are_the_cheapest_there_are),
        cmocka_unit_test(ties_go_as_sclites_do),
        cmocka_unit_test(texts_are_cut_into_words_and_characters),
        cmocka_unit_test(counts_are_added),
        cmocka_unit_test(rates_are_in_per_cent_of_the_reference),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
