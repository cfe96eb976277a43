/* Tests of streams while memory runs out. (That nothing is left is seen by the
 * address sanitizer: blocks are passed between files.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/gemm.h"
#include "tests/close.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#include "tests/fault.h"

#include "audio/endpoint.c"
#include "model/voice.c"
#undef BLOCK
#include "model/stream.c"

/* The whole way of a recording, once. */
static struct status transcribe(struct transcript_line *line,
                                const struct recogniser *recogniser,
                                const struct sound *sound, struct team *team,
                                struct recogniser_state **states)
{
    struct settings settings;
    struct stream *stream;
    *line = (struct transcript_line){.text = NULL};
    settings_default(&settings, VERB_TRANSCRIBE);
    struct status status = stream_open(&stream, recogniser, NULL, &settings);
    if (status_failed(&status))
        return status;
    status = stream_feed(stream, sound->samples, sound->count);
    if (!status_failed(&status))
        status = stream_finish(stream);
    if (!status_failed(&status))
        stream_transcribe(&status, &stream, 1, team, states);
    if (!status_failed(&status))
        assert_true(stream_next(line, stream));
    stream_close(stream);
    return status;
}

static void memory_that_runs_out_is_said(void **state)
{
    (void)state;
    struct checkpoint model;
    struct recogniser *recogniser;
    struct recogniser_state *states[1];
    struct team *team;
    struct sound sound;
    struct transcript_line line;
    struct sound_request request = {.rate_hz = RECORDING_RATE_HZ};
    long n = 0;
    gemm_threads(1);
    tiny_model(&model, CMVN_UTTERANCE);
    assert_ok(checkpoint_write(scratch_path("model"), &model));
    checkpoint_free(&model);
    assert_ok(recogniser_open(&recogniser, scratch_path("model"), NULL));
    assert_ok(recogniser_start(&states[0], recogniser));
    assert_ok(team_open(&team, 1));
    assert_ok(sound_read(&sound, recording_write("r.wav", 40000, 1), &request));
    while (true) {
        fault_at(n);
        struct status status =
            transcribe(&line, recogniser, &sound, team, states);
        if (!fault_happened()) {
            fault_at(-1);
            assert_ok(status);
            break;
        }
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_null(line.text);
        n++;
    }
    assert_true(n >= 8);
    fault_at(-1);
    transcript_free_line(&line);
    sound_free(&sound);
    team_close(team);
    recogniser_finish(states[0]);
    recogniser_close(recogniser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_runs_out_is_said),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
