/* Tests of streams: the same lines from blocks of any size, together and
 * alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/endpoint.h"
#include "model/kernel/gemm.h"
#include "model/stream.h"
#include "tests/close.h"
#include "tests/hear.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#define RATE RECORDING_RATE_HZ
#define WORKERS 4
#define LINES 64

static struct settings settings;
static struct recogniser *recogniser;
static struct team *team;
static struct recogniser_state *states[WORKERS];

/* A talk: utterances of 0.5 to 3 s, and between them what is left of 4 s. */
static float *talk;
static size_t talk_count;

static int open_all(void **state)
{
    struct checkpoint model;
    gemm_threads(1);
    if (scratch_open(state))
        return -1;
    settings_default(&settings, VERB_TRANSCRIBE);
    tiny_model(&model, CMVN_UTTERANCE);
    assert_ok(checkpoint_write(scratch_path("model"), &model));
    checkpoint_free(&model);
    assert_ok(recogniser_open(&recogniser, scratch_path("model"), NULL));
    assert_ok(team_open(&team, WORKERS));
    for (int w = 0; w < WORKERS; w++)
        assert_ok(recogniser_start(&states[w], recogniser));
    talk_count = 12 * 4 * RATE;
    talk = calloc(talk_count, sizeof *talk);
    assert_non_null(talk);
    for (size_t i = 0; i < 12; i++) {
        struct sound sound;
        struct sound_request request = {.rate_hz = RATE};
        size_t count = RATE / 2 + i * 5003 % (5 * RATE / 2);
        assert_ok(
            sound_read(&sound, recording_write("r.wav", count, i), &request));
        memcpy(talk + 4 * RATE * i, sound.samples, count * sizeof *talk);
        sound_free(&sound);
    }
    return 0;
}

static int close_all(void **state)
{
    free(talk);
    for (int w = 0; w < WORKERS; w++)
        recogniser_finish(states[w]);
    team_close(team);
    recogniser_close(recogniser);
    return scratch_close(state);
}

static struct stream *open_stream_of(struct voice *voice)
{
    struct stream *stream;
    assert_ok(stream_open(&stream, recogniser, voice, &settings));
    return stream;
}

static struct stream *open_stream(void)
{
    return open_stream_of(NULL);
}

static void transcribe(struct stream *const *streams, size_t count)
{
    struct status statuses[3];
    stream_transcribe(statuses, streams, count, team, states);
    for (size_t i = 0; i < count; i++)
        assert_ok(statuses[i]);
}

static void feed(struct stream *stream, size_t most, uint32_t bits)
{
    for (size_t at = 0; at < talk_count;) {
        bits = bits * 1664525u + 1013904223u;
        size_t some = 1 + (bits >> 8) % most;
        some = some < talk_count - at ? some : talk_count - at;
        assert_ok(stream_feed(stream, talk + at, some));
        at += some;
        if ((bits >> 16) % 5 == 0)
            transcribe(&stream, 1);
    }
    assert_ok(stream_finish(stream));
}

static size_t take(struct transcript_line *lines, struct stream *stream)
{
    size_t count = 0;
    while (count < LINES && stream_next(&lines[count], stream))
        count++;
    for (size_t i = 0; i < count; i++) {
        assert_true(lines[i].text[0]);
        assert_true(lines[i].start_s < lines[i].end_s);
        if (i)
            assert_true(lines[i].start_s >= lines[i - 1].end_s);
    }
    return count;
}

static void drop(struct transcript_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        transcript_free_line(&lines[i]);
}

static struct voice *open_voice(double history_s)
{
    struct voice *voice;
    assert_ok(voice_open(&voice, recogniser_settings(recogniser), history_s));
    return voice;
}

static struct transcript_line hear(const struct segment *segment,
                                   struct voice *voice)
{
    const struct sound sound = {.samples = talk + segment->begin,
                                .count = segment->end - segment->begin,
                                .rate_hz = RATE};
    struct transcript_line line;
    struct speech speech;
    assert_ok(recogniser_listen(&speech, states[0], &sound));
    voice_say(&speech, voice);
    assert_ok(recogniser_hear(&line, states[0], &speech,
                              (double)segment->begin / RATE));
    speech_free(&speech);
    return line;
}

/* What the segments of the talk say, one after the other. */
static size_t expect_of(struct transcript_line *lines, struct voice *voice)
{
    const struct endpoint_settings detection = {
        .rate_hz = RATE,
        .everything = !settings.vad,
        .threshold_db = settings.speech_threshold,
        .pause_s = settings.pause,
        .longest_s = settings.segment_seconds};
    struct endpoint *endpoint;
    struct segment segment;
    size_t count = 0;
    assert_ok(endpoint_open(&endpoint, &detection));
    assert_ok(endpoint_push(endpoint, talk, talk_count));
    assert_ok(endpoint_finish(endpoint));
    while (endpoint_next(&segment, endpoint)) {
        lines[count] = hear(&segment, voice);
        if (lines[count].word_count)
            count++;
        else
            transcript_free_line(&lines[count]);
    }
    endpoint_close(endpoint);
    return count;
}

static size_t expect(struct transcript_line *lines)
{
    struct voice *voice = open_voice(settings.cmvn_history);
    size_t count = expect_of(lines, voice);
    voice_close(voice);
    return count;
}

static void check_same(const struct transcript_line *lines,
                       const struct transcript_line *others, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(lines[i].text, others[i].text);
        assert_close(lines[i].start_s, others[i].start_s, 0, 0);
        assert_close(lines[i].end_s, others[i].end_s, 0, 0);
    }
}

static void blocks_of_any_size_give_the_same_lines(void **state)
{
    (void)state;
    static const size_t sizes[] = {50, 999, 20000, 1000000};
    struct transcript_line wanted[LINES], lines[LINES];
    size_t count = expect(wanted);
    assert_in_range(count, 8, 12);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct stream *stream = open_stream();
        feed(stream, sizes[i], (uint32_t)i);
        transcribe(&stream, 1);
        assert_close(stream_waiting_s(stream), 0, 0, 0);
        assert_close(stream_length_s(stream), 48, 0, 0);
        assert_int_equal(take(lines, stream), count);
        check_same(lines, wanted, count);
        drop(lines, count);
        stream_close(stream);
    }
    drop(wanted, count);
}

static void streams_are_transcribed_together_as_alone(void **state)
{
    (void)state;
    struct transcript_line wanted[LINES], lines[LINES];
    struct stream *streams[3];
    size_t count = expect(wanted);
    for (int i = 0; i < 3; i++)
        streams[i] = open_stream();
    assert_ok(stream_feed(streams[0], talk, talk_count));
    assert_ok(stream_feed(streams[2], talk, talk_count));
    assert_ok(stream_finish(streams[0]));
    assert_true(stream_waiting_s(streams[0]) > 10);
    transcribe(streams, 3);
    assert_ok(stream_finish(streams[2]));
    assert_ok(stream_finish(streams[1]));
    transcribe(streams, 3);
    for (int i = 0; i < 3; i++) {
        size_t found = take(lines, streams[i]);
        assert_int_equal(found, i == 1 ? 0 : count);
        check_same(lines, wanted, found);
        drop(lines, found);
        stream_close(streams[i]);
    }
    drop(wanted, count);
}

/* Whether any line has another text. */
static bool differ(const struct transcript_line *lines, size_t count,
                   const struct transcript_line *others, size_t other_count)
{
    size_t same = 0;
    while (same < count && same < other_count &&
           !strcmp(lines[same].text, others[same].text))
        same++;
    return same < count || same < other_count;
}

static void what_was_heard_before_counts(void **state)
{
    (void)state;
    struct transcript_line wanted[LINES], lines[LINES];
    const struct settings usual = settings;
    size_t count = expect(wanted);
    settings.cmvn_history = 0;
    struct stream *stream = open_stream();
    feed(stream, 5000, 1);
    transcribe(&stream, 1);
    size_t found = take(lines, stream);
    stream_close(stream);
    assert_true(differ(lines, found, wanted, count));
    assert_string_equal(lines[0].text, wanted[0].text);
    drop(lines, found);
    drop(wanted, count);
    settings = usual;
}

static void streams_of_one_voice_go_on(void **state)
{
    (void)state;
    struct transcript_line wanted[2][LINES], lines[LINES];
    struct stream *streams[2];
    size_t counts[2];
    struct voice *voice = open_voice(settings.cmvn_history);
    for (int i = 0; i < 2; i++)
        counts[i] = expect_of(wanted[i], voice);
    assert_true(differ(wanted[0], counts[0], wanted[1], counts[1]));
    voice_close(voice);
    voice = open_voice(settings.cmvn_history);
    for (int i = 0; i < 2; i++) {
        streams[i] = open_stream_of(voice);
        assert_ok(stream_feed(streams[i], talk, talk_count));
        assert_ok(stream_finish(streams[i]));
    }
    transcribe(streams, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(take(lines, streams[i]), counts[i]);
        check_same(lines, wanted[i], counts[i]);
        drop(lines, counts[i]);
        drop(wanted[i], counts[i]);
        stream_close(streams[i]);
    }
    voice_close(voice);
}

static void a_stream_that_fails_keeps_back_no_other(void **state)
{
    (void)state;
    struct transcript_line wanted[LINES], lines[LINES];
    struct stream *streams[3];
    struct status statuses[3];
    const struct settings usual = settings;
    size_t count = expect(wanted);
    streams[0] = open_stream();
    streams[2] = open_stream();
    settings.vad = 0;
    settings.segment_seconds = 2 * RECOGNISER_LONGEST_S;
    streams[1] = open_stream();
    settings = usual;
    for (double fed_s = 0; fed_s <= RECOGNISER_LONGEST_S; fed_s += 48)
        assert_ok(stream_feed(streams[1], talk, talk_count));
    for (int i = 0; i < 3; i += 2)
        assert_ok(stream_feed(streams[i], talk, talk_count));
    for (int i = 0; i < 3; i++)
        assert_ok(stream_finish(streams[i]));
    stream_transcribe(statuses, streams, 3, team, states);
    assert_refused(statuses[1], "s long");
    for (int i = 0; i < 3; i += 2) {
        assert_ok(statuses[i]);
        assert_int_equal(take(lines, streams[i]), count);
        check_same(lines, wanted, count);
        drop(lines, count);
    }
    for (int i = 0; i < 3; i++)
        stream_close(streams[i]);
    drop(wanted, count);
}

static void without_detection_all_is_one_piece(void **state)
{
    (void)state;
    struct transcript_line line;
    const struct settings usual = settings;
    settings.vad = 0;
    settings.segment_seconds = 600;
    struct stream *stream = open_stream();
    feed(stream, 3000, 5);
    transcribe(&stream, 1);
    assert_true(stream_next(&line, stream));
    const struct sound sound = {talk, talk_count, RATE};
    char *text;
    assert_ok(hear_text(&text, states[0], &sound));
    assert_string_equal(line.text, text);
    assert_in_range(line.end_s, 40, 48);
    free(text);
    transcript_free_line(&line);
    assert_false(stream_next(&line, stream));
    stream_close(stream);
    settings = usual;
}

static void what_is_heard_so_far_is_told(void **state)
{
    (void)state;
    struct stream *stream = open_stream();
    char *text;
    size_t told = 0;
    for (size_t at = 0; at < talk_count; at += 400) {
        assert_ok(stream_feed(stream, talk + at, 400));
        assert_ok(stream_partial(&text, stream, states[0]));
        told += text != NULL;
        if (text) {
            free(text);
            assert_ok(stream_partial(&text, stream, states[0]));
            assert_null(text); /* no news */
        }
    }
    assert_in_range(told, 12, 60);
    stream_close(stream);
}

/* Where speech goes on is seen a little later than it is fed. */
static void what_is_heard_so_far_may_be_the_longest(void **state)
{
    (void)state;
    char *text;
    const struct settings usual = settings;
    settings.vad = 0;
    settings.segment_seconds = RECOGNISER_LONGEST_S;
    struct stream *stream = open_stream();
    for (int i = 0; i < 12; i++)
        assert_ok(stream_feed(stream, talk, talk_count));
    assert_ok(stream_feed(stream, talk, 24 * RATE + RATE / 25));
    assert_ok(stream_partial(&text, stream, states[0]));
    assert_non_null(text);
    free(text);
    stream_close(stream);
    settings = usual;
}

static void a_stream_of_nothing_says_nothing(void **state)
{
    (void)state;
    struct transcript_line line;
    float zeros[100] = {0};
    for (size_t count = 0; count <= 100; count += 100) {
        struct stream *stream = open_stream();
        assert_ok(stream_feed(stream, zeros, count));
        assert_ok(stream_finish(stream));
        transcribe(&stream, 1);
        assert_false(stream_next(&line, stream));
        stream_close(stream);
    }
    stream_close(open_stream());
    stream_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_any_size_give_the_same_lines),
        cmocka_unit_test(streams_are_transcribed_together_as_alone),
        cmocka_unit_test(what_was_heard_before_counts),
        cmocka_unit_test(streams_of_one_voice_go_on),
        cmocka_unit_test(a_stream_that_fails_keeps_back_no_other),
        cmocka_unit_test(without_detection_all_is_one_piece),
        cmocka_unit_test(what_is_heard_so_far_is_told),
        cmocka_unit_test(what_is_heard_so_far_may_be_the_longest),
        cmocka_unit_test(a_stream_of_nothing_says_nothing),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
