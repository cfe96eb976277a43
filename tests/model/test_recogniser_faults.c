/* Tests of the recogniser when memory runs out. */
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
#include "tests/hear.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#include "tests/fault.h"

#include "model/recogniser.c"
#include "model/voice.c"

#define COUNT 3

/* Opens a model, hears recordings and closes it; lines are empty
 * unless all went well. */
static struct status hear(struct transcript_line *lines,
                          const struct sound *sounds, const char *path)
{
    static const struct settings int8 = {.precision = PRECISION_INT8};
    struct recogniser *recogniser;
    struct recogniser_state *state = NULL;
    struct status status = recogniser_open(&recogniser, path, &int8);
    memset(lines, 0, COUNT * sizeof *lines);
    if (!status_failed(&status))
        status = recogniser_start(&state, recogniser);
    for (size_t i = 0; i < COUNT && !status_failed(&status); i++)
        status = hear_line(&lines[i], state, &sounds[i], 0);
    for (size_t i = 0; i < COUNT && status_failed(&status); i++)
        transcript_free_line(&lines[i]);
    recogniser_finish(state);
    recogniser_close(recogniser);
    return status;
}

static void without_memory_nothing_is_said_and_nothing_left(void **state)
{
    (void)state;
    static float samples[COUNT][4000];
    struct sound sounds[COUNT];
    struct checkpoint model;
    const char *path = scratch_path("model");
    size_t failures = 0;
    tiny_model(&model, CMVN_UTTERANCE);
    assert_ok(checkpoint_write(path, &model));
    checkpoint_free(&model);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t t = 0; t < 4000; t++)
            samples[i][t] = (float)(t * (i + 3) % 17) / 20 - 0.4f;
        sounds[i] = (struct sound){samples[i], 4000, RECORDING_RATE_HZ};
    }
    for (long n = 0;; n++) {
        struct transcript_line lines[COUNT];
        fault_at(n);
        struct status status = hear(lines, sounds, path);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(fault_held(), 0);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(lines[i].text != NULL, !happened);
            transcript_free_line(&lines[i]);
        }
        if (!happened) {
            assert_ok(status);
            break;
        }
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
    }
    assert_int_equal(failures, 12);
}

static int open_all(void **state)
{
    gemm_threads(1);
    return scratch_open(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_nothing_is_said_and_nothing_left),
    };
    return cmocka_run_group_tests(tests, open_all, scratch_close);
}
