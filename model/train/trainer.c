/* The loop that pretraining and fine-tuning share. */
#include "model/train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/train/adamw.h"
#include "model/train/schedule.h"

#define PATH_SIZE (SETTING_TEXT_SIZE + 16)
#define TEXT_SIZE 256

/* A run's memory: all of it is taken before the first update. */
struct run {
    const struct trainer *trainer;
    const struct settings *settings;
    struct training_state *state;
    struct adamw *adamw;
    struct adamw_rate *rates; /* [layers + 2] */
    struct journal journal;
    struct batch batches[2]; /* this update's and the next one's */
    real **lanes;            /* [lanes] gradients */
    real *lane_block;
    struct lane_sums *sums; /* [lanes] */
    struct lane_sums since; /* since the last report */
    double norm;
    int lowest;
    const struct batch *batch;
    double started, seconds_before;
    double audio; /* seconds learned from since started */
    uint64_t updates_before;
};

void trainer_path(char *path, size_t size, const struct settings *settings,
                  const char *ending)
{
    snprintf(path, size, "%s.%s", settings->out, ending);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static struct status open_run(struct run *run)
{
    const struct trainer *t = run->trainer;
    const struct settings *s = run->settings;
    size_t lanes = (size_t)s->lanes, total = t->parameters->total;
    char path[PATH_SIZE];
    struct adamw_settings adamw = {.beta1 = s->beta1,
                                   .beta2 = s->beta2,
                                   .weight_decay = s->weight_decay,
                                   .clip = s->clip};
    run->rates =
        calloc((size_t)t->parameters->shape.layers + 2, sizeof *run->rates);
    run->lanes = calloc(lanes, sizeof *run->lanes);
    run->sums = calloc(lanes, sizeof *run->sums);
    run->lane_block = calloc(lanes, total * sizeof *run->lane_block);
    if (!run->rates || !run->lanes || !run->sums || !run->lane_block)
        return status_memory("gradients (lower --lanes)");
    for (size_t i = 0; i < lanes; i++)
        run->lanes[i] = run->lane_block + i * total;
    struct status status = adamw_open(&run->adamw, t->parameters, &adamw,
                                      run->state->first, run->state->second);
    for (int i = 0; i < 2 && !status_failed(&status); i++)
        status = batch_open(&run->batches[i], t->plan);
    trainer_path(path, sizeof path, s, "journal");
    if (!status_failed(&status))
        status = journal_open(&run->journal, path, run->state->update);
    return status;
}

static void close_run(struct run *run)
{
    for (int i = 0; i < 2; i++)
        batch_close(&run->batches[i]);
    journal_close(&run->journal);
    adamw_close(run->adamw);
    free(run->lane_block);
    free(run->sums);
    free(run->lanes);
    free(run->rates);
}

/* What each depth learns in this update. */
static void set_rates(struct run *run)
{
    const struct settings *s = run->settings;
    uint64_t update = run->state->update;
    int layers = run->trainer->parameters->shape.layers;
    double peak = s->learning_rate * schedule_factor(s, update);
    bool tuning = run->trainer->verb == VERB_FINETUNE;
    uint64_t frozen = tuning ? (uint64_t)s->freeze_updates : 0;
    run->lowest = update < frozen ? layers + 1 : 0;
    for (int depth = 0; depth <= layers; depth++) {
        double decay = tuning ? pow(s->layer_decay, layers - depth) : 1;
        run->rates[depth] = (struct adamw_rate){
            .learning_rate = update < frozen ? 0 : peak * decay,
            .step = update < frozen ? 0 : update - frozen + 1};
    }
    run->rates[layers + 1] =
        (struct adamw_rate){.learning_rate = peak * (tuning ? s->head_rate : 1),
                            .step = update + 1};
}

static void compute_lane(void *context, size_t lane, int worker)
{
    struct run *run = context;
    const struct trainer *t = run->trainer;
    struct trainer_micro micro = {.batch = run->batch,
                                  .update = run->state->update,
                                  .lowest = run->lowest,
                                  .worker = worker};
    run->sums[lane] = (struct lane_sums){.loss = 0};
    for (size_t m = run->batch->lane_micros[lane];
         m < run->batch->lane_micros[lane + 1]; m++) {
        micro.micro = m;
        t->task->compute(t->task->context, &run->sums[lane], run->lanes[lane],
                         run->state->weights, &micro);
    }
}

static void add_sums(struct lane_sums *to, const struct lane_sums *from)
{
    to->loss += from->loss;
    to->weight += from->weight;
    to->correct += from->correct;
    to->hidden += from->hidden;
    to->rows += from->rows;
    to->seconds += from->seconds;
    if (!to->not_finite)
        to->not_finite = from->not_finite;
}

static struct status refuse_not_finite(struct run *run,
                                       const struct lane_sums *sums)
{
    const struct settings *s = run->settings;
    size_t lanes = (size_t)s->lanes, total = run->trainer->parameters->total;
    const char *of =
        sums->not_finite ? "the loss of recording" : "the gradient of update";
    uint64_t number = sums->not_finite ? sums->not_finite : run->state->update;
    if (s->nonfinite == NONFINITE_STOP)
        return status_error(STATUS_INPUT,
                            "update %llu: %s %llu is not finite: lower "
                            "--learning-rate, or --nonfinite skip",
                            (unsigned long long)run->state->update, of,
                            (unsigned long long)number);
    memset(run->lane_block, 0, lanes * total * sizeof *run->lane_block);
    return status_ok();
}

/* One update of the weights from batch. */
static struct status update(struct run *run)
{
    const struct trainer *t = run->trainer;
    struct lane_sums sums = {.loss = 0};
    size_t lanes = (size_t)run->settings->lanes;
    set_rates(run);
    team_run(t->team, compute_lane, run, lanes);
    for (size_t i = 0; i < lanes; i++)
        add_sums(&sums, &run->sums[i]);
    double scale = sums.weight > 0 ? 1 / sums.weight : 0;
    run->norm =
        adamw_gather(run->adamw, run->lanes, lanes, scale, run->rates, t->team);
    if (!isfinite(run->norm) || !isfinite(sums.loss))
        return refuse_not_finite(run, &sums);
    adamw_apply(run->adamw, run->state->weights, run->lanes[0], run->norm,
                run->rates, t->team);
    add_sums(&run->since, &sums);
    run->audio += sums.seconds;
    return status_ok();
}

static void tell(struct run *run, const char *text, int important)
{
    const struct trainer *t = run->trainer;
    double spent = now() - run->started;
    double done = (double)(run->state->update - run->updates_before);
    double left = (double)run->settings->updates - (double)run->state->update;
    const struct lane_sums *s = &run->since;
    struct trainer_report report = {
        .update = run->state->update,
        .updates = (uint64_t)run->settings->updates,
        .loss = s->weight > 0 ? s->loss / s->weight : NAN,
        .audio_per_second = spent > 0 ? run->audio / spent : 0,
        .seconds_left = done > 0 ? spent / done * left : 0,
        .text = text,
        .important = important};
    t->listener(t->listener_context, &report);
}

static struct status report(struct run *run)
{
    const struct task *task = run->trainer->task;
    const struct lane_sums *s = &run->since;
    char text[TEXT_SIZE] = "";
    run->state->seconds = run->seconds_before + now() - run->started;
    journal_begin(&run->journal, "train", run->state->update);
    journal_number(&run->journal, "seconds", run->state->seconds);
    journal_number(&run->journal, "loss", s->loss / s->weight);
    journal_number(&run->journal, "learning_rate",
                   run->settings->learning_rate *
                       schedule_factor(run->settings, run->state->update - 1));
    journal_number(&run->journal, "gradient_norm", run->norm);
    journal_number(&run->journal, "passes",
                   batch_plan_passes(run->trainer->plan));
    task->describe(task->context, &run->journal, text, sizeof text, s,
                   run->norm, run->state->update);
    struct status status = journal_end(&run->journal);
    tell(run, text, 0);
    run->since = (struct lane_sums){.loss = 0};
    return status;
}

static struct status save_state(struct run *run)
{
    char path[PATH_SIZE];
    run->state->seconds = run->seconds_before + now() - run->started;
    trainer_path(path, sizeof path, run->settings, "state");
    return training_state_write(path, run->state, run->trainer->parameters,
                                run->settings, run->trainer->verb,
                                run->trainer->fingerprint);
}

/* Validates weights; the best so far becomes the model file. */
static struct status validate(struct run *run, const real *weights,
                              const char *what)
{
    const struct task *task = run->trainer->task;
    struct training_state *state = run->state;
    char text[TEXT_SIZE] = "";
    double error;
    journal_begin(&run->journal, "dev", state->update);
    journal_text(&run->journal, "weights", what);
    struct status status = task->validate(task->context, &error, &run->journal,
                                          text, sizeof text, weights);
    if (!status_failed(&status))
        status = journal_end(&run->journal);
    if (status_failed(&status))
        return status;
    /* Of equals the later one, which has seen more. */
    if (state->best < 0 || error <= state->best) {
        state->best = error;
        state->best_update = state->update;
        status = task->save(task->context, weights, state);
    }
    size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, " (%s weights)", what);
    tell(run, text, 1);
    return status;
}

static void add_to_average(struct training_state *state, size_t total)
{
    real part = (real)(1.0 / (double)(state->averaged + 1));
    for (size_t i = 0; i < total; i++)
        state->average[i] += part * (state->weights[i] - state->average[i]);
    state->averaged++;
}

/* What is due after an update. */
static struct status after_update(struct run *run)
{
    const struct settings *s = run->settings;
    struct training_state *state = run->state;
    uint64_t all = (uint64_t)s->updates, done = state->update;
    bool last = done == all;
    struct status status = status_ok();
    if (last || done % (uint64_t)s->report_every == 0)
        status = report(run);
    if (status_failed(&status))
        return status;
    if (run->trainer->task->validate) {
        uint64_t every = (uint64_t)s->validate_every;
        if (last || done % every == 0) {
            uint64_t points_left = (all - done + every - 1) / every;
            if (points_left < (uint64_t)s->average)
                add_to_average(state, run->trainer->parameters->total);
            status = validate(run, state->weights, "current");
        }
        if (last && !status_failed(&status) && state->averaged > 1)
            status = validate(run, state->average, "average");
    } else if (last || done % (uint64_t)s->save_every == 0) {
        status = run->trainer->task->save(run->trainer->task->context,
                                          state->weights, state);
    }
    state->finished = last;
    if (!status_failed(&status) &&
        (last || done % (uint64_t)s->save_every == 0))
        status = save_state(run);
    return status;
}

static struct status loop(struct run *run)
{
    const struct trainer *t = run->trainer;
    uint64_t all = (uint64_t)run->settings->updates;
    struct batch *this = &run->batches[0], *next = &run->batches[1];
    struct status status = status_ok();
    batch_plan_seek(t->plan, this, run->state->update);
    batch_next(this, t->plan);
    features_hold(t->features, this->keys, this->item_count);
    while (run->state->update < all && !status_failed(&status)) {
        status = features_wait(t->features);
        if (status_failed(&status))
            break;
        bool more = run->state->update + 1 < all;
        if (more) {
            batch_next(next, t->plan);
            features_hold(t->features, next->keys, next->item_count);
        }
        run->batch = this;
        status = update(run);
        features_release(t->features, this->keys, this->item_count);
        struct batch *done = this;
        this = next;
        next = done;
        if (status_failed(&status))
            break;
        run->state->update++;
        status = after_update(run);
        if (!status_failed(&status) && *t->stop && more) {
            status = save_state(run);
            if (!status_failed(&status))
                status = status_error(STATUS_INTERRUPTED,
                                      "stopped after update %llu of %llu; "
                                      "saved: the same command goes on",
                                      (unsigned long long)run->state->update,
                                      (unsigned long long)all);
        }
    }
    return status;
}

struct status trainer_run(const struct trainer *trainer,
                          struct training_state *state)
{
    struct run run = {.trainer = trainer,
                      .settings = trainer->settings,
                      .state = state,
                      .journal = {.descriptor = -1},
                      .started = now(),
                      .seconds_before = state->seconds,
                      .updates_before = state->update};
    struct status status = open_run(&run);
    if (!status_failed(&status))
        status = loop(&run);
    close_run(&run);
    return status;
}
