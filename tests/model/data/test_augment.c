/* Tests of SpecAugment and of speeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/data/augment.h"
#include "tests/close.h"

#define FRAMES 200
#define BINS 20

static real frames[FRAMES * BINS];

static struct random_key key_of(uint64_t seed)
{
    return random_key(seed, RANDOM_SPECAUGMENT);
}

static void augment(const struct augment_settings *s, size_t count,
                    uint64_t seed)
{
    for (size_t i = 0; i < FRAMES * BINS; i++)
        frames[i] = 1 + (real)(i % 7);
    augment_spec(frames, count, BINS, s, key_of(seed));
    for (size_t i = count * BINS; i < FRAMES * BINS; i++)
        assert_true(frames[i] != 0);
}

/* Frames, or bins, that are all zero. */
static size_t masked_frames(size_t count)
{
    size_t masked = 0;
    for (size_t t = 0; t < count; t++) {
        bool zero = true;
        for (size_t b = 0; b < BINS; b++)
            zero = zero && frames[t * BINS + b] == 0;
        masked += zero;
    }
    return masked;
}

static size_t masked_bins(size_t count)
{
    size_t masked = 0;
    for (size_t b = 0; b < BINS; b++) {
        bool zero = true;
        for (size_t t = 0; t < count; t++)
            zero = zero && frames[t * BINS + b] == 0;
        masked += zero;
    }
    return masked;
}

static void time_masks_keep_to_their_share(void **state)
{
    (void)state;
    const struct augment_settings s = {
        .time_masks = 6, .time_width = 40, .time_share = 0.3};
    double sum = 0;
    size_t most = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        augment(&s, FRAMES, seed);
        size_t masked = masked_frames(FRAMES);
        assert_true(masked <= 60);
        assert_int_equal(masked_bins(FRAMES), 0);
        most = masked > most ? masked : most;
        sum += (double)masked;
    }
    assert_true(most == 60 && sum / 300 > 40);
}

static void time_masks_are_no_wider_than_asked(void **state)
{
    (void)state;
    const struct augment_settings s = {
        .time_masks = 1, .time_width = 10, .time_share = 1};
    size_t seen[11] = {0};
    for (uint64_t seed = 0; seed < 500; seed++) {
        augment(&s, FRAMES, seed);
        size_t masked = masked_frames(FRAMES);
        assert_true(masked <= 10);
        seen[masked]++;
    }
    for (size_t width = 0; width <= 10; width++)
        assert_true(seen[width] > 15);
}

static void frequency_masks_leave_a_bin(void **state)
{
    (void)state;
    struct augment_settings s = {.frequency_masks = 1, .frequency_width = 6};
    size_t seen = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        augment(&s, FRAMES, seed);
        assert_true(masked_bins(FRAMES) <= 6);
        assert_int_equal(masked_frames(FRAMES), 0);
        seen += masked_bins(FRAMES) == 6;
    }
    assert_true(seen > 5);
    s.frequency_width = 1000;
    for (uint64_t seed = 0; seed < 200; seed++) {
        augment(&s, FRAMES, seed);
        assert_true(masked_bins(FRAMES) < BINS);
    }
}

static void short_utterances_are_masked_in_place(void **state)
{
    (void)state;
    const struct augment_settings s = {.time_masks = 3,
                                       .time_width = 100,
                                       .time_share = 0.5,
                                       .frequency_masks = 2,
                                       .frequency_width = 3};
    for (size_t count = 0; count < 12; count++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            augment(&s, count, seed);
            assert_true(masked_frames(count) <= count / 2);
        }
}

static void masks_are_a_function_of_their_key(void **state)
{
    (void)state;
    const struct augment_settings s = {.time_masks = 2,
                                       .time_width = 30,
                                       .time_share = 0.5,
                                       .frequency_masks = 2,
                                       .frequency_width = 5};
    static real before[FRAMES * BINS];
    augment(&s, FRAMES, 1);
    memcpy(before, frames, sizeof before);
    augment(&s, FRAMES, 1);
    assert_memory_equal(before, frames, sizeof before);
    augment(&s, FRAMES, 2);
    assert_true(memcmp(before, frames, sizeof before));
}

static void without_masks_nothing_changes(void **state)
{
    (void)state;
    const struct augment_settings s = {.time_width = 30, .time_share = 1};
    augment(&s, FRAMES, 1);
    for (size_t i = 0; i < FRAMES * BINS; i++)
        assert_true(frames[i] != 0);
}

static void three_speeds_are_as_likely(void **state)
{
    (void)state;
    size_t seen[3] = {0};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        double factor = augment_speed(0.1, random_key(seed, RANDOM_SPEED));
        assert_true(factor ==
                    augment_speed(0.1, random_key(seed, RANDOM_SPEED)));
        assert_true(factor == 0.9 || factor == 1 || factor == 1.1);
        seen[factor < 1 ? 0 : factor > 1 ? 2 : 1]++;
    }
    for (int i = 0; i < 3; i++)
        assert_close((double)seen[i], 1000, 0.1, 0);
    assert_close(augment_speed(0, random_key(1, RANDOM_SPEED)), 1, 0, 0);
}

static void narrower_masks_are_as_many(void **state)
{
    (void)state;
    const struct augment_settings s = {.time_masks = 2,
                                       .time_width = 30,
                                       .time_share = 1,
                                       .frequency_masks = 3,
                                       .frequency_width = 10};
    struct augment_settings half = augment_narrower(&s, 0.5);
    assert_int_equal(half.time_width, 15);
    assert_int_equal(half.frequency_width, 5);
    assert_int_equal(half.time_masks, 2);
    assert_int_equal(half.frequency_masks, 3);
    assert_close(half.time_share, 1, 0, 0);
    struct augment_settings none = augment_narrower(&s, 0);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        augment(&none, FRAMES, seed);
        assert_int_equal(masked_frames(FRAMES) + masked_bins(FRAMES), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_masks_keep_to_their_share),
        cmocka_unit_test(time_masks_are_no_wider_than_asked),
        cmocka_unit_test(frequency_masks_leave_a_bin),
        cmocka_unit_test(short_utterances_are_masked_in_place),
        cmocka_unit_test(masks_are_a_function_of_their_key),
        cmocka_unit_test(without_masks_nothing_changes),
        cmocka_unit_test(three_speeds_are_as_likely),
        cmocka_unit_test(narrower_masks_are_as_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
