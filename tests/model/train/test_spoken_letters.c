/* Tests of which letter a row of another stride is part of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/train/spoken_letters.h"

/* Three recordings of 3, 0 and 2 rows of 4 frames. */
static uint16_t rows[] = {5, 6, 7, 8, 9};
static size_t starts[] = {0, 3, 3, 5};
static const struct spoken_letters letters = {
    .letters = rows, .starts = starts, .stride = 4};

static void a_recording_without_rows_is_not_known(void **state)
{
    (void)state;
    assert_true(spoken_letters_known(&letters, 0));
    assert_false(spoken_letters_known(&letters, 1));
    assert_true(spoken_letters_known(&letters, 2));
}

static void a_row_has_the_letter_of_its_middle(void **state)
{
    (void)state;
    /* Middles of rows of 3 frames: 1, 4, 7, 10. */
    const uint16_t of_three[] = {5, 6, 6, 7};
    for (size_t r = 0; r < 4; r++)
        assert_int_equal(spoken_letters_at(&letters, 0, r, 3), of_three[r]);
    assert_int_equal(spoken_letters_at(&letters, 2, 1, 4), 9);
    assert_int_equal(spoken_letters_at(&letters, 0, 1, 8), 0);
}

static void behind_the_recording_is_silence(void **state)
{
    (void)state;
    assert_int_equal(spoken_letters_at(&letters, 0, 3, 4), 0);
    assert_int_equal(spoken_letters_at(&letters, 2, 2, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_without_rows_is_not_known),
        cmocka_unit_test(a_row_has_the_letter_of_its_middle),
        cmocka_unit_test(behind_the_recording_is_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
