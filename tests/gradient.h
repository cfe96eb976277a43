/* Gradients against differences of the loss, in the build whose real is
 * double: float cannot see a missing epsilon. */
#ifndef TESTS_GRADIENT_H
#define TESTS_GRADIENT_H

#include <stddef.h>
#include <stdint.h>

#include "model/kernel/real.h"

/* A scalar function of what context holds. */
typedef double gradient_loss(void *context);

/* Fails the test unless gradient [count] is that of loss by values [count]:
 * within 1e-6 of the largest, by a five-point central difference, at every
 * index, or at most `most` of them evenly spread. values are left as they
 * were. */
void assert_gradient(const char *what, const real *gradient,
                     gradient_loss *loss, void *context, real *values,
                     size_t count, size_t most);

/* count normal random numbers of a fixed seed, for the caller to free. */
real *gradient_random(size_t count, uint64_t seed);

/* sum_i a[i] b[i] */
double gradient_dot(const real *a, const real *b, size_t count);

#endif
