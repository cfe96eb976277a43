/* Counter-based random numbers. */
#include "model/kernel/random.h"

#include <math.h>

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    x ^= x >> 31;
    return x;
}

uint64_t random_bits(struct random_key key, uint64_t index)
{
    return mix(mix(key.value + 0x9e3779b97f4a7c15u * (index + 1)) ^ key.value);
}

struct random_key random_below(struct random_key key, uint64_t index)
{
    struct random_key below = {random_bits(key, index)};
    return below;
}

struct random_key random_key(uint64_t seed, enum random_stream stream)
{
    struct random_key key = {mix(seed + 0x9e3779b97f4a7c15u)};
    return random_below(key, (uint64_t)stream);
}

double random_uniform(struct random_key key, uint64_t index)
{
    return (double)(random_bits(key, index) >> 11) * 0x1p-53;
}

double random_normal(struct random_key key, uint64_t index)
{
    double radius = 1 - random_uniform(key, 2 * index); /* in (0, 1] */
    double angle = random_uniform(key, 2 * index + 1);
    return sqrt(-2 * log(radius)) * cos(6.283185307179586 * angle);
}

uint32_t random_below_count(struct random_key key, uint64_t index,
                            uint32_t count)
{
    return (uint32_t)(((random_bits(key, index) >> 32) * count) >> 32);
}

void random_permutation(uint32_t *order, size_t count, struct random_key key)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t j = random_below_count(key, i, (uint32_t)i);
        uint32_t other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
}
