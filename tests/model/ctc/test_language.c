/* Tests of what a search expects of a text. (That whole texts have the scores
 * they should: test_beam_search.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/language.h"
#include "tests/close.h"
#include "tests/scratch.h"

#define DEPTH 6

static const char words[] = "\\data\\\nngram 1=5\nngram 2=1\n\n"
                            "\\1-grams:\n-0.5\t<unk>\n-99\t<s>\t-0.4\n"
                            "-0.8\t</s>\n-0.6\ta\t-0.3\n-0.9\tab\n\n"
                            "\\2-grams:\n-0.3\t<s> a\n\n\\end\\\n";
static const char characters[] = "\\data\\\nngram 1=5\n\n"
                                 "\\1-grams:\n-0.5\t<unk>\n-99\t<s>\n"
                                 "-0.8\t</s>\n-0.6\ta\n-0.7\t<space>\n\n"
                                 "\\end\\\n";

/* No step from state, nor from any after it, adds more than the most. */
static void check_most(const struct language *language,
                       const struct language_state *state, int depth)
{
    size_t tokens = language_vocabulary(language);
    for (int32_t k = 1; depth && (size_t)k < tokens; k++) {
        struct language_state next;
        bool doubled =
            k == language_space(language) && state->spelt == TRIE_ROOT;
        if (doubled || !language_step(&next, language, state, k))
            continue;
        assert_true(next.score - state->score <=
                    language_most(language, k) + 1e-9);
        check_most(language, &next, depth - 1);
    }
}

/* Of n-grams of a text or none, with hotwords. */
static void check_language(const struct language_settings *settings,
                           const char *arpa)
{
    static const char *const letters[] = {" ab"};
    const struct normalise_settings how = {.fold_case = false};
    struct tokens tokens;
    struct ngram *ngram = NULL;
    struct lexicon *lexicon = NULL;
    struct hotwords *hotwords;
    struct language *language;
    struct language_state begin;
    assert_ok(tokens_from_texts(&tokens, letters, 1));
    if (arpa)
        assert_ok(ngram_read(&ngram, scratch_text("lm.arpa", arpa)));
    if (arpa == words)
        assert_ok(lexicon_from_ngram(&lexicon, ngram, "lm", &tokens, &how));
    assert_ok(hotwords_parse_list(&hotwords, "b:2,a b:1.5,ab a:-1", "hotwords",
                                  &tokens, &how, 1));
    assert_ok(
        language_open(&language, settings, &tokens, ngram, lexicon, hotwords));
    language_begin(&begin, language);
    check_most(language, &begin, DEPTH);
    language_close(language);
    hotwords_free(hotwords);
    lexicon_free(lexicon);
    ngram_close(ngram);
    tokens_free(&tokens);
}

/* Or a search leaves out what belongs to it. */
static void no_token_adds_more_than_the_most(void **state)
{
    (void)state;
    static const double scores[] = {-5, -0.5, 0, 0.5, 5};
    for (int i = 0; i < 25; i++) {
        struct language_settings settings = {.lm_weight = 0.7,
                                             .unknown_score = scores[i / 5],
                                             .word_bonus = scores[i % 5]};
        check_language(&settings, NULL);
        check_language(&settings, characters);
        check_language(&settings, words);
        settings.closed = true;
        check_language(&settings, words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_token_adds_more_than_the_most),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
