/* Benchmarks: median times, one line a figure. */
#include "tests/bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS_MOST 101

static double clock_seconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double bench_now(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}

double bench_processor(void)
{
    return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median_of(double *values, size_t count)
{
    if (!count)
        return NAN;
    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[count / 2]
                     : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double bench_median(void (*work)(void *context), void *context, int runs)
{
    double times[RUNS_MOST];
    runs = runs > RUNS_MOST ? RUNS_MOST : runs;
    work(context);
    for (int i = 0; i < runs; i++) {
        double start = bench_now();
        work(context);
        times[i] = bench_now() - start;
    }
    return bench_median_of(times, (size_t)runs);
}

void bench_print(const char *name, double value, const char *unit)
{
    const char *path = getenv("BENCH_TABLE");
    FILE *table = path ? fopen(path, "a") : NULL;
    printf("%-44s %10.4g %s\n", name, value, unit);
    fflush(stdout);
    if (table) {
        fprintf(table, "%s\t%.4g\t%s\n", name, value, unit);
        fclose(table);
    }
}

void bench_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("# ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}
