/* Features against torchaudio's, and blocks of any size against the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/cmvn.h"
#include "audio/frontend.h"
#include "model/kernel/random.h"
#include "tests/close.h"
#include "tests/golden.h"

#include <math.h>
#include <pthread.h>

#define FURTHEST 2e-3 /* from the reference, in log energies */

struct signal {
    float *samples;
    size_t count;
    struct frontend_settings settings;
};

static struct signal read_signal(const struct golden *golden, const char *name,
                                 enum frontend_kind kind)
{
    char key[64];
    size_t one;
    struct signal s = {.settings = {.kind = kind, .low_hz = 20}};
    snprintf(key, sizeof key, "%s.rate", name);
    s.settings.rate_hz = (int)golden_array(golden, key, &one)[0];
    s.settings.bins = s.settings.rate_hz < 16000 ? 40 : 80;
    snprintf(key, sizeof key, "%s.samples", name);
    const real *samples = golden_array(golden, key, &s.count);
    s.samples = calloc(s.count, sizeof *s.samples);
    assert_non_null(s.samples);
    for (size_t i = 0; i < s.count; i++)
        s.samples[i] = (float)samples[i] / 32768;
    return s;
}

static float *whole(size_t *frames, int *dim, const struct signal *s)
{
    struct frontend *frontend;
    assert_ok(frontend_open(&frontend, &s->settings));
    *dim = frontend_dim(frontend);
    *frames = frontend_frames(&s->settings, s->count);
    float *all = calloc(*frames * (size_t)*dim + 1, sizeof *all);
    assert_non_null(all);
    assert_ok(frontend_compute(all, frontend, s->samples, s->count));
    frontend_close(frontend);
    return all;
}

static void compare(const char *kind_name, enum frontend_kind kind)
{
    static const char *const names[] = {"speech",   "noise",  "tone",
                                        "silence",  "offset", "odd_rate",
                                        "one_frame"};
    struct golden *golden = golden_open("tests/audio/golden/features.txt");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char key[64];
        size_t count, frames;
        int dim;
        struct signal s = read_signal(golden, names[i], kind);
        float *got = whole(&frames, &dim, &s);
        snprintf(key, sizeof key, "%s.%s", names[i], kind_name);
        const real *want = golden_array(golden, key, &count);
        assert_int_equal(count, frames * (size_t)dim);
        for (size_t k = 0; k < count; k++)
            close_check(got[k], want[k], 0, FURTHEST, key, __FILE__, __LINE__);
        free(got);
        free(s.samples);
    }
    golden_close(golden);
}

static void log_mel_energies_are_kaldis(void **state)
{
    (void)state;
    compare("fbank", FRONTEND_FBANK);
}

static void mfcc_are_kaldis(void **state)
{
    (void)state;
    compare("mfcc", FRONTEND_MFCC);
}

static void blocks_of_any_size_give_the_same_frames(void **state)
{
    (void)state;
    struct golden *golden = golden_open("tests/audio/golden/features.txt");
    struct signal s = read_signal(golden, "speech", FRONTEND_FBANK);
    size_t frames;
    int dim;
    float *want = whole(&frames, &dim, &s);
    float *got = calloc(frames * (size_t)dim + 1, sizeof *got);
    struct frontend *frontend;
    assert_ok(frontend_open(&frontend, &s.settings));
    for (uint64_t round = 0; round < 30; round++) {
        size_t most = (size_t)1 << (round % 13), done = 0, step = 0;
        frontend_reset(frontend);
        for (size_t at = 0; at < s.count; step++) {
            double chance = random_uniform(random_key(round, 7), step);
            size_t block = (size_t)(chance * (double)(most + 1));
            if (block > s.count - at)
                block = s.count - at;
            assert_ok(frontend_push(frontend, s.samples + at, block));
            at += block;
            if (step % 3 == 0)
                done += frontend_pull(got + done * (size_t)dim, frontend,
                                      1 + step % 5);
        }
        done += frontend_pull(got + done * (size_t)dim, frontend, frames);
        assert_int_equal(done, frames);
        assert_memory_equal(got, want, frames * (size_t)dim * sizeof *got);
    }
    frontend_close(frontend);
    free(got);
    free(want);
    free(s.samples);
    golden_close(golden);
}

/* A live stream, a sample at a time: a frame comes with its last sample, and
 * running normalisation sees the frames one by one. */
static void single_samples_give_each_frame_as_soon_as_it_is_whole(void **state)
{
    (void)state;
    struct golden *golden = golden_open("tests/audio/golden/features.txt");
    for (int kind = FRONTEND_FBANK; kind <= FRONTEND_MFCC; kind++) {
        struct signal s = read_signal(golden, "speech", kind);
        double sum[2][80] = {{0}}, square[2][80] = {{0}};
        struct cmvn_sums sums[2] = {{.sum = sum[0], .sum_square = square[0]},
                                    {.sum = sum[1], .sum_square = square[1]}};
        float mean[80] = {0}, scale[80], frame[80];
        size_t frames, done = 0;
        int dim;
        for (int b = 0; b < 80; b++)
            scale[b] = 1;
        float *want = whole(&frames, &dim, &s);
        cmvn_running(want, &sums[0], mean, scale, 5, frames, dim);
        struct frontend *frontend;
        assert_ok(frontend_open(&frontend, &s.settings));
        for (size_t i = 0; i < s.count; i++) {
            assert_ok(frontend_push(frontend, &s.samples[i], 1));
            size_t ready = frontend_frames(&s.settings, i + 1) - done;
            assert_in_range(ready, 0, 1);
            assert_int_equal(frontend_pull(frame, frontend, 2), ready);
            if (!ready)
                continue;
            cmvn_running(frame, &sums[1], mean, scale, 5, 1, dim);
            assert_memory_equal(frame, want + done * (size_t)dim,
                                (size_t)dim * sizeof *frame);
            done++;
        }
        assert_int_equal(done, frames);
        frontend_close(frontend);
        free(want);
        free(s.samples);
    }
    golden_close(golden);
}

static void a_reset_forgets_the_stream(void **state)
{
    (void)state;
    struct golden *golden = golden_open("tests/audio/golden/features.txt");
    struct signal s = read_signal(golden, "speech", FRONTEND_FBANK);
    size_t frames;
    int dim;
    float *want = whole(&frames, &dim, &s);
    float *got = calloc(frames * (size_t)dim + 1, sizeof *got);
    struct frontend *frontend;
    assert_non_null(got);
    assert_ok(frontend_open(&frontend, &s.settings));
    for (size_t before = 1; before < 1000; before += 123) {
        assert_ok(frontend_push(frontend, s.samples + 500, before));
        frontend_pull(got, frontend, before / 300);
        frontend_reset(frontend);
        assert_ok(frontend_push(frontend, s.samples, s.count));
        assert_int_equal(frontend_pull(got, frontend, frames + 1), frames);
        assert_memory_equal(got, want, frames * (size_t)dim * sizeof *got);
        frontend_reset(frontend);
    }
    frontend_close(frontend);
    free(got);
    free(want);
    free(s.samples);
    golden_close(golden);
}

struct worker {
    pthread_t thread;
    const struct signal *signal;
    const float *want;
    size_t wrong;
};

/* Opens, computes and closes over and over, as workers do at their start. */
static void *work(void *context)
{
    struct worker *w = context;
    size_t frames = frontend_frames(&w->signal->settings, w->signal->count);
    for (int round = 0; round < 5; round++) {
        struct frontend *frontend;
        struct status status = frontend_open(&frontend, &w->signal->settings);
        if (status_failed(&status)) {
            w->wrong++;
            break;
        }
        size_t count = frames * (size_t)frontend_dim(frontend);
        float *got = calloc(count + 1, sizeof *got);
        if (got)
            status = frontend_compute(got, frontend, w->signal->samples,
                                      w->signal->count);
        if (!got || status_failed(&status) ||
            memcmp(got, w->want, count * sizeof *got))
            w->wrong++;
        free(got);
        frontend_close(frontend);
    }
    return NULL;
}

static void threads_have_a_front_end_each(void **state)
{
    (void)state;
    struct golden *golden = golden_open("tests/audio/golden/features.txt");
    struct signal s[2];
    float *want[2];
    struct worker workers[4];
    size_t frames;
    int dim;
    for (int kind = 0; kind < 2; kind++) {
        s[kind] = read_signal(golden, "speech", kind);
        want[kind] = whole(&frames, &dim, &s[kind]);
    }
    for (int i = 0; i < 4; i++) {
        workers[i] = (struct worker){.signal = &s[i % 2], .want = want[i % 2]};
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(workers[i].wrong, 0);
    for (int kind = 0; kind < 2; kind++) {
        free(want[kind]);
        free(s[kind].samples);
    }
    golden_close(golden);
}

/* 25 and 10 ms, cut off to whole samples, at every rate there is. */
static void windows_are_as_long_as_the_rate_says(void **state)
{
    (void)state;
    for (int rate_hz = 1000; rate_hz <= 192000; rate_hz++) {
        struct frontend_settings s = {.rate_hz = rate_hz};
        size_t frame = (size_t)rate_hz / 40, hop = (size_t)rate_hz / 100;
        assert_int_equal(frontend_frames(&s, frame - 1), 0);
        assert_int_equal(frontend_frames(&s, frame + hop - 1), 1);
        assert_int_equal(frontend_frames(&s, frame + hop), 2);
    }
}

static void less_than_a_window_gives_no_frame(void **state)
{
    (void)state;
    struct frontend_settings s = {
        .kind = FRONTEND_FBANK, .rate_hz = 16000, .bins = 80, .low_hz = 20};
    assert_int_equal(frontend_frames(&s, 0), 0);
    assert_int_equal(frontend_frames(&s, 399), 0);
    assert_int_equal(frontend_frames(&s, 400), 1);
    assert_int_equal(frontend_frames(&s, 559), 1);
    assert_int_equal(frontend_frames(&s, 560), 2);
}

static void settings_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct frontend_settings settings;
        const char *why;
    } bad[] = {
        {{FRONTEND_FBANK, 8000, 128, 20, 0}, "bin"},
        {{FRONTEND_FBANK, 16000, 80, 5000, 4000}, "Hz"},
        {{FRONTEND_FBANK, 16000, 80, 20, 9000}, "Hz"},
        {{FRONTEND_FBANK, 16000, 80, 20, -8000}, "Hz"},
        {{FRONTEND_FBANK, 10, 80, 20, 0}, "rate"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct frontend *frontend;
        assert_refused(frontend_open(&frontend, &bad[i].settings), bad[i].why);
        assert_null(frontend);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_mel_energies_are_kaldis),
        cmocka_unit_test(mfcc_are_kaldis),
        cmocka_unit_test(blocks_of_any_size_give_the_same_frames),
        cmocka_unit_test(single_samples_give_each_frame_as_soon_as_it_is_whole),
        cmocka_unit_test(a_reset_forgets_the_stream),
        cmocka_unit_test(threads_have_a_front_end_each),
        cmocka_unit_test(windows_are_as_long_as_the_rate_says),
        cmocka_unit_test(less_than_a_window_gives_no_frame),
        cmocka_unit_test(settings_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
