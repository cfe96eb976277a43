/* Tests of transcripts: lines of words. */
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

#include "model/text/transcript.c"

#define WORDS 37 /* arrays grow several times */

static struct status fill(struct transcript *transcript, size_t lines)
{
    struct status status = transcript_open(transcript, "talk.wav", 2, 99);
    for (size_t i = 0; i < lines && !status_failed(&status); i++) {
        struct transcript_line *line;
        status = transcript_add_line(&line, transcript);
        for (size_t k = 0; k < WORDS && !status_failed(&status); k++) {
            char text[24];
            double start_s = 10.0 * (double)i + 0.2 * (double)k;
            int length = snprintf(text, sizeof text, "w%zu.%zu", i, k);
            status = transcript_add_word(line, text, (size_t)length, start_s,
                                         start_s + 0.1, 0.5);
        }
        if (!status_failed(&status))
            status = transcript_end_line(line);
    }
    return status;
}

static void words_stay_in_the_order_they_came_in(void **state)
{
    (void)state;
    struct transcript transcript;
    assert_ok(fill(&transcript, 5));
    assert_string_equal(transcript.name, "talk.wav");
    assert_int_equal(transcript.channel, 2);
    assert_int_equal(transcript.line_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct transcript_line *line = &transcript.lines[i];
        assert_int_equal(line->word_count, WORDS);
        for (size_t k = 0; k < WORDS; k++) {
            char want[24];
            snprintf(want, sizeof want, "w%zu.%zu", i, k);
            assert_string_equal(line->words[k].text, want);
            assert_close(line->words[k].start_s,
                         10.0 * (double)i + 0.2 * (double)k, 1e-12, 0);
        }
        assert_close(line->start_s, line->words[0].start_s, 0, 0);
        assert_close(line->end_s, line->words[WORDS - 1].end_s, 0, 0);
    }
    transcript_free(&transcript);
    assert_int_equal(fault_held(), 0);
}

static void texts_are_words_with_a_space_between(void **state)
{
    (void)state;
    struct transcript transcript;
    struct transcript_line *line;
    assert_ok(transcript_open(&transcript, "", 0, 0));
    assert_ok(transcript_add_line(&line, &transcript));
    assert_ok(transcript_end_line(line));
    assert_string_equal(line->text, "");
    assert_ok(transcript_add_word(line, "thesis", 3, 1, 2, 1));
    assert_ok(transcript_end_line(line));
    assert_string_equal(line->text, "the");
    assert_ok(transcript_add_word(line, "cat", 3, 2, 3, 1));
    assert_ok(transcript_end_line(line));
    assert_string_equal(line->text, "the cat");
    struct transcript_line taken = *line;
    *line = (struct transcript_line){.text = NULL};
    assert_ok(transcript_add_alternative(&taken, "the hat", -1.5));
    assert_ok(transcript_take_line(&transcript, &taken));
    assert_null(taken.text);
    assert_int_equal(transcript.line_count, 2);
    assert_string_equal(transcript.lines[1].text, "the cat");
    assert_int_equal(transcript.lines[1].alternative_count, 1);
    assert_string_equal(transcript.lines[1].alternatives[0].text, "the hat");
    transcript_free(&transcript);
    assert_int_equal(fault_held(), 0);
}

static void memory_that_runs_out_leaves_nothing(void **state)
{
    (void)state;
    long n = 0;
    do {
        struct transcript transcript;
        struct transcript_line line = {.text = NULL};
        fault_at(n++);
        struct status status = fill(&transcript, 3);
        if (!status_failed(&status))
            status = transcript_add_alternative(&line, "x", 0);
        if (!status_failed(&status))
            status = transcript_take_line(&transcript, &line);
        assert_int_equal(status_failed(&status), fault_happened());
        if (fault_happened())
            assert_int_equal(status.code, STATUS_MEMORY);
        transcript_free_line(&line);
        transcript_free(&transcript);
        assert_int_equal(fault_held(), 0);
    } while (fault_happened());
    assert_true(n > 3 * WORDS);
    fault_at(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stay_in_the_order_they_came_in),
        cmocka_unit_test(texts_are_words_with_a_space_between),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
