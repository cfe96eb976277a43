/* Tests of recordings that come through pipes, and by blocks. */
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

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE 16000
#define FRAMES 30000

static const struct sound_request whole = {.rate_hz = 0};

static uint32_t dice(uint32_t *bits)
{
    *bits = *bits * 1664525u + 1013904223u;
    return *bits >> 8;
}

static const char *write_sound(const char *name, int format, int channels)
{
    SF_INFO info = {.samplerate = RATE, .channels = channels, .format = format};
    const char *path = scratch_path(name);
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    for (int i = 0; i < FRAMES; i++) {
        float x = (float)(0.5 * sin(1e-6 * i * i) * cos(0.01 * i));
        float frame[2] = {x, -x / 2};
        assert_int_equal(sf_writef_float(file, frame, 1), 1);
    }
    assert_int_equal(sf_close(file), 0);
    return path;
}

/* Writes bytes into a named pipe, in pieces of any size. */
struct writer {
    pthread_t thread;
    char path[512];
    const char *bytes;
    size_t count;
};

static void *write_pieces(void *context)
{
    struct writer *w = context;
    uint32_t bits = (uint32_t)w->count;
    int file = open(w->path, O_WRONLY);
    for (size_t at = 0; at < w->count;) {
        size_t some = 1 + dice(&bits) % 3000;
        some = some < w->count - at ? some : w->count - at;
        ssize_t put = write(file, w->bytes + at, some);
        if (put < 0)
            break; /* nobody reads on */
        at += (size_t)put;
    }
    close(file);
    return NULL;
}

static void start_writer(struct writer *w, const void *bytes, size_t count)
{
    *w = (struct writer){.bytes = bytes, .count = count};
    snprintf(w->path, sizeof w->path, "%s", scratch_path("pipe"));
    assert_int_equal(mkfifo(w->path, 0600), 0);
    assert_int_equal(pthread_create(&w->thread, NULL, write_pieces, w), 0);
}

static void end_writer(struct writer *w)
{
    assert_int_equal(pthread_join(w->thread, NULL), 0);
    assert_int_equal(unlink(w->path), 0);
}

static struct status read_piped(struct sound *sound, const void *bytes,
                                size_t count,
                                const struct sound_request *request)
{
    struct writer writer;
    start_writer(&writer, bytes, count);
    struct status status = sound_read(sound, writer.path, request);
    end_writer(&writer);
    return status;
}

static void check_same(const struct sound *a, const struct sound *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->rate_hz, b->rate_hz);
    assert_memory_equal(a->samples, b->samples, a->count * sizeof(float));
}

static const struct {
    const char *name;
    int format;
} formats[] = {
    {"u8.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8},
    {"s16.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16},
    {"s24.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24},
    {"s32.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32},
    {"f32.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT},
    {"f64.wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE},
    {"ulaw.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW},
    {"alaw.wav", SF_FORMAT_WAV | SF_FORMAT_ALAW},
    {"ima.wav", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM},
    {"extensible.wav", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16},
    {"big.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG},
    {"large.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16},
    {"s16.au", SF_FORMAT_AU | SF_FORMAT_PCM_16},
    {"ulaw.au", SF_FORMAT_AU | SF_FORMAT_ULAW},
    {"f32.au", SF_FORMAT_AU | SF_FORMAT_FLOAT},
    {"s16.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16},
    {"s16.sph", SF_FORMAT_NIST | SF_FORMAT_PCM_16},
    {"s16.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
    {"vorbis.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS},
    {"opus.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS},
};

static void every_format_comes_through_a_pipe(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        for (int channels = 1; channels <= 2; channels++) {
            struct sound file, piped;
            size_t count;
            const char *path =
                write_sound(formats[i].name, formats[i].format, channels);
            char *bytes = scratch_read(&count, path);
            assert_ok(sound_read(&file, path, &whole));
            assert_ok(read_piped(&piped, bytes, count, &whole));
            check_same(&piped, &file);
            sound_free(&file);
            sound_free(&piped);
            free(bytes);
        }
}

static void blocks_of_any_size_are_the_whole(void **state)
{
    (void)state;
    static const struct sound_request requests[] = {
        {.rate_hz = 0},
        {.rate_hz = 8000, .channel = 2},
        {.rate_hz = 44100, .start_s = 0.2, .end_s = 1.7},
        {.speed = 1.1},
    };
    static const size_t sizes[] = {1, 160, 7000, 100000};
    uint32_t bits = 1;
    size_t count;
    char path[512];
    snprintf(path, sizeof path, "%s",
             write_sound("blocks.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2));
    char *bytes = scratch_read(&count, path);
    float *samples = malloc(200000 * sizeof *samples);
    for (size_t r = 0; r < sizeof requests / sizeof *requests; r++)
        for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
            struct sound sound;
            struct sound_reader *reader;
            struct writer writer;
            size_t done = 0, got = 1;
            bool piped = i % 2;
            assert_ok(sound_read(&sound, path, &requests[r]));
            if (piped)
                start_writer(&writer, bytes, count);
            assert_ok(
                sound_open(&reader, piped ? writer.path : path, &requests[r]));
            assert_int_equal(sound_rate_hz(reader), sound.rate_hz);
            assert_int_equal(sound_channels(reader), 2);
            assert_close(sound_length_s(reader),
                         (double)sound.count / sound.rate_hz, 0, 1e-3);
            while (got) {
                size_t most = 1 + dice(&bits) % sizes[i / 2];
                assert_ok(sound_next(&got, reader, samples + done, most));
                done += got;
            }
            assert_int_equal(done, sound.count);
            assert_memory_equal(samples, sound.samples, done * sizeof(float));
            assert_ok(sound_next(&got, reader, samples, 1));
            assert_int_equal(got, 0);
            sound_close(reader);
            if (piped)
                end_writer(&writer);
            sound_free(&sound);
        }
    sound_close(NULL);
    free(samples);
    free(bytes);
}

static void little(char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(value >> 8 * i);
}

/* sox, arecord and ffmpeg, none of which knows the length. */
static void lengths_that_nobody_knew_are_no_promise(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 0xffffffffu, 0x7ffff000u, 0x80000000u};
    size_t count;
    struct sound file, piped;
    const char *path =
        write_sound("known.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1);
    char *wav = scratch_read(&count, path);
    assert_ok(sound_read(&file, path, &whole));
    for (int i = 0; i < 4; i++) {
        little(wav + 4, sizes[i]);
        little(wav + 40, sizes[i]);
        assert_ok(read_piped(&piped, wav, count, &whole));
        check_same(&piped, &file);
        sound_free(&piped);
    }
    sound_free(&file);
    free(wav);
}

/* Descriptors that a program started from here would be given. */
static int count_inherited(void)
{
    int count = 0;
    for (int file = 0; file < 256; file++) {
        int flags = fcntl(file, F_GETFD);
        count += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    return count;
}

/* Of samples that are read from the pipe, and that are copied into a file. */
static void other_programs_inherit_nothing(void **state)
{
    (void)state;
    static const int kinds[] = {SF_FORMAT_WAV | SF_FORMAT_PCM_16,
                                SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    int standard = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    for (int i = 0; i < 4; i++) {
        struct sound_reader *reader;
        size_t count;
        int ends[2];
        char name[32] = "-";
        char *bytes = scratch_read(&count, write_sound("in", kinds[i / 2], 1));
        count = count < 4000 ? count : 4000;
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(write(ends[1], bytes, count), count);
        close(ends[1]);
        if (i % 2)
            snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
        else
            dup2(ends[0], STDIN_FILENO);
        int before = count_inherited();
        assert_ok(sound_open(&reader, name, &whole));
        assert_int_equal(count_inherited(), before);
        sound_close(reader);
        close(ends[0]);
        free(bytes);
    }
    dup2(standard, STDIN_FILENO);
    close(standard);
}

static void what_follows_the_samples_is_no_sound(void **state)
{
    (void)state;
    size_t count;
    struct sound piped;
    char *wav = scratch_read(
        &count, write_sound("list.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1));
    char *more = calloc(1, count + 5000);
    memcpy(more, wav, count);
    assert_ok(read_piped(&piped, more, count + 5000, &whole));
    assert_int_equal(piped.count, FRAMES);
    sound_free(&piped);
    free(more);
    free(wav);
}

static void refuse(const void *bytes, size_t count, const char *piece)
{
    struct sound sound;
    struct status status = read_piped(&sound, bytes, count, &whole);
    if (!strstr(status.text, "pipe: ") || !strstr(status.text, piece))
        fail_msg("\"%s\" lacks \"pipe\" or \"%s\"", status.text, piece);
    assert_null(sound.samples);
}

static void what_breaks_off_is_refused(void **state)
{
    (void)state;
    refuse("", 0, "empty");
    refuse("RIFF", 4, "not a recording");
    refuse("this is no recording\n", 21, "not a recording");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t count;
        if (strstr(formats[i].name, "ogg") || strstr(formats[i].name, "opus") ||
            strstr(formats[i].name, "ima"))
            continue; /* these are cut at any page */
        char *bytes = scratch_read(
            &count, write_sound(formats[i].name, formats[i].format, 1));
        refuse(bytes, count / 2, "truncated");
        refuse(bytes, 30, "");
        free(bytes);
    }
}

/* Every byte of a header, to values that are likely to hurt. */
static void a_damaged_header_is_survived(void **state)
{
    (void)state;
    static const struct {
        int format;
        size_t header;
    } files[] = {{SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44},
                 {SF_FORMAT_WAVEX | SF_FORMAT_PCM_24, 80},
                 {SF_FORMAT_AU | SF_FORMAT_PCM_16, 24}};
    static const char values[] = {0, 1, 0x7f, -128, -1};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t count;
        char *bytes =
            scratch_read(&count, write_sound("damaged", files[i].format, 1));
        count = count < 4000 ? count : 4000;
        for (size_t at = 0; at < files[i].header; at++) {
            char kept = bytes[at];
            for (size_t k = 0; k < sizeof values; k++) {
                struct sound sound;
                bytes[at] = values[k];
                struct status status = read_piped(&sound, bytes, count, &whole);
                if (!status_failed(&status))
                    assert_in_range(sound.count, 1, 4000);
                sound_free(&sound);
            }
            bytes[at] = kept;
        }
        free(bytes);
    }
}

static void live_input_says_what_it_is_at_once(void **state)
{
    (void)state;
    struct sound sound, file;
    struct sound_request live = {.live = true};
    size_t count;
    char *flac = scratch_read(
        &count, write_sound("live.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1));
    assert_refused(read_piped(&sound, flac, count, &live), "--raw 16000:s16:1");
    free(flac);
    const char *path =
        write_sound("live.raw", SF_FORMAT_RAW | SF_FORMAT_PCM_16, 1);
    char *raw = scratch_read(&count, path);
    assert_refused(read_piped(&sound, raw, count, &live), "--raw 16000:s16:1");
    assert_ok(sound_parse_raw(&live, "16000:s16:1"));
    assert_ok(sound_read(&file, path, &live));
    assert_ok(read_piped(&sound, raw, count, &live));
    check_same(&sound, &file);
    sound_free(&file);
    sound_free(&sound);
    free(raw);
}

/* What must seek is kept where nobody sees it. */
static void no_file_is_left(void **state)
{
    (void)state;
    struct sound sound;
    size_t count;
    char *flac = scratch_read(
        &count, write_sound("kept.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1));
    size_t names = scratch_count();
    assert_int_equal(setenv("TMPDIR", scratch_path(""), 1), 0);
    assert_ok(read_piped(&sound, flac, count, &whole));
    assert_int_equal(scratch_count(), names);
    sound_free(&sound);
    assert_int_equal(setenv("TMPDIR", scratch_path("nowhere"), 1), 0);
    assert_refused(read_piped(&sound, flac, count, &whole),
                   "nowhere: a temporary file cannot be made: No such");
    assert_int_equal(unsetenv("TMPDIR"), 0);
    free(flac);
}

static void a_hyphen_is_stdin(void **state)
{
    (void)state;
    struct sound sound, file;
    int kept = dup(STDIN_FILENO);
    for (int i = 0; i < 2; i++) {
        const char *path =
            i ? write_sound("in.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1)
              : write_sound("in.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1);
        int own = open(path, O_RDONLY);
        assert_int_equal(dup2(own, STDIN_FILENO), STDIN_FILENO);
        close(own);
        assert_ok(sound_read(&file, path, &whole));
        assert_ok(sound_read(&sound, "-", &whole));
        check_same(&sound, &file);
        sound_free(&file);
        sound_free(&sound);
    }
    close(STDIN_FILENO);
    assert_refused(sound_read(&sound, "-", &whole), "stdin: Bad file");
    if (kept >= 0)
        dup2(kept, STDIN_FILENO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_comes_through_a_pipe),
        cmocka_unit_test(blocks_of_any_size_are_the_whole),
        cmocka_unit_test(lengths_that_nobody_knew_are_no_promise),
        cmocka_unit_test(other_programs_inherit_nothing),
        cmocka_unit_test(what_follows_the_samples_is_no_sound),
        cmocka_unit_test(what_breaks_off_is_refused),
        cmocka_unit_test(a_damaged_header_is_survived),
        cmocka_unit_test(live_input_says_what_it_is_at_once),
        cmocka_unit_test(no_file_is_left),
        cmocka_unit_test(a_hyphen_is_stdin),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
