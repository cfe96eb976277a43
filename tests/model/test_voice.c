/* Tests of voices: what they said is what speech is normalised by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/voice.h"
#include "tests/close.h"

#define BINS 3
#define MOST 100 /* frames: a second */

static struct settings settings = {.cmvn = CMVN_UTTERANCE, .bins = BINS};

/* Frames that rise, no two speeches the same. */
static struct speech speak(size_t count, int start)
{
    struct speech speech;
    float *frames = malloc(count * BINS * sizeof *frames);
    assert_non_null(frames);
    for (size_t i = 0; i < count * BINS; i++)
        frames[i] = (float)(start + (int)i * (int)i % 7);
    assert_ok(speech_open(&speech, frames, count, BINS, (double)count / 100));
    return speech;
}

static void check_sums(const struct speech *speech, double share,
                       const struct speech *before)
{
    for (int b = 0; b < BINS; b++) {
        double sum = 0, square = 0;
        const struct speech *of[] = {before, speech};
        for (int k = 0; k < 2; k++)
            for (size_t t = 0; t < of[k]->count; t++) {
                double x = (double)of[k]->frames[t * BINS + (size_t)b];
                sum += (k ? 1 : share) * x;
                square += (k ? 1 : share) * x * x;
            }
        assert_close(speech->sums.sum[b], sum, 0, 1e-12);
        assert_close(speech->sums.sum_square[b], square, 0, 1e-12);
    }
    assert_close(speech->sums.count,
                 share * (double)before->count + (double)speech->count, 0,
                 1e-12);
}

static struct voice *open_voice(double history_s)
{
    struct voice *voice;
    assert_ok(voice_open(&voice, &settings, history_s));
    return voice;
}

static void who_has_said_nothing_is_not_known(void **state)
{
    (void)state;
    struct voice *voice = open_voice(1);
    struct speech first = speak(40, 1), none = speak(40, 1);
    none.count = 0;
    voice_tell(&first, voice);
    assert_false(first.known);
    voice_say(&first, voice);
    assert_false(first.known);
    check_sums(&first, 1, &none);
    speech_free(&first);
    speech_free(&none);
    voice_close(voice);
}

static void what_was_said_before_counts(void **state)
{
    (void)state;
    struct voice *voice = open_voice(1);
    struct speech first = speak(40, 1), second = speak(30, 50),
                  other = speak(30, 50);
    voice_say(&first, voice);
    voice_tell(&other, voice); /* which says nothing itself */
    check_sums(&other, 1, &first);
    voice_say(&second, voice);
    assert_true(second.known);
    check_sums(&second, 1, &first);
    speech_free(&first);
    speech_free(&second);
    speech_free(&other);
    voice_close(voice);
}

static void what_is_long_past_counts_no_more_than_the_history(void **state)
{
    (void)state;
    struct voice *voice = open_voice((double)MOST / 100);
    struct speech first = speak(4 * MOST, 1), second = speak(30, 50);
    voice_say(&first, voice);
    assert_close(first.sums.count, 4 * MOST, 0, 0);
    voice_say(&second, voice);
    check_sums(&second, 0.25, &first);
    speech_free(&first);
    speech_free(&second);
    voice_close(voice);
}

static void nothing_is_kept_without_a_history(void **state)
{
    (void)state;
    const int kinds[] = {CMVN_STORED, CMVN_RUNNING, CMVN_UTTERANCE};
    for (int i = 0; i < 3; i++) {
        settings.cmvn = kinds[i];
        struct voice *voice = open_voice(i < 2 ? 10 : 0);
        struct speech first = speak(40, 1), second = speak(30, 50);
        voice_say(&first, voice);
        voice_say(&second, voice);
        assert_false(second.known);
        assert_close(second.sums.count, 30, 0, 0);
        speech_free(&first);
        speech_free(&second);
        voice_close(voice);
    }
    settings.cmvn = CMVN_UTTERANCE;
    voice_close(NULL);
}

static void speakers_are_told_apart_by_their_names(void **state)
{
    (void)state;
    const char *const names[] = {"zoe", "", "amy", "zoe", "bob", "amy"};
    struct voices *voices;
    assert_ok(voices_open(&voices, names, 6, &settings, 10));
    assert_null(voices_find(voices, ""));
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++)
            if (names[i][0] && names[k][0])
                assert_int_equal(voices_find(voices, names[i]) ==
                                     voices_find(voices, names[k]),
                                 !strcmp(names[i], names[k]));
    voices_close(voices);
    assert_ok(voices_open(&voices, names + 1, 1, &settings, 10));
    assert_null(voices_find(voices, ""));
    voices_close(voices);
    assert_ok(voices_open(&voices, NULL, 0, &settings, 10));
    voices_close(voices);
    voices_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_said_nothing_is_not_known),
        cmocka_unit_test(what_was_said_before_counts),
        cmocka_unit_test(what_is_long_past_counts_no_more_than_the_history),
        cmocka_unit_test(nothing_is_kept_without_a_history),
        cmocka_unit_test(speakers_are_told_apart_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
