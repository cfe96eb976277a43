/* Tests of the library's face while memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#include <math.h>

#include "tests/fault.h"

#include "audio/sound.c"
#include "audio/sound_read.c"
#include "model/text/tokens.c"
#include "model/ctc/words.c"
#include "model/voice.c"
#include "model/recogniser.c"
#include "model/stream.c"
#undef BLOCK_S
#include "model/attune.c"

#define SETTINGS "vad = no\nsegment-seconds = 1\n"

/* All of the library's calls; their first failure. */
static int use_all(char **text, const char *model_path, const char *path)
{
    struct attune_model *model;
    struct attune_stream *stream = NULL;
    float samples[4000] = {0};
    const char *partial;
    int code = attune_open(&model, model_path, SETTINGS);
    *text = NULL;
    if (!code)
        code = attune_transcribe_file(text, model, path);
    if (!code)
        code = attune_start(&stream, model);
    for (int i = 0; i < 4 && !code; i++) {
        code = attune_feed(stream, samples, 4000);
        if (!code)
            code = attune_partial(&partial, stream);
    }
    if (!code)
        code = attune_end(stream);
    attune_stop(stream);
    attune_close(model);
    if (code && *text) {
        free(*text);
        *text = NULL;
    }
    return code;
}

static void what_fails_is_said_and_leaves_nothing(void **state)
{
    (void)state;
    struct checkpoint tiny;
    char *text, *model_path = strdup(scratch_path("model"));
    char *path = strdup(recording_write("r.wav", 3 * RECORDING_RATE_HZ, 1));
    tiny_model(&tiny, CMVN_UTTERANCE);
    assert_ok(checkpoint_write(model_path, &tiny));
    checkpoint_free(&tiny);
    long held = fault_held(), n = 0, passed = 0;
    for (;; n++) {
        last_failure.text[0] = '\0';
        fault_at(n);
        int code = use_all(&text, model_path, path);
        if (!code && !fault_happened())
            break;
        if (!code) { /* closing failed, or words were left out of a line */
            passed++;
            free(text);
        } else {
            const char *reason =
                code == ATTUNE_MEMORY ? "out of memory" : "Input/output error";
            assert_non_null(strstr(attune_error(), reason));
            assert_null(text);
        }
        assert_int_equal(fault_held(), held);
    }
    fault_at(-1);
    assert_true(n > 20);
    assert_in_range(passed, 1, 5);
    assert_true(text[0]);
    free(text);
    assert_int_equal(fault_held(), held);
    free(path);
    free(model_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_is_said_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
