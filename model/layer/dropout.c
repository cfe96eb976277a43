/* Dropout whose mask is a function of its key. */
#include "model/layer/dropout.h"

#include <stdint.h>

/* 32 well-mixed bits of an index and a key (two rounds of Ettinger's
 * multiply-xorshift hash): 32-bit products, so that it vectorises. */
static inline uint32_t mask_bits(uint32_t index, uint32_t key0, uint32_t key1)
{
    uint32_t x = index * 0x9e3779b1u ^ key0;
    x ^= x >> 16;
    x *= 0x21f0aaadu;
    x ^= x >> 15;
    x += key1;
    x *= 0x735a2d97u;
    x ^= x >> 15;
    return x;
}

void dropout_apply(real *x, size_t count, struct dropout dropout, size_t first)
{
    if (dropout.rate <= 0)
        return;
    /* The part of the index above 32 bits goes into the key. */
    uint64_t bits = random_bits(dropout.key, first >> 32);
    uint32_t key0 = (uint32_t)bits, key1 = (uint32_t)(bits >> 32);
    uint32_t start = (uint32_t)first;
    uint32_t threshold = (uint32_t)(dropout.rate * 4294967296.0);
    real scale = (real)(1 / (1 - (double)dropout.rate));
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        uint32_t h = mask_bits(start + (uint32_t)i, key0, key1);
        x[i] = h < threshold ? 0 : x[i] * scale;
    }
}
