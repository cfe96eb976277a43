/* Tests of the front end while memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"

#include <fftw3.h>

#include "tests/fault.h"

#define fftw_alloc_real(count) fault_malloc((count) * sizeof(double))
#define fftw_alloc_complex(count) fault_malloc((count) * sizeof(fftw_complex))
#define fftw_free(block) fault_free(block)

#include "audio/fbank.c"
#include "audio/frontend.c"
#include "audio/spectrum.c"

static const struct frontend_settings settings = {
    .kind = FRONTEND_FBANK, .rate_hz = 16000, .bins = 80, .low_hz = 20};

static void opening_fails_cleanly_at_every_allocation(void **state)
{
    (void)state;
    long n = 0;
    struct frontend *frontend;
    while (true) {
        fault_at(n);
        struct status status = frontend_open(&frontend, &settings);
        if (!fault_happened())
            break;
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_null(frontend);
        assert_int_equal(fault_held(), 0);
        n++;
    }
    assert_true(n >= 10);
    frontend_close(frontend);
    assert_int_equal(fault_held(), 0);
}

static void refused_settings_leave_nothing(void **state)
{
    (void)state;
    struct frontend_settings bad = settings;
    struct frontend *frontend;
    bad.high_hz = 10;
    fault_at(-1);
    assert_refused(frontend_open(&frontend, &bad), "Hz");
    assert_null(frontend);
    assert_int_equal(fault_held(), 0);
}

/* A block that could not be taken is as if it had not come. */
static void a_push_that_fails_changes_nothing(void **state)
{
    (void)state;
    static float x[4000], want[80 * 30], got[80 * 30];
    struct frontend *frontend;
    for (int i = 0; i < 4000; i++)
        x[i] = (float)sin(0.1 * i + 1e-4 * i * i);
    fault_at(-1);
    assert_ok(frontend_open(&frontend, &settings));
    size_t frames = frontend_frames(&settings, 4000);
    assert_ok(frontend_compute(want, frontend, x, 4000));
    assert_ok(frontend_push(frontend, x, 1000));
    assert_int_equal(frontend_pull(got, frontend, 2), 2);
    fault_at(0);
    assert_refused(frontend_push(frontend, x + 1000, 3000), "memory");
    fault_at(-1);
    assert_ok(frontend_push(frontend, x + 1000, 3000));
    assert_int_equal(frontend_pull(got + 2 * 80, frontend, 30), frames - 2);
    assert_memory_equal(got, want, frames * 80 * sizeof *got);
    frontend_close(frontend);
    assert_int_equal(fault_held(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_fails_cleanly_at_every_allocation),
        cmocka_unit_test(refused_settings_leave_nothing),
        cmocka_unit_test(a_push_that_fails_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
