/* Tests of lexicons and hotwords as they are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/hotwords.h"
#include "model/ctc/lexicon.h"
#include "tests/close.h"
#include "tests/comma.h"
#include "tests/scratch.h"

static struct tokens tokens;
static const struct normalise_settings how = {.fold_case = true};

/* Boosts and hopes after text; *hope alone what may be taken back. */
static double follow(double *hope, const struct hotwords *h, const char *text)
{
    int32_t *ids;
    size_t count, unknown;
    double score = 0;
    uint32_t state = h->begin;
    assert_ok(tokens_encode(&ids, &count, &unknown, &tokens, text));
    for (size_t i = 0; i < count; i++)
        state = hotwords_step(&score, h, state, ids[i]);
    *hope = h->hope[state];
    free(ids);
    return score;
}

static void boosts_are_given_as_a_phrase_grows_and_taken_back(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double score, hope;
    } steps[] = {
        {"", 0, 0},
        {"b", 1, 1},
        {"ba", 2, 2},
        {"bad", 3, 3},
        {"bade", 0, 0},
        {"abad ", 0, 0},
        {"e bad", 3, 3},
        {"cab", 0.75, 0.75},
        {"cab a", 0.75, 0},
        {"cabb", 0, 0},
        /* Three of the seven tokens of "bad cab" are four with the space. */
        {"bad ", 3 + 1.4 * 4 / 7, 1.4 * 4 / 7},
        {"bad e", 3, 0},
        {"bad cab ", 3 + 0.75 + 1.4, 0},
        {"bad cabb", 3, 0},
    };
    struct hotwords *h;
    double hope;
    assert_ok(hotwords_parse_list(&h, "Bad:3,cab:1,cab:0.75,bad cab:1.4", "hot",
                                  &tokens, &how, 1));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_close(follow(&hope, h, steps[i].text), steps[i].score, 0, 1e-12);
        assert_close(hope, steps[i].hope, 0, 1e-12);
    }
    hotwords_free(h);
}

static void phrases_without_a_boost_have_the_usual_one(void **state)
{
    (void)state;
    struct hotwords *h;
    double hope;
    assert_ok(hotwords_parse(&h, "bad\r\n\nCAB\t2\r\nxyz\t3\nace", "hot",
                             &tokens, &how, 7));
    assert_close(follow(&hope, h, "bad "), 7, 0, 1e-12);
    assert_close(follow(&hope, h, "cab "), 2, 0, 1e-12);
    assert_close(follow(&hope, h, "ace "), 7, 0, 1e-12);
    assert_int_equal(h->left_out, 1);
    hotwords_free(h);
}

static void no_phrases_are_no_mistake(void **state)
{
    (void)state;
    static const char *const none[] = {"", "\n\n", " \t1\n", "xyz"};
    for (size_t i = 0; i < 4; i++) {
        struct hotwords *h;
        double hope;
        assert_ok(hotwords_parse(&h, none[i], "hot", &tokens, &how, 7));
        assert_close(follow(&hope, h, "a bad cab "), 0, 0, 0);
        hotwords_free(h);
    }
}

static void bad_boosts_are_refused_with_their_line(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a\nbad\t",    "a\nbad\tx",    "a\nbad\t1x",   "a\nbad\tnan",
        "a\nbad\tinf", "a\nbad\t-1e9", "a\nbad\t1\t\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hotwords *h;
        assert_refused(hotwords_parse(&h, bad[i], "hot.tsv", &tokens, &how, 1),
                       "hot.tsv:2: boost");
        assert_null(h);
    }
    struct hotwords *h;
    assert_refused(
        hotwords_parse_list(&h, "bad:x", "--hotwords", &tokens, &how, 1),
        "--hotwords: boost \"x\"");
    assert_refused(hotwords_parse(&h, "a\n\xff", "hot", &tokens, &how, 1),
                   "UTF-8");
    assert_null(h);
}

static void lexicons_hold_words_that_can_be_spelt(void **state)
{
    (void)state;
    struct lexicon *l;
    assert_ok(lexicon_parse(&l, "Bad\ncab\r\n\nzoo\nbad\n", "words", &tokens,
                            &how, NULL));
    assert_int_equal(l->left_out, 1);
    uint32_t node = TRIE_ROOT;
    int32_t *ids;
    size_t count, unknown;
    assert_ok(tokens_encode(&ids, &count, &unknown, &tokens, "bad"));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(l->trie.entries[node], TRIE_NONE);
        node = token_trie_step(&l->trie, node, ids[i]);
        assert_int_not_equal(node, TRIE_NONE);
    }
    assert_int_not_equal(l->trie.entries[node], TRIE_NONE);
    assert_int_equal(token_trie_step(&l->trie, node, ids[0]), TRIE_NONE);
    free(ids);
    lexicon_free(l);
}

static uint32_t word_at(const struct lexicon *l, const char *text,
                        uint32_t *node)
{
    int32_t *ids;
    size_t count, unknown;
    *node = TRIE_ROOT;
    assert_ok(tokens_encode(&ids, &count, &unknown, &tokens, text));
    for (size_t i = 0; i < count; i++)
        *node = token_trie_step(&l->trie, *node, ids[i]);
    free(ids);
    return l->words[l->trie.entries[*node]];
}

/* A model in upper case serves tokens in lower case. */
static void words_of_n_grams_are_spelt_as_transcripts_are(void **state)
{
    (void)state;
    static const char arpa[] = "\\data\\\nngram 1=7\n\n\\1-grams:\n"
                               "-2\t<unk>\n-99\t<s>\n-1\t</s>\n"
                               "-0.5\tBAD\n-0.9\tbad\n-0.7\tBADE\n"
                               "-0.1\tZOO\n\n\\end\\\n";
    struct ngram *ngram;
    struct lexicon *all, *some;
    uint32_t node;
    assert_ok(ngram_read(&ngram, scratch_text("lm.arpa", arpa)));
    assert_ok(lexicon_from_ngram(&all, ngram, "lm.arpa", &tokens, &how));
    assert_int_equal(all->left_out, 1);
    assert_int_equal(word_at(all, "bad", &node), ngram_find(ngram, "BAD", 3));
    assert_close(all->best[node], -0.5 * 2.302585, 1e-5, 0);
    assert_int_equal(word_at(all, "bade", &node), ngram_find(ngram, "BADE", 4));
    assert_close(all->best[node], -0.7 * 2.302585, 1e-5, 0);
    assert_close(all->best[TRIE_ROOT], -0.5 * 2.302585, 1e-5, 0);
    assert_ok(lexicon_parse(&some, "cab\nBade\n", "words", &tokens, &how, all));
    assert_int_equal(word_at(some, "cab", &node), NGRAM_UNKNOWN);
    assert_close(some->best[node], -2 * 2.302585, 1e-5, 0);
    assert_int_equal(word_at(some, "bade", &node),
                     ngram_find(ngram, "BADE", 4));
    lexicon_free(some);
    lexicon_free(all);
    ngram_close(ngram);
}

static void bad_lexicons_are_refused_with_their_line(void **state)
{
    (void)state;
    struct lexicon *l;
    assert_refused(
        lexicon_parse(&l, "bad\n\ncab ace\n", "words", &tokens, &how, NULL),
        "words:3: \"cab ace\" is not one word");
    assert_null(l);
    assert_refused(lexicon_parse(&l, "zoo\n", "words", &tokens, &how, NULL),
                   "words: holds no word");
    assert_refused(lexicon_parse(&l, "", "words", &tokens, &how, NULL),
                   "words: holds no word");
    assert_refused(lexicon_parse(&l, "\xc3", "words", &tokens, &how, NULL),
                   "UTF-8");
    assert_null(l);
}

static int open_tokens(void **state)
{
    static const char *const letters[] = {" abcde"};
    struct status status = tokens_from_texts(&tokens, letters, 1);
    return status_failed(&status) || scratch_open(state);
}

static int close_tokens(void **state)
{
    tokens_free(&tokens);
    return scratch_close(state);
}

static void a_decimal_comma_changes_nothing(void **state)
{
    if (!comma_begin())
        skip();
    boosts_are_given_as_a_phrase_grows_and_taken_back(state);
    comma_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boosts_are_given_as_a_phrase_grows_and_taken_back),
        cmocka_unit_test(phrases_without_a_boost_have_the_usual_one),
        cmocka_unit_test(no_phrases_are_no_mistake),
        cmocka_unit_test(bad_boosts_are_refused_with_their_line),
        cmocka_unit_test(lexicons_hold_words_that_can_be_spelt),
        cmocka_unit_test(words_of_n_grams_are_spelt_as_transcripts_are),
        cmocka_unit_test(bad_lexicons_are_refused_with_their_line),
        cmocka_unit_test(a_decimal_comma_changes_nothing),
    };
    return cmocka_run_group_tests(tests, open_tokens, close_tokens);
}
