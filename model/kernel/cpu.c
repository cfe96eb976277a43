/* What this CPU can do, and making OpenBLAS use it. */
#include "model/kernel/cpu.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include "model/kernel/gemm.h"

/* Cores that the control group grants, rounded up; 0 where it sets no limit. */
static int quota(void)
{
    double most, period;
    int cores = 0;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%lf %lf", &most, &period) == 2 && period > 0)
        cores = (int)(most / period + 0.999);
    fclose(file);
    return cores;
}

int cpu_count(void)
{
    cpu_set_t set;
    int cores = 1;
    if (!sched_getaffinity(0, sizeof set, &set))
        cores = CPU_COUNT(&set);
    int granted = quota();
    if (granted > 0 && granted < cores)
        cores = granted;
    return cores < 1 ? 1 : cores;
}

static bool has_avx512(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

/* AMD's family 25 with AVX-512: 512 bits in two halves. */
static bool is_zen4(void)
{
#if defined(__x86_64__)
    return has_avx512() && __builtin_cpu_is("amdfam19h");
#else
    return false;
#endif
}

/* The kernels to change to from those of the given name; NULL: none. */
static const char *better_than(const char *name)
{
    static const char *const wide[] = {"SkylakeX", "Cooperlake",
                                       "SapphireRapids"};
    bool is_wide = false;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        is_wide = is_wide || !strcasecmp(name, wide[i]);
    if (is_zen4())
        return is_wide ? "Haswell" : NULL; /* 7 % faster there */
    return has_avx512() && !is_wide ? "SkylakeX" : NULL;
}

const char *cpu_better_blas(void)
{
    return getenv("OPENBLAS_CORETYPE") ? NULL : better_than(gemm_core_name());
}

void cpu_choose_blas(char **argv)
{
    const char *better = cpu_better_blas();
    if (!better)
        return;
    /* The variable itself is the mark that keeps this from happening twice. */
    setenv("OPENBLAS_CORETYPE", better, 1);
    /* Workers are ours (gemm_threads); OpenBLAS's would only wait, and wait by
     * turning round and round. */
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    execv("/proc/self/exe", argv);
}

unsigned cpu_flush_denormals(void)
{
    unsigned mode = 0;
#ifdef __SSE__
    mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040); /* flush to zero, denormals are zero */
#endif
    return mode;
}

void cpu_set_float_mode(unsigned mode)
{
#ifdef __SSE__
    _mm_setcsr(mode);
#else
    (void)mode;
#endif
}

void cpu_large_pages(void *block, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)block + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)block + size) / page * page;
    if (begin < end)
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}
