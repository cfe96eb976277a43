/* Tests of features read ahead and kept. */
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
#include "model/data/features.h"
#include "tests/close.h"
#include "tests/recording.h"
#include "tests/scratch.h"

#include <unistd.h>

#define COUNT 6

static const size_t lengths[COUNT] = {4000, 9999, 200, 8120, 250, 12345};
static struct manifest manifest;
static struct settings settings;
static struct team *team;

static int open_all(void **state)
{
    char name[16], table[400] = "path\n";
    if (scratch_open(state))
        return -1;
    for (size_t u = 0; u < COUNT; u++) {
        snprintf(name, sizeof name, "u%zu.wav", u);
        recording_write(name, lengths[u], u);
        strcat(strcat(table, name), "\n");
    }
    assert_ok(
        manifest_read(&manifest, scratch_text("table.tsv", table), false));
    assert_ok(team_open(&team, 2));
    return 0;
}

static int close_all(void **state)
{
    manifest_free(&manifest);
    team_close(team);
    return scratch_close(state);
}

static void begin(void)
{
    settings_default(&settings, VERB_FINETUNE);
    settings.rate = RECORDING_RATE_HZ;
    settings.bins = 16;
    settings.stride = 4;
    settings.speed = 0.1;
}

static struct features *open_scanned(const struct manifest *m)
{
    struct features *features;
    assert_ok(features_open(&features, m, &settings, NULL, NULL));
    assert_ok(features_scan(features, team, NULL));
    return features;
}

/* Raw frames of a recording, straight from the chain; the caller frees. */
static float *raw_frames(size_t *count, size_t u, int speed)
{
    struct sound sound;
    struct frontend *frontend;
    struct sound_request request = settings_sound(&settings);
    struct frontend_settings chain = settings_frontend(&settings);
    request.speed = speed == 0 ? 1 : speed == 1 ? 0.9 : 1.1;
    assert_ok(sound_read(&sound, manifest.utterances[u].path, &request));
    assert_ok(frontend_open(&frontend, &chain));
    *count = frontend_frames(&chain, sound.count);
    float *frames = malloc((*count + 1) * 16 * sizeof *frames);
    assert_non_null(frames);
    assert_ok(frontend_compute(frames, frontend, sound.samples, sound.count));
    frontend_close(frontend);
    sound_free(&sound);
    return frames;
}

/* Mean of each bin over all frames of all recordings. */
static void mean_of_all(double *mean)
{
    size_t all = 0;
    memset(mean, 0, 16 * sizeof *mean);
    for (size_t u = 0; u < COUNT; u++) {
        size_t count;
        float *frames = raw_frames(&count, u, 0);
        for (size_t i = 0; i < count * 16; i++)
            mean[i % 16] += (double)frames[i];
        all += count;
        free(frames);
    }
    for (size_t b = 0; b < 16; b++)
        mean[b] /= (double)all;
}

static void check_one(struct features *features, size_t u, int speed)
{
    size_t want_count, count;
    float *want = raw_frames(&want_count, u, speed);
    struct features_key key = {.utterance = (uint32_t)u,
                               .speed = (uint8_t)speed};
    assert_ok(features_normalise(want, want_count, &settings,
                                 features_mean(features),
                                 features_scale(features)));
    const float *got = features_get(&count, features, key);
    assert_int_equal(count, want_count / 4 * 4);
    assert_memory_equal(got, want, count * 16 * sizeof *got);
    free(want);
}

/* Holds everything at every speed, a few at a time, and looks at it. */
static void check_all(struct features *features)
{
    for (int round = 0; round < 2; round++)
        for (int speed = 0; speed < FEATURES_SPEEDS; speed++) {
            struct features_key keys[COUNT];
            for (uint32_t u = 0; u < COUNT; u++)
                keys[u] = (struct features_key){u, (uint8_t)speed};
            features_hold(features, keys, COUNT);
            features_hold(features, keys, 2); /* twice is twice */
            assert_ok(features_wait(features));
            features_release(features, keys, 2);
            for (size_t u = 0; u < COUNT; u++)
                check_one(features, u, speed);
            features_release(features, keys, COUNT);
        }
}

static void reading_ahead_gives_what_reading_gives(void **state)
{
    (void)state;
    static const int caches[] = {4096, 0, 1};
    for (int readers = 1; readers <= 3; readers += 2)
        for (int i = 0; i < 3; i++) {
            begin();
            settings.readers = readers;
            settings.cache_mib = caches[i];
            struct features *features = open_scanned(&manifest);
            check_all(features);
            features_close(features);
        }
}

static void every_normalisation_is_kept_by_the_cache(void **state)
{
    (void)state;
    for (int cmvn = CMVN_UTTERANCE; cmvn <= CMVN_STORED; cmvn++)
        for (int cache = 0; cache < 2; cache++) {
            begin();
            settings.cmvn = cmvn;
            settings.cache_mib = cache * 64;
            struct features *features = open_scanned(&manifest);
            assert_int_equal(features_mean(features) != NULL,
                             cmvn != CMVN_UTTERANCE);
            check_all(features);
            features_close(features);
        }
}

static void lengths_are_known_after_the_scan(void **state)
{
    (void)state;
    begin();
    struct features *features = open_scanned(&manifest);
    size_t samples = 0;
    for (size_t u = 0; u < COUNT; u++) {
        size_t frames = lengths[u] < 200 ? 0 : (lengths[u] - 200) / 80 + 1;
        assert_int_equal(features_rows(features, u), frames / 4);
        assert_null(features_problem(features, u));
        samples += lengths[u];
    }
    assert_close(features_seconds(features), (double)samples / 8000, 1e-12, 0);
    features_close(features);
    features_close(NULL);
}

/* Of all frames, those too that fill no row. */
static void statistics_are_of_all_frames(void **state)
{
    (void)state;
    double want[16];
    begin();
    settings.cmvn = CMVN_STORED;
    mean_of_all(want);
    struct features *features = open_scanned(&manifest);
    for (size_t b = 0; b < 16; b++)
        assert_close(features_mean(features)[b], want[b], 1e-5, 0);
    double sum = 0, square = 0;
    size_t all = 0;
    for (size_t u = 0; u < COUNT; u++) {
        size_t count;
        float *frames = raw_frames(&count, u, 0);
        for (size_t t = 0; t < count; t++, all++) {
            double x =
                (double)(frames[t * 16 + 3] - features_mean(features)[3]) *
                (double)features_scale(features)[3];
            sum += x;
            square += x * x;
        }
        free(frames);
    }
    assert_close(sum / (double)all, 0, 0, 1e-4);
    assert_close(square / ((double)all - 1), 1, 1e-4, 0);
    features_close(features);
}

static void statistics_do_not_depend_on_workers(void **state)
{
    (void)state;
    float first[32];
    for (int workers = 1; workers <= 4; workers++) {
        struct features *features;
        struct team *own;
        begin();
        settings.cmvn = CMVN_RUNNING;
        assert_ok(team_open(&own, workers));
        assert_ok(features_open(&features, &manifest, &settings, NULL, NULL));
        assert_ok(features_scan(features, own, NULL));
        float now[32];
        memcpy(now, features_mean(features), sizeof first / 2);
        memcpy(now + 16, features_scale(features), sizeof first / 2);
        if (workers == 1)
            memcpy(first, now, sizeof first);
        assert_memory_equal(first, now, sizeof first);
        features_close(features);
        team_close(own);
    }
}

static void statistics_that_are_given_are_used(void **state)
{
    (void)state;
    float mean[16], scale[16];
    struct features *features;
    begin();
    settings.cmvn = CMVN_STORED;
    for (size_t b = 0; b < 16; b++) {
        mean[b] = (float)b;
        scale[b] = 0.5f;
    }
    assert_ok(features_open(&features, &manifest, &settings, mean, scale));
    mean[0] = 100; /* they were copied */
    assert_ok(features_scan(features, team, NULL));
    assert_close(features_mean(features)[0], 0, 0, 0);
    assert_close(features_mean(features)[9], 9, 0, 0);
    check_all(features);
    features_close(features);
}

static size_t told_done, told_all;

static void tell(size_t done, size_t all)
{
    told_done = done > told_done ? done : told_done;
    told_all = all;
}

static void the_scan_tells_how_far_it_is(void **state)
{
    (void)state;
    struct team *alone;
    struct features *features;
    begin();
    assert_ok(team_open(&alone, 1));
    assert_ok(features_open(&features, &manifest, &settings, NULL, NULL));
    assert_ok(features_scan(features, alone, tell));
    assert_int_equal(told_done, COUNT);
    assert_int_equal(told_all, COUNT);
    features_close(features);
    team_close(alone);
}

/* A table with two files that are no recordings. */
static struct manifest bad_manifest(void)
{
    struct manifest m;
    scratch_text("bad1.wav", "no recording");
    scratch_text("bad2.wav", "nor this");
    const char *path = scratch_text(
        "bad.tsv", "path\nu0.wav\nbad2.wav\nu1.wav\nbad1.wav\nabsent.wav\n");
    assert_ok(manifest_read(&m, path, false));
    return m;
}

static void the_first_bad_recording_is_named(void **state)
{
    (void)state;
    struct features *features;
    struct manifest m = bad_manifest();
    begin();
    assert_ok(features_open(&features, &m, &settings, NULL, NULL));
    assert_refused(features_scan(features, team, NULL), "bad2.wav");
    features_close(features);
    manifest_free(&m);
}

static void bad_recordings_are_left_out_when_asked(void **state)
{
    (void)state;
    struct manifest m = bad_manifest();
    for (int cmvn = CMVN_UTTERANCE; cmvn <= CMVN_STORED; cmvn++) {
        begin();
        settings.skip_bad = 1;
        settings.cmvn = cmvn;
        struct features *features;
        assert_ok(features_open(&features, &m, &settings, NULL, NULL));
        assert_ok(features_scan(features, team, NULL));
        for (size_t u = 0; u < m.count; u++) {
            bool bad = u != 0 && u != 2;
            assert_int_equal(features_problem(features, u) != NULL, bad);
            assert_int_equal(features_rows(features, u) == 0, bad);
        }
        features_close(features);
    }
    manifest_free(&m);
}

static void a_file_that_vanishes_is_named(void **state)
{
    (void)state;
    struct manifest m;
    const struct features_key keys[2] = {{0, 0}, {1, 0}};
    recording_write("v0.wav", 4000, 1);
    const char *gone = recording_write("v1.wav", 4000, 2);
    const char *path = scratch_text("v.tsv", "path\nv0.wav\nv1.wav\n");
    assert_ok(manifest_read(&m, path, false));
    begin();
    settings.cache_mib = 0;
    struct features *features = open_scanned(&m);
    features_hold(features, keys, 2);
    assert_ok(features_wait(features));
    features_release(features, keys, 2);
    assert_int_equal(unlink(gone), 0);
    features_hold(features, keys, 2);
    assert_refused(features_wait(features), "v1.wav");
    /* And stays said. */
    assert_refused(features_wait(features), "v1.wav");
    features_release(features, keys, 2);
    features_close(features);
    manifest_free(&m);
}

static void closing_does_not_wait_for_what_is_held(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct features_key keys[COUNT];
        begin();
        settings.cache_mib = 0;
        settings.readers = 2;
        struct features *features = open_scanned(&manifest);
        for (uint32_t u = 0; u < COUNT; u++)
            keys[u] = (struct features_key){u, 2};
        features_hold(features, keys, COUNT);
        features_close(features);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_ahead_gives_what_reading_gives),
        cmocka_unit_test(every_normalisation_is_kept_by_the_cache),
        cmocka_unit_test(lengths_are_known_after_the_scan),
        cmocka_unit_test(statistics_are_of_all_frames),
        cmocka_unit_test(statistics_do_not_depend_on_workers),
        cmocka_unit_test(statistics_that_are_given_are_used),
        cmocka_unit_test(the_scan_tells_how_far_it_is),
        cmocka_unit_test(the_first_bad_recording_is_named),
        cmocka_unit_test(bad_recordings_are_left_out_when_asked),
        cmocka_unit_test(a_file_that_vanishes_is_named),
        cmocka_unit_test(closing_does_not_wait_for_what_is_held),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
