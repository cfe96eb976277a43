/* exp and log in double against the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "model/kernel/vector_double.h"
#include "tests/close.h"

static void exp_is_right_over_its_range(void **state)
{
    (void)state;
    for (double x = -708; x <= 709; x += 0.0137)
        assert_close(vector_exp_double(x), exp(x), 1e-15, 0);
    assert_close(vector_exp_double(0), 1, 0, 0);
}

static void exp_of_what_is_out_of_range_is_its_limit(void **state)
{
    (void)state;
    assert_true(vector_exp_double(-INFINITY) == 0);
    assert_true(vector_exp_double(-709) == 0);
    assert_close(vector_exp_double(INFINITY), exp(709), 1e-15, 0);
}

static void log_is_right_between_1_and_3(void **state)
{
    (void)state;
    for (double x = 1; x <= 3; x += 0.0001)
        assert_close(vector_log_1_to_3(x), log(x), 0, 1e-15);
    assert_true(vector_log_1_to_3(1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_right_over_its_range),
        cmocka_unit_test(exp_of_what_is_out_of_range_is_its_limit),
        cmocka_unit_test(log_is_right_between_1_and_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
