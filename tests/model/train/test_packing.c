/* Tests of packing a micro-batch into the encoder's input. */
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

#include "tests/fault.h"

#include "model/train/packing.c"

#define COUNT 3
#define BINS 8
#define STRIDE 4
#define WIDTH (BINS * STRIDE)

static struct manifest manifest;
static struct settings usual;
static struct features *features;
static struct features_key all_keys[COUNT * FEATURES_SPEEDS];

static int open_all(void **state)
{
    struct team *team;
    if (scratch_open(state))
        return -1;
    recording_write("a.wav", 8000, 1);
    recording_write("b.wav", 3000, 2);
    recording_write("c.wav", 12000, 3);
    const char *path = scratch_text("t.tsv", "path\na.wav\nb.wav\nc.wav\n");
    settings_default(&usual, VERB_FINETUNE);
    usual.rate = RECORDING_RATE_HZ;
    usual.bins = BINS;
    usual.stride = STRIDE;
    usual.speed = 0.1;
    assert_ok(manifest_read(&manifest, path, false));
    assert_ok(team_open(&team, 1));
    assert_ok(features_open(&features, &manifest, &usual, NULL, NULL));
    assert_ok(features_scan(features, team, NULL));
    team_close(team);
    for (uint32_t i = 0; i < COUNT * FEATURES_SPEEDS; i++)
        all_keys[i] = (struct features_key){i / FEATURES_SPEEDS,
                                            (uint8_t)(i % FEATURES_SPEEDS)};
    features_hold(features, all_keys, COUNT * FEATURES_SPEEDS);
    assert_ok(features_wait(features));
    return 0;
}

static int close_all(void **state)
{
    features_release(features, all_keys, COUNT * FEATURES_SPEEDS);
    features_close(features);
    manifest_free(&manifest);
    return scratch_close(state);
}

static void assert_frames(const struct packing *p, size_t i,
                          struct features_key key, size_t first)
{
    size_t frames;
    const float *x = features_get(&frames, features, key);
    size_t rows = p->starts[i + 1] - p->starts[i];
    assert_int_equal(p->first[i], first);
    assert_true((first + rows) * STRIDE <= frames);
    const real *got = p->input + p->starts[i] * WIDTH;
    for (size_t k = 0; k < rows * WIDTH; k++)
        assert_true(got[k] == (real)x[first * WIDTH + k]);
}

static void items_lie_end_to_end(void **state)
{
    (void)state;
    struct packing p;
    const struct batch_item items[4] = {
        {.key = {2, 0}, .rows = 30},
        {.key = {0, 0}, .first = 3, .rows = 9},
        {.key = {1, 2}, .rows = 100},
        {.key = {0, 0}, .first = 999, .rows = 5}};
    assert_ok(packing_open(&p, 200, 4, WIDTH));
    packing_fill(&p, items, 4, features, &usual, NULL);
    size_t frames, whole = features_rows(features, 0);
    features_get(&frames, features, items[2].key);
    assert_int_equal(p.pack.utterances, 4);
    assert_ptr_equal(p.pack.starts, p.starts);
    assert_int_equal(p.starts[0], 0);
    assert_int_equal(p.starts[1], 30);
    assert_int_equal(p.starts[2], 39);
    /* No more rows than there are, wherever it was to begin. */
    assert_int_equal(p.starts[3], 39 + frames / STRIDE);
    assert_int_equal(p.starts[4], p.starts[3] + 5);
    assert_int_equal(p.pack.rows, p.starts[4]);
    assert_frames(&p, 0, items[0].key, 0);
    assert_frames(&p, 1, items[1].key, 3);
    assert_frames(&p, 2, items[2].key, 0);
    assert_frames(&p, 3, items[3].key, whole - 5);
    packing_close(&p);
    packing_close(&p);
}

static void augmentation_is_by_seed_pass_view_and_recording(void **state)
{
    (void)state;
    struct packing p;
    const struct augment_settings masks = {.time_masks = 2,
                                           .time_width = 20,
                                           .time_share = 0.5,
                                           .frequency_masks = 1,
                                           .frequency_width = 3};
    struct settings s = usual;
    real *kept[5];
    struct batch_item items[2] = {{.key = {1, 0}, .rows = 4},
                                  {.key = {2, 0}, .rows = 30}};
    size_t bytes = 30 * WIDTH * sizeof(real);
    assert_ok(packing_open(&p, 34, 2, WIDTH));
    for (int i = 0; i < 5; i++) {
        s.seed = i == 2 ? 8 : 7;
        items[1].pass = i == 3;
        items[1].view = i == 4;
        /* Once behind another, once alone. */
        packing_fill(&p, items + (i == 1), i == 1 ? 1 : 2, features, &s,
                     &masks);
        kept[i] = malloc(bytes);
        memcpy(kept[i], p.input + (i == 1 ? 0 : 4) * WIDTH, bytes);
    }
    assert_memory_equal(kept[0], kept[1], bytes);
    assert_true(memcmp(kept[0], kept[2], bytes));
    assert_true(memcmp(kept[0], kept[3], bytes));
    assert_true(memcmp(kept[0], kept[4], bytes));
    for (int i = 0; i < 5; i++)
        free(kept[i]);
    packing_close(&p);
    assert_int_equal(fault_held(), 0);
}

static void without_memory_there_is_no_packing(void **state)
{
    (void)state;
    long failures = 0;
    for (;; failures++) {
        struct packing p;
        fault_at(failures);
        struct status status = packing_open(&p, 10, 2, WIDTH);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(status_failed(&status), happened);
        assert_int_equal(p.input == NULL, happened);
        packing_close(&p);
        assert_int_equal(fault_held(), 0);
        if (!happened)
            break;
    }
    assert_int_equal(failures, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_lie_end_to_end),
        cmocka_unit_test(augmentation_is_by_seed_pass_view_and_recording),
        cmocka_unit_test(without_memory_there_is_no_packing),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
