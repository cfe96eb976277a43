/* The one comparison of numbers in tests. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/close.h"

void close_check(double got, double want, double relative, double absolute,
                 const char *what, const char *file, int line)
{
    if (isfinite(got) && isfinite(want) &&
        fabs(got - want) <= absolute + relative * fabs(want))
        return;
    print_error("%s: got %.9g, want %.9g (off by %.3g)\n", what, got, want,
                fabs(got - want));
    _fail(file, line);
}

void close_check_all(const real *got, const real *want, size_t count,
                     double relative, const char *what, const char *file,
                     int line)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)want[i]));
    for (size_t i = 0; i < count; i++) {
        if (isfinite((double)got[i]) && isfinite((double)want[i]) &&
            fabs((double)got[i] - (double)want[i]) <= relative * largest)
            continue;
        print_error("%s[%zu] of %zu: got %.9g, want %.9g, largest %.3g\n", what,
                    i, count, (double)got[i], (double)want[i], largest);
        _fail(file, line);
    }
}
