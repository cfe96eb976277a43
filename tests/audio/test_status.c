/* Tests of the error type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/status.h"
#include "model/text/normalise.h"
#include "tests/close.h"

static void success_has_no_text(void **state)
{
    (void)state;
    struct status status = status_ok();
    assert_int_equal(status.code, STATUS_OK);
    assert_false(status_failed(&status));
    assert_string_equal(status.text, "");
}

static void an_error_is_one_line(void **state)
{
    (void)state;
    struct status status =
        status_error(STATUS_SYSTEM, "%s:%d: full", "a\nb\t\x1b[31m\x7f", 7);
    assert_true(status_failed(&status));
    assert_int_equal(status.code, STATUS_SYSTEM);
    assert_string_equal(status.text, "a?b??[31m?:7: full");
    status = status_error(STATUS_INPUT, "\xc2\x9b"
                                        "2J\xc2\xa0\u00e9\xc2");
    assert_string_equal(status.text, "??2J\u00a0\u00e9\xc2");
    status = status_memory("workers");
    assert_int_equal(status.code, STATUS_MEMORY);
    assert_string_equal(status.text, "workers: out of memory");
}

/* Characters of one, two, three and four bytes, so that every place where one
 * can be cut is met. */
static void a_text_too_long_is_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "\u00fc", "\u20ac",
                                             "\U0001f600"};
    for (size_t c = 0; c < 4; c++)
        for (size_t before = 0; before < 4; before++) {
            char text[1024];
            size_t length = before, bad, size = sizeof(struct status);
            memset(text, 'a', before);
            while (length < 800) {
                strcpy(text + length, characters[c]);
                length += strlen(characters[c]);
            }
            struct status status = status_error(STATUS_INPUT, "%s", text);
            size_t cut = strlen(status.text);
            assert_in_range(cut, 490, size);
            assert_string_equal(status.text + cut - 3, "...");
            assert_memory_equal(status.text, text, cut - 3);
            assert_true(normalise_is_utf8(status.text, cut, &bad));
        }
}

static void a_text_that_just_fits_is_whole(void **state)
{
    (void)state;
    char text[600];
    size_t room = sizeof((struct status *)0)->text;
    memset(text, 'a', sizeof text);
    text[room - 1] = '\0';
    struct status status = status_error(STATUS_INPUT, "%s", text);
    assert_string_equal(status.text, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_has_no_text),
        cmocka_unit_test(an_error_is_one_line),
        cmocka_unit_test(a_text_too_long_is_cut_between_characters),
        cmocka_unit_test(a_text_that_just_fits_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
