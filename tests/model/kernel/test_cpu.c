/* Tests of what this CPU can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/cpu.h"
#include "tests/close.h"

#include <float.h>
#include <sched.h>
#include <unistd.h>

static void the_count_is_of_cores_that_may_be_used(void **state)
{
    (void)state;
    cpu_set_t all, one;
    int count = cpu_count();
    assert_in_range(count, 1, sysconf(_SC_NPROCESSORS_CONF));
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    assert_true(count <= CPU_COUNT(&all));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    count = cpu_count();
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    assert_int_equal(count, 1);
}

/* Volatile, so that the product is made at run time. */
static void denormal_numbers_are_flushed_when_asked(void **state)
{
    (void)state;
    volatile float small = FLT_MIN, half = 0.5f;
    assert_true(small * half > 0);
    unsigned mode = cpu_flush_denormals();
#ifdef __SSE__
    assert_true(small * half == 0);
#endif
    assert_true(small > 0);
    cpu_set_float_mode(mode);
    assert_true(small * half > 0);
}

/* A choice of the user's is never overruled: this returns, or the test would
 * begin again without end. */
static void the_users_kernels_are_left_alone(void **state)
{
    (void)state;
    char *arguments[] = {(char *)"test_cpu", NULL};
    const char *kept = getenv("OPENBLAS_CORETYPE");
    char copy[64] = "";
    snprintf(copy, sizeof copy, "%s", kept ? kept : "");
    assert_int_equal(setenv("OPENBLAS_CORETYPE", "Prescott", 1), 0);
    cpu_choose_blas(arguments);
    assert_string_equal(getenv("OPENBLAS_CORETYPE"), "Prescott");
    assert_int_equal(kept ? setenv("OPENBLAS_CORETYPE", copy, 1)
                          : unsetenv("OPENBLAS_CORETYPE"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_count_is_of_cores_that_may_be_used),
        cmocka_unit_test(the_users_kernels_are_left_alone),
        cmocka_unit_test(denormal_numbers_are_flushed_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
