/* Tests of what masked prediction predicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/encoder/encoder.h"
#include "model/kernel/gemm.h"
#include "model/train/targets.h"
#include "tests/close.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#define COUNT 70 /* more than are in memory at a time */
#define BAD 3    /* is no recording */
#define SHORT 5  /* holds no row */
#define WIDTH 36

static struct manifest manifest;
static struct settings settings;
static struct checkpoint model;
static struct quantiser kept; /* none, mostly */

static int open_all(void **state)
{
    char table[4096] = "path\n", name[16];
    gemm_threads(1);
    if (scratch_open(state))
        return -1;
    tiny_model(&model, CMVN_UTTERANCE);
    assert_ok(checkpoint_write(scratch_path("model"), &model));
    for (size_t u = 0; u < COUNT; u++) {
        snprintf(name, sizeof name, "u%zu.wav", u);
        if (u == BAD)
            scratch_text(name, "no recording");
        else
            recording_write(name, u == SHORT ? 100 : 2000 + u * 997 % 4000, u);
        strcat(strcat(table, name), "\n");
    }
    assert_ok(manifest_read(&manifest, scratch_text("t.tsv", table), false));
    return 0;
}

static int close_all(void **state)
{
    manifest_free(&manifest);
    checkpoint_free(&model);
    return scratch_close(state);
}

static void begin(void)
{
    settings_default(&settings, VERB_PRETRAIN);
    settings.rate = RECORDING_RATE_HZ;
    settings.bins = 12;
    settings.stride = 3;
    settings.targets = TARGET_RANDOM_PROJECTION;
    settings.codebooks = 2;
    settings.codes = 16;
    settings.code_width = 4;
    settings.whiten = 8;
    settings.skip_bad = 1;
    settings.cache_mib = 64;
}

/* Targets on workers; *features for the caller to close. */
static struct status open_targets(struct targets *targets,
                                  struct features **features, int workers)
{
    struct team *team;
    assert_ok(team_open(&team, workers));
    assert_ok(features_open(features, &manifest, &settings, NULL, NULL));
    assert_ok(features_scan(*features, team, NULL));
    struct status status =
        targets_open(targets, &manifest, *features, &settings, &kept, team);
    team_close(team);
    return status;
}

static void assert_same_on_workers(void)
{
    struct targets first;
    struct features *features;
    assert_ok(open_targets(&first, &features, 1));
    size_t rows = first.starts[COUNT];
    size_t books = (size_t)first.quantiser.codebooks;
    features_close(features);
    for (int workers = 2; workers <= 3; workers++) {
        struct targets now;
        assert_ok(open_targets(&now, &features, workers));
        assert_memory_equal(now.codes, first.codes,
                            rows * books * sizeof *now.codes);
        assert_memory_equal(now.starts, first.starts,
                            (COUNT + 1) * sizeof *now.starts);
        features_close(features);
        targets_close(&now);
    }
    targets_close(&first);
}

static void codes_of_another_run_can_be_kept(void **state)
{
    (void)state;
    struct targets first, now;
    struct features *features;
    begin();
    assert_ok(open_targets(&first, &features, 1));
    features_close(features);
    size_t bytes = targets_bytes(&first, COUNT);
    for (int keep = 0; keep < 2; keep++) {
        settings.seed = 99;
        kept = keep ? first.quantiser : (struct quantiser){.codes = 0};
        assert_ok(open_targets(&now, &features, 2));
        assert_int_equal(!memcmp(now.codes, first.codes, bytes), keep);
        features_close(features);
        targets_close(&now);
    }
    kept = (struct quantiser){.codes = 0};
    targets_close(&first);
}

static void every_row_has_the_code_of_its_frames(void **state)
{
    (void)state;
    struct targets t;
    struct features *features;
    uint64_t counts[2 * 16] = {0};
    struct codebook_use use;
    begin();
    assert_ok(open_targets(&t, &features, 2));
    assert_int_equal(t.quantiser.codebooks, 2);
    assert_int_equal(t.quantiser.input, WIDTH);
    float *scratch = calloc(quantiser_scratch(&t.quantiser), sizeof *scratch);
    for (size_t u = 0; u < COUNT; u++) {
        const struct features_key key = {(uint32_t)u, 0};
        size_t frames, rows = t.starts[u + 1] - t.starts[u];
        uint16_t want[2 * 60];
        assert_int_equal(rows, features_rows(features, u));
        assert_int_equal(rows == 0, u == BAD || u == SHORT);
        if (!rows)
            continue;
        features_hold(features, &key, 1);
        assert_ok(features_wait(features));
        quantiser_label(want, &t.quantiser,
                        features_get(&frames, features, key), rows, scratch);
        assert_memory_equal(targets_codes(&t, u, 0), want,
                            rows * 2 * sizeof *want);
        assert_ptr_equal(targets_codes(&t, u, 1), targets_codes(&t, u, 0) + 2);
        for (size_t r = 0; r < rows; r++)
            for (size_t b = 0; b < 2; b++)
                counts[b * 16 + want[r * 2 + b]]++;
        features_release(features, &key, 1);
    }
    health_codebooks(&use, counts, 2, 16);
    assert_int_equal(t.use.used, use.used);
    assert_close(t.use.perplexity, use.perplexity, 1e-12, 0);
    assert_close(t.use.guess, use.guess, 1e-12, 0);
    free(scratch);
    features_close(features);
    targets_close(&t);
    targets_close(&t);
}

static void random_projection_is_the_same_on_any_workers(void **state)
{
    (void)state;
    begin();
    assert_same_on_workers();
}

static void clusters_are_the_same_on_any_workers(void **state)
{
    (void)state;
    begin();
    settings.targets = TARGET_KMEANS;
    assert_same_on_workers();
    strcpy(settings.target_model, scratch_path("model"));
    assert_same_on_workers();
}

static void the_seed_decides_the_targets(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct targets one, two;
        struct features *features;
        begin();
        settings.targets = kind;
        assert_ok(open_targets(&one, &features, 1));
        features_close(features);
        settings.seed = 2;
        assert_ok(open_targets(&two, &features, 1));
        features_close(features);
        assert_true(memcmp(one.codes, two.codes,
                           one.starts[COUNT] * sizeof *one.codes));
        targets_close(&one);
        targets_close(&two);
    }
}

static void the_layer_is_chosen_by_what_a_model_has_learned(void **state)
{
    (void)state;
    assert_int_equal(targets_layer(0, 6, false), 3);
    assert_int_equal(targets_layer(0, 6, true), 5);
    assert_int_equal(targets_layer(0, 1, false), 1);
    assert_int_equal(targets_layer(0, 1, true), 1);
    assert_int_equal(targets_layer(2, 6, false), 2);
    assert_int_equal(targets_layer(2, 6, true), 2);
}

/* Of two layers the first. */
static void a_layer_of_a_model_is_clustered(void **state)
{
    (void)state;
    struct targets t;
    struct features *features;
    struct encoder *encoder;
    const struct features_key key = {7, 0};
    size_t frames;
    uint16_t want[60];
    begin();
    settings.targets = TARGET_KMEANS;
    strcpy(settings.target_model, scratch_path("model"));
    assert_ok(open_targets(&t, &features, 2));
    assert_int_equal(t.quantiser.input, 16);
    features_hold(features, &key, 1);
    assert_ok(features_wait(features));
    const float *x = features_get(&frames, features, key);
    size_t rows = features_rows(features, 7), starts[2] = {0, rows};
    const struct pack pack = {rows, 1, starts};
    real input[60 * WIDTH];
    float vectors[60 * 16];
    for (size_t i = 0; i < rows * WIDTH; i++)
        input[i] = (real)x[i];
    assert_ok(encoder_open(&encoder, &model.parameters, rows, rows, true));
    encoder_forward(encoder, model.weights, input, NULL, &pack, NULL);
    for (size_t i = 0; i < rows * 16; i++)
        vectors[i] = (float)encoder_layer(encoder, 1)[i];
    float *scratch = calloc(quantiser_scratch(&t.quantiser), sizeof *scratch);
    quantiser_label(want, &t.quantiser, vectors, rows, scratch);
    assert_memory_equal(targets_codes(&t, 7, 0), want, rows * sizeof *want);
    free(scratch);
    encoder_close(encoder);
    features_release(features, &key, 1);
    features_close(features);
    targets_close(&t);
}

static void what_does_not_go_together_is_refused(void **state)
{
    (void)state;
    struct targets t;
    struct features *features;
    begin();
    strcpy(settings.target_model, scratch_path("model"));
    assert_refused(open_targets(&t, &features, 1),
                   "--target-model: only with --targets k-means");
    assert_true(!t.codes && !t.starts);
    features_close(features);
    settings.targets = TARGET_KMEANS;
    settings.target_layer = 3;
    assert_refused(open_targets(&t, &features, 1), "--target-layer 3: ");
    features_close(features);
    settings.target_layer = 2;
    settings.low_hz = 30;
    assert_refused(open_targets(&t, &features, 1), "or mel range differ");
    features_close(features);
    strcpy(settings.target_model, scratch_path("absent"));
    assert_refused(open_targets(&t, &features, 1), "absent");
    features_close(features);
    settings.target_model[0] = '\0';
    settings.codes = 60000;
    assert_refused(open_targets(&t, &features, 1), "are too few for 60000");
    features_close(features);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_of_another_run_can_be_kept),
        cmocka_unit_test(every_row_has_the_code_of_its_frames),
        cmocka_unit_test(random_projection_is_the_same_on_any_workers),
        cmocka_unit_test(clusters_are_the_same_on_any_workers),
        cmocka_unit_test(the_seed_decides_the_targets),
        cmocka_unit_test(the_layer_is_chosen_by_what_a_model_has_learned),
        cmocka_unit_test(a_layer_of_a_model_is_clustered),
        cmocka_unit_test(what_does_not_go_together_is_refused),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
