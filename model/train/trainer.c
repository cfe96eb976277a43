/* The loop that pretraining and fine-tuning share. */
#include "model/train/trainer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model/store/whole_file.h"
#include "model/train/adamw.h"
#include "model/train/lanes.h"
#include "model/train/nonfinite.h"
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
    struct lanes lanes;
    struct lane_sums *sums; /* [lanes] */
    struct lane_sums since; /* since the last report */
    double norm;
    struct trainer_micro micro; /* what lanes have in common */
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

static bool is_first(const struct run *run)
{
    return run->trainer->ranks->own == 0;
}

static struct status open_run(struct run *run)
{
    const struct trainer *t = run->trainer;
    const struct settings *s = run->settings;
    size_t lanes = (size_t)s->lanes;
    char path[PATH_SIZE];
    struct adamw_settings adamw = {.beta1 = s->beta1,
                                   .beta2 = s->beta2,
                                   .weight_decay = s->weight_decay,
                                   .clip = s->clip};
    if (t->ranks->count > s->lanes)
        return status_error(
            STATUS_INPUT,
            "%d ranks have only %d lanes to share: start fewer, "
            "or raise --lanes",
            t->ranks->count, s->lanes);
    run->rates =
        calloc((size_t)t->parameters->shape.layers + 2, sizeof *run->rates);
    run->sums = calloc(lanes, sizeof *run->sums);
    if (!run->rates || !run->sums)
        return status_memory("lanes");
    struct status status =
        lanes_open(&run->lanes, lanes, t->parameters->total, t->ranks);
    if (!status_failed(&status))
        status =
            adamw_open(&run->adamw, t->parameters, &adamw, run->state->first,
                       run->state->second, &run->lanes, t->ranks);
    for (int i = 0; i < 2 && !status_failed(&status); i++)
        status = batch_open(&run->batches[i], t->plan);
    trainer_path(path, sizeof path, s, "journal");
    if (!status_failed(&status) && is_first(run))
        status = journal_open(&run->journal, path, run->state->update);
    if (!status_failed(&status) &&
        is_first(run)) { /* the journal is ours, so these are nobody's */
        trainer_path(path, sizeof path, s, "state");
        whole_file_sweep(path);
        whole_file_sweep(s->out);
    }
    return status;
}

static void close_run(struct run *run)
{
    for (int i = 0; i < 2; i++)
        batch_close(&run->batches[i]);
    journal_close(&run->journal);
    adamw_close(run->adamw);
    lanes_close(&run->lanes);
    free(run->sums);
    free(run->rates);
}

static void compute_lane(void *context, size_t index, int worker)
{
    struct run *run = context;
    const struct trainer *t = run->trainer;
    struct trainer_micro micro = run->micro;
    size_t lane = run->lanes.starts[t->ranks->own] + index;
    micro.worker = worker;
    run->sums[lane] = (struct lane_sums){.loss = 0};
    for (size_t m = micro.batch->lane_micros[lane];
         m < micro.batch->lane_micros[lane + 1]; m++) {
        micro.micro = m;
        t->task->compute(t->task->context, &run->sums[lane],
                         run->lanes.gradients[lane], run->state->weights,
                         &micro);
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

/* The gradient is not learned from; who is to blame is said. */
static struct status refuse_not_finite(struct run *run)
{
    struct nonfinite found;
    char text[440]; /* a path may be long */
    adamw_drop(run->adamw);
    struct status status = nonfinite_search(&found, run->trainer, &run->micro,
                                            run->state->weights, &run->lanes);
    if (status_failed(&status))
        return status;
    nonfinite_format(text, sizeof text, &found, run->trainer->manifest,
                     run->state->update + 1);
    if (run->settings->nonfinite == NONFINITE_STOP)
        return status_error(STATUS_INPUT,
                            "%s: lower --learning-rate, or --nonfinite skip",
                            text);
    journal_begin(&run->journal, "skipped", run->state->update + 1);
    journal_text(&run->journal, "reason", text);
    status = journal_end(&run->journal);
    tell(run, text, 1);
    return ranks_agree(run->trainer->ranks, status);
}

/* One update of the weights from batch. */
static struct status update(struct run *run, const struct batch *batch)
{
    const struct trainer *t = run->trainer;
    struct lane_sums sums = {.loss = 0};
    size_t lanes = (size_t)run->settings->lanes;
    const size_t *starts = run->lanes.starts;
    int own = t->ranks->own;
    run->micro.batch = batch;
    run->micro.update = run->state->update;
    run->micro.lowest =
        schedule_rates(run->rates, run->settings, t->verb,
                       t->parameters->shape.layers, run->state->update);
    team_run(t->team, compute_lane, run, starts[own + 1] - starts[own]);
    ranks_gather(t->ranks, run->sums, starts, sizeof *run->sums);
    for (size_t i = 0; i < lanes; i++)
        add_sums(&sums, &run->sums[i]);
    double scale = sums.weight > 0 ? 1 / sums.weight : 0;
    run->norm = adamw_gather(run->adamw, scale, run->rates, t->team);
    if (!isfinite(run->norm) || !isfinite(sums.loss))
        return refuse_not_finite(run);
    adamw_apply(run->adamw, run->state->weights, run->norm, run->rates,
                t->team);
    add_sums(&run->since, &sums);
    run->audio += sums.seconds;
    return status_ok();
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
    return ranks_agree(run->trainer->ranks, status);
}

static struct status save_model(struct run *run, const real *weights)
{
    const struct task *task = run->trainer->task;
    return is_first(run) ? task->save(task->context, weights, run->state)
                         : status_ok();
}

static struct status save_state(struct run *run)
{
    const struct trainer *t = run->trainer;
    struct status status = status_ok();
    char path[PATH_SIZE];
    run->state->seconds = run->seconds_before + now() - run->started;
    trainer_path(path, sizeof path, run->settings, "state");
    training_state_collect(run->state, adamw_slices(run->adamw), ADAMW_GRAIN,
                           t->ranks);
    if (is_first(run))
        status = training_state_write(path, run->state, t->parameters,
                                      run->settings, t->verb, t->fingerprint);
    return ranks_agree(t->ranks, status);
}

static bool are_finite(const real *weights, size_t count)
{
    size_t i = 0;
    while (i < count && isfinite(weights[i]))
        i++;
    return i == count;
}

/* Whether weights become the model file: never such that overflowed; of equals
 * the later one, which has seen more. The best of many validations is partly
 * luck: their mean is kept unless it errs more by a standard deviation (or than
 * what was adapted). */
static bool is_kept(const struct run *run, const real *weights,
                    const struct trainer_error *found)
{
    const struct training_state *state = run->state;
    bool lenient = weights == state->average && state->best_update > 0;
    double doubt = lenient ? found->deviation : 0;
    return (state->best < 0 || found->error <= state->best + doubt) &&
           are_finite(weights, run->trainer->parameters->total);
}

static struct status validate(struct run *run, const real *weights,
                              const char *what)
{
    const struct task *task = run->trainer->task;
    struct training_state *state = run->state;
    char text[TEXT_SIZE] = "";
    struct trainer_error found;
    journal_begin(&run->journal, "dev", state->update);
    journal_text(&run->journal, "weights", what);
    struct status status = task->validate(task->context, &found, &run->journal,
                                          text, sizeof text, weights);
    if (status_failed(&status))
        return status;
    bool kept = is_kept(run, weights, &found);
    journal_number(&run->journal, "kept", kept);
    status = journal_end(&run->journal);
    if (kept) {
        state->best = found.error;
        state->best_update = state->update;
        if (!status_failed(&status))
            status = save_model(run, weights);
    }
    size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, " (%s weights%s)", what,
             kept ? ", kept" : "");
    tell(run, text, 1);
    return ranks_agree(run->trainer->ranks, status);
}

/* A model file is never without a state to go on from, nor is what --overwrite
 * replaces taken for what this run has learned. */
static struct status begin(struct run *run)
{
    const struct trainer *t = run->trainer;
    const char *out = run->settings->out;
    struct status status = save_state(run);
    if (!status_failed(&status) && is_first(run) && unlink(out) &&
        errno != ENOENT)
        status = status_error(STATUS_SYSTEM, "%s: cannot be replaced: %s", out,
                              strerror(errno));
    status = ranks_agree(t->ranks, status);
    if (!status_failed(&status) && t->validate_first)
        status = validate(run, run->state->weights, "initial");
    return status;
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
                training_state_average(state, run->trainer->parameters);
            status = validate(run, state->weights, "current");
        }
        if (last && !status_failed(&status) && state->averaged > 1)
            status = validate(run, state->average, "average");
        if (last && !status_failed(&status) && state->best < 0)
            status = status_error(STATUS_INPUT,
                                  "no weights could be kept, all overflowed: "
                                  "lower --learning-rate");
    } else if (last || done % (uint64_t)s->save_every == 0) {
        status =
            ranks_agree(run->trainer->ranks, save_model(run, state->weights));
    }
    state->finished = last;
    if (!status_failed(&status) &&
        (last || done % (uint64_t)s->save_every == 0))
        status = save_state(run);
    return status;
}

/* Begins reading, or lets go of, what this rank's lanes want of a batch. */
static void own_items(const struct run *run, const struct batch *batch,
                      void (*action)(struct features *features,
                                     const struct features_key *keys,
                                     size_t count))
{
    const size_t *starts = run->lanes.starts + run->trainer->ranks->own;
    size_t count;
    const struct features_key *keys =
        batch_keys(&count, batch, starts[0], starts[1]);
    action(run->trainer->features, keys, count);
}

static struct status loop(struct run *run)
{
    const struct trainer *t = run->trainer;
    uint64_t all = (uint64_t)run->settings->updates;
    struct batch *this = &run->batches[0], *next = &run->batches[1];
    struct status status = status_ok();
    batch_plan_seek(t->plan, this, run->state->update);
    batch_next(this, t->plan);
    own_items(run, this, features_hold);
    while (run->state->update < all && !status_failed(&status)) {
        status = ranks_agree(t->ranks, features_wait(t->features));
        if (status_failed(&status))
            break;
        bool more = run->state->update + 1 < all;
        if (more) {
            batch_next(next, t->plan);
            own_items(run, next, features_hold);
        }
        status = update(run, this);
        own_items(run, this, features_release);
        struct batch *done = this;
        this = next;
        next = done;
        if (status_failed(&status))
            break;
        run->state->update++;
        status = after_update(run);
        if (!status_failed(&status) && more && ranks_any(t->ranks, *t->stop)) {
            status = save_state(run);
            if (!status_failed(&status))
                status = status_error(
                    STATUS_INTERRUPTED,
                    "stopped after update %llu of %llu; saved: the same "
                    "command%s goes on",
                    (unsigned long long)run->state->update,
                    (unsigned long long)all,
                    run->settings->overwrite ? " without --overwrite" : "");
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
                      .started = now()};
    struct status status = ranks_agree(trainer->ranks, open_run(&run));
    if (!status_failed(&status)) {
        training_state_share(state, trainer->parameters,
                             adamw_slices(run.adamw), ADAMW_GRAIN,
                             trainer->ranks);
        run.seconds_before = state->seconds;
        run.updates_before = state->update;
        if (!state->update)
            status = begin(&run);
        if (!status_failed(&status))
            status = loop(&run);
    }
    close_run(&run);
    return status;
}
