/* Recordings for tests: WAV files of noise and gliding tones. */
#ifndef TESTS_RECORDING_H
#define TESTS_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#define RECORDING_RATE_HZ 8000

/* Writes a file in the scratch folder and gives its path: mono, 16 bits,
 * count samples, a function of seed. */
const char *recording_write(const char *name, size_t count, uint64_t seed);

#endif
