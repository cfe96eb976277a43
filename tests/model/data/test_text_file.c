/* Tests of reading a text file as a whole. */
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

#include "model/data/text_file.c"

static void assert_reads(const char *bytes, const char *want)
{
    char *text;
    assert_ok(text_file_read(&text, scratch_text("text", bytes), 100));
    assert_string_equal(text, want);
    free(text);
}

static void a_byte_order_mark_is_left_out(void **state)
{
    (void)state;
    assert_reads("", "");
    assert_reads("a\r\nü\n", "a\r\nü\n");
    assert_reads("\xef\xbb\xbf"
                 "a",
                 "a");
    assert_reads("\xef\xbb\xbf", "");
    assert_reads("a\xef\xbb\xbf", "a\xef\xbb\xbf");
    assert_reads("\xef\xbb\xbf\xef\xbb\xbf", "\xef\xbb\xbf");
}

static void bytes_that_are_no_text_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        const char *piece;
    } cases[] = {
        {"\xff", 1, "text:1: byte 1 of the line is not UTF-8"},
        {"a\nbc\xc3", 5, "text:2: byte 3 of the line is not UTF-8"},
        {"a\n\n\0", 4, "text:3: byte 1 of the line is a NUL"},
        {"\xef\xbb", 2, "text:1: byte 1 of the line is not UTF-8"},
        {"\xed\xa0\x80", 3, "not UTF-8"},
        {"\xc0\x80", 2, "not UTF-8"},
    };
    char *text;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path =
            scratch_write("text", cases[i].bytes, cases[i].count);
        assert_refused(text_file_read(&text, path, 100), cases[i].piece);
        assert_null(text);
    }
}

static void longer_files_than_wanted_are_refused(void **state)
{
    (void)state;
    char *text;
    const char *path = scratch_text("long", "12345");
    assert_refused(text_file_read(&text, path, 4), "is longer than 4 bytes");
    assert_ok(text_file_read(&text, path, 5));
    free(text);
}

static void whatever_fails_nothing_is_left(void **state)
{
    (void)state;
    const char *path = scratch_text("failing", "some words");
    long failures = 0;
    for (long n = 0;; n++) {
        char *text;
        fault_at(n);
        struct status status = text_file_read(&text, path, 100);
        bool happened = fault_happened();
        fault_at(-1);
        if (!status_failed(&status)) {
            assert_string_equal(text, "some words");
            free(text);
            assert_int_equal(fault_held(), 0);
            if (!happened)
                break;
            continue;
        }
        failures++;
        assert_null(text);
        assert_non_null(strstr(status.text, path));
        assert_int_equal(fault_held(), 0);
    }
    assert_int_equal(failures, 3); /* open, memory, read */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_order_mark_is_left_out),
        cmocka_unit_test(bytes_that_are_no_text_are_named),
        cmocka_unit_test(longer_files_than_wanted_are_refused),
        cmocka_unit_test(whatever_fails_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
