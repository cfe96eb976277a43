/* Matrix products with weights of eight bits. */
#ifndef MODEL_KERNEL_GEMM_INT8_H
#define MODEL_KERNEL_GEMM_INT8_H

#include <stddef.h>
#include <stdint.h>

#include "model/kernel/arena.h"
#include "model/kernel/real.h"

#define GEMM_INT8_PANEL 32      /* outputs that are made together */
#define GEMM_INT8_IN_MOST 65536 /* inputs whose sum fits into 32 bits */

/* A matrix [out, in] of whole numbers -127 .. 127 times a scale for each
 * output, its rows in panels, and the inputs of a panel in fours. */
struct gemm_int8 {
    size_t out, in, fours; /* fours: in / 4, rounded up */
    int8_t *values;        /* [panels][fours][GEMM_INT8_PANEL][4]; what is
                            * beyond out and in is 0 */
    float *scale;          /* [panels * GEMM_INT8_PANEL] */
    int32_t *sum;          /* as scale: of an output's values */
};

/* Room for a matrix of zeros, carved; in is at most GEMM_INT8_IN_MOST. */
void gemm_int8_carve(struct gemm_int8 *matrix, struct arena *arena, size_t out,
                     size_t in);

/* Outputs first .. first + count - 1 become those of weight [count, in]: the
 * largest magnitude of each becomes 127, the rest is rounded. Cannot fail. */
void gemm_int8_set(struct gemm_int8 *matrix, size_t first, const float *weight,
                   size_t count);

/* Bytes of scratch for gemm_int8_nt of up to in inputs. */
size_t gemm_int8_scratch(size_t in);

/* y = x matrix^T + bias, where each row of x is first rounded to 256 steps
 * between its least and its largest value (and 0). The products are exact sums
 * of whole numbers: the same on every CPU, whatever it offers.
 *
 * y        [rows, out]  out; a row of x with NaN or infinity gives a row of NaN
 * x        [rows, in]   in
 * bias     [out]        or NULL
 * scratch  gemm_int8_scratch(in) bytes, aligned as real
 *
 * Cannot fail. */
void gemm_int8_nt(real *y, const real *x, const struct gemm_int8 *matrix,
                  const real *bias, size_t rows, void *scratch);

/* sums [rows, GEMM_INT8_PANEL] out: what rows of whole numbers a [rows, 4
 * fours], which are stride apart, and a panel give. */
typedef void gemm_int8_panel(int32_t *sums, const uint8_t *a, size_t stride,
                             const int8_t *panel, size_t fours, size_t rows);

/* The kernels that this CPU has, best first (the last one is plain C); NULL
 * from the end on. */
gemm_int8_panel *gemm_int8_kernel(size_t index);

#endif
