/* Beam search and what it is given when memory fails; nodes that are dropped.
 */
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

#include "tests/fault.h"

#include "model/ctc/beam_search.c"
#include "model/ctc/hotwords.c"
#include "model/ctc/language.c"
#include "model/ctc/prefix_tree.c"
#include "model/ctc/token_trie.c"

#define VOCABULARY 4

static struct tokens tokens;
static const struct normalise_settings how = {.fold_case = true};
static const struct language_settings settings = {.word_bonus = 0.5};

/* Rows whose tokens are all about as likely: many texts. */
static void random_row(real *row, uint64_t t)
{
    struct random_key key = random_key(1, RANDOM_NOISE);
    for (size_t k = 0; k < VOCABULARY; k++)
        row[k] = (real)(-1.5 - random_uniform(key, t * VOCABULARY + k));
}

static struct status work(const struct hotwords *hotwords)
{
    struct language *language = NULL;
    struct beam_search *search = NULL;
    const struct hypothesis *list;
    size_t count;
    const struct beam_settings wide = {200, INFINITY, -INFINITY};
    struct status status =
        language_open(&language, &settings, &tokens, NULL, NULL, hotwords);
    if (!status_failed(&status))
        status = beam_search_open(&search, &wide, language);
    for (uint64_t t = 0; t < 300 && !status_failed(&status); t++) {
        real row[VOCABULARY];
        random_row(row, t);
        /* So that the tree has to grow. */
        search->tree.full = UINT32_MAX;
        status = beam_search_feed(search, row, 1);
    }
    if (!status_failed(&status))
        status = beam_search_finish(&list, &count, search, 10);
    if (!status_failed(&status))
        assert_int_equal(count, 10);
    assert_true(!search || search->tree.room > ROOM_LEAST ||
                status_failed(&status));
    beam_search_close(search);
    language_close(language);
    return status;
}

static void whatever_memory_fails_nothing_is_left(void **state)
{
    (void)state;
    size_t failures = 0;
    for (long n = 0;; n++) {
        struct hotwords *hotwords;
        fault_at(n);
        struct status status =
            hotwords_parse(&hotwords, "ab\t2\nb a\t1", "hot", &tokens, &how, 1);
        assert_true(status_failed(&status) == !hotwords);
        long held = fault_held();
        if (!status_failed(&status))
            status = work(hotwords);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(fault_held(), held);
        /* Texts come from elsewhere: what stays of these, the sanitizer sees.
         */
        hotwords_free(hotwords);
        if (!happened) {
            assert_ok(status);
            break;
        }
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
    }
    assert_true(failures > 20);
}

/* Two searches of the same rows, one of which drops nodes at every row. */
static void what_no_text_reaches_is_dropped_and_not_missed(void **state)
{
    (void)state;
    struct language *language;
    struct beam_search *all, *few;
    const struct beam_settings narrow = {12, 10, -INFINITY};
    struct hotwords *hotwords;
    assert_ok(hotwords_parse_list(&hotwords, "ab:2,b a:1,ba", "hot", &tokens,
                                  &how, 1));
    assert_ok(
        language_open(&language, &settings, &tokens, NULL, NULL, hotwords));
    assert_ok(beam_search_open(&all, &narrow, language));
    assert_ok(beam_search_open(&few, &narrow, language));
    for (uint64_t t = 0; t < 600; t++) {
        real row[VOCABULARY];
        random_row(row, t);
        all->tree.full = UINT32_MAX;
        few->tree.full = 0;
        assert_ok(beam_search_feed(all, row, 1));
        assert_ok(beam_search_feed(few, row, 1));
    }
    const struct hypothesis *left, *right;
    size_t count, same;
    assert_ok(beam_search_finish(&left, &count, all, 12));
    assert_ok(beam_search_finish(&right, &same, few, 12));
    assert_int_equal(count, same);
    for (size_t i = 0; i < count; i++) {
        assert_true(left[i].score == right[i].score);
        assert_int_equal(left[i].count, right[i].count);
        assert_memory_equal(left[i].ids, right[i].ids,
                            left[i].count * sizeof *left[i].ids);
    }
    assert_true(few->tree.count < all->tree.count / 2);
    beam_search_close(all);
    beam_search_close(few);
    language_close(language);
    hotwords_free(hotwords);
}

/* An hour of rows in which texts come and go, but mostly silence. */
static void memory_is_that_of_the_texts_in_play(void **state)
{
    (void)state;
    struct language *language;
    struct beam_search *search;
    const struct beam_settings narrow = {12, 10, -INFINITY};
    assert_ok(language_open(&language, &settings, &tokens, NULL, NULL, NULL));
    assert_ok(beam_search_open(&search, &narrow, language));
    for (uint64_t t = 0; t < 90000; t++) {
        real row[VOCABULARY];
        random_row(row, t);
        if (t % 100)
            row[0] = 0;
        assert_ok(beam_search_feed(search, row, 1));
    }
    const struct hypothesis *best;
    size_t count;
    assert_ok(beam_search_finish(&best, &count, search, 1));
    assert_true(best->count > 100);
    assert_true(search->tree.room <= 4 * ROOM_LEAST);
    assert_true(isfinite(best->score));
    beam_search_close(search);
    language_close(language);
}

static int open_tokens(void **state)
{
    static const char *const letters[] = {" ab"};
    (void)state;
    struct status status = tokens_from_texts(&tokens, letters, 1);
    return status_failed(&status);
}

static int close_tokens(void **state)
{
    (void)state;
    tokens_free(&tokens);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_memory_fails_nothing_is_left),
        cmocka_unit_test(what_no_text_reaches_is_dropped_and_not_missed),
        cmocka_unit_test(memory_is_that_of_the_texts_in_play),
    };
    return cmocka_run_group_tests(tests, open_tokens, close_tokens);
}
