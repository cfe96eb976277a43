/* Tests of the library's face. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audio/sound.h"
#include "model/attune.h"
#include "model/kernel/team.h"
#include "tests/close.h"
#include "tests/comma.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#include <float.h>
#include <math.h>

#define SECONDS 7
#define CUT "vad = no\nsegment-seconds = 2\npartial-seconds = 0.1\n"

static char *model_path, *recording_path;
static struct sound sound;
static char *heard; /* the lines of sound, "start end text\n" each */

/* What a stream's lines are, for the caller to free. */
static char *take_lines(struct attune_stream *stream)
{
    const struct attune_line *line;
    size_t size;
    char *text;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    while ((line = attune_next(stream)))
        fprintf(out, "%.4f %.4f %s\n", line->start_s, line->end_s, line->text);
    assert_int_equal(fclose(out), 0);
    return text;
}

static struct attune_model *open_model(const char *settings)
{
    struct attune_model *model;
    if (attune_open(&model, model_path, settings))
        fail_msg("%s", attune_error());
    return model;
}

/* The lines of sound in blocks, for the caller to free. */
static char *hear(const struct attune_model *model, size_t block)
{
    struct attune_stream *stream;
    assert_int_equal(attune_start(&stream, model), 0);
    for (size_t i = 0; i < sound.count; i += block) {
        size_t left = sound.count - i;
        assert_int_equal(
            attune_feed(stream, sound.samples + i, left < block ? left : block),
            0);
    }
    assert_int_equal(attune_end(stream), 0);
    char *text = take_lines(stream);
    attune_stop(stream);
    return text;
}

static int open_all(void **state)
{
    struct checkpoint tiny;
    struct sound_request request = {.rate_hz = RECORDING_RATE_HZ};
    if (scratch_open(state))
        return -1;
    tiny_model(&tiny, CMVN_UTTERANCE);
    model_path = strdup(scratch_path("model"));
    assert_ok(checkpoint_write(model_path, &tiny));
    checkpoint_free(&tiny);
    recording_path =
        strdup(recording_write("r.wav", SECONDS * RECORDING_RATE_HZ, 3));
    assert_ok(sound_read(&sound, recording_path, &request));
    struct attune_model *model = open_model(CUT);
    heard = hear(model, sound.count);
    attune_close(model);
    return 0;
}

static int close_all(void **state)
{
    free(heard);
    free(model_path);
    free(recording_path);
    sound_free(&sound);
    return scratch_close(state);
}

static void lines_do_not_depend_on_the_blocks(void **state)
{
    (void)state;
    static const size_t blocks[] = {1, 160, 7919};
    struct attune_model *model = open_model(CUT);
    assert_int_equal(attune_rate_hz(model), RECORDING_RATE_HZ);
    size_t lines = 0;
    for (const char *p = heard; *p; p++)
        lines += *p == '\n';
    assert_true(lines >= 3); /* or this says nothing */
    for (size_t i = 0; i < 3; i++) {
        char *again = hear(model, blocks[i]);
        assert_string_equal(again, heard);
        free(again);
    }
    attune_close(model);
}

static void lines_are_in_order_and_within_the_recording(void **state)
{
    (void)state;
    double before_s = 0;
    for (const char *p = heard; *p; p = strchr(p, '\n') + 1) {
        double start_s, end_s;
        char text[512];
        assert_int_equal(sscanf(p, "%lf %lf %511[^\n]", &start_s, &end_s, text),
                         3);
        assert_true(before_s <= start_s && start_s < end_s);
        before_s = end_s;
    }
    assert_true(SECONDS - 1 < before_s && before_s <= SECONDS);
}

static void the_settings_count(void **state)
{
    (void)state;
    struct attune_model *model = open_model("vad = no\nsegment-seconds = 3");
    char *other = hear(model, sound.count);
    assert_string_not_equal(other, heard);
    free(other);
    attune_close(model);
    /* And without any they are those of attune transcribe. */
    model = open_model(NULL);
    other = hear(model, sound.count);
    attune_close(model);
    model = open_model("vad = yes\npause = 0.5\nspeech-threshold = 6\n"
                       "segment-seconds = 20\n");
    char *again = hear(model, sound.count);
    assert_string_equal(again, other);
    assert_true(again[0]);
    free(again);
    free(other);
    attune_close(model);
}

static void a_decimal_comma_changes_nothing(void **state)
{
    (void)state;
    static const char settings[] =
        CUT "beam = 4\nbeam-threshold = 1.5\nhotwords = ab:1.5, cd:0.5\n";
    struct attune_model *model = open_model(settings);
    char *wanted = hear(model, 4000);
    attune_close(model);
    if (!comma_begin()) {
        free(wanted);
        skip();
    }
    model = open_model(settings);
    comma_end();
    char *text = hear(model, 4000);
    assert_string_equal(text, wanted);
    free(text);
    free(wanted);
    attune_close(model);
}

static void a_file_is_the_lines_with_spaces_between(void **state)
{
    (void)state;
    struct attune_model *model = open_model(CUT);
    struct attune_stream *stream;
    const struct attune_line *line;
    char *text, expected[4096] = "";
    assert_int_equal(attune_start(&stream, model), 0);
    assert_int_equal(attune_feed(stream, sound.samples, sound.count), 0);
    assert_int_equal(attune_end(stream), 0);
    while ((line = attune_next(stream)))
        snprintf(expected + strlen(expected),
                 sizeof expected - strlen(expected), "%s%s",
                 expected[0] ? " " : "", line->text);
    attune_stop(stream);
    assert_int_equal(attune_transcribe_file(&text, model, recording_path), 0);
    assert_string_equal(text, expected);
    free(text);
    attune_close(model);
}

#define THREADS 4

struct job {
    const struct attune_model *model;
    char *texts[THREADS];
};

static void hear_one(void *context, size_t index, int worker)
{
    struct job *job = context;
    (void)worker;
    job->texts[index] = hear(job->model, 400 + 100 * index);
}

static void threads_share_a_model(void **state)
{
    (void)state;
    struct attune_model *model = open_model(CUT);
    struct job job = {.model = model};
    struct team *team;
    assert_ok(team_open(&team, THREADS));
    team_run(team, hear_one, &job, THREADS);
    team_close(team);
    for (size_t i = 0; i < THREADS; i++) {
        assert_string_equal(job.texts[i], heard);
        free(job.texts[i]);
    }
    attune_close(model);
}

static void what_is_not_over_is_heard_as_it_grows(void **state)
{
    (void)state;
    struct attune_model *model = open_model("vad = no\npartial-seconds = 0.1");
    struct attune_stream *stream;
    const char *text;
    size_t news = 0;
    assert_int_equal(attune_start(&stream, model), 0);
    assert_int_equal(attune_partial(&text, stream), 0);
    assert_null(text);
    for (size_t i = 0; i + 1600 <= sound.count; i += 1600) {
        assert_int_equal(attune_feed(stream, sound.samples + i, 1600), 0);
        assert_int_equal(attune_partial(&text, stream), 0);
        news += text && text[0];
        assert_int_equal(attune_partial(&text, stream), 0);
        assert_null(text); /* no more was said */
    }
    assert_true(news > 5);
    attune_stop(stream);
    attune_close(model);
}

static void refused(int code, int wanted, const char *piece)
{
    assert_int_equal(code, wanted);
    if (!strstr(attune_error(), piece))
        fail_msg("\"%s\" lacks \"%s\"", attune_error(), piece);
}

static void what_cannot_be_opened_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct attune_model *model = (struct attune_model *)state;
    const char *words = scratch_text("words", "only words in a file");
    refused(attune_open(&model, scratch_path("absent"), NULL), ATTUNE_SYSTEM,
            "absent: cannot be opened");
    assert_null(model);
    refused(attune_open(&model, words, NULL), ATTUNE_INPUT, "words: ");
    assert_null(model);
    refused(attune_open(&model, model_path, "vad = no\nvolume = 11\n"),
            ATTUNE_INPUT, "settings:2: unknown setting \"volume\"");
    refused(attune_open(&model, model_path, "pause = long"), ATTUNE_INPUT,
            "settings:1: pause: \"long\" is not a number");
    refused(attune_open(&model, model_path, "raw = 8000"), ATTUNE_INPUT,
            "8000");
    model = open_model(NULL);
    char *text = (char *)state;
    refused(attune_transcribe_file(&text, model, words), ATTUNE_INPUT,
            "words: ");
    assert_null(text);
    attune_close(model);
    attune_close(NULL);
    attune_stop(NULL);
}

static void samples_that_are_refused_leave_the_stream_as_it_was(void **state)
{
    (void)state;
    struct attune_model *model = open_model(CUT);
    struct attune_stream *stream;
    char *alone = hear(model, sound.count);
    float bad[] = {0.5f, 0.5f, NAN};
    assert_int_equal(attune_start(&stream, model), 0);
    assert_int_equal(attune_feed(stream, sound.samples, 9000), 0);
    refused(attune_feed(stream, bad, 3), ATTUNE_INPUT, "sample 2 of the block");
    bad[2] = INFINITY;
    refused(attune_feed(stream, bad, 3), ATTUNE_INPUT, "is inf");
    assert_int_equal(
        attune_feed(stream, sound.samples + 9000, sound.count - 9000), 0);
    assert_int_equal(attune_feed(stream, NULL, 0), 0);
    assert_int_equal(attune_end(stream), 0);
    refused(attune_feed(stream, sound.samples, 1), ATTUNE_INPUT,
            "fed after its end");
    assert_int_equal(attune_end(stream), 0);
    char *text = take_lines(stream);
    assert_string_equal(text, alone);
    assert_null(attune_next(stream));
    free(text);
    free(alone);
    attune_stop(stream);
    attune_close(model);
}

static void nothing_fed_says_nothing(void **state)
{
    (void)state;
    struct attune_model *model = open_model(NULL);
    struct attune_stream *stream;
    assert_int_equal(attune_start(&stream, model), 0);
    assert_null(attune_next(stream));
    assert_int_equal(attune_end(stream), 0);
    assert_null(attune_next(stream));
    attune_stop(stream);
    attune_close(model);
}

/* Worker 1 fails, worker 0 does not. */
static void fail_one(void *context, size_t index, int worker)
{
    char(*errors)[512] = context;
    struct attune_model *model;
    (void)index;
    if (worker && !attune_open(&model, "/absent", NULL))
        attune_close(model);
    snprintf(errors[worker], sizeof errors[worker], "%s", attune_error());
}

static void an_error_is_of_the_thread_that_met_it(void **state)
{
    (void)state;
    struct attune_model *model;
    struct team *team;
    static char errors[2][512];
    refused(attune_open(&model, "/elsewhere", NULL), ATTUNE_SYSTEM,
            "elsewhere");
    assert_ok(team_open(&team, 2));
    while (!errors[0][0] || !errors[1][0])
        team_run(team, fail_one, errors, 2);
    team_close(team);
    assert_non_null(strstr(errors[0], "/elsewhere: "));
    assert_non_null(strstr(errors[1], "/absent: "));
    assert_non_null(strstr(attune_error(), "/elsewhere: "));
}

/* Volatile, so that the product is made at run time. */
static void the_callers_denormals_are_left_alone(void **state)
{
    (void)state;
    volatile float small = FLT_MIN, half = 0.5f;
    struct attune_model *model = open_model(CUT);
    free(hear(model, 4000));
    assert_true(small * half > 0);
    attune_close(model);
}

static void the_library_says_its_version(void **state)
{
    (void)state;
    assert_string_equal(attune_version(), ATTUNE_VERSION);
    const char *name = attune_faster_kernels();
    assert_true(!name || name[0]);
    assert_int_equal(setenv("OPENBLAS_CORETYPE", "Haswell", 1), 0);
    assert_null(attune_faster_kernels());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_do_not_depend_on_the_blocks),
        cmocka_unit_test(lines_are_in_order_and_within_the_recording),
        cmocka_unit_test(the_settings_count),
        cmocka_unit_test(a_decimal_comma_changes_nothing),
        cmocka_unit_test(a_file_is_the_lines_with_spaces_between),
        cmocka_unit_test(threads_share_a_model),
        cmocka_unit_test(what_is_not_over_is_heard_as_it_grows),
        cmocka_unit_test(what_cannot_be_opened_is_refused_with_the_reason),
        cmocka_unit_test(samples_that_are_refused_leave_the_stream_as_it_was),
        cmocka_unit_test(nothing_fed_says_nothing),
        cmocka_unit_test(an_error_is_of_the_thread_that_met_it),
        cmocka_unit_test(the_callers_denormals_are_left_alone),
        cmocka_unit_test(the_library_says_its_version),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
