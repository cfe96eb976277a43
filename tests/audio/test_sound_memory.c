/* Tests of reading recordings while memory runs out or a disk fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/scratch.h"

#include <math.h>
#include <sndfile.h>

#include "tests/fault.h"

static size_t largest; /* block asked for */

static void *watched(void *block, size_t size)
{
    largest = size > largest ? size : largest;
    return fault_realloc(block, size);
}

#undef realloc
#define realloc(block, size) watched(block, size)

#include "audio/pipe.c"
#undef BLOCK
#include "audio/resample.c"
#include "audio/sound.c"
#include "audio/sound_read.c"

#define FRAMES 200000 /* more than one block */

static const char *write_sound(const char *name)
{
    SF_INFO info = {.samplerate = 16000,
                    .channels = 1,
                    .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    const char *path = scratch_path(name);
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    for (int i = 0; i < FRAMES; i++) {
        float x = (float)sin(0.1 * i);
        assert_int_equal(sf_write_float(file, &x, 1), 1);
    }
    assert_int_equal(sf_close(file), 0);
    return path;
}

static void what_fails_leaves_nothing(void **state)
{
    (void)state;
    static const struct sound_request requests[] = {{.rate_hz = 0},
                                                    {.rate_hz = 8000}};
    const char *path = write_sound("good.wav");
    for (int i = 0; i < 2; i++) {
        struct sound sound;
        long n = 0;
        while (true) {
            fault_at(n);
            struct status status = sound_read(&sound, path, &requests[i]);
            if (!status_failed(&status) && fault_happened()) {
                sound_free(&sound); /* closing failed: all was read */
            } else if (!status_failed(&status)) {
                fault_at(-1);
                break;
            } else if (status.code != STATUS_MEMORY) {
                assert_non_null(strstr(status.text, "good.wav: Input/output"));
            }
            assert_null(sound.samples);
            assert_int_equal(sound.count, 0);
            assert_int_equal(fault_held(), 0);
            n++;
        }
        assert_true(n >= 3);
        assert_int_equal(fault_held(), 1);
        sound_free(&sound);
        sound_free(&sound);
        assert_int_equal(fault_held(), 0);
    }
}

/* Memory for what this header claims would be 8 GB. */
static void a_lying_header_costs_no_memory(void **state)
{
    (void)state;
    const struct sound_request whole = {.rate_hz = 0};
    struct sound sound;
    size_t count;
    char *wav = scratch_read(&count, write_sound("lying.wav"));
    for (int claim = 0; claim < 2; claim++) {
        memcpy(wav + 4, claim ? "\xff\xff\xff\xff" : "\0\0\xfe\xff", 4);
        memcpy(wav + 40, claim ? "\xff\xff\xff\xff" : "\0\0\xfe\xff", 4);
        const char *path = scratch_write("lying.wav", wav, count);
        largest = 0;
        if (claim) {
            assert_ok(sound_read(&sound, path, &whole));
            assert_int_equal(sound.count, FRAMES);
        } else {
            assert_refused(sound_read(&sound, path, &whole), "truncated");
        }
        assert_true(largest <= 2 * sizeof(float) * FRAMES);
        sound_free(&sound);
    }
    free(wav);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_leaves_nothing),
        cmocka_unit_test(a_lying_header_costs_no_memory),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
