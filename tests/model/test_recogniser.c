/* Tests of the recogniser: one model, many threads, recordings of any
 * length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/greedy.h"
#include "model/kernel/gemm.h"
#include "model/kernel/team.h"
#include "model/recogniser.h"
#include "tests/close.h"
#include "tests/hear.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#include <math.h>

#define COUNT 12

static struct sound sounds[COUNT];

static int open_all(void **state)
{
    struct checkpoint model;
    char name[24];
    gemm_threads(1);
    if (scratch_open(state))
        return -1;
    for (int cmvn = CMVN_UTTERANCE; cmvn <= CMVN_STORED; cmvn++) {
        tiny_model(&model, (enum cmvn_kind)cmvn);
        snprintf(name, sizeof name, "model%d", cmvn);
        assert_ok(checkpoint_write(scratch_path(name), &model));
        checkpoint_free(&model);
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct sound_request request = {.rate_hz = RECORDING_RATE_HZ};
        const char *path = recording_write("r.wav", 2000 + 5003 * i % 16000, i);
        assert_ok(sound_read(&sounds[i], path, &request));
    }
    return 0;
}

static int close_all(void **state)
{
    for (size_t i = 0; i < COUNT; i++)
        sound_free(&sounds[i]);
    return scratch_close(state);
}

static struct recogniser *open_model(int cmvn)
{
    char name[24];
    struct recogniser *recogniser;
    snprintf(name, sizeof name, "model%d", cmvn);
    assert_ok(recogniser_open(&recogniser, scratch_path(name), NULL));
    assert_int_equal(recogniser_rate_hz(recogniser), RECORDING_RATE_HZ);
    return recogniser;
}

/* With a state of its own, for the caller to free. */
static char *transcribe(const struct recogniser *recogniser,
                        const struct sound *sound)
{
    struct recogniser_state *own;
    char *text;
    assert_ok(recogniser_start(&own, recogniser));
    assert_ok(hear_text(&text, own, sound));
    recogniser_finish(own);
    return text;
}

static void a_state_serves_recordings_of_any_length(void **state)
{
    (void)state;
    for (int cmvn = CMVN_UTTERANCE; cmvn <= CMVN_STORED; cmvn++) {
        struct recogniser *recogniser = open_model(cmvn);
        struct recogniser_state *own;
        size_t letters = 0;
        assert_ok(recogniser_start(&own, recogniser));
        for (size_t round = 0; round < 2; round++)
            for (size_t i = 0; i < COUNT; i++) {
                char *again, *alone = transcribe(recogniser, &sounds[i]);
                assert_ok(hear_text(&again, own, &sounds[i]));
                assert_string_equal(again, alone);
                letters += strlen(alone);
                free(alone);
                free(again);
            }
        assert_true(letters > 20); /* or this says nothing */
        recogniser_finish(own);
        recogniser_close(recogniser);
    }
}

/* The transcript is what is probable; so a second look finds the same. */
static void probabilities_are_those_that_are_transcribed(void **state)
{
    (void)state;
    struct recogniser *recogniser = open_model(CMVN_UTTERANCE);
    const struct tokens *tokens = recogniser_tokens(recogniser);
    size_t count = (size_t)tokens->count, rows;
    struct recogniser_state *own;
    const real *x;
    assert_ok(recogniser_start(&own, recogniser));
    for (size_t i = 0; i < COUNT; i++) {
        char *want = transcribe(recogniser, &sounds[i]), *text;
        assert_ok(hear_rows(&x, &rows, own, &sounds[i]));
        assert_true(rows > 0);
        for (size_t t = 0; t < rows; t++) {
            double sum = 0;
            for (size_t k = 0; k < count; k++)
                sum += exp((double)x[t * count + k]);
            assert_close(sum, 1, 1e-5, 0);
        }
        int32_t *ids = malloc(rows * sizeof *ids);
        size_t found = greedy_decode(ids, NULL, x, rows, count);
        assert_ok(tokens_join(&text, tokens, ids, found));
        assert_string_equal(text, want);
        free(text);
        free(ids);
        free(want);
    }
    struct sound none = {NULL, 0, RECORDING_RATE_HZ};
    assert_ok(hear_rows(&x, &rows, own, &none));
    assert_int_equal(rows, 0);
    recogniser_finish(own);
    recogniser_close(recogniser);
}

static void the_settings_of_the_model_are_used(void **state)
{
    (void)state;
    int differ = 0;
    struct recogniser *one = open_model(CMVN_UTTERANCE);
    struct recogniser *two = open_model(CMVN_STORED);
    for (size_t i = 0; i < COUNT; i++) {
        char *a = transcribe(one, &sounds[i]), *b = transcribe(two, &sounds[i]);
        differ += strcmp(a, b) != 0;
        free(a);
        free(b);
    }
    assert_true(differ > 0);
    recogniser_close(one);
    recogniser_close(two);
}

struct job {
    const struct recogniser *recogniser;
    struct recogniser_state *states[4]; /* of workers */
    char *texts[4 * COUNT];
    struct status failures[4 * COUNT];
};

static void run(void *context, size_t index, int worker)
{
    struct job *job = context;
    job->failures[index] = hear_text(&job->texts[index], job->states[worker],
                                     &sounds[index % COUNT]);
}

static void threads_share_a_model(void **state)
{
    (void)state;
    struct job job = {.recogniser = open_model(CMVN_RUNNING)};
    struct team *team;
    assert_ok(team_open(&team, 4));
    for (int w = 0; w < 4; w++)
        assert_ok(recogniser_start(&job.states[w], job.recogniser));
    team_run(team, run, &job, 4 * COUNT);
    team_close(team);
    for (size_t i = 0; i < 4 * COUNT; i++) {
        assert_ok(job.failures[i]);
        char *alone = transcribe(job.recogniser, &sounds[i % COUNT]);
        assert_string_equal(job.texts[i], alone);
        free(alone);
        free(job.texts[i]);
    }
    for (int w = 0; w < 4; w++)
        recogniser_finish(job.states[w]);
    recogniser_close((struct recogniser *)job.recogniser);
}

static void what_holds_no_row_says_nothing(void **state)
{
    (void)state;
    struct recogniser *recogniser = open_model(CMVN_UTTERANCE);
    float samples[400] = {0.1f};
    /* Three frames of 25 ms each 10 ms are a row: 360 samples. */
    for (size_t count = 0; count < 360; count += 7) {
        struct sound sound = {samples, count, RECORDING_RATE_HZ};
        char *text = transcribe(recogniser, &sound);
        assert_string_equal(text, "");
        free(text);
    }
    struct sound sound = {samples, 360, RECORDING_RATE_HZ};
    free(transcribe(recogniser, &sound));
    recogniser_close(recogniser);
}

static void silence_and_full_scale_are_transcribed(void **state)
{
    (void)state;
    struct recogniser *recogniser = open_model(CMVN_UTTERANCE);
    static float samples[16000];
    struct sound sound = {samples, 16000, RECORDING_RATE_HZ};
    free(transcribe(recogniser, &sound));
    for (size_t i = 0; i < 16000; i++)
        samples[i] = i / 8 % 2 ? 1 : -1;
    free(transcribe(recogniser, &sound));
    recogniser_close(recogniser);
}

static void lines_have_the_text_and_times_of_the_recording(void **state)
{
    (void)state;
    struct recogniser *recogniser = open_model(CMVN_UTTERANCE);
    struct recogniser_state *own;
    struct transcript_line line;
    const struct sound none = {NULL, 0, RECORDING_RATE_HZ};
    assert_ok(recogniser_start(&own, recogniser));
    for (size_t i = 0; i < COUNT; i++) {
        double begin_s = 10.0 * (double)i;
        char *text = transcribe(recogniser, &sounds[i]);
        assert_ok(hear_line(&line, own, &sounds[i], begin_s));
        assert_string_equal(line.text, text);
        assert_true(line.start_s >= begin_s);
        assert_true(line.end_s < begin_s + 10);
        free(text);
        transcript_free_line(&line);
    }
    assert_ok(hear_line(&line, own, &none, 3));
    assert_int_equal(line.word_count, 0);
    transcript_free_line(&line);
    recogniser_finish(own);
    recogniser_close(recogniser);
}

static void eight_bits_hear_nearly_the_same(void **state)
{
    (void)state;
    struct recogniser *exact = open_model(CMVN_STORED), *rounded;
    struct recogniser_state *one, *two;
    static const struct settings int8 = {.precision = PRECISION_INT8};
    assert_ok(recogniser_open(&rounded, scratch_path("model2"), &int8));
    assert_ok(recogniser_start(&one, exact));
    assert_ok(recogniser_start(&two, rounded));
    for (size_t i = 0; i < COUNT; i++) {
        const real *want, *got;
        size_t rows, same;
        assert_ok(hear_rows(&want, &rows, one, &sounds[i]));
        assert_ok(hear_rows(&got, &same, two, &sounds[i]));
        assert_int_equal(rows, same);
        assert_all_close(got, want, rows * 6, 0.05);
        assert_true(memcmp(got, want, rows * 6 * sizeof *got) != 0);
    }
    recogniser_finish(one);
    recogniser_finish(two);
    recogniser_close(exact);
    recogniser_close(rounded);
}

static void too_long_a_recording_is_refused(void **state)
{
    (void)state;
    struct recogniser *recogniser = open_model(CMVN_UTTERANCE);
    struct recogniser_state *own;
    char *text;
    size_t count = (size_t)(RECOGNISER_LONGEST_S * RECORDING_RATE_HZ) + 1;
    struct sound sound = {NULL, count, RECORDING_RATE_HZ};
    assert_ok(recogniser_start(&own, recogniser));
    assert_refused(hear_text(&text, own, &sound), "600 s long");
    assert_null(text);
    struct transcript_line line;
    assert_refused(hear_line(&line, own, &sound, 0), "600 s long");
    assert_null(line.text);
    recogniser_finish(own);
    recogniser_finish(NULL);
    recogniser_close(recogniser);
    recogniser_close(NULL);
}

static void a_model_without_tokens_is_refused(void **state)
{
    (void)state;
    struct recogniser *recogniser;
    struct checkpoint model;
    tiny_model(&model, CMVN_UTTERANCE);
    struct model_shape shape = model.parameters.shape;
    shape.vocabulary = 0;
    parameters_close(&model.parameters);
    assert_ok(parameters_open(&model.parameters, &shape));
    tokens_free(&model.tokens);
    const char *path = scratch_path("pretrained");
    assert_ok(checkpoint_write(path, &model));
    checkpoint_free(&model);
    assert_refused(recogniser_open(&recogniser, path, NULL),
                   "pretrained only: it has no tokens yet");
    assert_null(recogniser);
    assert_refused(recogniser_open(&recogniser, scratch_path("absent"), NULL),
                   "absent: cannot be opened");
    assert_null(recogniser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_serves_recordings_of_any_length),
        cmocka_unit_test(probabilities_are_those_that_are_transcribed),
        cmocka_unit_test(the_settings_of_the_model_are_used),
        cmocka_unit_test(threads_share_a_model),
        cmocka_unit_test(what_holds_no_row_says_nothing),
        cmocka_unit_test(silence_and_full_scale_are_transcribed),
        cmocka_unit_test(lines_have_the_text_and_times_of_the_recording),
        cmocka_unit_test(eight_bits_hear_nearly_the_same),
        cmocka_unit_test(too_long_a_recording_is_refused),
        cmocka_unit_test(a_model_without_tokens_is_refused),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
