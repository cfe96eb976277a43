/* Tests of finding speech: bursts of known places in noise of many kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/endpoint.h"
#include "model/kernel/random.h"
#include "tests/close.h"

#include <math.h>

#define PI 3.14159265358979323846
#define RATE 16000
#define MOST 64

static const struct endpoint_settings usual = {
    .rate_hz = RATE, .threshold_db = 6, .pause_s = 0.5, .longest_s = 10};

/* Seconds of noise of a level, to which bursts are added. */
static float *make_noise(double seconds, double level, uint64_t seed)
{
    size_t count = (size_t)(seconds * RATE);
    struct random_key key = random_key(seed, RANDOM_DITHER);
    float *x = malloc((count + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)(level * random_normal(key, i));
    return x;
}

/* Syllables: harmonics of 120 Hz that swell four times a second. */
static void add_burst(float *x, double begin_s, double end_s, double level)
{
    for (size_t i = (size_t)(begin_s * RATE); i < (size_t)(end_s * RATE); i++) {
        double t = (double)i / RATE, sum = 0;
        for (int k = 1; k < 30; k++)
            sum += sin(2 * PI * 120 * k * t + k * k) / 4;
        x[i] += (float)(level * sum * (0.6 + 0.4 * sin(2 * PI * 4 * t)));
    }
}

/* Segments of x, pushed in blocks of up to most samples. */
static size_t find(struct segment *segments, const float *x, size_t count,
                   const struct endpoint_settings *settings, size_t most)
{
    struct endpoint *e;
    size_t found = 0, at = 0;
    assert_ok(endpoint_open(&e, settings));
    for (uint32_t bits = 7; at < count; bits = bits * 1664525u + 1013904223u) {
        size_t some = 1 + (bits >> 8) % most;
        some = some < count - at ? some : count - at;
        assert_ok(endpoint_push(e, x + at, some));
        at += some;
        uint64_t needed = endpoint_needed(e);
        assert_true(needed <= at);
        assert_true(at - needed <= (settings->longest_s + 2) * RATE + most);
        while (found < MOST && endpoint_next(&segments[found], e))
            found++;
        if (found)
            assert_true(needed >= segments[found - 1].end);
    }
    assert_ok(endpoint_finish(e));
    while (found < MOST && endpoint_next(&segments[found], e))
        found++;
    endpoint_close(e);
    for (size_t i = 0; i < found; i++) {
        assert_true(segments[i].begin < segments[i].end);
        assert_true(segments[i].end <= count);
        assert_true((double)(segments[i].end - segments[i].begin) <=
                    settings->longest_s * RATE);
        if (i)
            assert_true(segments[i].begin >= segments[i - 1].end);
    }
    return found;
}

/* That segment holds begin_s .. end_s, and not much else. */
static void check_place(const struct segment *segment, double begin_s,
                        double end_s)
{
    assert_close((double)segment->begin / RATE, begin_s - 0.28, 0, 0.1);
    assert_close((double)segment->end / RATE, end_s + 0.28, 0, 0.12);
}

/* Three bursts of the level in the noise, in samples [8 s], all found. */
static void check_three(float *x, double level)
{
    struct segment segments[MOST];
    add_burst(x, 1.5, 2.3, level);
    add_burst(x, 3.4, 4.6, level);
    add_burst(x, 5.5, 6.3, level);
    assert_int_equal(find(segments, x, 8 * RATE, &usual, 4000), 3);
    check_place(&segments[0], 1.5, 2.3);
    check_place(&segments[1], 3.4, 4.6);
    check_place(&segments[2], 5.5, 6.3);
}

static void bursts_are_found_in_noise_of_any_level(void **state)
{
    (void)state;
    static const double levels[] = {0, 1e-5, 1e-4, 1e-3, 1e-2, 0.05};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        float *x = make_noise(8, levels[i], i);
        check_three(x, fmax(4 * levels[i], 1e-3));
        free(x);
    }
}

static void a_constant_is_no_speech(void **state)
{
    (void)state;
    float *x = make_noise(8, 1e-3, 1);
    for (size_t i = 0; i < 8 * RATE; i++)
        x[i] += 0.3f;
    check_three(x, 0.02);
    free(x);
}

/* By 20 dB in a minute. */
static void noise_that_drifts_stays_noise(void **state)
{
    (void)state;
    struct segment segments[MOST];
    for (int down = 0; down < 2; down++) {
        float *x = make_noise(60, 1, 2);
        for (size_t i = 0; i < 60 * RATE; i++) {
            double t = (double)i / RATE / 60;
            x[i] *= (float)(1e-3 * pow(10, down ? 1 - t : t));
        }
        for (int i = 1; i < 30; i++)
            add_burst(x, 2 * i, 2 * i + 1, 0.05);
        assert_int_equal(find(segments, x, 60 * RATE, &usual, 4000), 29);
        for (int i = 1; i < 30; i++) {
            assert_true(segments[i - 1].begin <= 2 * (uint64_t)i * RATE);
            assert_true(segments[i - 1].end >= (2 * (uint64_t)i + 1) * RATE);
        }
        free(x);
    }
}

static void clipped_speech_is_found(void **state)
{
    (void)state;
    struct segment segments[MOST];
    float *x = make_noise(6, 1e-3, 3);
    add_burst(x, 2, 4, 20);
    for (size_t i = 0; i < 6 * RATE; i++)
        x[i] = fmaxf(-1, fminf(x[i], 1));
    assert_int_equal(find(segments, x, 6 * RATE, &usual, 999), 1);
    check_place(&segments[0], 2, 4);
    free(x);
}

/* A click is no segment of its own. */
static void a_click_is_no_speech(void **state)
{
    (void)state;
    struct segment segments[MOST];
    float *x = make_noise(9, 1e-3, 4);
    add_burst(x, 1.5, 2.5, 0.05);
    for (size_t i = 0; i < 100; i++)
        x[6 * RATE + i] = i % 2 ? 0.9f : -0.9f;
    assert_int_equal(find(segments, x, 9 * RATE, &usual, 999), 1);
    check_place(&segments[0], 1.5, 2.5);
    free(x);
}

static void short_pauses_are_within_a_segment(void **state)
{
    (void)state;
    struct segment segments[MOST];
    float *x = make_noise(7, 1e-3, 5);
    add_burst(x, 2, 2.5, 0.05);
    add_burst(x, 2.85, 3.5, 0.05);
    add_burst(x, 3.8, 4.5, 0.05);
    assert_int_equal(find(segments, x, 7 * RATE, &usual, 999), 1);
    check_place(&segments[0], 2, 4.5);
    free(x);
}

/* Of short recordings nothing is cut off. */
static void the_ends_of_a_stream_that_are_near_are_kept(void **state)
{
    (void)state;
    struct segment segments[MOST];
    float *x = make_noise(4, 1e-3, 6);
    add_burst(x, 0.9, 3.6, 0.05);
    assert_int_equal(find(segments, x, 4 * RATE, &usual, 999), 1);
    assert_int_equal(segments[0].begin, 0);
    assert_int_equal(segments[0].end, 4 * RATE);
    free(x);
}

static void zeros_are_dropped(void **state)
{
    (void)state;
    struct segment segments[MOST];
    float *x = make_noise(30, 0, 0);
    for (size_t count = 0; count <= 30 * RATE; count += 1 + count / 2)
        assert_int_equal(find(segments, x, count, &usual, 9999), 0);
    free(x);
}

/* It might be a whisper. */
static void where_nothing_is_found_all_is_kept(void **state)
{
    (void)state;
    struct segment segments[MOST];
    float *x = make_noise(25, 1e-3, 8);
    size_t found = find(segments, x, 25 * RATE, &usual, 9999);
    assert_int_equal(found, 3);
    assert_int_equal(segments[0].begin, 0);
    assert_int_equal(segments[1].begin, segments[0].end);
    assert_int_equal(segments[2].begin, segments[1].end);
    assert_int_equal(segments[2].end, 25 * RATE);
    assert_int_equal(find(segments, x, 300, &usual, 9999), 0);
    assert_int_equal(find(segments, x, 800, &usual, 9999), 1);
    free(x);
}

static void long_speech_is_cut_in_its_longest_pause(void **state)
{
    (void)state;
    struct segment segments[MOST];
    float *x = make_noise(16, 1e-3, 9);
    add_burst(x, 1, 4, 0.05);
    add_burst(x, 4.25, 7, 0.05);
    add_burst(x, 7.4, 10, 0.05);
    add_burst(x, 10.25, 14, 0.05);
    assert_int_equal(find(segments, x, 16 * RATE, &usual, 999), 2);
    assert_close((double)segments[0].end / RATE, 7.2, 0, 0.05);
    assert_int_equal(segments[1].begin, segments[0].end);
    free(x);
}

static void speech_without_a_pause_is_cut_where_it_is_quietest(void **state)
{
    (void)state;
    struct segment segments[MOST];
    float *x = make_noise(16, 1e-3, 10);
    add_burst(x, 0, 8.5, 0.2);
    add_burst(x, 8.5, 8.7, 0.03);
    add_burst(x, 8.7, 16, 0.2);
    assert_int_equal(find(segments, x, 16 * RATE, &usual, 999), 2);
    assert_close((double)segments[0].end / RATE, 8.6, 0, 0.05);
    assert_int_equal(segments[1].begin, segments[0].end);
    assert_int_equal(segments[1].end, 16 * RATE);
    free(x);
}

static void all_is_speech_where_that_is_said(void **state)
{
    (void)state;
    struct segment segments[MOST];
    struct endpoint_settings all = usual;
    float *x = make_noise(9, 0, 0);
    all.everything = true;
    assert_int_equal(find(segments, x, 9 * RATE, &all, 999), 1);
    assert_int_equal(segments[0].begin, 0);
    assert_int_equal(segments[0].end, 9 * RATE);
    free(x);
}

/* Less than two frames too long: no more than those are lost. */
static void what_is_hardly_too_long_stays_whole(void **state)
{
    (void)state;
    struct segment segments[MOST];
    struct endpoint_settings settings = usual;
    float *x = make_noise(11, 1e-4, 3);
    size_t longest = (size_t)(usual.longest_s * RATE);
    for (int k = 0; k < 2; k++)
        for (size_t more = 0; more < RATE / 100; more += 7) {
            settings.everything = k;
            assert_int_equal(find(segments, x, longest + more, &settings, 4000),
                             1);
            assert_int_equal(segments[0].begin, 0);
            assert_int_equal(segments[0].end, longest);
        }
    free(x);
}

static void blocks_of_any_size_give_the_same_segments(void **state)
{
    (void)state;
    static const size_t sizes[] = {37, 160, 5000, 1000000};
    struct segment one[MOST], other[MOST];
    float *x = make_noise(40, 1e-3, 11);
    for (int i = 0; i < 20; i++)
        add_burst(x, 2 * i + 0.1 * (i % 7), 2 * i + 1.7, 0.004 * (1 + i % 5));
    size_t count = find(one, x, 40 * RATE, &usual, 1);
    assert_in_range(count, 5, 30);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(find(other, x, 40 * RATE, &usual, sizes[i]), count);
        assert_memory_equal(one, other, count * sizeof *one);
    }
    free(x);
}

static void an_open_segment_is_known(void **state)
{
    (void)state;
    struct endpoint *e;
    struct segment segment;
    uint64_t begin;
    float *x = make_noise(6, 1e-3, 12);
    add_burst(x, 2, 3, 0.05);
    assert_ok(endpoint_open(&e, &usual));
    assert_ok(endpoint_push(e, x, 2 * RATE));
    assert_false(endpoint_is_open(&begin, e));
    assert_ok(endpoint_push(e, x + 2 * RATE, RATE / 5));
    assert_true(endpoint_is_open(&begin, e));
    assert_close((double)begin / RATE, 1.75, 0, 0.1);
    assert_ok(endpoint_push(e, x + RATE * 22 / 10, RATE * 14 / 10));
    assert_false(endpoint_is_open(&begin, e));
    assert_true(endpoint_next(&segment, e));
    check_place(&segment, 2, 3);
    endpoint_close(e);
    endpoint_close(NULL);
    free(x);
}

static void every_rate_is_served(void **state)
{
    (void)state;
    static const int rates_hz[] = {1000, 8000, 11025, 22050, 44100, 192000};
    for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++) {
        struct endpoint_settings settings = usual;
        struct endpoint *e;
        struct segment segment;
        size_t count = (size_t)rates_hz[i];
        float *x = make_noise(13, 1e-3, i);
        settings.rate_hz = rates_hz[i];
        assert_ok(endpoint_open(&e, &settings));
        count = count < 13 * RATE ? count : 13 * RATE;
        assert_ok(endpoint_push(e, x, count));
        assert_ok(endpoint_finish(e));
        assert_true(endpoint_next(&segment, e));
        assert_int_equal(segment.end, count);
        endpoint_close(e);
        free(x);
    }
    struct endpoint_settings settings = usual;
    struct endpoint *e;
    settings.rate_hz = 10;
    assert_refused(endpoint_open(&e, &settings), "rate");
    assert_null(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bursts_are_found_in_noise_of_any_level),
        cmocka_unit_test(a_constant_is_no_speech),
        cmocka_unit_test(noise_that_drifts_stays_noise),
        cmocka_unit_test(clipped_speech_is_found),
        cmocka_unit_test(a_click_is_no_speech),
        cmocka_unit_test(short_pauses_are_within_a_segment),
        cmocka_unit_test(the_ends_of_a_stream_that_are_near_are_kept),
        cmocka_unit_test(zeros_are_dropped),
        cmocka_unit_test(where_nothing_is_found_all_is_kept),
        cmocka_unit_test(long_speech_is_cut_in_its_longest_pause),
        cmocka_unit_test(speech_without_a_pause_is_cut_where_it_is_quietest),
        cmocka_unit_test(all_is_speech_where_that_is_said),
        cmocka_unit_test(what_is_hardly_too_long_stays_whole),
        cmocka_unit_test(blocks_of_any_size_give_the_same_segments),
        cmocka_unit_test(an_open_segment_is_known),
        cmocka_unit_test(every_rate_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
