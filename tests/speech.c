/* Benchmarks: recordings like speech in length and spectrum. */
#include "tests/speech.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/kernel/random.h"
#include "tests/scratch.h"

#define RATE_HZ 16000
#define HARMONICS 8
#define SYLLABLES_HZ 4.0

void speech_fill(float *samples, size_t count, int rate_hz, unsigned seed)
{
    struct random_key key = random_key(seed, RANDOM_NOISE);
    double phase = 0;
    for (size_t i = 0; i < count; i++) {
        double t = (double)i / rate_hz, sum = 0;
        double loud = sin(3.14159 * SYLLABLES_HZ * t);
        phase += (120 + 40 * sin(2.1 * t) + seed % 60) / rate_hz;
        for (int h = 1; h <= HARMONICS; h++)
            sum += sin(6.28318530718 * h * phase) *
                   (1 + sin(t * 5 + h * (1 + floor(t * SYLLABLES_HZ)))) / h;
        samples[i] = (float)(0.1 * loud * loud * sum +
                             0.01 * (random_uniform(key, i) - 0.5));
    }
}

static void write_recording(const char *path, double length_s, unsigned seed)
{
    SF_INFO info = {.samplerate = RATE_HZ,
                    .channels = 1,
                    .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    size_t count = (size_t)(length_s * RATE_HZ);
    float *samples = malloc(count * sizeof *samples);
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    if (!samples || !file)
        abort();
    speech_fill(samples, count, RATE_HZ, seed);
    if (sf_writef_float(file, samples, (sf_count_t)count) != (sf_count_t)count)
        abort();
    sf_close(file);
    free(samples);
}

const char *speech_corpus(const char *name, const double *lengths_s,
                          size_t count)
{
    static char table[512];
    char path[128];
    snprintf(path, sizeof path, "%s.tsv", name);
    snprintf(table, sizeof table, "%s", scratch_path(path));
    FILE *file = fopen(table, "w");
    if (!file)
        abort();
    fprintf(file, "path\ttext\n");
    for (size_t u = 0; u < count; u++) {
        struct random_key key = random_key(u, RANDOM_ORDER);
        snprintf(path, sizeof path, "%s-%zu.wav", name, u);
        write_recording(scratch_path(path), lengths_s[u], (unsigned)u);
        fprintf(file, "%s\t", path);
        size_t letters = (size_t)(lengths_s[u] * SPEECH_CHARACTERS_A_SECOND);
        for (size_t i = 0; i < letters; i++)
            fputc(i % 6 == 5 ? ' '
                             : (int)('a' + random_below_count(key, i, 26)),
                  file);
        fputs(".\n", file);
    }
    fclose(file);
    return table;
}
