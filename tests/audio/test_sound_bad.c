/* Tests of recordings that are damaged, hostile or not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/sound.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <math.h>
#include <pthread.h>
#include <sndfile.h>
#include <fcntl.h>
#include <unistd.h>

#define RATE 16000

static const struct sound_request whole = {.rate_hz = 0};

/* Refused, by path and with a piece of the reason, and nothing left. */
static void refuse(const char *path, const struct sound_request *request,
                   const char *piece)
{
    struct sound sound;
    struct status status = sound_read(&sound, path, request);
    if (!status_failed(&status))
        fail_msg("%s: read, expected \"%s\"", path, piece);
    if (!strstr(status.text, path) || !strstr(status.text, piece))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", status.text, path, piece);
    assert_null(sound.samples);
    assert_int_equal(sound.count, 0);
}

static const char *write_sound(const char *name, int format, const float *x,
                               size_t count)
{
    SF_INFO info = {.samplerate = RATE, .channels = 1, .format = format};
    const char *path = scratch_path(name);
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    assert_int_equal(sf_write_float(file, x, (sf_count_t)count), count);
    assert_int_equal(sf_close(file), 0);
    return path;
}

/* Noise, so that nothing can be packed away. */
static const char *write_noise(const char *name, int format, size_t count)
{
    float *x = malloc(count * sizeof *x);
    assert_non_null(x);
    uint32_t bits = 1;
    for (size_t i = 0; i < count; i++) {
        bits = bits * 1664525u + 1013904223u;
        x[i] = (float)(bits >> 8) / 16777216.0f - 0.5f;
    }
    const char *path = write_sound(name, format, x, count);
    free(x);
    return path;
}

static void what_is_no_recording_is_refused_by_name(void **state)
{
    (void)state;
    unsigned char random[4096];
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (unsigned char)(i * i >> 3 ^ i * 37);
    refuse(scratch_path("absent.wav"), &whole, "No such file");
    refuse(scratch_path("absent/absent.wav"), &whole, "No such file");
    refuse(scratch_folder("folder"), &whole, "folder");
    refuse(scratch_text("empty.wav", ""), &whole, "empty");
    refuse(scratch_text("words.wav", "this is no recording\n"), &whole,
           "not a recording");
    refuse(scratch_write("random.wav", random, sizeof random), &whole,
           "not a recording");
    refuse(scratch_text("riff.wav", "RIFF"), &whole, "not a recording");
}

static void a_recording_without_samples_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int format;
    } formats[] = {{"none.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16},
                   {"none.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16},
                   {"none.au", SF_FORMAT_AU | SF_FORMAT_PCM_16},
                   {"none.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        refuse(write_sound(formats[i].name, formats[i].format, NULL, 0), &whole,
               formats[i].name);
}

static void one_sample_is_a_recording(void **state)
{
    (void)state;
    struct sound sound;
    const float one = 0.25f;
    const struct sound_request slower = {.rate_hz = 100};
    const struct sound_request slowest = {.rate_hz = 10};
    const char *path =
        write_sound("one.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, &one, 1);
    assert_ok(sound_read(&sound, path, &whole));
    assert_int_equal(sound.count, 1);
    assert_close(sound.samples[0], 0.25, 0, 0);
    sound_free(&sound);
    refuse(path, &slower, "too short");
    refuse(path, &slowest, "change of sampling rate by 0.000625");
}

static void numbers_that_are_none_are_refused_with_their_place(void **state)
{
    (void)state;
    static const size_t places[] = {0, 1, 16383, 16384, 39999};
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    float *x = calloc(40000, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t k = 0; k < 3; k++) {
            char text[64];
            x[places[i]] = bad[k];
            const char *path = write_sound(
                "nan.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, x, 40000);
            snprintf(text, sizeof text, "sample %zu is not a number",
                     places[i]);
            refuse(path, &whole, text);
            x[places[i]] = 0;
        }
    free(x);
}

/* What is cut off must be noticed: nobody wants half a recording. */
static void cut_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int format;
    } formats[] = {
        {"cut.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16},
        {"cut24.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24},
        {"cutx.wav", SF_FORMAT_WAVEX | SF_FORMAT_FLOAT},
        {"cutbig.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG},
        {"cut.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
        {"cut.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16},
        {"cut.au", SF_FORMAT_AU | SF_FORMAT_PCM_16},
        {"cut.sph", SF_FORMAT_NIST | SF_FORMAT_PCM_16},
        {"cut.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16}};
    static const double kept[] = {0.02, 0.5, 0.97};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t count;
        char *bytes = scratch_read(
            &count, write_noise(formats[i].name, formats[i].format, 4 * RATE));
        for (size_t k = 0; k < 3; k++)
            refuse(
                scratch_write("cut", bytes, (size_t)(kept[k] * (double)count)),
                &whole, k ? "truncated" : "");
        free(bytes);
    }
}

static void channels_and_rates_that_cannot_be_are_refused(void **state)
{
    (void)state;
    size_t count;
    char *wav = scratch_read(
        &count,
        write_noise("header.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 4000));
    static const struct {
        size_t at;
        char low, high;
    } bad[] = {{22, 0, 0}, {22, 1, 8}, {22, -1, -1}, {24, 0, 0}, {34, 0, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char kept[4];
        memcpy(kept, wav + bad[i].at, 4);
        wav[bad[i].at] = bad[i].low;
        wav[bad[i].at + 1] = bad[i].high;
        refuse(scratch_write("bad.wav", wav, count), &whole, "bad.wav");
        memcpy(wav + bad[i].at, kept, 4);
    }
    free(wav);
}

/* Whatever byte of a header is damaged: read or refused, never more than
 * there is. (Vorbis is left out: libsndfile itself leaks there.) */
static void a_damaged_header_is_survived(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int format;
        off_t header;
    } files[] = {{"m.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48},
                 {"m.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, 108},
                 {"m.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 60},
                 {"m.au", SF_FORMAT_AU | SF_FORMAT_PCM_16, 28},
                 {"m.sph", SF_FORMAT_NIST | SF_FORMAT_PCM_16, 200},
                 {"m.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 200},
                 {"m.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 200}};
    static const char values[] = {0, 1, 0x7f, -128, -1, ' ', '9'};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = write_noise(files[i].name, files[i].format, 2000);
        int file = open(path, O_RDWR);
        assert_true(file >= 0);
        for (off_t at = 0; at < files[i].header; at++) {
            char kept;
            assert_int_equal(pread(file, &kept, 1, at), 1);
            for (size_t k = 0; k < sizeof values; k++) {
                struct sound sound;
                assert_int_equal(pwrite(file, &values[k], 1, at), 1);
                struct status status = sound_read(&sound, path, &whole);
                if (status_failed(&status)) {
                    assert_non_null(strstr(status.text, path));
                    assert_null(sound.samples);
                } else {
                    assert_in_range(sound.count, 1, 40000);
                    for (size_t s = 0; s < sound.count; s++)
                        assert_true(isfinite(sound.samples[s]));
                }
                sound_free(&sound);
            }
            assert_int_equal(pwrite(file, &kept, 1, at), 1);
        }
        close(file);
    }
}

static void segments_outside_the_recording_are_refused(void **state)
{
    (void)state;
    static const struct {
        double start_s, end_s, longest_s;
        const char *piece;
    } bad[] = {
        {1, 0, 0, "begins at 1 s, after the end at 1 s"},
        {1e9, 0, 0, "begins"},
        {1e300, 0, 0, "segment"},
        {NAN, 0, 0, "segment"},
        {INFINITY, 0, 0, "segment"},
        {-0.5, 0, 0, "segment"},
        {-0.5, 0.5, 0, "segment"},
        {0.5, 0.2, 0, "from 0.5 to 0.2 s"},
        {0.5, 0.5, 0, "from 0.5 to 0.5 s"},
        {0.5, 0.4999375, 0, "segment"}, /* by one sample */
        {0.5, -1, 0, "segment"},
        {0, NAN, 0, "segment"},
        {0, 1e300, 0, "segment"},
        {0, 1.6, 0, "ends at 1.6 s, the recording at 1 s"},
        {0.5, 0.50001, 0, "the segment from 0.5 to 0.50001 s holds no samples"},
        {0, 0, 0.9, "longer than 1 s"},
        {0.05, 0, 0.9, "longer than 1 s"},
    };
    const char *path =
        write_noise("s.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, RATE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct sound_request request = {.start_s = bad[i].start_s,
                                              .end_s = bad[i].end_s,
                                              .longest_s = bad[i].longest_s};
        refuse(path, &request, bad[i].piece);
    }
}

struct reader {
    pthread_t thread;
    const char *path, *piece;
    int wrong;
};

static void *read_often(void *context)
{
    struct reader *r = context;
    for (int round = 0; round < 200; round++) {
        struct sound sound;
        struct status status = sound_read(&sound, r->path, &whole);
        if (r->piece)
            r->wrong +=
                !strstr(status.text, r->path) || !strstr(status.text, r->piece);
        else
            r->wrong += status_failed(&status) || sound.count != 4000;
        sound_free(&sound);
    }
    return NULL;
}

/* Each learns what is wrong with its own file. */
static void threads_read_at_the_same_time(void **state)
{
    (void)state;
    const float one = NAN;
    struct reader readers[] = {
        {.path =
             write_noise("good.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 4000)},
        {.path =
             write_noise("good.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 4000)},
        {.path = scratch_text("bad.wav", "no recording at all"),
         .piece = "not a recording: Format not recognised"},
        {.path = scratch_write("cut.wav", "RIFF\x04\0\0\0WAVE", 12),
         .piece = "not a recording: Error in WAV file"},
        {.path =
             write_sound("nan.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, &one, 1),
         .piece = "sample 0"}};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        assert_int_equal(
            pthread_create(&readers[i].thread, NULL, read_often, &readers[i]),
            0);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        assert_int_equal(readers[i].wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_recording_is_refused_by_name),
        cmocka_unit_test(a_recording_without_samples_is_refused),
        cmocka_unit_test(one_sample_is_a_recording),
        cmocka_unit_test(numbers_that_are_none_are_refused_with_their_place),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(channels_and_rates_that_cannot_be_are_refused),
        cmocka_unit_test(a_damaged_header_is_survived),
        cmocka_unit_test(threads_read_at_the_same_time),
        cmocka_unit_test(segments_outside_the_recording_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
