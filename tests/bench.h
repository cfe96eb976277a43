/* Benchmarks: median times, one line a figure: name TAB value TAB unit. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

/* Median seconds of `runs` calls, after one that is not counted. */
double bench_median(void (*work)(void *context), void *context, int runs);

void bench_print(const char *name, double value, const char *unit);

#endif
