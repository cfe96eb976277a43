/* Recordings for tests: WAV files of noise and gliding tones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "tests/recording.h"
#include "tests/scratch.h"

#include <math.h>

#define HEADER 44

static void put(unsigned char *at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static void put_header(unsigned char *bytes, uint32_t size)
{
    memcpy(bytes, "RIFF....WAVEfmt ", 16);
    put(bytes + 4, 36 + size, 4);
    put(bytes + 16, 16, 4);
    put(bytes + 20, 1, 2); /* PCM */
    put(bytes + 22, 1, 2); /* channel */
    put(bytes + 24, RECORDING_RATE_HZ, 4);
    put(bytes + 28, RECORDING_RATE_HZ * 2, 4);
    put(bytes + 32, 2, 2);
    put(bytes + 34, 16, 2);
    memcpy(bytes + 36, "data", 4);
    put(bytes + 40, size, 4);
}

const char *recording_write(const char *name, size_t count, uint64_t seed)
{
    struct random_key key = random_key(seed, RANDOM_DITHER);
    unsigned char *bytes = calloc(HEADER + 2 * count, 1);
    assert_non_null(bytes);
    put_header(bytes, (uint32_t)(2 * count));
    double phase = 0;
    for (size_t i = 0; i < count; i++) {
        double t = (double)i / RECORDING_RATE_HZ;
        phase += 0.2 + 0.15 * sin(5 * t + (double)seed) + 0.1 * sin(17 * t);
        double x = 4000 * sin(phase) * (1 + sin(9 * t + (double)seed)) +
                   300 * random_normal(key, i);
        put(bytes + HEADER + 2 * i, (uint32_t)(int32_t)x, 2);
    }
    const char *path = scratch_write(name, bytes, HEADER + 2 * count);
    free(bytes);
    return path;
}
