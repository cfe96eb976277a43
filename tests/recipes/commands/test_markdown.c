/* Tests of text for Markdown: what must be escaped is, and a shell reads words
 * as they were. That other programs read it so: test_card.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"

#include "recipes/commands/markdown.c"

typedef void writer(FILE *out, const char *text);

static char *written(writer *write, const char *text)
{
    char *bytes;
    size_t length;
    FILE *out = open_memstream(&bytes, &length);
    assert_non_null(out);
    write(out, text);
    assert_int_equal(fclose(out), 0);
    return bytes;
}

static void check_written(writer *write, const char *text, const char *want)
{
    char *bytes = written(write, text);
    assert_string_equal(bytes, want);
    free(bytes);
}

static void text_is_no_markup(void **state)
{
    (void)state;
    check_written(markdown_text, "AN4, by 10 voices.", "AN4, by 10 voices.");
    check_written(markdown_text, "*a* [b](c) <i>&amp;\\",
                  "\\*a\\* \\[b\\](c) \\<i\\>\\&amp;\\\\");
    check_written(markdown_text, "a|b~c$d`e_f#g!", /* tables, sums and all */
                  "a\\|b\\~c\\$d\\`e\\_f\\#g\\!");
}

static void code_is_within_longer_ticks_than_its_own(void **state)
{
    (void)state;
    check_written(markdown_code, "a.tsv", "`a.tsv`");
    check_written(markdown_code, "*a*", "`*a*`");
    check_written(markdown_code, "a`b", "``a`b``");
    check_written(markdown_code, "a``b`c", "```a``b`c```");
    check_written(markdown_code, "`", "`` ` ``");
    check_written(markdown_code, " a ", "`  a  `");
    check_written(markdown_code, "", "`  `");
}

static void words_are_quoted_where_a_shell_would_see_more(void **state)
{
    (void)state;
    check_written(markdown_word, "/a/b-1.tsv", "/a/b-1.tsv");
    check_written(markdown_word, "", "''");
    check_written(markdown_word, "a b", "'a b'");
    check_written(markdown_word, "it's", "'it'\\''s'");
    check_written(markdown_word, "~", "'~'");
    check_written(markdown_word, "a\n```\nb", "'a?```?b'");
}

static void values_are_quoted(void **state)
{
    (void)state;
    check_written(markdown_value, "en", "'en'");
    check_written(markdown_value, "it's: #1\n", "'it''s: #1?'");
}

static void what_is_not_seen_is_a_question_mark(void **state)
{
    (void)state;
    static writer *const writers[] = {markdown_text, markdown_code,
                                      markdown_word, markdown_value};
    static const char *const unseen_ones[] = {
        "\x01",         "\n",           "\x1b",         "\x7f",
        "\xc2\x80",     "\xc2\x9f",     "\xe2\x80\xa8", "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xe2\x81\xa9",
    };
    static const char *const seen_ones[] = {
        "\xc3\xa4", "\xc2\xa0", "\xe2\x80\xa7", "\xe2\x82\xac", "\xe2\x81\xaa",
    };
    for (size_t w = 0; w < sizeof writers / sizeof *writers; w++) {
        char text[16];
        for (size_t i = 0; i < sizeof unseen_ones / sizeof *unseen_ones; i++) {
            snprintf(text, sizeof text, "a%sb", unseen_ones[i]);
            char *bytes = written(writers[w], text);
            assert_non_null(strstr(bytes, "a?b"));
            free(bytes);
        }
        for (size_t i = 0; i < sizeof seen_ones / sizeof *seen_ones; i++) {
            snprintf(text, sizeof text, "a%sb", seen_ones[i]);
            char *bytes = written(writers[w], text);
            assert_non_null(strstr(bytes, text));
            free(bytes);
        }
        /* A character that the string ends within. */
        free(written(writers[w], "\xc2"));
        free(written(writers[w], "\xe2"));
        free(written(writers[w], "\xe2\x80"));
    }
}

/* Words of signs that mean something to a shell. */
static void a_shell_reads_the_words_that_were_written(void **state)
{
    (void)state;
    static const char signs[] = "ab '\"`$(){}[]*?!&|;<>#~\\=%-/^.,";
    struct random_key key = random_key(3, RANDOM_NOISE);
    char text[80], command[4096] = "printf '%s\\n'", want[4096] = "";
    char got[4096];
    for (uint64_t n = 0; n < 40; n++) {
        size_t length = (size_t)(random_uniform(key, 100 * n) * 20);
        for (size_t i = 0; i < length; i++) {
            double at = random_uniform(key, 100 * n + 1 + i);
            text[i] = signs[(size_t)(at * (sizeof signs - 1))];
        }
        text[length] = '\0';
        char *word = written(markdown_word, text);
        snprintf(command + strlen(command), sizeof command - strlen(command),
                 " %s", word);
        snprintf(want + strlen(want), sizeof want - strlen(want), "%s\n", text);
        free(word);
    }
    FILE *shell = popen(command, "r");
    assert_non_null(shell);
    got[fread(got, 1, sizeof got - 1, shell)] = '\0';
    assert_int_equal(pclose(shell), 0);
    assert_string_equal(got, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_no_markup),
        cmocka_unit_test(code_is_within_longer_ticks_than_its_own),
        cmocka_unit_test(words_are_quoted_where_a_shell_would_see_more),
        cmocka_unit_test(values_are_quoted),
        cmocka_unit_test(what_is_not_seen_is_a_question_mark),
        cmocka_unit_test(a_shell_reads_the_words_that_were_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
