/* Tests of decimal numbers, in any locale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/text/decimal.h"
#include "tests/close.h"
#include "tests/comma.h"
#include "tests/scratch.h"

#include <float.h>

static void numbers_come_back_to_the_bit(void **state)
{
    (void)state;
    static const double numbers[] = {0,   1.5,     -1.0 / 3, 1e300,
                                     0.1, DBL_MIN, DBL_MAX,  1234567.875};
    char text[32], *end;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        decimal_write(text, sizeof text, 17, numbers[i]);
        assert_null(strchr(text, ','));
        assert_close(decimal_read(text, &end), numbers[i], 0, 0);
        assert_string_equal(end, "");
    }
}

static void a_comma_is_no_point(void **state)
{
    (void)state;
    char *end;
    float number;
    assert_close(decimal_read("1,5", &end), 1, 0, 0);
    assert_string_equal(end, ",5");
    assert_false(decimal_parse(&number, "1,5", 3));
    assert_true(decimal_parse(&number, "1.5", 3));
    assert_close((double)number, 1.5, 0, 0);
}

static void a_decimal_comma_changes_nothing(void **state)
{
    if (!comma_begin())
        skip();
    numbers_come_back_to_the_bit(state);
    a_comma_is_no_point(state);
    comma_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back_to_the_bit),
        cmocka_unit_test(a_comma_is_no_point),
        cmocka_unit_test(a_decimal_comma_changes_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
