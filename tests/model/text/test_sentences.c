/* Tests of the sentences that language models are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/scratch.h"

#include "tests/fault.h"

#include "model/text/sentences.c"

static const struct sentence_settings words = {.unit = UNIT_WORD};
static const struct sentence_settings folded = {
    .normalise = {.fold_case = true, .drop_punctuation = true}};
static const struct sentence_settings characters = {.unit = UNIT_CHARACTER};

/* Appends "LINE sentence|". */
static struct status note(void *context, const char *sentence, const char *path,
                          size_t line)
{
    char *text = context;
    size_t used = strlen(text);
    (void)path;
    snprintf(text + used, 256 - used, "%zu %s|", line, sentence);
    return status_ok();
}

static void check(const char *text, const char *want,
                  const struct sentence_settings *settings)
{
    char got[256] = "";
    assert_ok(
        sentences_read(note, got, scratch_text("text.txt", text), settings));
    assert_string_equal(got, want);
}

static void lines_are_normalised_as_transcripts_are(void **state)
{
    (void)state;
    check("One  TWO\r\n\n--\nthree,\tfour", "1 One TWO|3 --|4 three, four|",
          &words);
    check("One  TWO\r\n\n--\nthree,\tfour", "1 one two|4 three four|", &folded);
    check("\xef\xbb\xbf"
          "a b\n",
          "1 a b|", &words);
}

static void characters_are_as_users_see_them(void **state)
{
    (void)state;
    check("ab c\n", "1 a b <space> c|", &characters);
    check("e\xcc\x81x\n  \n", "1 \xc3\xa9 x|", &characters);
    check("q\xcc\x88 q", "1 q\xcc\x88 <space> q|", &characters);
}

static void bad_texts_are_refused_with_path_and_line(void **state)
{
    char got[256] = "";
    (void)state;
    assert_refused(
        sentences_read(note, got, scratch_text("t.txt", "a\nb \xff\n"), &words),
        "t.txt:2: byte 3");
    assert_refused(sentences_read(note, got,
                                  scratch_write("n.txt", "a\nb\0c\n", 6),
                                  &words),
                   "n.txt:2:");
    assert_refused(sentences_read(note, got, scratch_text("e.txt", ""), &words),
                   "e.txt: holds no words");
    assert_refused(
        sentences_read(note, got, scratch_text("p.txt", "..\n !\n"), &folded),
        "p.txt: holds no words");
    assert_refused(sentences_read(note, got, scratch_path("absent"), &words),
                   "absent");
    size_t length = LINE_READER_MOST + 100;
    char *line = malloc(length);
    assert_non_null(line);
    memset(line, 'x', length);
    assert_refused(
        sentences_read(note, got, scratch_write("l.txt", line, length), &words),
        "l.txt:1:");
    free(line);
}

static void without_memory_nothing_is_given(void **state)
{
    char got[256] = "";
    (void)state;
    fault_at(0);
    struct status status = sentence_give(note, got, "a b", "t", 1, &characters);
    assert_true(fault_happened());
    fault_at(-1);
    assert_int_equal(status.code, STATUS_MEMORY);
    assert_string_equal(got, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_normalised_as_transcripts_are),
        cmocka_unit_test(characters_are_as_users_see_them),
        cmocka_unit_test(bad_texts_are_refused_with_path_and_line),
        cmocka_unit_test(without_memory_nothing_is_given),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
