/* Tests of the training loop on a task of arithmetic: stopping, going on,
 * workers, and validation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/train/trainer.h"
#include "tests/close.h"
#include "tests/recording.h"
#include "tests/scratch.h"

#include <unistd.h>

#define COUNT 5
#define UPDATES 12
#define DEVIATION 0.5

static const struct model_shape shape = {.input = 24,
                                         .dim = 4,
                                         .layers = 1,
                                         .heads = 2,
                                         .ffn = 5,
                                         .taps = 3,
                                         .left = 2,
                                         .right = 1,
                                         .vocabulary = 7};
static struct manifest manifest;
static struct parameters parameters;
static struct settings usual;

static int open_all(void **state)
{
    char name[16], table[200] = "path\n";
    if (scratch_open(state))
        return -1;
    for (size_t u = 0; u < COUNT; u++) {
        snprintf(name, sizeof name, "u%zu.wav", u);
        recording_write(name, 3000 + 900 * u, u);
        strcat(strcat(table, name), "\n");
    }
    settings_default(&usual, VERB_FINETUNE);
    usual.rate = RECORDING_RATE_HZ;
    usual.bins = 8;
    usual.stride = 3;
    usual.updates = UPDATES;
    usual.lanes = 3;
    usual.learning_rate = 0.05;
    usual.report_every = 3;
    usual.save_every = 5;
    usual.validate_every = 4;
    usual.average = 2;
    usual.cache_mib = 0;
    assert_ok(manifest_read(&manifest, scratch_text("t.tsv", table), false));
    assert_ok(parameters_open(&parameters, &shape));
    return 0;
}

static int close_all(void **state)
{
    manifest_free(&manifest);
    parameters_close(&parameters);
    return scratch_close(state);
}

/* The task: every weight towards 1, with noise of update and micro-batch. */
struct toy {
    uint64_t stop_after; /* updates; 0: never */
    char state[300];     /* OUT.state */
    int lowest_most;
    bool adapts; /* validates before the first update */
    int validated, saved;
    double errors[8]; /* of validations to come; then distance */
    size_t error_count;
    volatile sig_atomic_t stop;
};

static void compute(void *context, struct lane_sums *sums, real *gradients,
                    const real *weights, const struct trainer_micro *micro)
{
    struct toy *toy = context;
    const struct micro_batch *m = &micro->batch->micros[micro->micro];
    struct random_key key = random_below(
        random_below(random_key(1, RANDOM_NOISE), micro->update), micro->micro);
    for (size_t i = 0; i < parameters.count; i++) {
        const struct parameter *p = &parameters.list[i];
        for (size_t k = p->offset; k < p->offset + p->count; k++) {
            double d = (double)weights[k] - 1;
            gradients[k] +=
                (real)((double)m->rows * (d + 0.1 * random_normal(key, k)));
            sums->loss += d * d * (double)m->rows;
        }
    }
    sums->weight += (double)m->rows;
    sums->rows += (double)m->rows;
    if (micro->worker == 0 && micro->lowest > toy->lowest_most)
        toy->lowest_most = micro->lowest;
}

static void describe(void *context, struct journal *journal, char *text,
                     size_t size, const struct lane_sums *sums, double norm,
                     uint64_t update)
{
    (void)context;
    journal_number(journal, "rows", sums->rows);
    snprintf(text, size, "norm %.3f at %d", norm, (int)update);
}

static struct status validate(void *context, struct trainer_error *found,
                              struct journal *journal, char *text, size_t size,
                              const real *weights)
{
    struct toy *toy = context;
    *found = (struct trainer_error){.deviation = DEVIATION};
    for (size_t i = 0; i < parameters.total; i++)
        found->error += ((double)weights[i] - 1) * ((double)weights[i] - 1);
    if (toy->validated < (int)toy->error_count)
        found->error = toy->errors[toy->validated];
    toy->validated++;
    journal_number(journal, "error", found->error);
    snprintf(text, size, "error");
    return status_ok();
}

static struct status save(void *context, const real *weights,
                          const struct training_state *state)
{
    struct toy *toy = context;
    (void)weights;
    (void)state;
    /* What is saved can be gone on from. */
    assert_int_equal(access(toy->state, F_OK), 0);
    toy->saved++;
    return status_ok();
}

static void listen(void *context, const struct trainer_report *report)
{
    struct toy *toy = context;
    if (toy->stop_after && report->update >= toy->stop_after)
        toy->stop = 1;
}

static struct status run(struct toy *toy, struct training_state *state,
                         const struct settings *settings, int workers)
{
    const struct task task = {toy, compute, describe, validate, save};
    struct ranks ranks;
    struct features *features;
    struct batch_plan *plan;
    struct team *team;
    uint32_t rows[COUNT];
    const struct batch_settings batches = {.seed = 1,
                                           .lanes = (size_t)settings->lanes,
                                           .batch_rows = 60,
                                           .micro_rows = 20,
                                           .longest = 1000};
    trainer_path(toy->state, sizeof toy->state, settings, "state");
    assert_ok(ranks_open(&ranks));
    assert_ok(team_open(&team, workers));
    assert_ok(features_open(&features, &manifest, settings, NULL, NULL));
    assert_ok(features_scan(features, team, NULL));
    for (size_t u = 0; u < COUNT; u++)
        rows[u] = (uint32_t)features_rows(features, u);
    assert_ok(batch_plan_open(&plan, &batches, rows, COUNT));
    struct trainer trainer = {.settings = settings,
                              .verb = VERB_FINETUNE,
                              .parameters = &parameters,
                              .manifest = &manifest,
                              .features = features,
                              .plan = plan,
                              .team = team,
                              .ranks = &ranks,
                              .task = &task,
                              .validate_first = toy->adapts,
                              .fingerprint = 5,
                              .listener = listen,
                              .listener_context = toy,
                              .stop = &toy->stop};
    struct status status = trainer_run(&trainer, state);
    batch_plan_close(plan);
    features_close(features);
    team_close(team);
    ranks_close(&ranks);
    return status;
}

static void open_state(struct training_state *state)
{
    assert_ok(training_state_open(state, &parameters, true));
    parameters_initialise(state->weights, &parameters,
                          random_key(1, RANDOM_INITIAL));
}

/* Lines of the journal without the seconds they were written at. */
static char *journal_of(const char *path)
{
    size_t count;
    char *text = scratch_read(&count, path);
    for (char *p = text; (p = strstr(p, "\"seconds\":")) != NULL;) {
        char *end = p + strcspn(p, ",}");
        memmove(p, end, strlen(end) + 1);
    }
    return text;
}

static void assert_same(const struct training_state *a,
                        const struct training_state *b)
{
    size_t bytes = parameters.total * sizeof(real);
    assert_int_equal(a->update, b->update);
    assert_int_equal(a->averaged, b->averaged);
    assert_true(a->best == b->best && a->best_update == b->best_update);
    assert_memory_equal(a->weights, b->weights, bytes);
    assert_memory_equal(a->first, b->first, bytes);
    assert_memory_equal(a->second, b->second, bytes);
    assert_memory_equal(a->average, b->average, bytes);
}

/* A whole run in one piece. */
static void run_whole(struct training_state *state, const char *out)
{
    struct toy toy = {.stop_after = 0};
    struct settings s = usual;
    strcpy(s.out, scratch_path(out));
    open_state(state);
    assert_ok(run(&toy, state, &s, 1));
}

static void a_run_learns_reports_validates_and_ends(void **state)
{
    (void)state;
    struct training_state whole;
    struct toy toy = {.stop_after = 0};
    struct settings s = usual;
    size_t trains = 0, devs = 0;
    strcpy(s.out, scratch_path("whole"));
    open_state(&whole);
    assert_ok(run(&toy, &whole, &s, 1));
    assert_int_equal(whole.update, UPDATES);
    assert_true(whole.finished);
    /* At 4, 8, 12, and the mean of the last two. */
    assert_int_equal(toy.validated, 4);
    assert_int_equal(whole.averaged, 2);
    assert_true(toy.saved >= 1 && whole.best >= 0);
    char *text = journal_of(scratch_path("whole.journal"));
    for (char *p = text; (p = strstr(p, "\"kind\":\"train\"")) != NULL; p++)
        trains++;
    for (char *p = text; (p = strstr(p, "\"kind\":\"dev\"")) != NULL; p++)
        devs++;
    assert_int_equal(trains, 4);
    assert_int_equal(devs, 4);
    free(text);
    /* What was finished has nothing left to do. */
    real before = whole.weights[0];
    assert_ok(run(&toy, &whole, &s, 1));
    assert_true(whole.weights[0] == before);
    training_state_close(&whole);
}

static void stopped_runs_go_on_to_the_same_bits(void **state)
{
    (void)state;
    struct training_state whole, parts;
    run_whole(&whole, "one");
    char *want = journal_of(scratch_path("one.journal"));
    for (uint64_t stop = 3; stop < UPDATES; stop += 3) {
        struct toy toy = {.stop_after = stop};
        struct settings s = usual;
        bool found;
        strcpy(s.out, scratch_path("two"));
        open_state(&parts);
        struct status status = run(&toy, &parts, &s, 1);
        assert_int_equal(status.code, STATUS_INTERRUPTED);
        assert_non_null(strstr(status.text, "the same command goes on"));
        assert_int_equal(parts.update, stop);
        training_state_close(&parts);
        /* Another process: all that is left is the file. */
        toy = (struct toy){.stop_after = 0};
        open_state(&parts);
        assert_ok(training_state_read(&found, &parts, scratch_path("two.state"),
                                      &parameters, &s, VERB_FINETUNE, 5));
        assert_true(found);
        assert_ok(run(&toy, &parts, &s, 2));
        assert_same(&whole, &parts);
        char *got = journal_of(scratch_path("two.journal"));
        assert_string_equal(got, want);
        free(got);
        training_state_close(&parts);
    }
    free(want);
    training_state_close(&whole);
}

/* As when the machine went down after a save: the journal is ahead. */
static void a_killed_run_goes_on_from_its_last_save(void **state)
{
    (void)state;
    struct training_state whole, parts;
    struct toy toy = {.stop_after = 3};
    struct settings s = usual;
    run_whole(&whole, "one");
    char *want = journal_of(scratch_path("one.journal"));
    strcpy(s.out, scratch_path("killed"));
    open_state(&parts);
    struct status status = run(&toy, &parts, &s, 1);
    assert_int_equal(status.code, STATUS_INTERRUPTED);
    training_state_close(&parts);
    size_t count;
    char *saved = scratch_read(&count, scratch_path("killed.state"));
    for (int round = 0; round < 2; round++) {
        bool found;
        toy = (struct toy){.stop_after = 0};
        scratch_write("killed.state", saved, count);
        open_state(&parts);
        assert_ok(training_state_read(&found, &parts,
                                      scratch_path("killed.state"), &parameters,
                                      &s, VERB_FINETUNE, 5));
        assert_ok(run(&toy, &parts, &s, 1));
        assert_same(&whole, &parts);
        char *got = journal_of(scratch_path("killed.journal"));
        assert_string_equal(got, want);
        free(got);
        training_state_close(&parts);
    }
    free(saved);
    free(want);
    training_state_close(&whole);
}

static void any_number_of_workers_gives_the_same_bits(void **state)
{
    (void)state;
    struct training_state first, now;
    run_whole(&first, "one");
    for (int workers = 2; workers <= 4; workers++) {
        struct toy toy = {.stop_after = 0};
        struct settings s = usual;
        strcpy(s.out, scratch_path("many"));
        open_state(&now);
        assert_ok(run(&toy, &now, &s, workers));
        assert_same(&first, &now);
        training_state_close(&now);
    }
    training_state_close(&first);
}

/* Of validations that err so, which the model file is of, and what the journal
 * says of that: as many are written as are kept. */
static void assert_keeps(bool adapts, const double *errors, double best,
                         uint64_t best_update, const char *kept)
{
    static int runs;
    char name[16], seen[8] = "";
    int saved = 0;
    struct training_state s;
    struct toy toy = {.adapts = adapts, .error_count = strlen(kept)};
    struct settings settings = usual;
    memcpy(toy.errors, errors, toy.error_count * sizeof *errors);
    snprintf(name, sizeof name, "best%d", runs++);
    strcpy(settings.out, scratch_path(name));
    open_state(&s);
    assert_ok(run(&toy, &s, &settings, 1));
    assert_close(s.best, best, 0, 0);
    assert_true(s.best_update == best_update);
    for (const char *p = kept; *p; p++)
        saved += *p == '1';
    assert_int_equal(toy.saved, saved);
    training_state_close(&s);
    strcat(name, ".journal");
    char *text = journal_of(scratch_path(name));
    for (char *p = text; (p = strstr(p, "\"kept\":")) != NULL; p++)
        strncat(seen, p + 7, 1);
    assert_string_equal(seen, kept);
    free(text);
}

static void the_best_is_kept_and_of_equals_the_later(void **state)
{
    (void)state;
    assert_keeps(false, (double[]){5, 3, 3, 9}, 3, 12, "1110");
    assert_keeps(false, (double[]){5, 3, 4, 9}, 3, 8, "1100");
}

/* The mean of weights comes last. */
static void their_mean_is_kept_unless_it_errs_clearly_more(void **state)
{
    const double near = 3 + DEVIATION, far = near + 0.01;
    (void)state;
    assert_keeps(false, (double[]){5, 4, 3, near}, near, 12, "1111");
    assert_keeps(false, (double[]){5, 4, 3, far}, 3, 12, "1110");
    /* Others must err less. */
    assert_keeps(false, (double[]){3, 4, near, 2}, 2, 12, "1001");
}

static void what_is_adapted_is_the_model_to_beat(void **state)
{
    (void)state;
    assert_keeps(true, (double[]){2, 5, 4, 3, 2.1}, 2, 0, "10000");
    assert_keeps(true, (double[]){2, 5, 1, 4, 1.1}, 1.1, 12, "10101");
}

static void the_encoder_rests_while_it_is_frozen(void **state)
{
    (void)state;
    struct training_state s, fresh;
    struct toy toy = {.stop_after = 0};
    struct settings settings = usual;
    settings.freeze_updates = UPDATES;
    strcpy(settings.out, scratch_path("frozen"));
    open_state(&s);
    open_state(&fresh);
    assert_ok(run(&toy, &s, &settings, 1));
    assert_int_equal(toy.lowest_most, shape.layers + 1);
    for (size_t i = 0; i < parameters.count; i++) {
        const struct parameter *p = &parameters.list[i];
        bool same = !memcmp(s.weights + p->offset, fresh.weights + p->offset,
                            p->count * sizeof(real));
        assert_int_equal(same, p->depth <= shape.layers);
    }
    training_state_close(&s);
    training_state_close(&fresh);
}

static void paths_stand_beside_the_model(void **state)
{
    (void)state;
    char path[64];
    struct settings s = usual;
    strcpy(s.out, "a/m.safetensors");
    trainer_path(path, sizeof path, &s, "state");
    assert_string_equal(path, "a/m.safetensors.state");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_learns_reports_validates_and_ends),
        cmocka_unit_test(stopped_runs_go_on_to_the_same_bits),
        cmocka_unit_test(a_killed_run_goes_on_from_its_last_save),
        cmocka_unit_test(any_number_of_workers_gives_the_same_bits),
        cmocka_unit_test(the_best_is_kept_and_of_equals_the_later),
        cmocka_unit_test(their_mean_is_kept_unless_it_errs_clearly_more),
        cmocka_unit_test(what_is_adapted_is_the_model_to_beat),
        cmocka_unit_test(the_encoder_rests_while_it_is_frozen),
        cmocka_unit_test(paths_stand_beside_the_model),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
