/* Tests of tokens: from text to numbers and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/text/normalise.h"
#include "tests/close.h"

#include "tests/fault.h"

#include "model/text/tokens.c"

static const char *const texts[] = {
    "the cat sat on the mat",
    "caf\u00e9 q\u0323\u0307",   /* a mark that has no letter of its own */
    "\u4f60\u597d \u4e16\u754c", /* Chinese */
    "\u0928\u092e\u0938\u094d\u0924\u0947", /* Devanagari, a conjunct */
    "\u0645\u064e\u0631\u0652\u062d\u064e\u0628\u0627", /* Arabic, pointed */
    "\ud55c\uad6d\uc5b4",                               /* Hangul */
    "\U0001f469\u200d\U0001f52c \U0001f1e9\U0001f1ea",  /* joined, a flag */
    "it's",
    ""};
#define TEXTS (sizeof texts / sizeof *texts)

static void tokens_are_sorted_behind_the_blank(void **state)
{
    (void)state;
    static const char *const two[] = {"ba ab", "c\u00e9a"};
    static const char *const want[] = {"<blank>", " ", "a", "b", "c", "\u00e9"};
    struct tokens tokens;
    assert_ok(tokens_from_texts(&tokens, two, 2));
    assert_int_equal(tokens.count, 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(tokens.texts[i], want[i]);
    tokens_free(&tokens);
    tokens_free(&tokens);
    assert_ok(tokens_from_texts(&tokens, NULL, 0));
    assert_int_equal(tokens.count, 1);
    tokens_free(&tokens);
    assert_int_equal(fault_held(), 0);
}

static void every_script_comes_back(void **state)
{
    (void)state;
    struct tokens tokens, copy;
    assert_ok(tokens_from_texts(&tokens, texts, TEXTS));
    assert_ok(tokens_from_list(&copy, (const char *const *)tokens.texts,
                               (size_t)tokens.count, "model.st"));
    assert_int_equal(copy.count, tokens.count);
    for (size_t i = 0; i < TEXTS; i++) {
        int32_t *ids;
        size_t count, unknown;
        char *text;
        assert_ok(tokens_encode(&ids, &count, &unknown, &copy, texts[i]));
        assert_int_equal(unknown, 0);
        for (size_t k = 0; k < count; k++)
            assert_in_range(ids[k], 1, tokens.count - 1);
        assert_ok(tokens_join(&text, &tokens, ids, count));
        assert_string_equal(text, texts[i]);
        free(text);
        free(ids);
    }
    tokens_free(&tokens);
    tokens_free(&copy);
    assert_int_equal(fault_held(), 0);
}

/* What a reader takes for one character is one token. */
static void a_token_is_what_is_perceived_as_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t characters;
    } known[] = {{"q\u0323\u0307", 1},
                 {"\U0001f469\u200d\U0001f52c", 1},
                 {"\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 2},
                 {"\u4f60\u597d", 2},
                 {"it's", 4}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct tokens tokens;
        int32_t *ids;
        size_t count, unknown;
        assert_ok(tokens_from_texts(&tokens, &known[i].text, 1));
        assert_ok(
            tokens_encode(&ids, &count, &unknown, &tokens, known[i].text));
        assert_int_equal(count, known[i].characters);
        free(ids);
        tokens_free(&tokens);
    }
}

static void characters_that_are_no_tokens_are_counted(void **state)
{
    (void)state;
    static const char *const known[] = {"abc "};
    struct tokens tokens;
    int32_t *ids;
    size_t count, unknown;
    char *text;
    assert_ok(tokens_from_texts(&tokens, known, 1));
    assert_ok(tokens_encode(&ids, &count, &unknown, &tokens,
                            "xa\u00e9b <blank>a\u0301c"));
    /* x, e acute, < b... l a n k >: of these a and b are known */
    assert_ok(tokens_join(&text, &tokens, ids, count));
    assert_string_equal(text, "ab bac");
    assert_int_equal(count, 6);
    assert_int_equal(unknown, 8);
    free(text);
    free(ids);
    tokens_free(&tokens);
}

/* A letter with a mark is not the letter, whichever of them is known. */
static void a_token_is_no_beginning_of_another(void **state)
{
    (void)state;
    static const char *const known[] = {"q\u0323", "q", "q\u0323q"};
    for (size_t i = 0; i < 3; i++) {
        struct tokens tokens;
        int32_t *ids;
        size_t count, unknown;
        assert_ok(tokens_from_texts(&tokens, &known[i], 1));
        assert_int_equal(tokens.count, i < 2 ? 2 : 3);
        assert_ok(tokens_encode(&ids, &count, &unknown, &tokens, "qq\u0323qq"));
        assert_int_equal(count, i == 0 ? 1 : i == 1 ? 3 : 4);
        assert_int_equal(unknown, 4 - count);
        free(ids);
        tokens_free(&tokens);
    }
}

static void blanks_and_spare_spaces_are_left_out(void **state)
{
    (void)state;
    static const char *const known[] = {"ab "};
    struct tokens tokens;
    char *text;
    assert_ok(tokens_from_texts(&tokens, known, 1));
    const int32_t ids[] = {0, 1, 1, 2, 0, 1, 0, 1, 3, 3, 1, 0};
    assert_ok(tokens_join(&text, &tokens, ids, sizeof ids / sizeof *ids));
    assert_string_equal(text, "a bb");
    free(text);
    assert_ok(tokens_join(&text, &tokens, ids, 3));
    assert_string_equal(text, "");
    free(text);
    assert_ok(tokens_join(&text, &tokens, NULL, 0));
    assert_string_equal(text, "");
    free(text);
    tokens_free(&tokens);
}

static void lists_of_no_form_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][4] = {
        {"a", "b", "c", "d"},          {"<blank>", "a", "a", "b"},
        {"<blank>", "b", "a", "c"},    {"<blank>", "a", "", "b"},
        {"<blank>", "a", "\xff", "b"}, {"<blank>", "a", "b", "\xc3"}};
    struct tokens tokens;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_refused(tokens_from_list(&tokens, bad[i], 4, "model.st"),
                       "model.st: token");
        assert_null(tokens.texts);
        assert_int_equal(tokens.count, 0);
    }
    assert_refused(tokens_from_list(&tokens, NULL, 0, "model.st"), "model.st");
    assert_refused(
        tokens_from_list(&tokens, bad[1], TOKENS_MOST + 1, "model.st"),
        "model.st");
    assert_int_equal(fault_held(), 0);
}

/* A table in the wrong column has as many characters as it has bytes. */
static void too_many_characters_are_refused(void **state)
{
    (void)state;
    static char text[4 * TOKENS_MOST];
    const char *one = text;
    struct tokens tokens;
    char *at = text;
    for (int i = 0; i < TOKENS_MOST - 1; i++)
        at += utf8proc_encode_char(0x4e00 + (i * 7919) % TOKENS_MOST,
                                   (utf8proc_uint8_t *)at);
    assert_ok(tokens_from_texts(&tokens, &one, 1));
    assert_int_equal(tokens.count, TOKENS_MOST);
    for (int i = 2; i < tokens.count; i++)
        assert_true(strcmp(tokens.texts[i - 1], tokens.texts[i]) < 0);
    tokens_free(&tokens);
    strcpy(at, "a");
    assert_refused(tokens_from_texts(&tokens, &one, 1),
                   "more than 16383 different characters");
    assert_null(tokens.texts);
    assert_int_equal(fault_held(), 0);
}

static void memory_that_runs_out_leaves_nothing(void **state)
{
    (void)state;
    static const char *const known[] = {"the cat"};
    for (int way = 0; way < 4; way++) {
        struct tokens tokens, copy;
        int32_t *ids = NULL;
        size_t count, unknown;
        char *text = NULL;
        fault_at(-1);
        assert_ok(tokens_from_texts(&tokens, known, 1));
        long held = fault_held();
        for (long n = 0;; n++) {
            fault_at(n);
            struct status status =
                way == 0 ? tokens_from_texts(&copy, known, 1)
                : way == 1
                    ? tokens_from_list(&copy, (const char *const *)tokens.texts,
                                       (size_t)tokens.count, "model.st")
                : way == 2
                    ? tokens_encode(&ids, &count, &unknown, &tokens, known[0])
                    : tokens_join(&text, &tokens, NULL, 0);
            if (!fault_happened()) {
                fault_at(-1);
                assert_ok(status);
                assert_true(n > 0);
                if (way < 2)
                    tokens_free(&copy);
                break;
            }
            assert_int_equal(status.code, STATUS_MEMORY);
            assert_true(way > 1 || (!copy.texts && !copy.count));
            assert_true(!ids && !text);
            assert_int_equal(fault_held(), held);
        }
        free(ids);
        free(text);
        tokens_free(&tokens);
        assert_int_equal(fault_held(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_sorted_behind_the_blank),
        cmocka_unit_test(every_script_comes_back),
        cmocka_unit_test(a_token_is_what_is_perceived_as_a_character),
        cmocka_unit_test(characters_that_are_no_tokens_are_counted),
        cmocka_unit_test(a_token_is_no_beginning_of_another),
        cmocka_unit_test(blanks_and_spare_spaces_are_left_out),
        cmocka_unit_test(lists_of_no_form_are_refused),
        cmocka_unit_test(too_many_characters_are_refused),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
