/* Tests of the one spelling of transcripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"

#include <utf8proc.h>

#include "model/kernel/random.h"

#include "tests/fault.h"

/* Gives memory that is counted, and none when it is to fail. */
static utf8proc_ssize_t map(const utf8proc_uint8_t *text,
                            utf8proc_ssize_t length, utf8proc_uint8_t **out,
                            utf8proc_option_t options)
{
    utf8proc_uint8_t *mapped;
    utf8proc_ssize_t count = utf8proc_map(text, length, &mapped, options);
    assert_true(count >= 0);
    *out = fault_malloc((size_t)count + 1);
    if (*out)
        memcpy(*out, mapped, (size_t)count + 1);
    (free)(mapped);
    return *out ? count : UTF8PROC_ERROR_NOMEM;
}

#define utf8proc_map(text, length, out, options) map(text, length, out, options)

#include "model/text/normalise.c"

static const struct normalise_settings plain = {.fold_case = false},
                                       all = {.fold_case = true,
                                              .drop_punctuation = true};

static void check(const char *raw, const char *want,
                  const struct normalise_settings *settings)
{
    char *text;
    assert_ok(normalise_text(&text, raw, settings));
    assert_string_equal(text, want);
    free(text);
}

static void white_space_is_squeezed(void **state)
{
    (void)state;
    check("", "", &plain);
    check(" \t\r\n ", "", &plain);
    check("  a \t b\r\n", "a b", &plain);
    check("a\u00a0b\u2003c\u2028d\u3000e\xc2\x85"
          "f",
          "a b c d e f", &plain);
    check("a\u200bb", "a\u200bb", &plain); /* no space in Unicode's eyes */
}

static void letters_are_composed(void **state)
{
    (void)state;
    check("cafe\u0301", "caf\u00e9", &plain);
    check("A\u030a \u212b \u00c5", "\u00c5 \u00c5 \u00c5", &plain);
    check("\u1112\u1161\u11ab\u1100\u1173\u11af", "\ud55c\uae00", &plain);
    check("q\u0323\u0307 q\u0307\u0323", "q\u0323\u0307 q\u0323\u0307", &plain);
    check("\ufb01 \u00bd", "\ufb01 \u00bd", &plain); /* NFC, not NFKC */
}

static void case_is_folded_as_unicode_says(void **state)
{
    (void)state;
    const struct normalise_settings fold = {.fold_case = true};
    check("HELLO World", "hello world", &fold);
    check("STRASSE stra\u00dfe", "strasse strasse", &fold);
    check("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
          "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3", &fold);
    check("\u0416\u0418\u0417\u041d\u042c", "\u0436\u0438\u0437\u043d\u044c",
          &fold);
    check("CAFE\u0301, Please!", "caf\u00e9, please!", &fold);
    check("HELLO", "HELLO", &plain);
}

static void punctuation_is_dropped_but_apostrophes_in_words_stay(void **state)
{
    (void)state;
    check("Press ONE, please.", "press one please", &all);
    check("well-known \u2014 \u201cquoted\u201d", "well known quoted", &all);
    check("$5 + 3% = x^2", "5 3 x 2", &all);
    check("\u00bfQu\u00e9? \u3010\u4f60\u597d\u3011\u3002",
          "qu\u00e9 \u4f60\u597d", &all);
    check("it's it\u2019s it\u02bcs", "it's it's it's", &all);
    check("'tis the dogs' 'n' rock'n'roll", "tis the dogs n rock'n'roll", &all);
    check("90's o'\u00e9", "90 s o'\u00e9", &all);
    check("a''b", "a b", &all);
    check("...", "", &all);
    check("Press ONE, please.", "Press ONE, please.", &plain);
}

static void text_that_is_no_utf8_is_refused_at_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int byte;
    } bad[] = {
        {"\xff", 1},
        {"ab\x80", 3},
        {"ab\xc3", 3},           /* cut off */
        {"a\xc0\x80", 2},        /* a NUL in disguise */
        {"\xe0\x80\xaf", 1},     /* too long a form */
        {"\xed\xa0\x80", 1},     /* half a surrogate pair */
        {"\xf4\x90\x80\x80", 1}, /* beyond Unicode */
        {"x\xf0\x9f\x98", 2},
        {"\xfc\x84\x80\x80\x80\x80", 1},
        {"caf\xe9", 4}, /* Latin-1 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *text, piece[32];
        size_t at = 99;
        snprintf(piece, sizeof piece, "byte %d of the text", bad[i].byte);
        assert_refused(normalise_text(&text, bad[i].text, &all), piece);
        assert_null(text);
        assert_false(normalise_is_utf8(bad[i].text, strlen(bad[i].text), &at));
        assert_int_equal(at + 1, bad[i].byte);
    }
    size_t at = 99;
    assert_false(normalise_is_utf8("a\0b", 3, &at));
    assert_int_equal(at, 1);
    assert_true(normalise_is_utf8("", 0, &at));
    assert_true(normalise_is_utf8("\u00e9\U0001f600", 6, &at));
    assert_false(normalise_is_utf8("\u00e9", 1, &at));
}

/* What was normalised stays as it is: transcripts pass here more than once.
 * Random points of several scripts, with marks, spaces and punctuation. */
static void normalising_twice_is_normalising_once(void **state)
{
    (void)state;
    static const utf8proc_int32_t from[] = {
        ' ',    '!',    0x27,   'A',    0xa0,    0xc0,   0x2b0,
        0x300,  0x390,  0x410,  0x5d0,  0x620,   0x905,  0x1100,
        0x1160, 0x11a8, 0x1e00, 0x1f00, 0x2010,  0x2019, 0x3041,
        0x4e00, 0xac00, 0xfb00, 0xff01, 0x1f600, 0x1e900};
    for (uint64_t round = 0; round < 20000; round++) {
        struct random_key key = random_key(round, 99);
        char raw[100], *once, *twice, *at = raw;
        uint64_t points = random_bits(key, 1000) % 12;
        for (uint64_t i = 0; i < points; i++)
            at += utf8proc_encode_char(
                from[random_bits(key, 2 * i) % 27] +
                    (utf8proc_int32_t)(random_bits(key, 2 * i + 1) % 32),
                (utf8proc_uint8_t *)at);
        *at = '\0';
        const struct normalise_settings settings = {
            .fold_case = round & 1, .drop_punctuation = round & 2};
        assert_ok(normalise_text(&once, raw, &settings));
        assert_ok(normalise_text(&twice, once, &settings));
        if (strcmp(once, twice))
            fail_msg("\"%s\" gives \"%s\" gives \"%s\"", raw, once, twice);
        size_t bad, length = strlen(once);
        assert_true(normalise_is_utf8(once, length, &bad));
        assert_true(!length || (once[0] != ' ' && once[length - 1] != ' '));
        assert_null(strstr(once, "  "));
        free(once);
        free(twice);
    }
}

static void memory_that_runs_out_leaves_nothing(void **state)
{
    (void)state;
    char *text;
    for (long n = 0; n < 2; n++) {
        fault_at(n);
        struct status status = normalise_text(&text, "Some text.", &all);
        assert_true(fault_happened());
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_null(text);
        assert_int_equal(fault_held(), 0);
    }
    fault_at(2);
    assert_ok(normalise_text(&text, "Some text.", &all));
    assert_false(fault_happened());
    fault_at(-1);
    assert_int_equal(fault_held(), 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_space_is_squeezed),
        cmocka_unit_test(letters_are_composed),
        cmocka_unit_test(case_is_folded_as_unicode_says),
        cmocka_unit_test(punctuation_is_dropped_but_apostrophes_in_words_stay),
        cmocka_unit_test(text_that_is_no_utf8_is_refused_at_its_byte),
        cmocka_unit_test(normalising_twice_is_normalising_once),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
