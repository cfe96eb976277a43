/* Benchmarks: median times, one line a figure. */
#include "tests/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS_MOST 101

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(void (*work)(void *context), void *context, int runs)
{
    double times[RUNS_MOST];
    runs = runs > RUNS_MOST ? RUNS_MOST : runs;
    work(context);
    for (int i = 0; i < runs; i++) {
        double start = now();
        work(context);
        times[i] = now() - start;
    }
    qsort(times, (size_t)runs, sizeof *times, compare);
    return times[runs / 2];
}

void bench_print(const char *name, double value, const char *unit)
{
    printf("%s\t%.4g\t%s\n", name, value, unit);
    fflush(stdout);
}
