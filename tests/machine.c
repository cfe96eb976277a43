/* Benchmarks: what the machine can do, measured. */
#include "tests/machine.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "model/kernel/gemm.h"
#include "tests/bench.h"

#define SIDE 1024                /* of the matrices */
#define LENGTH ((size_t)8 << 20) /* doubles of each array: 64 MiB */
#define THREADS_MOST 256

/* One thread's work, again and again until the time is over. */
struct task {
    void (*work)(struct task *task);
    void *a, *b, *c;
    double seconds, rounds, processor;
};

static void multiply(struct task *t)
{
    gemm_nt_single(t->c, SIDE, t->a, SIDE, t->b, SIDE, SIDE, SIDE, SIDE, 1, 0);
}

static void add(struct task *t)
{
    const double *a = t->a, *b = t->b;
    double *c = t->c;
    for (size_t i = 0; i < LENGTH; i++)
        c[i] = a[i] + 3 * b[i];
}

static void *run(void *context)
{
    struct task *t = context;
    struct timespec time;
    double start = bench_now();
    do {
        t->work(t);
        t->rounds++;
    } while (bench_now() - start < t->seconds);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    t->processor = (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
    return NULL;
}

/* Rounds a second of all threads together. */
static double rate(double *processor, void (*work)(struct task *task),
                   size_t bytes, int threads, double seconds)
{
    pthread_t handles[THREADS_MOST];
    struct task tasks[THREADS_MOST];
    double rounds = 0, used = 0;
    for (int i = 0; i < threads; i++) {
        tasks[i] = (struct task){.work = work,
                                 .seconds = seconds,
                                 .a = calloc(1, bytes),
                                 .b = calloc(1, bytes),
                                 .c = calloc(1, bytes)};
        if (!tasks[i].a || !tasks[i].b || !tasks[i].c)
            abort();
        work(&tasks[i]); /* first touch of the memory */
    }
    double start = bench_now();
    for (int i = 0; i < threads; i++)
        if (pthread_create(&handles[i], NULL, run, &tasks[i]))
            abort();
    for (int i = 0; i < threads; i++)
        pthread_join(handles[i], NULL);
    double spent = bench_now() - start;
    for (int i = 0; i < threads; i++) {
        rounds += tasks[i].rounds;
        used += tasks[i].processor;
        free(tasks[i].a);
        free(tasks[i].b);
        free(tasks[i].c);
    }
    if (processor)
        *processor = rounds / used * threads;
    return rounds / spent;
}

double machine_sgemm(double *processor, int threads, double seconds)
{
    double flops = 2.0 * SIDE * SIDE * SIDE / 1e9;
    double rounds = rate(processor, multiply, sizeof(float) * SIDE * SIDE,
                         threads, seconds);
    if (processor)
        *processor *= flops;
    return rounds * flops;
}

double machine_bandwidth(int threads, double seconds)
{
    double bytes = 3.0 * sizeof(double) * (double)LENGTH / 1e9;
    return bytes * rate(NULL, add, sizeof(double) * LENGTH, threads, seconds);
}
