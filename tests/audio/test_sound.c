/* Tests of reading recordings: formats, channels, segments, rates. */
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
#include <sndfile.h>

#define PI 3.14159265358979323846
#define RATE 16000
#define FRAMES 8000

/* Tones of another frequency and level in each channel. */
static double tone(int channel, size_t i, int rate_hz)
{
    return 0.5 / (channel + 1) *
           sin(2 * PI * 300 * (channel + 1) * (double)i / rate_hz);
}

/* Whether libsndfile could write it; MP3 needs a libsndfile built with it. */
static bool write_tones(const char **path, const char *name, int format,
                        int rate_hz, int channels, size_t frames)
{
    SF_INFO info = {
        .samplerate = rate_hz, .channels = channels, .format = format};
    *path = scratch_path(name);
    SNDFILE *file =
        sf_format_check(&info) ? sf_open(*path, SFM_WRITE, &info) : NULL;
    if (!file)
        return false;
    double frame[16];
    for (size_t i = 0; i < frames; i++) {
        for (int c = 0; c < channels; c++)
            frame[c] = tone(c, i, rate_hz);
        assert_int_equal(sf_writef_double(file, frame, 1), 1);
    }
    assert_int_equal(sf_close(file), 0);
    return true;
}

static const char *write_wav(const char *name, int channels, size_t frames)
{
    const char *path;
    assert_true(write_tones(&path, name, SF_FORMAT_WAV | SF_FORMAT_PCM_16, RATE,
                            channels, frames));
    return path;
}

/* Samples of sound against channel (0: the mean of channels) from frame
 * first on. */
static void compare(const struct sound *sound, int channels, int channel,
                    size_t first, double within)
{
    for (size_t i = 0; i < sound->count; i++) {
        double want = 0;
        for (int c = 0; c < channels; c++)
            if (!channel || channel == c + 1)
                want += tone(c, first + i, sound->rate_hz) /
                        (channel ? 1 : channels);
        assert_close(sound->samples[i], want, 0, within);
    }
}

static const struct {
    const char *name;
    int format;
    double within;
} exact[] = {
    {"u8.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 0.008},
    {"s16.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 3.1e-5},
    {"s24.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 1.9e-7},
    {"s32.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 6e-8},
    {"f32.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 6e-8},
    {"f64.wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 6e-8},
    {"ulaw.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 0.016},
    {"alaw.wav", SF_FORMAT_WAV | SF_FORMAT_ALAW, 0.016},
    {"extensible.wav", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, 3.1e-5},
    {"extensible32.wav", SF_FORMAT_WAVEX | SF_FORMAT_FLOAT, 6e-8},
    {"large.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, 3.1e-5},
    {"large.w64", SF_FORMAT_W64 | SF_FORMAT_PCM_24, 1.9e-7},
    {"big.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG, 3.1e-5},
    {"s16.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 3.1e-5},
    {"s24.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 1.9e-7},
    {"s16.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 3.1e-5},
    {"f32.aiff", SF_FORMAT_AIFF | SF_FORMAT_FLOAT, 6e-8},
    {"s16.au", SF_FORMAT_AU | SF_FORMAT_PCM_16, 3.1e-5},
    {"f64.au", SF_FORMAT_AU | SF_FORMAT_DOUBLE, 6e-8},
    {"s16.sph", SF_FORMAT_NIST | SF_FORMAT_PCM_16, 3.1e-5},
    {"s16.caf", SF_FORMAT_CAF | SF_FORMAT_PCM_16, 3.1e-5},
};

static void every_exact_format_gives_its_samples(void **state)
{
    (void)state;
    const struct sound_request whole = {.rate_hz = 0};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        for (int channels = 1; channels <= 2; channels++) {
            const char *path;
            struct sound sound;
            assert_true(write_tones(&path, exact[i].name, exact[i].format, RATE,
                                    channels, FRAMES));
            assert_ok(sound_read(&sound, path, &whole));
            assert_int_equal(sound.count, FRAMES);
            assert_int_equal(sound.rate_hz, RATE);
            compare(&sound, channels, 0, 0, exact[i].within);
            sound_free(&sound);
        }
}

/* Loss is kept below -20 dB; encoders' own delays must be gone. */
static void every_lossy_format_gives_nearly_its_samples(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int format;
    } lossy[] = {
        {"vorbis.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS},
        {"opus.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS},
        {"layer3.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III},
        {"ima.wav", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM},
    };
    const struct sound_request whole = {.rate_hz = 0};
    for (size_t i = 0; i < sizeof lossy / sizeof *lossy; i++) {
        const char *path;
        struct sound sound;
        double loss = 0, all = 0;
        if (!write_tones(&path, lossy[i].name, lossy[i].format, RATE, 1,
                         3 * RATE)) {
            print_message("%s: this libsndfile does not write it: skipped\n",
                          lossy[i].name);
            continue;
        }
        assert_ok(sound_read(&sound, path, &whole));
        assert_close((double)sound.count, 3 * RATE, 0.05, 0);
        for (size_t k = RATE; k < 2 * RATE; k++) {
            double want = tone(0, k, RATE), off = sound.samples[k] - want;
            loss += off * off;
            all += want * want;
        }
        if (!(loss < 0.01 * all))
            fail_msg("%s: loss of %g of %g", lossy[i].name, loss, all);
        sound_free(&sound);
    }
}

static void little(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

/* Recorders put chunks of their own before the samples. */
static void chunks_before_the_samples_are_passed_over(void **state)
{
    (void)state;
    const struct sound_request whole = {.rate_hz = 0};
    struct sound sound;
    size_t count;
    char *wav = scratch_read(&count, write_wav("plain.wav", 1, 100));
    unsigned char with[1024] = {0};
    assert_memory_equal(wav + 36, "data", 4);
    memcpy(with, wav, 12);
    memcpy(with + 12, "JUNK", 4);
    little(with + 16, 27, 4); /* odd: one byte of padding */
    memcpy(with + 48, wav + 12, 24);
    memcpy(with + 72, "LIST", 4);
    little(with + 76, 4, 4);
    memcpy(with + 80, "INFO", 4);
    memcpy(with + 84, wav + 36, count - 36);
    little(with + 4, (uint32_t)count + 40, 4);
    const char *path = scratch_write("junk.wav", with, count + 48);
    assert_ok(sound_read(&sound, path, &whole));
    assert_int_equal(sound.count, 100);
    compare(&sound, 1, 0, 0, 3.1e-5);
    sound_free(&sound);
    path = scratch_write("cut.wav", with, count + 20);
    assert_refused(sound_read(&sound, path, &whole), "truncated");
    free(wav);
}

/* Programs that stream cannot know the length when they write the header. */
static void the_headers_of_streams_are_no_promise(void **state)
{
    (void)state;
    const struct sound_request whole = {.rate_hz = 0};
    static const uint32_t sizes[] = {0xffffffffu, 0xfffff000u, 0x7ffff000u,
                                     0x7fffffffu, 0x80000000u, 0x7fff0000u};
    size_t count;
    char *wav = scratch_read(&count, write_wav("known.wav", 1, 100));
    for (int i = 0; i < 6; i++) {
        struct sound sound;
        little((unsigned char *)wav + 4, sizes[i], 4);
        little((unsigned char *)wav + 40, sizes[i], 4);
        const char *path = scratch_write("stream.wav", wav, count);
        if (i == 5) {
            assert_refused(sound_read(&sound, path, &whole), "truncated");
            continue;
        }
        assert_ok(sound_read(&sound, path, &whole));
        assert_int_equal(sound.count, 100);
        sound_free(&sound);
    }
    free(wav);
}

static void raw_samples_are_read_as_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int format;
        double within;
    } raw[] = {
        {"s16", SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE, 3.1e-5},
        {"s16be", SF_FORMAT_PCM_16 | SF_ENDIAN_BIG, 3.1e-5},
        {"s24", SF_FORMAT_PCM_24 | SF_ENDIAN_LITTLE, 1.9e-7},
        {"s32", SF_FORMAT_PCM_32 | SF_ENDIAN_LITTLE, 6e-8},
        {"f32", SF_FORMAT_FLOAT | SF_ENDIAN_LITTLE, 6e-8},
        {"u8", SF_FORMAT_PCM_U8, 0.008},
        {"ulaw", SF_FORMAT_ULAW, 0.016},
        {"alaw", SF_FORMAT_ALAW, 0.016},
    };
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        const char *path;
        char text[32];
        struct sound sound;
        struct sound_request request = {.rate_hz = 0};
        assert_true(write_tones(&path, raw[i].name,
                                SF_FORMAT_RAW | raw[i].format, 8000, 2, 4000));
        snprintf(text, sizeof text, "8000:%s:2", raw[i].name);
        assert_ok(sound_parse_raw(&request, text));
        assert_int_equal(request.raw_rate_hz, 8000);
        assert_int_equal(request.raw_channels, 2);
        assert_string_equal(request.raw_format, raw[i].name);
        assert_ok(sound_read(&sound, path, &request));
        assert_int_equal(sound.count, 4000);
        assert_int_equal(sound.rate_hz, 8000);
        compare(&sound, 2, 0, 0, raw[i].within);
        sound_free(&sound);
    }
}

static void raw_settings_of_no_form_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "8000",
                                      "8000:s16",
                                      "8000:s16:",
                                      "8000:s17:1",
                                      "8000:s16:0",
                                      "8000:s16:9999",
                                      "0:s16:1",
                                      "-8000:s16:1",
                                      "8000:s16:1x",
                                      "8000:s16:1:2",
                                      "8000:S16:1",
                                      "x:s16:1",
                                      "8000::1",
                                      "8000:ulawulawulaw:1",
                                      "99999999:s16:1",
                                      "4294975296:s16:1",
                                      "8000:s16:4294967297"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sound_request request = {.rate_hz = 0};
        assert_refused(sound_parse_raw(&request, bad[i]),
                       "RATE:FORMAT:CHANNELS");
        assert_int_equal(request.raw_format[0], 0);
    }
}

static void channels_are_mixed_or_picked(void **state)
{
    (void)state;
    const char *path = write_wav("four.wav", 4, FRAMES);
    for (int channel = 0; channel <= 4; channel++) {
        struct sound sound;
        const struct sound_request request = {.channel = channel};
        assert_ok(sound_read(&sound, path, &request));
        assert_int_equal(sound.count, FRAMES);
        compare(&sound, 4, channel, 0, 4e-5);
        sound_free(&sound);
    }
    struct sound sound;
    const struct sound_request request = {.channel = 5};
    assert_refused(sound_read(&sound, path, &request),
                   "channel 5 does not exist: it has 4");
    assert_null(sound.samples);
}

static void segments_are_cut_to_the_sample(void **state)
{
    (void)state;
    static const char *const names[] = {"segment.wav", "segment.flac"};
    static const int formats[] = {SF_FORMAT_WAV | SF_FORMAT_PCM_16,
                                  SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    static const struct {
        double start_s, end_s;
        size_t first, count;
    } cuts[] = {
        {0, 0, 0, FRAMES},         {0, 0.25, 0, 4000},
        {0.25, 0, 4000, 4000},     {0.1, 0.2, 1600, 1600},
        {0.4999375, 0, 7999, 1},   /* the last sample */
        {0.3, 0.3000625, 4800, 1}, /* one in the middle */
        {0.3, 0.9, 4800, 3200},    /* half a second of grace */
        {0.00005, 0.00013, 1, 1},  /* rounded to the nearest */
    };
    for (int f = 0; f < 2; f++) {
        const char *path;
        assert_true(write_tones(&path, names[f], formats[f], RATE, 2, FRAMES));
        for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
            struct sound sound;
            const struct sound_request request = {.channel = 2,
                                                  .start_s = cuts[i].start_s,
                                                  .end_s = cuts[i].end_s};
            assert_ok(sound_read(&sound, path, &request));
            assert_int_equal(sound.count, cuts[i].count);
            compare(&sound, 2, 2, cuts[i].first, 3.1e-5);
            sound_free(&sound);
        }
    }
}

static void rates_and_speeds_change_the_length(void **state)
{
    (void)state;
    const char *path = write_wav("rates.wav", 1, RATE);
    static const struct {
        int rate_hz;
        double speed, pitch;
    } wanted[] = {{8000, 0, 300},    {8000, 1, 300},    {22050, 1, 300},
                  {16000, 1.1, 330}, {16000, 0.9, 270}, {8000, 2, 600}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct sound sound;
        const struct sound_request request = {.rate_hz = wanted[i].rate_hz,
                                              .speed = wanted[i].speed};
        double speed = wanted[i].speed > 0 ? wanted[i].speed : 1;
        assert_ok(sound_read(&sound, path, &request));
        assert_int_equal(sound.rate_hz, wanted[i].rate_hz);
        assert_close((double)sound.count, wanted[i].rate_hz / speed, 0, 1);
        for (size_t k = 1000; k < 3000; k++)
            assert_close(sound.samples[k],
                         0.5 * sin(2 * PI * wanted[i].pitch * (double)k /
                                   wanted[i].rate_hz),
                         0, 1e-3);
        sound_free(&sound);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_exact_format_gives_its_samples),
        cmocka_unit_test(every_lossy_format_gives_nearly_its_samples),
        cmocka_unit_test(chunks_before_the_samples_are_passed_over),
        cmocka_unit_test(the_headers_of_streams_are_no_promise),
        cmocka_unit_test(raw_samples_are_read_as_told),
        cmocka_unit_test(raw_settings_of_no_form_are_refused),
        cmocka_unit_test(channels_are_mixed_or_picked),
        cmocka_unit_test(segments_are_cut_to_the_sample),
        cmocka_unit_test(rates_and_speeds_change_the_length),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
