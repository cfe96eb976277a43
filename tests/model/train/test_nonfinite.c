/* Tests of losses and gradients that are not finite, in a whole run of a task
 * that is easy to follow: every recording pulls the weights to its number. */
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

#include <float.h>
#include <math.h>

#define RECORDINGS 12
#define SAMPLES 4000 /* half a second */
#define UPDATES 30

/* What the task does, and when. */
static struct toy {
    size_t total;
    uint64_t from; /* update from which recordings are bad ... */
    int bad, last; /* their numbers, or -1 */
    bool in_loss;  /* ... in their loss, else only in their gradient */
    real gradient;
    uint64_t stop_at;
    volatile sig_atomic_t stop;
} toy;

static struct manifest manifest;
static struct parameters parameters;
static struct settings settings;

static int open_all(void **state)
{
    const struct model_shape shape = {.input = 24,
                                      .dim = 16,
                                      .layers = 1,
                                      .heads = 2,
                                      .ffn = 1100, /* more than a block */
                                      .taps = 3,
                                      .vocabulary = 7};
    char table[1000] = "id\tpath\n", name[32];
    if (scratch_open(state))
        return -1;
    for (int u = 0; u < RECORDINGS; u++) {
        snprintf(name, sizeof name, "r%d.wav", u);
        recording_write(name, SAMPLES, (uint64_t)u);
        size_t length = strlen(table);
        snprintf(table + length, sizeof table - length, "one-%d\t%s\n", u,
                 name);
    }
    assert_ok(
        manifest_read(&manifest, scratch_text("table.tsv", table), false));
    assert_ok(parameters_open(&parameters, &shape));
    settings_default(&settings, VERB_PRETRAIN);
    settings.rate = RECORDING_RATE_HZ;
    settings.bins = 24;
    settings.stride = 1;
    settings.updates = UPDATES;
    settings.lanes = 3;
    settings.learning_rate = 0.1;
    settings.save_every = 1000;
    settings.readers = 2;
    settings.cache_mib = 0;
    return 0;
}

static int close_all(void **state)
{
    parameters_close(&parameters);
    manifest_free(&manifest);
    return scratch_close(state);
}

static void compute(void *context, struct lane_sums *sums, real *gradients,
                    const real *weights, const struct trainer_micro *micro)
{
    const struct micro_batch *m = &micro->batch->micros[micro->micro];
    (void)context;
    for (size_t k = m->first; k < m->first + m->count; k++) {
        struct features_key key = micro->batch->items[k].key;
        int u = (int)key.utterance;
        double loss = 0;
        for (size_t i = 0; i < toy.total; i += 16) {
            double off = (double)weights[i] - (u + 1) / (double)(i + 1);
            loss += off * off / 2;
            gradients[i] += (real)off;
        }
        if (u >= toy.bad && u <= toy.last && micro->update >= toy.from) {
            gradients[16] += toy.gradient;
            loss += toy.in_loss ? (double)NAN : 0;
        }
        sums->loss += loss;
        sums->weight += 1;
        sums->rows += 1;
        sums->seconds += 0.5;
    }
    /* As a signal would. */
    if (toy.stop_at && micro->update == toy.stop_at && !micro->micro)
        toy.stop = 1;
}

static void describe(void *context, struct journal *journal, char *text,
                     size_t size, const struct lane_sums *sums, double norm,
                     uint64_t update)
{
    (void)context;
    (void)journal;
    (void)sums;
    (void)norm;
    snprintf(text, size, "%d", (int)update);
}

static struct status save(void *context, const real *weights,
                          const struct training_state *state)
{
    (void)context;
    (void)state;
    for (size_t i = 0; i < toy.total; i++)
        assert_true(isfinite(weights[i]));
    return status_ok();
}

static void listen(void *context, const struct trainer_report *report)
{
    (void)report;
    (void)context;
}

/* A run from where OUT.state says; state out, owned by the caller. */
static struct status run(struct training_state *state, const char *out,
                         int workers)
{
    struct ranks ranks;
    struct team *team;
    struct features *features;
    struct batch_plan *plan;
    char path[300];
    bool found;
    uint32_t rows[RECORDINGS];
    const struct batch_settings batches = {.seed = 1,
                                           .lanes = 3,
                                           .batch_rows = 230,
                                           .micro_rows = 100,
                                           .longest = 90};
    const struct task task = {
        .compute = compute, .describe = describe, .save = save};
    snprintf(settings.out, sizeof settings.out, "%s", scratch_path(out));
    toy.total = parameters.total;
    assert_ok(ranks_open(&ranks));
    assert_ok(team_open(&team, workers));
    assert_ok(features_open(&features, &manifest, &settings, NULL, NULL));
    assert_ok(features_scan(features, team, NULL));
    for (size_t u = 0; u < RECORDINGS; u++)
        rows[u] = (uint32_t)features_rows(features, u);
    assert_ok(batch_plan_open(&plan, &batches, rows, RECORDINGS));
    assert_ok(training_state_open(state, &parameters, false));
    trainer_path(path, sizeof path, &settings, "state");
    assert_ok(training_state_read(&found, state, path, &parameters, &settings,
                                  VERB_PRETRAIN, 1));
    const struct trainer trainer = {.settings = &settings,
                                    .verb = VERB_PRETRAIN,
                                    .parameters = &parameters,
                                    .manifest = &manifest,
                                    .features = features,
                                    .plan = plan,
                                    .team = team,
                                    .ranks = &ranks,
                                    .task = &task,
                                    .fingerprint = 1,
                                    .listener = listen,
                                    .stop = &toy.stop};
    struct status status = trainer_run(&trainer, state);
    batch_plan_close(plan);
    features_close(features);
    team_close(team);
    ranks_close(&ranks);
    return status;
}

static void assert_same_weights(const struct training_state *a,
                                const struct training_state *b)
{
    assert_int_equal(a->update, b->update);
    assert_memory_equal(a->weights, b->weights, toy.total * sizeof *a->weights);
    assert_memory_equal(a->second, b->second, toy.total * sizeof *a->second);
}

static void the_recording_that_is_not_finite_is_named(void **context)
{
    struct training_state before, after;
    (void)context;
    settings.nonfinite = NONFINITE_STOP;
    for (int in_loss = 0; in_loss < 2; in_loss++) {
        toy = (struct toy){.bad = 7,
                           .last = 7,
                           .from = 9,
                           .in_loss = in_loss,
                           .gradient = INFINITY};
        struct status status = run(&after, in_loss ? "loss" : "gradient", 2);
        assert_refused(status, in_loss ? "the loss of one-7 ("
                                       : "the gradient of one-7 (");
        assert_refused(status, "r7.wav) is not finite");
        /* The weights are those of the updates before. */
        toy = (struct toy){.bad = -1, .last = -1, .stop_at = after.update - 1};
        assert_refused(run(&before, in_loss ? "loss_2" : "gradient_2", 2),
                       "stopped");
        assert_same_weights(&before, &after);
        training_state_close(&before);
        training_state_close(&after);
    }
}

static void several_that_are_not_finite_are_counted(void **context)
{
    struct training_state after;
    (void)context;
    toy = (struct toy){
        .last = RECORDINGS, .from = 9, .in_loss = true, .gradient = INFINITY};
    struct status status = run(&after, "several", 2);
    assert_refused(status, "update 10: ");
    assert_refused(status,
                   " recordings are not finite, first the loss of one-");
    assert_refused(status, "lower --learning-rate, or --nonfinite skip");
    assert_int_equal(after.update, 9);
    training_state_close(&after);
}

/* Each alone is finite. */
static void a_sum_that_overflows_is_nobodys(void **context)
{
    struct training_state after;
    (void)context;
    toy = (struct toy){.last = RECORDINGS, .from = 9, .gradient = FLT_MAX};
    assert_refused(run(&after, "sum", 2),
                   "update 10: the gradient is not finite: lower");
    assert_int_equal(after.update, 9);
    training_state_close(&after);
}

static void updates_that_are_not_finite_are_skipped(void **context)
{
    struct training_state one, three;
    size_t count;
    (void)context;
    settings.nonfinite = NONFINITE_SKIP;
    toy = (struct toy){.bad = 7, .last = 7, .from = 9, .gradient = INFINITY};
    assert_ok(run(&one, "skip", 1));
    assert_ok(run(&three, "skip_3", 3));
    assert_same_weights(&one, &three);
    for (size_t i = 0; i < toy.total; i++)
        assert_true(isfinite(one.weights[i]) && isfinite(one.second[i]));
    char *journal = scratch_read(&count, scratch_path("skip.journal"));
    assert_non_null(strstr(journal, "\"kind\":\"skipped\""));
    assert_non_null(strstr(journal, "the gradient of one-7"));
    free(journal);
    training_state_close(&one);
    training_state_close(&three);
    settings.nonfinite = NONFINITE_STOP;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recording_that_is_not_finite_is_named),
        cmocka_unit_test(several_that_are_not_finite_are_counted),
        cmocka_unit_test(a_sum_that_overflows_is_nobodys),
        cmocka_unit_test(updates_that_are_not_finite_are_skipped)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
