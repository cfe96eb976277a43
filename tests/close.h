/* The one comparison of numbers in tests: NaN, infinity and a length mismatch
 * fail.  (cmocka's assert_float_equal passes NaN.) */
#ifndef TESTS_CLOSE_H
#define TESTS_CLOSE_H

#include <stddef.h>

#include "model/kernel/real.h"

/* |got - want| <= absolute + relative * |want|, both finite. */
#define assert_close(got, want, relative, absolute)                            \
    close_check(got, want, relative, absolute, #got, __FILE__, __LINE__)

/* The same for arrays of real; relative to the largest |want| of the array. */
#define assert_all_close(got, want, count, relative)                           \
    close_check_all(got, want, count, relative, #got, __FILE__, __LINE__)

void close_check(double got, double want, double relative, double absolute,
                 const char *what, const char *file, int line);
void close_check_all(const real *got, const real *want, size_t count,
                     double relative, const char *what, const char *file,
                     int line);

/* assert that a struct status is OK, printing its text where it is not. */
#define assert_ok(expression)                                                  \
    do {                                                                       \
        struct status assert_ok_status = (expression);                         \
        if (assert_ok_status.code != STATUS_OK)                                \
            fail_msg("%s: %s", #expression, assert_ok_status.text);            \
    } while (0)

/* assert that it fails and that its text contains a piece. */
#define assert_refused(expression, piece)                                      \
    do {                                                                       \
        struct status assert_refused_status = (expression);                    \
        if (assert_refused_status.code == STATUS_OK)                           \
            fail_msg("%s: passed, expected \"%s\"", #expression, piece);       \
        if (!strstr(assert_refused_status.text, piece))                        \
            fail_msg("%s: \"%s\" lacks \"%s\"", #expression,                   \
                     assert_refused_status.text, piece);                       \
    } while (0)

#endif
