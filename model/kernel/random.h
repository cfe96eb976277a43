/* Counter-based random numbers: a value is a function of seed, stream and
 * index, never of call order. */
#ifndef MODEL_KERNEL_RANDOM_H
#define MODEL_KERNEL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What a number is drawn for. Values are part of the results: append only. */
enum random_stream {
    RANDOM_INITIAL = 1, /* initial parameters */
    RANDOM_ORDER,       /* data order */
    RANDOM_CROP,
    RANDOM_SPEED,
    RANDOM_SPECAUGMENT,
    RANDOM_MASK,  /* spans hidden in pretraining */
    RANDOM_NOISE, /* noise fill-in of hidden frames */
    RANDOM_DROPOUT,
    RANDOM_CODEBOOK, /* random-projection targets */
    RANDOM_KMEANS,
    RANDOM_BOOTSTRAP,
    RANDOM_DITHER,
    RANDOM_JOIN, /* recordings learned from as one */
    RANDOM_PROBE /* order of rows for linear probes */
};

struct random_key {
    uint64_t value;
};

struct random_key random_key(uint64_t seed, enum random_stream stream);

/* A key below a key: utterance, epoch, layer, site. */
struct random_key random_below(struct random_key key, uint64_t index);

/* 64 random bits: a bijective mix (splitmix64's finaliser, Steele et al. 2014)
 * of key and index. */
uint64_t random_bits(struct random_key key, uint64_t index);

/* In [0, 1), 53 bits. */
double random_uniform(struct random_key key, uint64_t index);

/* Standard normal (Box-Muller on the index's own bits). */
double random_normal(struct random_key key, uint64_t index);

/* In 0 .. count - 1, without bias that matters (count < 2^32). */
uint32_t random_below_count(struct random_key key, uint64_t index,
                            uint32_t count);

/* order [count] out: a permutation of 0 .. count - 1 (Fisher-Yates). */
void random_permutation(uint32_t *order, size_t count, struct random_key key);

#endif
