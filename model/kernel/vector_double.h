/* exp and log in double, in every build, that the compiler can vectorise:
 * plain C without branches, for `omp simd` loops. */
#ifndef MODEL_KERNEL_VECTOR_DOUBLE_H
#define MODEL_KERNEL_VECTOR_DOUBLE_H

#include <stdint.h>
#include <string.h>

/* exp(x) to within 4 ulp for -708 <= x <= 709; 0 below (exp(-INFINITY) is 0),
 * and exp(709) above. Range reduction by ln 2 in two parts (Cody and Waite),
 * Taylor's polynomial of degree 12 on [-ln 2 / 2, ln 2 / 2], whose error there
 * is 2e-16 of the result. */
static inline double vector_exp_double(double x)
{
    double low = x < -708 ? 0 : 1;
    double y = x < -708 ? -708 : x;
    y = y > 709 ? 709 : y;
    double n = y * 1.4426950408889634 + 0x1.8p52; /* rounds to a whole number */
    uint64_t bits;
    memcpy(&bits, &n, sizeof bits);
    n -= 0x1.8p52;
    double r = y - n * 6.93147180369123816490e-01;
    r -= n * 1.90821492927058770002e-10;
    double p = 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r * r + r + 1;
    /* The low bits of n's sum are its value in two's complement. */
    uint64_t power = (bits + 1023) << 52;
    double scale;
    memcpy(&scale, &power, sizeof scale);
    return p * scale * low;
}

/* log(x) to within 1e-15 for 1 <= x <= 3, what a sum of three exponentials
 * holds whose largest is 1: 2 atanh((m - 1) / (m + 1)) as a series, where m is
 * x, or x / 2 above 1.5. */
static inline double vector_log_1_to_3(double x)
{
    double halved = x > 1.5 ? 0.69314718055994530942 : 0;
    double m = x > 1.5 ? x * 0.5 : x;
    double s = (m - 1) / (m + 1), z = s * s; /* |s| <= 1/5 */
    double p = 1.0 / 21;
    p = p * z + 1.0 / 19;
    p = p * z + 1.0 / 17;
    p = p * z + 1.0 / 15;
    p = p * z + 1.0 / 13;
    p = p * z + 1.0 / 11;
    p = p * z + 1.0 / 9;
    p = p * z + 1.0 / 7;
    p = p * z + 1.0 / 5;
    p = p * z + 1.0 / 3;
    return halved + 2 * s * (p * z) + 2 * s;
}

#endif
