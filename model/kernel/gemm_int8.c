/* Matrix products with weights of eight bits: rounding, and scaling back. */
#include "model/kernel/gemm_int8.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define PANEL GEMM_INT8_PANEL
#define ROWS_MOST 24 /* that are multiplied at once, in the nearest caches */
#define PIECE 256    /* weights of an output that are rounded at once */

/* A row of x in whole numbers: x = scale * (number - zero). */
struct row {
    float scale;
    int32_t zero;
};

static size_t fours_of(size_t in)
{
    return (in + 3) / 4;
}

static size_t panels_of(size_t out)
{
    return (out + PANEL - 1) / PANEL;
}

/* An output's values to their places, which are PANEL fours apart. */
static void round_output(int8_t *values, float *scale, int32_t *sum,
                         const float *weight, size_t in)
{
    int8_t piece[PIECE];
    float most = 0;
    int32_t total = 0;
#pragma omp simd reduction(max : most)
    for (size_t i = 0; i < in; i++)
        most = fabsf(weight[i]) > most ? fabsf(weight[i]) : most;
    *scale = most / 127;
    float inverse = *scale >= FLT_MIN ? 1 / *scale : 0;
    for (size_t at = 0; at < in; at += PIECE) {
        size_t count = in - at < PIECE ? in - at : PIECE;
        memset(piece, 0, sizeof piece);
#pragma omp simd reduction(+ : total)
        for (size_t i = 0; i < count; i++) {
            float v = weight[at + i] * inverse;
            int32_t q = (int32_t)(v + (v < 0 ? -0.5f : 0.5f));
            total += q;
            piece[i] = (int8_t)q;
        }
        for (size_t i = 0; i < count; i += 4)
            memcpy(values + (at + i) * PANEL, piece + i, 4);
    }
    *sum = total;
}

void gemm_int8_carve(struct gemm_int8 *m, struct arena *arena, size_t out,
                     size_t in)
{
    size_t padded = panels_of(out) * PANEL;
    assert(in <= GEMM_INT8_IN_MOST);
    *m = (struct gemm_int8){.out = out, .in = in, .fours = fours_of(in)};
    m->values = arena_carve(arena, padded, 4 * m->fours);
    m->scale = arena_carve(arena, padded, sizeof *m->scale);
    m->sum = arena_carve(arena, padded, sizeof *m->sum);
}

void gemm_int8_set(struct gemm_int8 *m, size_t first, const float *weight,
                   size_t count)
{
    assert(first + count <= m->out);
    for (size_t o = first; o < first + count; o++, weight += m->in)
        round_output(m->values + (o / PANEL * m->fours * PANEL + o % PANEL) * 4,
                     &m->scale[o], &m->sum[o], weight, m->in);
}

size_t gemm_int8_scratch(size_t in)
{
    return ROWS_MOST * (sizeof(struct row) + 4 * fours_of(in));
}

/* numbers [4 fours] out, zeros at the end. */
static struct row round_row(uint8_t *numbers, const real *x, size_t in)
{
    float least = 0, most = 0, bad = 0;
#pragma omp simd reduction(min : least) reduction(max : most) reduction(+ : bad)
    for (size_t i = 0; i < in; i++) {
        float v = (float)x[i];
        least = v < least ? v : least;
        most = v > most ? v : most;
        bad += v * 0; /* NaN if v is not finite */
    }
    struct row row = {.scale = most / 255 - least / 255};
    memset(numbers + in, 0, 4 * fours_of(in) - in);
    if (isnan(bad) || row.scale < FLT_MIN) {
        memset(numbers, 0, in);
        row.scale = bad; /* which is 0 or NaN */
        return row;
    }
    float inverse = 1 / row.scale;
    row.zero = (int32_t)(0.5f - least * inverse);
    float offset = (float)row.zero + 0.5f;
#pragma omp simd
    for (size_t i = 0; i < in; i++) {
        float v = (float)x[i] * inverse + offset;
        v = v < 255 ? v : 255;
        numbers[i] = (uint8_t)(int32_t)v;
    }
    return row;
}

/* y [row_count, count] out, rows ld apart, from sums and what they stand for.
 */
static void scale_back(real *y, size_t ld, const int32_t *sums,
                       const struct row *rows, const float *scale,
                       const int32_t *sum, const real *bias, size_t row_count,
                       size_t count)
{
    for (size_t r = 0; r < row_count; r++, y += ld, sums += PANEL) {
        float own = rows[r].scale;
        int32_t zero = rows[r].zero;
#pragma omp simd
        for (size_t o = 0; o < count; o++)
            y[o] =
                (float)(sums[o] - zero * sum[o]) * (own * scale[o]) + bias[o];
    }
}

void gemm_int8_nt(real *y, const real *x, const struct gemm_int8 *m,
                  const real *bias, size_t rows, void *scratch)
{
    gemm_int8_panel *multiply = gemm_int8_kernel(0);
    struct row *own = scratch;
    uint8_t *numbers = (uint8_t *)(own + ROWS_MOST);
    size_t stride = 4 * m->fours;
    int32_t sums[ROWS_MOST * PANEL];
    real offset[PANEL] = {0};
    for (size_t some; rows;
         rows -= some, x += some * m->in, y += some * m->out) {
        some = rows < ROWS_MOST ? rows : ROWS_MOST;
        for (size_t r = 0; r < some; r++)
            own[r] = round_row(numbers + r * stride, x + r * m->in, m->in);
        for (size_t o = 0; o < m->out; o += PANEL) {
            size_t count = m->out - o < PANEL ? m->out - o : PANEL;
            multiply(sums, numbers, stride, m->values + o * stride, m->fours,
                     some);
            if (bias)
                memcpy(offset, bias + o, count * sizeof *offset);
            scale_back(y + o, m->out, sums, own, m->scale + o, m->sum + o,
                       offset, some, count);
        }
    }
}
