/* Benchmarks: what the machine can do, measured. */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

/* GFLOPS of single-precision products of square matrices, one on each of
 * threads threads at the same time, for about `seconds`: what a training step
 * could reach at most. *processor, if not NULL: the same divided by the
 * processor time they got, times threads (what they would reach if nothing
 * else ran). */
double machine_sgemm(double *processor, int threads, double seconds);

/* GB/s read and written by adding one array to another that no cache holds
 * (3 x 8 bytes an element, as STREAM counts), on threads threads. */
double machine_bandwidth(int threads, double seconds);

#endif
