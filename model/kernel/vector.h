/* Elementary functions that the compiler can vectorise: plain C without
 * branches, for `omp simd` loops. */
#ifndef MODEL_KERNEL_VECTOR_H
#define MODEL_KERNEL_VECTOR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/kernel/real.h"

#ifdef ATTUNE_DOUBLE

#define real_sqrt sqrt
static inline real vector_exp(real x)
{
    return exp(x);
}

#else

#define real_sqrt sqrtf
/* exp(x) to within 2 ulp for -87 <= x <= 88; 0 below (exp(-INFINITY) is 0),
 * and exp(88) above. Range reduction by ln 2 in two parts (Cody and Waite), a
 * polynomial of degree 7 on [-ln 2 / 2, ln 2 / 2]: Taylor's, whose error there
 * is 6e-9 of the result. */
static inline float vector_exp(float x)
{
    float low = x < -87.0f ? 0.0f : 1.0f;
    float y = x < -87.0f ? -87.0f : x;
    y = y > 88.0f ? 88.0f : y;
    float n = y * 1.44269504f + 12582912.0f; /* rounds to a whole number */
    int32_t bits;
    memcpy(&bits, &n, sizeof bits);
    n -= 12582912.0f;
    float r = y - n * 0.693359375f;
    r -= n * -2.12194440e-4f;
    float p = 1.9841270e-4f;
    p = p * r + 1.3888889e-3f;
    p = p * r + 8.3333333e-3f;
    p = p * r + 4.1666667e-2f;
    p = p * r + 1.6666667e-1f;
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    /* The low bits of n's sum are its value in two's complement. */
    uint32_t power = ((uint32_t)bits << 23) + (127u << 23);
    float scale;
    memcpy(&scale, &power, sizeof scale);
    return p * scale * low;
}

#endif

/* 1 / (1 + exp(-x)) */
static inline real vector_sigmoid(real x)
{
    return 1 / (1 + vector_exp(-x));
}

#endif
