/* Tests of the letters of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/ctc/row_letters.h"

#define ROWS 16

static void assert_letters(const struct align_span *spans, const int32_t *ids,
                           size_t count, size_t reach, int32_t space,
                           const char *wanted)
{
    uint16_t letters[ROWS];
    char got[ROWS + 1] = "";
    row_letters(letters, spans, ids, count, ROWS, reach, space);
    for (size_t t = 0; t < ROWS; t++)
        got[t] = letters[t] ? (char)('a' + letters[t] - 1) : '-';
    assert_string_equal(got, wanted);
}

static void blanks_go_to_the_nearest_letter(void **state)
{
    (void)state;
    const struct align_span spans[] = {{2, 3}, {6, 8}, {10, 11}};
    const int32_t ids[] = {1, 2, 1};
    /* Of two as near the earlier one (row 5 is nearer to b). */
    assert_letters(spans, ids, 3, 9, 0, "--aaabbbbaa-----");
}

static void far_from_any_letter_is_silence(void **state)
{
    (void)state;
    const struct align_span spans[] = {{1, 2}, {14, 16}};
    const int32_t ids[] = {1, 2};
    assert_letters(spans, ids, 2, 3, 0, "-aaaa------bbbbb");
    assert_letters(spans, ids, 2, 0, 0, "-a------------bb");
}

static void a_space_is_no_sound(void **state)
{
    (void)state;
    const struct align_span spans[] = {{0, 1}, {3, 5}, {8, 9}, {12, 13}};
    const int32_t ids[] = {1, 3, 2, 3};
    assert_letters(spans, ids, 4, 9, 3, "aaaaabbbb-------");
    assert_letters(spans, ids, 4, 1, 3, "aa-----bb-------");
}

static void without_letters_all_is_silence(void **state)
{
    (void)state;
    const struct align_span spans[] = {{3, 5}};
    const int32_t ids[] = {3};
    assert_letters(spans, ids, 0, 9, 0, "----------------");
    assert_letters(spans, ids, 1, 9, 3, "----------------");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_go_to_the_nearest_letter),
        cmocka_unit_test(far_from_any_letter_is_silence),
        cmocka_unit_test(a_space_is_no_sound),
        cmocka_unit_test(without_letters_all_is_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
