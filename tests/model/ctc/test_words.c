/* Tests of words: from tokens' rows to times. */
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
#include "model/layer/softmax_loss.h"
#include "tests/close.h"

#include "tests/fault.h"

#include "model/text/transcript.c"
#include "model/text/tokens.c"
#include "model/ctc/words.c"

#define ROWS_MOST 200
#define TOKENS 6

static char *texts[TOKENS] = {"<blank>", " ", "a", "b", "c", "\u00e9"};
static const struct tokens tokens = {.count = TOKENS, .texts = texts};
static const struct words_place place = {
    .start_s = 100, .end_s = 104, .stride = 4};

/* Rows as the best path is written ("..a.b_"), and its tokens. */
static size_t say(real *x, int32_t *ids, size_t *count, const char *path)
{
    size_t rows = strlen(path);
    int32_t before = 0;
    *count = 0;
    for (size_t t = 0; t < rows; t++) {
        int32_t token = path[t] == '.'   ? 0
                        : path[t] == '_' ? 1
                                         : 2 + path[t] - 'a';
        for (size_t k = 0; k < TOKENS; k++)
            x[t * TOKENS + k] = -8;
        x[t * TOKENS + (size_t)token] = -0.01f;
        if (token && token != before)
            ids[(*count)++] = token;
        before = token;
    }
    return rows;
}

static void check_word(const struct transcript_word *word, const char *text,
                       double start_s, double end_s)
{
    assert_string_equal(word->text, text);
    assert_close(word->start_s, start_s, 1e-12, 0);
    assert_close(word->end_s, end_s, 1e-12, 0);
    assert_true(word->confidence > 0.8 && word->confidence <= 1);
}

/* A transcript of one line, aligned with a path. */
static void align_path(struct transcript *transcript, const char *path)
{
    real x[ROWS_MOST * TOKENS];
    int32_t ids[ROWS_MOST];
    size_t count, rows = say(x, ids, &count, path);
    struct transcript_line *line;
    assert_ok(transcript_open(transcript, "", 0, 0));
    assert_ok(transcript_add_line(&line, transcript));
    assert_ok(words_align(line, &tokens, ids, count, x, rows, &place));
}

/* When row begins. */
static double at(double row)
{
    return place.start_s + 0.0075 + 0.04 * row;
}

static void words_reach_into_the_blanks_around_them(void **state)
{
    (void)state;
    struct transcript transcript;
    align_path(&transcript, "...a.bb.....c.._...d.ab......");
    const struct transcript_line *line = transcript.lines;
    assert_string_equal(line->text, "abc \u00e9"
                                    "ab");
    assert_int_equal(line->word_count, 2);
    check_word(&line->words[0], "abc", at(3) - WORDS_BEFORE_S,
               at(13) + WORDS_AFTER_S);
    check_word(&line->words[1],
               "\u00e9"
               "ab",
               at(19) - WORDS_BEFORE_S, at(23) + WORDS_AFTER_S);
    assert_close(line->start_s, line->words[0].start_s, 0, 0);
    assert_close(line->end_s, line->words[1].end_s, 0, 0);
    assert_close(line->score, -0.01 * 29, 1e-5, 0);
    transcript_free(&transcript);
    assert_int_equal(fault_held(), 0);
}

/* No more than half of what is between them and their neighbours or the ends,
 * however short a word. */
static void words_share_the_blanks_between_them(void **state)
{
    (void)state;
    struct transcript transcript;
    align_path(&transcript, "a_b.._c......a");
    const struct transcript_word *words = transcript.lines->words;
    assert_int_equal(transcript.lines->word_count, 3);
    check_word(&words[0], "a", 100, at(1.5));
    check_word(&words[1], "b", at(1.5), at(4.5));
    check_word(&words[2], "ca", at(4.5), at(14) + WORDS_AFTER_S);
    transcript_free(&transcript);
    align_path(&transcript, "a........_.........b........");
    words = transcript.lines->words;
    check_word(&words[0], "a", 100, 100.25);
    check_word(&words[1], "b", at(19) - WORDS_BEFORE_S,
               at(19) - WORDS_BEFORE_S + 0.25);
    transcript_free(&transcript);
}

/* A model may write two spaces, or one at an end: a text has one, or none. */
static void spaces_that_are_not_read_make_no_doubt(void **state)
{
    (void)state;
    static const int32_t ids[] = {2, 3, 1, 4};
    real x[ROWS_MOST * TOKENS];
    int32_t own[ROWS_MOST];
    struct transcript transcript;
    struct transcript_line *line;
    size_t count, rows = say(x, own, &count, "._.a.b._.__.c.._.");
    assert_ok(transcript_open(&transcript, "", 0, 0));
    assert_ok(transcript_add_line(&line, &transcript));
    assert_ok(words_align(line, &tokens, ids, 4, x, rows, &place));
    assert_int_equal(line->word_count, 2);
    check_word(&line->words[0], "ab", at(3) - WORDS_BEFORE_S,
               at(6) + WORDS_AFTER_S);
    check_word(&line->words[1], "c", at(12) - WORDS_BEFORE_S,
               at(12) - WORDS_BEFORE_S + 0.25);
    assert_close(line->score, -0.01 * (double)rows, 1e-5, 0);
    transcript_free(&transcript);
}

/* What is said together and written apart is two words all the same. */
static void a_space_that_no_row_says_parts_words(void **state)
{
    (void)state;
    static const int32_t ids[] = {2, 1, 3};
    real x[ROWS_MOST * TOKENS];
    int32_t own[ROWS_MOST];
    struct transcript transcript;
    struct transcript_line *line;
    size_t count, rows = say(x, own, &count, ".a...b..");
    assert_ok(transcript_open(&transcript, "", 0, 0));
    assert_ok(transcript_add_line(&line, &transcript));
    assert_ok(words_align(line, &tokens, ids, 3, x, rows, &place));
    assert_string_equal(line->text, "a b");
    assert_true(line->words[0].confidence < 0.01);
    assert_true(line->words[1].confidence < 0.01);
    transcript_free(&transcript);
}

static void the_last_word_ends_with_the_recording(void **state)
{
    (void)state;
    struct transcript transcript;
    char path[100];
    memset(path, '.', sizeof path);
    path[97] = 'a'; /* 100 rows and 10 ms are 4 s */
    path[98] = path[99] = '\0';
    align_path(&transcript, path);
    check_word(transcript.lines->words, "a", at(97) - WORDS_BEFORE_S, 104);
    transcript_free(&transcript);
}

static void no_words_are_an_empty_line(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "...", "_", "._.._."};
    for (size_t i = 0; i < 4; i++) {
        struct transcript transcript;
        align_path(&transcript, paths[i]);
        assert_string_equal(transcript.lines->text, "");
        assert_int_equal(transcript.lines->word_count, 0);
        assert_close(transcript.lines->start_s, 100, 0, 0);
        assert_close(transcript.lines->end_s, 104, 0, 0);
        transcript_free(&transcript);
    }
}

static void without_a_space_all_is_one_word(void **state)
{
    (void)state;
    static char *own[] = {"<blank>", "\u4f60", "\u597d"};
    const struct tokens two = {.count = 3, .texts = own};
    const int32_t ids[] = {1, 2};
    real x[10 * 3] = {0};
    struct transcript transcript;
    struct transcript_line *line;
    log_softmax(x, 10, 3);
    assert_ok(transcript_open(&transcript, "", 0, 0));
    assert_ok(transcript_add_line(&line, &transcript));
    assert_ok(words_align(line, &two, ids, 2, x, 10, &place));
    assert_int_equal(line->word_count, 1);
    assert_string_equal(line->text, "\u4f60\u597d");
    transcript_free(&transcript);
}

/* Any path: words in order, none overlapping, all within the place. */
static void times_never_run_backwards(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 300; round++) {
        struct random_key key = random_key(round, 4);
        struct transcript transcript;
        char path[ROWS_MOST];
        size_t rows = random_below_count(key, 0, 99);
        for (size_t t = 0; t < rows; t++)
            path[t] = "......__abcd"[random_below_count(key, 1 + t, 12)];
        path[rows] = '\0';
        align_path(&transcript, path);
        const struct transcript_line *line = transcript.lines;
        double before = place.start_s;
        for (size_t i = 0; i < line->word_count; i++) {
            const struct transcript_word *word = &line->words[i];
            assert_true(word->start_s >= before);
            assert_true(word->end_s - word->start_s > 0.039);
            assert_true(word->end_s <= place.end_s);
            assert_true(word->confidence >= 0 && word->confidence <= 1);
            before = word->end_s;
        }
        transcript_free(&transcript);
    }
    assert_int_equal(fault_held(), 0);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    real x[ROWS_MOST * TOKENS];
    int32_t ids[ROWS_MOST];
    size_t count, rows = say(x, ids, &count, "abcdabc");
    struct transcript_line line = {.text = NULL};
    assert_refused(words_align(&line, &tokens, ids, count, x, rows - 1, &place),
                   "7 characters want 7 rows, and the recording has 6");
    assert_null(line.text);
    assert_null(line.words);
    assert_int_equal(fault_held(), 0);
}

static void memory_that_runs_out_is_said(void **state)
{
    (void)state;
    real x[ROWS_MOST * TOKENS];
    int32_t ids[ROWS_MOST];
    size_t count, rows = say(x, ids, &count, "a.b_.ab");
    long n = -1;
    do {
        struct transcript transcript;
        struct transcript_line *line;
        assert_ok(transcript_open(&transcript, "", 0, 0));
        assert_ok(transcript_add_line(&line, &transcript));
        fault_at(++n);
        struct status status =
            words_align(line, &tokens, ids, count, x, rows, &place);
        assert_int_equal(status.code,
                         fault_happened() ? STATUS_MEMORY : STATUS_OK);
        transcript_free(&transcript);
        assert_int_equal(fault_held(), 0);
    } while (fault_happened());
    assert_int_equal(n, 11);
    fault_at(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_reach_into_the_blanks_around_them),
        cmocka_unit_test(words_share_the_blanks_between_them),
        cmocka_unit_test(spaces_that_are_not_read_make_no_doubt),
        cmocka_unit_test(a_space_that_no_row_says_parts_words),
        cmocka_unit_test(the_last_word_ends_with_the_recording),
        cmocka_unit_test(no_words_are_an_empty_line),
        cmocka_unit_test(without_a_space_all_is_one_word),
        cmocka_unit_test(times_never_run_backwards),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(memory_that_runs_out_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
