/* What this CPU can do, and making OpenBLAS use it. */
#ifndef MODEL_KERNEL_CPU_H
#define MODEL_KERNEL_CPU_H

#include <stddef.h>

/* Workers to use when the user does not say: the cores this process may run
 * on (affinity and cgroup quota respected). >= 1. */
int cpu_count(void);

/* OpenBLAS may take a new CPU with AVX-512 for an older one without, or use
 * AVX-512 where AVX2 is faster (Zen 4). If so, the better OPENBLAS_CORETYPE,
 * which counts when OpenBLAS is loaded; NULL against a value the user set. */
const char *cpu_better_blas(void);

/* Where there is a better one, sets OPENBLAS_CORETYPE and starts the program
 * again, once. Call first thing in main. Returns if nothing is to be done or
 * the restart failed. */
void cpu_choose_blas(char **argv);

/* Denormal numbers count as zero in this thread (a hundredfold slow-down in
 * decayed moments otherwise). Returns how the thread's arithmetic was before,
 * for cpu_set_float_mode. */
unsigned cpu_flush_denormals(void);
void cpu_set_float_mode(unsigned mode);

/* A wish for pages of 2 MiB, before a large block's first use: filling it is
 * then several times as fast. Cannot fail. */
void cpu_large_pages(void *block, size_t size);

#endif
