/* Tests of formats: what is written, character by character, and what it must
 * never be. That other programs read it: test_formats.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "tests/close.h"

#include "recipes/commands/format_textgrid.c"
#include "recipes/commands/formats.c"
#include "recipes/commands/subtitles.c"

/* "word start end; ..." as a line's words, all of confidence 0.5. */
static void add_line(struct transcript *transcript, const char *words)
{
    struct transcript_line *line;
    assert_ok(transcript_add_line(&line, transcript));
    for (; *words; words += strcspn(words, ";"), words += *words == ';') {
        char text[64];
        double start_s, end_s;
        assert_int_equal(sscanf(words, "%63s %lf %lf", text, &start_s, &end_s),
                         3);
        assert_ok(
            transcript_add_word(line, text, strlen(text), start_s, end_s, 0.5));
    }
    assert_ok(transcript_end_line(line));
}

static char *written(enum format format, const struct transcript *transcript)
{
    char *bytes;
    size_t length;
    FILE *out = open_memstream(&bytes, &length);
    assert_non_null(out);
    format_write(out, format, transcript);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(bytes), length);
    return bytes;
}

static void check_written(enum format format,
                          const struct transcript *transcript, const char *want)
{
    char *bytes = written(format, transcript);
    assert_string_equal(bytes, want);
    free(bytes);
}

static void each_format_is_written_as_it_should_be(void **state)
{
    (void)state;
    struct transcript t;
    assert_ok(transcript_open(&t, "talks/a 1.wav", 0, 3661.5));
    add_line(&t, "the 0.25 0.5;cat 0.5 0.9996");
    add_line(&t, "sat 3659.1234 3660");
    t.lines[0].score = -1.5;
    t.lines[1].score = -INFINITY;
    check_written(FORMAT_TXT, &t, "talks/a 1.wav\tthe cat sat\n");
    check_written(FORMAT_TRN, &t, "the cat sat (talks/a_1.wav)\n");
    check_written(FORMAT_CTM, &t,
                  "talks/a_1.wav 1 0.250 0.250 the 0.500\n"
                  "talks/a_1.wav 1 0.500 0.500 cat 0.500\n"
                  "talks/a_1.wav 1 3659.123 0.877 sat 0.500\n");
    check_written(
        FORMAT_JSON, &t,
        "{\"path\": \"talks/a 1.wav\", \"seconds\": 3661.500, \"channel\": 0, "
        "\"text\": \"the cat sat\", \"lines\": ["
        "{\"start\": 0.250, \"end\": 1.000, \"score\": -1.500, "
        "\"text\": \"the cat\", \"words\": ["
        "{\"start\": 0.250, \"end\": 0.500, \"confidence\": 0.500, "
        "\"text\": \"the\"}, "
        "{\"start\": 0.500, \"end\": 1.000, \"confidence\": 0.500, "
        "\"text\": \"cat\"}]}, "
        "{\"start\": 3659.123, \"end\": 3660.000, \"score\": null, "
        "\"text\": \"sat\", \"words\": ["
        "{\"start\": 3659.123, \"end\": 3660.000, \"confidence\": 0.500, "
        "\"text\": \"sat\"}]}]}\n");
    check_written(FORMAT_SRT, &t,
                  "1\n00:00:00,250 --> 00:00:01,000\nthe cat\n\n"
                  "2\n01:00:59,123 --> 01:01:00,000\nsat\n\n");
    check_written(FORMAT_VTT, &t,
                  "WEBVTT\n\n00:00:00.250 --> 00:00:01.000\nthe cat\n\n"
                  "01:00:59.123 --> 01:01:00.000\nsat\n\n");
    transcript_free(&t);
}

static void praat_is_given_the_whole_recording(void **state)
{
    (void)state;
    struct transcript t;
    assert_ok(transcript_open(&t, "a", 0, 2));
    add_line(&t, "he 0 0.5;said 0.5 1;\"no\" 1.2 1.5");
    check_written(
        FORMAT_TEXTGRID, &t,
        "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n"
        "xmin = 0\nxmax = 2.000\ntiers? <exists>\nsize = 1\nitem []:\n"
        "    item [1]:\n        class = \"IntervalTier\"\n"
        "        name = \"words\"\n        xmin = 0\n        xmax = 2.000\n"
        "        intervals: size = 5\n"
        "        intervals [1]:\n            xmin = 0.000\n"
        "            xmax = 0.500\n            text = \"he\"\n"
        "        intervals [2]:\n            xmin = 0.500\n"
        "            xmax = 1.000\n            text = \"said\"\n"
        "        intervals [3]:\n            xmin = 1.000\n"
        "            xmax = 1.200\n            text = \"\"\n"
        "        intervals [4]:\n            xmin = 1.200\n"
        "            xmax = 1.500\n            text = \"\"\"no\"\"\"\n"
        "        intervals [5]:\n            xmin = 1.500\n"
        "            xmax = 2.000\n            text = \"\"\n");
    transcript_free(&t);
}

static void nothing_said_is_a_file_too(void **state)
{
    (void)state;
    struct transcript t;
    assert_ok(transcript_open(&t, "", 3, 0));
    add_line(&t, "");
    check_written(FORMAT_TXT, &t, "\t\n");
    check_written(FORMAT_TRN, &t, " ()\n");
    check_written(FORMAT_CTM, &t, "");
    check_written(FORMAT_SRT, &t, "");
    check_written(FORMAT_VTT, &t, "WEBVTT\n\n");
    char *grid = written(FORMAT_TEXTGRID, &t);
    assert_non_null(strstr(grid, "intervals: size = 1\n"));
    assert_non_null(strstr(grid, "xmax = 0.001\n            text = \"\"\n"));
    free(grid);
    transcript_free(&t);
}

static void what_means_something_to_a_format_is_escaped(void **state)
{
    (void)state;
    struct transcript t;
    assert_ok(transcript_open(&t, ";;(a)\t\"b\"\\\n\xff.wav", 2, 1));
    add_line(&t, "<i>&--> 0 1");
    check_written(FORMAT_TXT, &t, ";;(a) \"b\"\\ ?.wav\t<i>&-->\n");
    check_written(FORMAT_TRN, &t, "<i>&--> (;;_a__\"b\"\\_?.wav)\n");
    check_written(FORMAT_CTM, &t,
                  "_;(a)_\"b\"\\_?.wav 2 0.000 1.000 <i>&--> 0.500\n");
    check_written(FORMAT_VTT, &t,
                  "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n"
                  "&lt;i&gt;&amp;--&gt;\n\n");
    char *json_line = written(FORMAT_JSON, &t);
    assert_non_null(strstr(json_line, "{\"path\": "
                                      "\";;(a)\\t\\\"b\\\"\\\\\\n?.wav\", "));
    free(json_line);
    transcript_free(&t);
}

/* Whatever times are given, none runs backwards and none lasts nothing. */
static void times_are_put_right(void **state)
{
    (void)state;
    struct transcript t;
    assert_ok(transcript_open(&t, "a", 0, 1));
    add_line(&t, "a -1 0.5;b 0.2 0.3;c 0.5009 0.5011;d nan nan;e 9e99 inf");
    check_written(FORMAT_CTM, &t,
                  "a 1 0.000 0.500 a 0.500\na 1 0.500 0.001 b 0.500\n"
                  "a 1 0.501 0.001 c 0.500\na 1 0.502 0.001 d 0.500\n"
                  "a 1 3600000.000 0.001 e 0.500\n");
    transcript_free(&t);
}

static void check_cut(const char *words, size_t want, size_t first_row)
{
    struct transcript t;
    assert_ok(transcript_open(&t, "a", 0, 1));
    add_line(&t, words);
    const struct transcript_line *line = t.lines;
    size_t count = subtitles_cut(line->words, line->word_count);
    assert_int_equal(count, want);
    assert_int_equal(subtitles_first_row(line->words, count), first_row);
    transcript_free(&t);
}

static void subtitles_are_cut_where_they_are_read_best(void **state)
{
    (void)state;
    /* One row; two that are about equal; words of twenty letters. */
    check_cut("a 0 1;b 1 2;c 2 3", 3, 3);
    check_cut("abcdefghijklmnopqrst 0 1;abcdefghijklmnopqrst 1 2", 2, 2);
    check_cut("abcdefghijklmnopqrst 0 1;abcdefghijklmnopqrst 1 2;a 2 3;b 3 4",
              4, 1);
    /* A pause. */
    check_cut("a 0 1;b 1 2;c 3.5 4", 2, 2);
    /* Too much for seven seconds: the longest gap in the second half. */
    check_cut("a 0 1;b 1.9 2;c 3 4;d 4.1 5;e 5.8 6;f 6 7;g 7 8;h 8 9", 4, 4);
    check_cut("a 0 1;b 1 2;c 2 3;d 3 4;e 4 5;f 5 6;g 6 7;h 7 8;i 8 9", 7, 7);
    /* Too long a word is left alone, and too slow a one. */
    check_cut("abcdefghijklmnopqrstabcdefghijklmnopqrstabcdefghijk 0 1;b 1 2",
              1, 1);
    check_cut("a 0 9;b 9 10", 1, 1);
    /* Characters are counted, not bytes. */
    check_cut("\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
              "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9 0 "
              "1;bbbbbbbbbbbbbbbbbbbbb 1 2",
              2, 2);
}

static void subtitles_keep_to_their_limits(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 200; round++) {
        struct random_key key = random_key(round, 3);
        struct transcript t;
        struct transcript_line *line;
        double clock_s = 0;
        assert_ok(transcript_open(&t, "a", 0, 1));
        assert_ok(transcript_add_line(&line, &t));
        for (uint64_t i = 0; i < 60; i++) {
            size_t length = 1 + random_below_count(key, 3 * i, 12);
            double start_s = clock_s + random_uniform(key, 3 * i + 1) / 3;
            clock_s = start_s + 0.05 + random_uniform(key, 3 * i + 2) / 2;
            assert_ok(transcript_add_word(line, "abcdefghijklmno", length,
                                          start_s, clock_s, 1));
        }
        assert_ok(transcript_end_line(line));
        size_t shown = 0;
        for (size_t k = 0; k < 60;) {
            const struct transcript_word *words = line->words + k;
            size_t count = subtitles_cut(words, 60 - k);
            size_t first = subtitles_first_row(words, count);
            assert_true(count >= 1 && k + count <= 60);
            assert_true(width(words, first) <= SUBTITLE_WIDTH);
            assert_true(width(words + first, count - first) <= SUBTITLE_WIDTH);
            assert_true(words[count - 1].end_s - words[0].start_s <=
                        SUBTITLE_LONGEST_S);
            k += count;
            shown++;
        }
        assert_true(shown <= 20);
        transcript_free(&t);
    }
}

static void formats_are_read_from_a_list(void **state)
{
    (void)state;
    bool formats[FORMAT_COUNT];
    assert_ok(formats_parse(formats, "srt,textgrid,SRT"));
    for (int i = 0; i < FORMAT_COUNT; i++)
        assert_int_equal(formats[i], i == FORMAT_SRT || i == FORMAT_TEXTGRID);
    static const char *const bad[] = {"",   ",",    "txt,",   "text-grid",
                                      "tx", "txtt", "txt srt"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(formats_parse(formats, bad[i]), "is no format: txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_is_written_as_it_should_be),
        cmocka_unit_test(praat_is_given_the_whole_recording),
        cmocka_unit_test(nothing_said_is_a_file_too),
        cmocka_unit_test(what_means_something_to_a_format_is_escaped),
        cmocka_unit_test(times_are_put_right),
        cmocka_unit_test(subtitles_are_cut_where_they_are_read_best),
        cmocka_unit_test(subtitles_keep_to_their_limits),
        cmocka_unit_test(formats_are_read_from_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
