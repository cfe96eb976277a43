/* Benchmarks: median times, one line a figure: name TAB value TAB unit. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stddef.h>

/* Seconds of a clock that only goes forward, and of processor time that all
 * threads of this process took. */
double bench_now(void);
double bench_processor(void);

/* Median seconds of `runs` calls, after one that is not counted. */
double bench_median(void (*work)(void *context), void *context, int runs);

/* Median of values [count], which are put in order; NAN of none. */
double bench_median_of(double *values, size_t count);

/* To stdout, and to the end of the file that BENCH_TABLE names. */
void bench_print(const char *name, double value, const char *unit);

/* A line for the reader alone, to stderr. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
