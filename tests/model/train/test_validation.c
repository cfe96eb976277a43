/* Tests of word and character errors of a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/gemm.h"
#include "model/recogniser.h"
#include "model/train/validation.h"
#include "tests/close.h"
#include "tests/hear.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#define COUNT 70 /* more than are in memory at a time */
#define BAD 66   /* is no recording */
#define LONGEST 60

static struct checkpoint model;
static struct settings settings;
static struct manifest manifest;
static char *said[COUNT]; /* what the model says, by another way */

static void read_manifest(void)
{
    char table[4096] = "path\n", name[16];
    for (size_t u = 0; u < COUNT; u++) {
        snprintf(name, sizeof name, "u%zu.wav", u);
        if (u == BAD)
            scratch_text(name, "no recording");
        else
            recording_write(name, 3000 + u * 997 % 8000, u);
        strcat(strcat(table, name), "\n");
    }
    assert_ok(manifest_read(&manifest, scratch_text("t.tsv", table), false));
}

static void transcribe_all(void)
{
    struct recogniser *recogniser;
    struct recogniser_state *own;
    assert_ok(checkpoint_write(scratch_path("model"), &model));
    assert_ok(recogniser_open(&recogniser, scratch_path("model"), NULL));
    assert_ok(recogniser_start(&own, recogniser));
    for (size_t u = 0; u < COUNT; u++) {
        struct sound sound = {.samples = NULL};
        struct sound_request request = {.rate_hz = RECORDING_RATE_HZ};
        if (u != BAD)
            assert_ok(
                sound_read(&sound, manifest.utterances[u].path, &request));
        assert_ok(hear_text(&said[u], own, &sound));
        sound_free(&sound);
    }
    recogniser_finish(own);
    recogniser_close(recogniser);
}

static int open_all(void **state)
{
    gemm_threads(1);
    if (scratch_open(state))
        return -1;
    tiny_model(&model, CMVN_UTTERANCE);
    settings = model.settings;
    settings.skip_bad = 1;
    settings.cache_mib = 0;
    read_manifest();
    transcribe_all();
    return 0;
}

static int close_all(void **state)
{
    for (size_t u = 0; u < COUNT; u++)
        free(said[u]);
    manifest_free(&manifest);
    checkpoint_free(&model);
    return scratch_close(state);
}

/* Errors against texts [COUNT] that this rank counts, on workers. */
static void validate_share(struct edit_counts *words,
                           struct edit_counts *characters, char *const *texts,
                           int workers, const struct ranks *ranks)
{
    struct validation_worker worker[4];
    struct packing packing[4];
    struct features *features;
    struct team *team;
    size_t tokens = (size_t)model.tokens.count;
    assert_ok(team_open(&team, workers));
    assert_ok(features_open(&features, &manifest, &settings, NULL, NULL));
    assert_ok(features_scan(features, team, NULL));
    for (int w = 0; w < workers; w++) {
        assert_ok(encoder_open(&worker[w].encoder, &model.parameters, LONGEST,
                               LONGEST, w % 2));
        assert_ok(packing_open(&packing[w], LONGEST, 1, 36));
        worker[w].packing = &packing[w];
        worker[w].logits = calloc(LONGEST, tokens * sizeof(real));
    }
    struct validation v = {
        .settings = &settings,
        .features = features,
        .texts = texts,
        .count = COUNT,
        .tokens = &model.tokens,
        .head_weight =
            parameters_find(&model.parameters, "lm_head.weight")->offset,
        .head_bias = parameters_find(&model.parameters, "lm_head.bias")->offset,
        .workers = worker,
        .team = team,
        .ranks = ranks};
    assert_ok(validation_run(words, characters, &v, model.weights));
    for (int w = 0; w < workers; w++) {
        encoder_close(worker[w].encoder);
        packing_close(&packing[w]);
        free(worker[w].logits);
    }
    features_close(features);
    team_close(team);
}

/* Those of all. */
static void validate(struct edit_counts *words, struct edit_counts *characters,
                     char *const *texts, int workers)
{
    struct ranks ranks;
    assert_ok(ranks_open(&ranks));
    validate_share(words, characters, texts, workers, &ranks);
    ranks_close(&ranks);
}

static void what_the_model_says_is_without_errors(void **state)
{
    (void)state;
    struct edit_counts words, characters;
    size_t spoken = 0, all = 0;
    for (size_t u = 0; u < COUNT; u++) {
        spoken += said[u][0] != '\0';
        all += said[u][0] != '\0';
        for (const char *p = said[u]; *p; p++)
            all += *p == ' ';
    }
    assert_true(spoken > COUNT / 2); /* or this says nothing */
    assert_string_equal(said[BAD], "");
    validate(&words, &characters, said, 2);
    assert_close(edit_rate(&words), 0, 0, 0);
    assert_close(edit_rate(&characters), 0, 0, 0);
    assert_int_equal(words.reference, all);
    assert_true(characters.reference > spoken);
}

static void errors_are_counted_over_all(void **state)
{
    (void)state;
    struct edit_counts words, characters, whole;
    char *texts[COUNT], longer[400], missed[] = "a b";
    memcpy(texts, said, sizeof texts);
    validate(&whole, &characters, said, 1);
    /* The model leaves out a word in one, and all of another. */
    snprintf(longer, sizeof longer, "%s%szzz", said[3], *said[3] ? " " : "");
    texts[3] = longer;
    texts[BAD] = missed;
    validate(&words, &characters, texts, 1);
    assert_int_equal(words.deletions, 3);
    assert_int_equal(words.insertions + words.substitutions, 0);
    assert_int_equal(words.reference, whole.reference + 3);
    assert_true(characters.deletions >= 6);
}

static void any_number_of_workers_counts_the_same(void **state)
{
    (void)state;
    struct edit_counts words[4], characters[4];
    char *texts[COUNT];
    for (size_t u = 0; u < COUNT; u++)
        texts[u] = said[(u + 1) % COUNT];
    for (int w = 0; w < 4; w++) {
        validate(&words[w], &characters[w], texts, w + 1);
        assert_memory_equal(&words[w], &words[0], sizeof *words);
        assert_memory_equal(&characters[w], &characters[0], sizeof *words);
    }
    assert_true(edit_rate(&words[0]) > 0);
}

static void ranks_count_every_recording_once(void **state)
{
    (void)state;
    struct edit_counts all, words, characters;
    char *texts[COUNT];
    for (size_t u = 0; u < COUNT; u++)
        texts[u] = said[(u + 1) % COUNT];
    validate(&all, &characters, texts, 1);
    for (int count = 2; count <= 3; count++) {
        size_t reference = 0, errors = 0;
        for (int own = 0; own < count; own++) {
            const struct ranks ranks = {.own = own, .count = count};
            validate_share(&words, &characters, texts, 2, &ranks);
            assert_true(words.reference > 0 && words.reference < all.reference);
            reference += words.reference;
            errors += words.insertions + words.deletions + words.substitutions;
        }
        assert_int_equal(reference, all.reference);
        assert_int_equal(errors,
                         all.insertions + all.deletions + all.substitutions);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_model_says_is_without_errors),
        cmocka_unit_test(errors_are_counted_over_all),
        cmocka_unit_test(any_number_of_workers_counts_the_same),
        cmocka_unit_test(ranks_count_every_recording_once),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
