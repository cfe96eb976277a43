/* Any bytes as a recording: it is read or refused. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audio/sound.h"

#define BLOCK 1000
#define BLOCKS_MOST 2000 /* a few bytes can promise hours of silence */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Samples are finite, and the reader comes to an end. */
static void read_all(const char *path, int rate_hz)
{
    const struct sound_request request = {.rate_hz = rate_hz};
    struct sound_reader *reader;
    float samples[BLOCK];
    size_t count = 1;
    struct status status = sound_open(&reader, path, &request);
    if (status_failed(&status) != (reader == NULL))
        abort();
    for (int i = 0; i < BLOCKS_MOST && count && !status_failed(&status); i++) {
        status = sound_next(&count, reader, samples, BLOCK);
        for (size_t k = 0; k < count && !status_failed(&status); k++)
            if (!isfinite(samples[k]))
                abort();
    }
    sound_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[40];
    int file = memfd_create("fuzz", 0);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    read_all(path, size % 2 ? 16000 : 0);
    close(file);
    return 0;
}
