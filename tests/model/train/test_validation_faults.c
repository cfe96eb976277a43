/* Tests of validation when memory runs out. */
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

#include "tests/fault.h"

#include "model/train/validation.c"

#define ROWS 40

static void validation_without_memory_fails(void **state)
{
    (void)state;
    static char one[] = "a b", two[] = "c";
    char *const texts[2] = {one, two};
    struct checkpoint model;
    struct manifest manifest;
    struct ranks ranks;
    struct validation_worker worker;
    struct packing packing;
    struct features *features;
    struct team *team;
    long failures = 0;
    tiny_model(&model, CMVN_UTTERANCE);
    recording_write("a.wav", 4000, 1);
    recording_write("b.wav", 6000, 2);
    const char *path = scratch_text("t.tsv", "path\na.wav\nb.wav\n");
    assert_ok(manifest_read(&manifest, path, false));
    assert_ok(ranks_open(&ranks));
    assert_ok(team_open(&team, 1));
    assert_ok(features_open(&features, &manifest, &model.settings, NULL, NULL));
    assert_ok(features_scan(features, team, NULL));
    assert_ok(
        encoder_open(&worker.encoder, &model.parameters, ROWS, ROWS, false));
    assert_ok(packing_open(&packing, ROWS, 1, 36));
    worker.packing = &packing;
    worker.logits = calloc(ROWS * 6, sizeof *worker.logits);
    struct validation v = {
        .settings = &model.settings,
        .features = features,
        .texts = texts,
        .count = 2,
        .tokens = &model.tokens,
        .head_weight =
            parameters_find(&model.parameters, "lm_head.weight")->offset,
        .head_bias = parameters_find(&model.parameters, "lm_head.bias")->offset,
        .workers = &worker,
        .team = team,
        .ranks = &ranks};
    for (;; failures++) {
        struct edit_counts words, characters;
        fault_at(failures);
        struct status status =
            validation_run(&words, &characters, &v, model.weights);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(words.reference, happened ? 0 : 3);
        if (!happened) {
            assert_ok(status);
            break;
        }
        assert_int_equal(status.code, STATUS_MEMORY);
    }
    assert_int_equal(failures, 5);
    free(worker.logits);
    packing_close(&packing);
    encoder_close(worker.encoder);
    features_close(features);
    team_close(team);
    ranks_close(&ranks);
    manifest_free(&manifest);
    checkpoint_free(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validation_without_memory_fails),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
