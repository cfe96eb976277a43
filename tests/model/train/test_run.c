/* Tests of what pretraining and fine-tuning begin with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/train/run.h"
#include "tests/close.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#include <unistd.h>

static struct settings settings;
static bool given[SETTINGS_MOST];

static void begin(void)
{
    settings_default(&settings, VERB_FINETUNE);
    memset(given, 0, sizeof given);
}

static void give(const char *name, const char *value)
{
    const struct setting *row = settings_find(name, VERB_FINETUNE);
    assert_ok(settings_set(&settings, row, value, name));
    given[settings_index(row)] = true;
}

static void write_model(const char *name, bool tokens)
{
    struct checkpoint model;
    tiny_model(&model, CMVN_UTTERANCE);
    model.settings.fold_case = 0;
    if (!tokens) {
        struct model_shape shape = model.parameters.shape;
        shape.vocabulary = 0;
        parameters_close(&model.parameters);
        assert_ok(parameters_open(&model.parameters, &shape));
        tokens_free(&model.tokens);
    }
    assert_ok(checkpoint_write(scratch_path(name), &model));
    checkpoint_free(&model);
}

static void without_init_nothing_is_taken_over(void **state)
{
    (void)state;
    struct checkpoint init;
    begin();
    assert_ok(run_adopt(&init, &settings, given));
    assert_null(init.weights);
    assert_int_equal(settings.dim, 144);
    checkpoint_free(&init);
}

static void the_models_settings_are_taken_over(void **state)
{
    (void)state;
    struct checkpoint init;
    write_model("whole", true);
    begin();
    settings.stride = 4;
    give("init", scratch_path("whole"));
    give("dim", "16"); /* the same is no contradiction */
    assert_ok(run_adopt(&init, &settings, given));
    assert_non_null(init.weights);
    assert_int_equal(settings.rate, RECORDING_RATE_HZ);
    assert_int_equal(settings.bins, 12);
    assert_int_equal(settings.stride, 3);
    assert_int_equal(settings.dim, 16);
    assert_int_equal(settings.fold_case, 0);
    assert_int_equal(settings.updates, 10000); /* of the run, not the model */
    checkpoint_free(&init);
}

static void what_contradicts_the_model_is_refused(void **state)
{
    (void)state;
    struct checkpoint init;
    static const char *const cases[][3] = {
        {"dim", "32", "--dim 32: "},
        {"stride", "4", "and keeps it"},
        {"rate", "16000", "was made with 8000"},
        {"fold-case", "yes", "--fold-case yes: "},
    };
    write_model("whole", true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        give("init", scratch_path("whole"));
        give(cases[i][0], cases[i][1]);
        assert_refused(run_adopt(&init, &settings, given), cases[i][2]);
        checkpoint_free(&init);
    }
    /* How text is read is free until the model has tokens. */
    write_model("pretrained", false);
    begin();
    give("init", scratch_path("pretrained"));
    give("fold-case", "yes");
    assert_ok(run_adopt(&init, &settings, given));
    assert_int_equal(settings.fold_case, 1);
    checkpoint_free(&init);
    give("init", scratch_path("absent"));
    assert_refused(run_adopt(&init, &settings, given), "absent");
    checkpoint_free(&init);
}

static void a_model_is_not_written_over(void **state)
{
    (void)state;
    const struct ranks first = {.count = 2}, other = {.own = 1, .count = 2};
    begin();
    assert_refused(run_check_out(&settings, &first), "--out is missing");
    give("out", scratch_path("out"));
    assert_ok(run_check_out(&settings, &first));
    scratch_text("out", "model");
    assert_refused(run_check_out(&settings, &first),
                   "out exists, and no state to go on from");
    assert_ok(run_check_out(&settings, &other)); /* may have other disks */
    /* With a state the run goes on. */
    scratch_text("out.state", "state");
    assert_ok(run_check_out(&settings, &first));
    assert_int_equal(access(scratch_path("out"), F_OK), 0);
    unlink(scratch_path("out.state"));
    give("overwrite", "yes");
    assert_ok(run_check_out(&settings, &first));
    assert_int_equal(access(scratch_path("out"), F_OK), 0);
    unlink(scratch_path("out"));
    give("out", scratch_path("nowhere/out"));
    assert_refused(run_check_out(&settings, &first),
                   "nowhere/out: cannot be written");
}

static void what_is_read_is_not_written(void **state)
{
    (void)state;
    static const char *const names[] = {"data", "dev", "init"};
    const struct ranks alone = {.count = 1};
    scratch_text("read", "x");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        begin();
        give("overwrite", "yes");
        give("out", scratch_path("read"));
        assert_ok(run_check_out(&settings, &alone));
        give(names[i], scratch_path("./read"));
        assert_refused(run_check_out(&settings, &alone),
                       "./read, which is read");
    }
}

static void tensors_of_the_same_shape_are_taken_over(void **state)
{
    (void)state;
    struct checkpoint init;
    struct parameters p;
    tiny_model(&init, CMVN_UTTERANCE);
    for (size_t i = 0; i < init.parameters.total; i++)
        init.weights[i] += 5;
    struct model_shape shape = init.parameters.shape;
    shape.vocabulary = 9; /* another head */
    shape.layers = 3;
    shape.left = 4;
    assert_ok(parameters_open(&p, &shape));
    real *block = calloc(p.total, sizeof *block);
    real *fresh = calloc(p.total, sizeof *fresh);
    run_initialise(block, &p, &init, 7);
    parameters_initialise(fresh, &p, random_key(7, RANDOM_INITIAL));
    for (size_t i = 0; i < p.count; i++) {
        const struct parameter *own = &p.list[i];
        const struct parameter *from =
            parameters_find(&init.parameters, own->name);
        bool same = from && from->dims == own->dims &&
                    !memcmp(from->shape, own->shape, sizeof own->shape);
        bool other = strstr(own->name, "lm_head") ||
                     strstr(own->name, "layers.2.") ||
                     strstr(own->name, "distance_embedding");
        assert_int_equal(same, !other);
        assert_memory_equal(block + own->offset,
                            same ? init.weights + from->offset
                                 : fresh + own->offset,
                            own->count * sizeof *block);
    }
    free(block);
    free(fresh);
    parameters_close(&p);
    checkpoint_free(&init);
}

static char notes[2048];

static void take_note(const char *text)
{
    size_t used = strlen(notes);
    snprintf(notes + used, sizeof notes - used, "%s\n", text);
}

static void codes_go_on_where_the_settings_are_the_same(void **state)
{
    (void)state;
    static struct checkpoint init;
    static const char *const others[][2] = {{"targets", "random-projection"},
                                            {"codes", "64"},
                                            {"codebooks", "1"},
                                            {"whiten", "9"},
                                            {"code-width", "8"},
                                            {"target-layer", "2"},
                                            {"target-model", "x"},
                                            {"learning-rate", "1"},
                                            {"seed", "4"}};
    size_t count = sizeof others / sizeof *others;
    settings_default(&settings, VERB_PRETRAIN);
    init.quantiser.codes = 256;
    assert_false(run_same_targets(&init, &settings));
    provenance_set(&init.provenance, "pretrain.settings",
                   "updates=9 targets=k-means codebooks=4 codes=256 "
                   "code-width=16 whiten=8 target-layer=0");
    assert_true(run_same_targets(&init, &settings));
    for (size_t i = 0; i < count; i++) {
        settings_default(&settings, VERB_PRETRAIN);
        assert_ok(settings_set(&settings,
                               settings_find(others[i][0], VERB_PRETRAIN),
                               others[i][1], "test"));
        assert_int_equal(run_same_targets(&init, &settings), i >= count - 2);
    }
    provenance_set(&init.provenance, "pretrain.target-model", "x");
    settings_default(&settings, VERB_PRETRAIN);
    assert_false(run_same_targets(&init, &settings));
    strcpy(settings.target_model, "x");
    assert_true(run_same_targets(&init, &settings));
    init.quantiser.codes = 0;
    assert_false(run_same_targets(&init, &settings));
}

static void recordings_are_counted_and_bad_ones_named(void **state)
{
    (void)state;
    struct recordings r;
    struct team *team;
    const struct run_host host = {.note = take_note};
    recording_write("a.wav", 24000, 1);
    recording_write("b.wav", 24000, 2);
    scratch_text("c.wav", "no recording");
    const char *path = scratch_text("t.tsv", "path\na.wav\nc.wav\nb.wav\n");
    assert_ok(team_open(&team, 1));
    begin();
    settings.rate = RECORDING_RATE_HZ;
    settings.bins = 12;
    assert_refused(
        recordings_open(&r, path, &settings, NULL, NULL, team, &host), "c.wav");
    recordings_close(&r);
    settings.skip_bad = 1;
    notes[0] = '\0';
    assert_ok(recordings_open(&r, path, &settings, NULL, NULL, team, &host));
    assert_non_null(strstr(notes, "c.wav: not a recording"));
    assert_non_null(strstr(notes, "t.tsv: 2 recordings, 0.1 minutes; 1 could "
                                  "not be read"));
    recordings_close(&r);
    recordings_close(&r);
    team_close(team);
}

static void cores_are_shared_and_every_rank_works(void **state)
{
    (void)state;
    begin();
    assert_true(run_workers(&settings, 1) >= 1);
    assert_int_equal(run_workers(&settings, 1 << 20), 1);
    give("threads", "3");
    assert_int_equal(run_workers(&settings, 1), 3);
    assert_int_equal(run_workers(&settings, 1 << 20), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_init_nothing_is_taken_over),
        cmocka_unit_test(the_models_settings_are_taken_over),
        cmocka_unit_test(what_contradicts_the_model_is_refused),
        cmocka_unit_test(a_model_is_not_written_over),
        cmocka_unit_test(what_is_read_is_not_written),
        cmocka_unit_test(tensors_of_the_same_shape_are_taken_over),
        cmocka_unit_test(codes_go_on_where_the_settings_are_the_same),
        cmocka_unit_test(recordings_are_counted_and_bad_ones_named),
        cmocka_unit_test(cores_are_shared_and_every_rank_works),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
