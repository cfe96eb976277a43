/* Sums of products of whole numbers: one panel on every kind of CPU. */
#include <string.h>

#include "model/kernel/gemm_int8.h"

#define PANEL GEMM_INT8_PANEL

static void plain_panel(int32_t *sums, const uint8_t *a, size_t stride,
                        const int8_t *panel, size_t fours, size_t rows)
{
    for (size_t r = 0; r < rows; r++, a += stride, sums += PANEL) {
        const int8_t *w = panel;
        int32_t sum[PANEL] = {0};
        for (size_t f = 0; f < fours; f++, w += 4 * PANEL) {
            const uint8_t *n = a + 4 * f;
            for (size_t o = 0; o < PANEL; o++)
                sum[o] += n[0] * w[4 * o] + n[1] * w[4 * o + 1] +
                          n[2] * w[4 * o + 2] + n[3] * w[4 * o + 3];
        }
        memcpy(sums, sum, sizeof sum);
    }
}

#if defined(__x86_64__)

#include <immintrin.h>

#define INLINE(features)                                                       \
    __attribute__((target(features), always_inline)) static inline

/* Runs step(rows) over all rows, as many at a time as there are registers: the
 * compiler makes a loop without branches of each constant. */
#define IN_STEPS(step)                                                         \
    while (rows) {                                                             \
        size_t own = rows >= 12 ? 12 : rows >= 4 ? 4 : 1;                      \
        if (own == 12)                                                         \
            step(sums, a, stride, panel, fours, 12);                           \
        else if (own == 4)                                                     \
            step(sums, a, stride, panel, fours, 4);                            \
        else                                                                   \
            step(sums, a, stride, panel, fours, 1);                            \
        rows -= own;                                                           \
        a += own * stride;                                                     \
        sums += own * PANEL;                                                   \
    }

static inline int32_t four_of(const uint8_t *a)
{
    int32_t four;
    memcpy(&four, a, sizeof four);
    return four;
}

#define VNNI "avx512f,avx512vnni"

INLINE(VNNI)
void vnni_step(int32_t *sums, const uint8_t *a, size_t stride,
               const int8_t *panel, size_t fours, const size_t rows)
{
    __m512i low[12], high[12];
    for (size_t r = 0; r < rows; r++)
        low[r] = high[r] = _mm512_setzero_si512();
    for (size_t f = 0; f < fours; f++, panel += 4 * PANEL) {
        __m512i w0 = _mm512_loadu_si512(panel);
        __m512i w1 = _mm512_loadu_si512(panel + 64);
#pragma GCC unroll 12
        for (size_t r = 0; r < rows; r++) {
            __m512i n = _mm512_set1_epi32(four_of(a + r * stride + 4 * f));
            low[r] = _mm512_dpbusd_epi32(low[r], n, w0);
            high[r] = _mm512_dpbusd_epi32(high[r], n, w1);
        }
    }
    for (size_t r = 0; r < rows; r++) {
        _mm512_storeu_si512(sums + r * PANEL, low[r]);
        _mm512_storeu_si512(sums + r * PANEL + 16, high[r]);
    }
}

__attribute__((target(VNNI))) static void
vnni_panel(int32_t *sums, const uint8_t *a, size_t stride, const int8_t *panel,
           size_t fours, size_t rows){IN_STEPS(vnni_step)}

/* vpmaddubsw adds two products in 16 bits, which two large ones overflow: so
 * each is added to nothing. */
INLINE("avx2") void avx2_step(int32_t *sums, const uint8_t *a, size_t stride,
                              const int8_t *panel, size_t fours,
                              const size_t rows)
{
    const __m256i even = _mm256_set1_epi16(0x00ff);
    const __m256i ones = _mm256_set1_epi16(1);
    for (size_t o = 0; o < PANEL; o += 8, panel += 32, sums += 8) {
        __m256i sum[12];
        for (size_t r = 0; r < rows; r++)
            sum[r] = _mm256_setzero_si256();
        for (size_t f = 0; f < fours; f++) {
            __m256i w =
                _mm256_loadu_si256((const __m256i *)(panel + 4 * PANEL * f));
            __m256i w0 = _mm256_and_si256(even, w);
            __m256i w1 = _mm256_andnot_si256(even, w);
#pragma GCC unroll 12
            for (size_t r = 0; r < rows; r++) {
                __m256i n = _mm256_set1_epi32(four_of(a + r * stride + 4 * f));
                __m256i p = _mm256_maddubs_epi16(n, w0);
                __m256i q = _mm256_maddubs_epi16(n, w1);
                p = _mm256_add_epi32(_mm256_madd_epi16(p, ones),
                                     _mm256_madd_epi16(q, ones));
                sum[r] = _mm256_add_epi32(sum[r], p);
            }
        }
        for (size_t r = 0; r < rows; r++)
            _mm256_storeu_si256((__m256i *)(sums + r * PANEL), sum[r]);
    }
}

__attribute__((target("avx2"))) static void
avx2_panel(int32_t *sums, const uint8_t *a, size_t stride, const int8_t *panel,
           size_t fours, size_t rows)
{
    IN_STEPS(avx2_step)
}

#endif

/* ---- Which there are ---- */

gemm_int8_panel *gemm_int8_kernel(size_t index)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512vnni") && index-- == 0)
        return vnni_panel;
    if (__builtin_cpu_supports("avx2") && index-- == 0)
        return avx2_panel;
#endif
    return index == 0 ? plain_panel : NULL;
}
